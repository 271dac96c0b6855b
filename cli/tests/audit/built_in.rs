//! The subjects that are built in, and the stranger that is built beside them.

use std::ffi::c_void;
use std::path::Path;
use std::process::Command;

use tempfile::TempDir;
use unscathed_core::subject::Table;
use unscathed_verdict::report::Finding;

use crate::command::audit_wholly;

/// Addresses of the required functions of a table.
fn functions(table: &Table) -> [*const c_void; 5] {
    let missing = "a built-in table is complete";
    [
        table.create.expect(missing) as *const c_void,
        table.resume.expect(missing) as *const c_void,
        table.suspend.expect(missing) as *const c_void,
        table.done.expect(missing) as *const c_void,
        table.destroy.expect(missing) as *const c_void,
    ]
}

/// A name that stood for another one's functions would be audited as that.
#[test]
fn no_two_subjects_share_a_function() {
    let tables = [
        unscathed_subject_context::subject(),
        unscathed_subject_corosensei::subject(),
        unscathed_subject_generator::subject(),
        unscathed_subject_reference::subject(),
        unscathed_subject_swapcontext::subject(),
        unscathed_subject_wasmtime_fiber::subject(),
        unscathed_subject_minicoro::subject(),
        unscathed_subject_reference_slicing::subject(),
        unscathed_subject_reference_ucontext::subject(),
    ];
    for (place, one) in tables.iter().enumerate() {
        for other in &tables[place + 1..] {
            let (one, other) = (functions(one), functions(other));
            assert!(one.iter().all(|function| !other.contains(function)), "{one:?} {other:?}");
        }
    }
}

/// Boost.Context saves both control words and all general registers.
#[test]
fn boost_context_is_clean() {
    let folder = TempDir::new().expect("a temporary folder");
    let library = folder.path().join("boost.so");
    let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("../subjects/boost-context/build.sh");
    let output = Command::new("sh").arg(script).arg(&library).output().expect("there is a shell");
    // The script says which package is missing.
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let (ended, report) = audit_wholly(&format!("lib:{}", library.display()), &["--timeout", "30"]);
    assert_eq!(ended.status, Some(0), "{:?}", ended.stderr);
    let lost = |finding: &&Finding| finding.level == "must" && finding.verdict.is_loss();
    assert_eq!(report.results.iter().find(lost), None);
    assert!(report.summary.preserved > 200, "{:?}", report.summary);
    assert_eq!(report.subject.name, "boost-context");
    let boost = |file: &String| file.starts_with("libboost_context.so");
    assert!(report.subject.loaded.iter().any(boost), "{:?}", report.subject.loaded);
    // What is not asked of a switch was changed, and did no harm.
    assert!(report.summary.controls.changed >= 7, "{:?}", report.summary.controls);
}
