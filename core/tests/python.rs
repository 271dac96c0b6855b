//! The core for CPython, which is a workspace of its own: built for each interpreter that is
//! found, and its tests run there, in children.
//!
//! `UNSCATHED_PYTHONS` names interpreters, with colons between; otherwise it is `python3`.
//! Where none fits, there is nothing to test, and the output says why.

use std::env;
use std::path::Path;
use std::process::Command;

/// Tells what an interpreter lacks, or nothing.
const LACKS: &str = r"
import os, platform, sys, sysconfig
headers = os.path.join(sysconfig.get_path('include'), 'Python.h')
if platform.python_implementation() != 'CPython':
    print('it is not CPython')
elif not (3, 9) <= sys.version_info[:2] <= (3, 15):
    print('the core is written for CPython 3.9 to 3.15, and this is %d.%d' % sys.version_info[:2])
elif sysconfig.get_config_var('Py_GIL_DISABLED'):
    print('the core is not for free-threaded builds')
elif not os.path.exists(headers):
    print('its headers are not installed: there is no %s' % headers)
";

fn lacks(python: &str) -> Option<String> {
    let asked = Command::new(python).args(["-c", LACKS]).output();
    match asked {
        Err(error) => Some(format!("it cannot be started: {error}")),
        Ok(said) if !said.status.success() => Some(format!("it fails: {}", said.status)),
        Ok(said) => {
            let said = String::from_utf8_lossy(&said.stdout).trim().to_owned();
            (!said.is_empty()).then_some(said)
        }
    }
}

#[test]
fn passes_its_tests_on_every_interpreter_that_is_found() {
    let named = env::var("UNSCATHED_PYTHONS").unwrap_or_else(|_| "python3".to_owned());
    let mut fit = Vec::new();
    for python in named.split(':').filter(|python| !python.is_empty()) {
        match lacks(python) {
            None => fit.push(python),
            Some(why) => eprintln!("not tested on {python}: {why}"),
        }
    }
    if fit.is_empty() {
        eprintln!("no interpreter fits, so the core for CPython is not tested");
        return;
    }
    let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("python/check.sh");
    // A target of its own: the one of this build is in use.
    let target = Path::new(env!("CARGO_TARGET_TMPDIR")).join("python");
    let checked = Command::new(script)
        .args(&fit)
        .env("CARGO_TARGET_DIR", target)
        .output()
        .expect("the script can be started");
    let (out, err) =
        (String::from_utf8_lossy(&checked.stdout), String::from_utf8_lossy(&checked.stderr));
    assert!(checked.status.success(), "{err}\n{out}");
    print!("{out}");
}
