//! What a switch costs other than time: counted, reported, never judged.

use std::process::Command;

use serde_json::Value;

/// What a subject reports for one thing counted, by depth.
fn counted(subject: &str, what: &str) -> Vec<(u64, f64)> {
    let output = Command::new(env!("CARGO_BIN_EXE_unscathed"))
        .args(["audit", subject, "--format", "json"])
        .output()
        .expect("the command starts");
    let report: Value = serde_json::from_slice(&output.stdout).expect("one report");
    let measurements = report["measurements"].as_array().expect("a list").iter();
    let rows = measurements.filter(|row| row["what"] == what).map(|row| {
        let depth =
            row["at"].as_str().expect("a text").split(' ').find_map(|word| word.parse().ok());
        assert!(row["unit"].is_string());
        (depth.expect("a depth"), row["value"].as_f64().expect("a number"))
    });
    rows.collect()
}

/// Who keeps coroutines in slices of one stack copies at least what is in use, in
/// or out; who gives each a stack copies nothing, however deep.
#[test]
fn slices_are_copied_and_stacks_are_not() {
    let copied = counted("reference-slicing", "bytes copied");
    assert_eq!(
        copied.iter().map(|(depth, _)| *depth).collect::<Vec<_>>(),
        [256, 4096, 16384, 65536]
    );
    assert!(copied.iter().all(|(depth, bytes)| *bytes >= *depth as f64), "{copied:?}");
    for subject in ["reference", "reference-ucontext"] {
        assert!(counted(subject, "bytes copied").iter().all(|(_, bytes)| *bytes == 0.0));
    }
}

/// Each switch of the C library's contexts sets the signal mask.
#[test]
fn the_contexts_of_the_c_library_make_a_system_call_each() {
    assert!(counted("reference-ucontext", "system calls").iter().all(|(_, calls)| *calls == 1.0));
    assert!(counted("reference", "system calls").iter().all(|(_, calls)| *calls == 0.0));
}

/// Buffers are kept: once they are large enough, nobody allocates in a switch.
#[test]
fn no_switch_of_the_reference_allocates() {
    for subject in ["reference", "reference-slicing", "reference-ucontext"] {
        let allocations = counted(subject, "allocations");
        assert!(!allocations.is_empty() && allocations.iter().all(|(_, count)| *count == 0.0));
    }
    assert_eq!(counted("corosensei", "allocations"), [], "most subjects count nothing");
}
