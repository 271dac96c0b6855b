//! Installations without a network: from a folder of distributions that the tests make.

use std::cell::RefCell;
use std::process::Command;

use super::*;
use crate::interpreter::{default_name, find};

/// Writes distributions into a folder: `greeter` 1.0, a wheel; `broken` 1.0, a wheel
/// that cannot be imported; `dying` 1.0, one that kills its process; `stubborn` 1.0, a
/// source distribution whose build fails as a compiler does. Each has its own build
/// backend or needs none, so that nothing else has to be installed.
const MAKE: &str = r#"
import io, sys, tarfile, zipfile
def wheel(name, source, requires=''):
    info = '%s-1.0.dist-info/' % name
    files = {name + '.py': source,
             info + 'METADATA': 'Metadata-Version: 2.1\nName: %s\nVersion: 1.0\n%s' % (name, requires),
             info + 'WHEEL': 'Wheel-Version: 1.0\nRoot-Is-Purelib: true\nTag: py2-none-any\nTag: py3-none-any\n'}
    files[info + 'RECORD'] = ''.join('%s,,\n' % path for path in sorted(files)) + info + 'RECORD,,\n'
    with zipfile.ZipFile('%s-1.0-py2.py3-none-any.whl' % name, 'w') as archive:
        for path, text in files.items():
            archive.writestr(path, text)
wheel('greeter', 'import helper\n', 'Requires-Dist: helper\n')
wheel('helper', '')
wheel('broken', 'raise RuntimeError("not today")\n')
wheel('dying', 'import os\nos.kill(os.getpid(), 9)\n')
wheel('needy', '', 'Requires-Python: >=99\n')
backend = '''
import sys
def build_wheel(*arguments, **settings):
    sys.stderr.write('sources/stubborn.c:3:1: error: unknown type name\\n')
    sys.exit(1)
'''
with tarfile.open('stubborn-1.0.tar.gz', 'w:gz') as archive:
    for path, text in [('PKG-INFO', 'Metadata-Version: 2.1\nName: stubborn\nVersion: 1.0\n'), ('backend.py', backend),
                       ('pyproject.toml', '[build-system]\nrequires = []\nbuild-backend = "backend"\nbackend-path = ["."]\n')]:
        member = tarfile.TarInfo('stubborn-1.0/' + path)
        member.size = len(text)
        archive.addfile(member, io.BytesIO(text.encode()))
"#;

struct Shop {
    folder: tempfile::TempDir,
    python: PathBuf,
    log: RefCell<String>,
}

impl Shop {
    fn open() -> Self {
        let folder = tempfile::tempdir().expect("a folder");
        let python = find(&default_name()).expect("there is a Python").executable;
        let made = Command::new(&python).args(["-c", MAKE]).current_dir(&folder).status();
        assert!(made.expect("it starts").success());
        Self { folder, python, log: RefCell::default() }
    }

    fn cache(&self) -> PathBuf {
        self.folder.path().join("cache")
    }

    fn provide(&self, requirement: &str) -> Result<Environment, String> {
        let log = |line: &str| self.log.borrow_mut().extend([line, "\n"]);
        provide_from(self.folder.path(), &self.python, requirement, &log)
    }

    /// What is in the cache, half-made or whole.
    fn kept(&self) -> Vec<String> {
        let entries = fs::read_dir(self.cache().join("environments")).into_iter().flatten();
        entries
            .map(|entry| entry.expect("an entry").file_name().to_string_lossy().into_owned())
            .collect()
    }
}

fn provide_from(
    folder: &Path,
    python: &Path,
    requirement: &str,
    log: &dyn Fn(&str),
) -> Result<Environment, String> {
    let variables = vec![
        ("PIP_NO_INDEX".into(), "1".into()),
        ("PIP_FIND_LINKS".into(), folder.into()),
        ("PIP_CONFIG_FILE".into(), "/dev/null".into()),
    ];
    let requirement = Requirement::parse(requirement).expect("a requirement");
    provide_with(python, &requirement, &folder.join("cache"), log, &variables)
}

#[test]
fn a_release_comes_with_what_it_needs_and_is_kept() {
    let shop = Shop::open();
    let made = shop.provide("Greeter==1.0").expect("it can be installed");
    assert_eq!(made.module, "greeter");
    assert!(made.site.join("greeter.py").is_file() && made.site.join("helper.py").is_file());
    assert!(shop.log.borrow().starts_with("Greeter 1.0 is being installed for "));
    assert_eq!(shop.kept().len(), 1, "{:?}", shop.kept());

    let said = shop.log.borrow().len();
    fs::remove_file(shop.folder.path().join("greeter-1.0-py2.py3-none-any.whl"))
        .expect("there is one");
    assert_eq!(shop.provide("greeter==1.0"), Ok(made.clone()));
    assert_eq!(shop.log.borrow().len(), said, "{}", shop.log.borrow());

    modules::import(&shop.python, "greeter", Some(&made.site)).expect("it can be imported");
    let why = importable(&shop.python, "greeter").expect_err("it is private");
    assert!(why.contains("cannot import greeter: ModuleNotFoundError: "), "{why}");
    importable(&shop.python, "json.decoder").expect("it is built in");
    importable(&shop.python, "json;import os").expect_err("it is no name");
}

#[test]
fn what_does_not_build_is_the_compilers_sentence_and_leaves_nothing() {
    let shop = Shop::open();
    for _ in 0..2 {
        let why = shop.provide("stubborn==1.0").expect_err("it does not build");
        assert!(why.starts_with("stubborn 1.0 does not build on "), "{why}");
        assert!(why.ends_with(": stubborn.c:3:1: error: unknown type name"), "{why}");
        assert!(shop.kept().is_empty(), "{:?}", shop.kept());
    }
    assert_eq!(shop.log.borrow().matches("is being installed").count(), 2, "failures are not kept");
}

#[test]
fn what_cannot_be_imported_is_a_sentence_and_leaves_nothing() {
    let shop = Shop::open();
    let why = shop.provide("broken==1.0").expect_err("it cannot be imported");
    assert!(why.starts_with("broken 1.0 was installed, but "), "{why}");
    assert!(why.ends_with(" cannot import broken: RuntimeError: not today"), "{why}");
    let why = shop.provide("dying==1.0").expect_err("it dies");
    assert!(why.ends_with(" cannot import dying: the process died of SIGKILL"), "{why}");
    assert!(shop.kept().is_empty(), "{:?}", shop.kept());
}

#[test]
fn what_there_is_not_is_a_sentence() {
    let shop = Shop::open();
    let why = shop.provide("greeter==2.0").expect_err("there is only 1.0");
    assert!(
        why.starts_with("there is no greeter 2.0 for ") && why.ends_with(" (nearest: 1.0)"),
        "{why}"
    );
    let why = shop.provide("nosuch==1.0").expect_err("there is none");
    assert!(why.starts_with("there is no package nosuch for "), "{why}");
    let why = shop.provide("needy==1.0").expect_err("there is no Python 99");
    assert!(why.starts_with("needy 1.0 needs Python >=99, and this is "), "{why}");
}

#[test]
fn two_at_once_have_the_same_environment() {
    let shop = Shop::open();
    let (folder, python) = (shop.folder.path(), &shop.python);
    let both = std::thread::scope(|scope| {
        let make = || provide_from(folder, python, "greeter==1.0", &|_| {});
        let two = [scope.spawn(make), scope.spawn(make)];
        two.map(|one| one.join().expect("no panic").expect("it can be installed"))
    });
    assert_eq!(both[0], both[1]);
    assert!(both[0].site.join("greeter.py").is_file());
    assert_eq!(shop.kept().len(), 1, "{:?}", shop.kept());
}

#[test]
fn another_build_or_other_flags_are_another_environment() {
    let requirement = Requirement::parse("greenlet==0.3.1").expect("a requirement");
    let target = Target {
        executable: "/python".into(),
        title: "CPython 2.7.18".into(),
        language: (2, 7),
        build: "one".into(),
        has_pip: true,
    };
    let flags = flags::flags(&requirement, target.language);
    let own = key(&target, &requirement, &flags);
    assert!(own.starts_with("greenlet-0.3.1-"));
    assert_ne!(own, key(&target, &requirement, &[]));
    assert_ne!(own, key(&Target { build: "other".into(), ..target.clone() }, &requirement, &flags));
    assert_ne!(own, key(&Target { executable: "/other".into(), ..target }, &requirement, &flags));
}
