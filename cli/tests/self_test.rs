//! The self-test is on trial too: it must be red where a defect is not there.

use std::process::{Command, Output};

fn self_test(options: &[&str]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_unscathed"))
        .arg("self-test")
        .args(options)
        .output()
        .expect("the command starts")
}

fn last_lines(output: &Output) -> String {
    String::from_utf8_lossy(&output.stdout).into_owned()
}

/// One class of generated defects, one row by hand, and the healthy subject.
const SOME: &str = "mutant/{forgotten/*,hand/stack.align/*,hand/life.done/*,healthy}";

#[test]
fn planted_defects_are_found_and_nothing_else() {
    let output = self_test(&["--only", SOME]);
    assert_eq!(output.status.code(), Some(0), "{}", last_lines(&output));
    assert!(last_lines(&output).contains("19 of 19 defects found, 0 of 1 harmless"));
}

#[test]
fn a_healthy_subject_in_the_place_of_a_defect_is_a_failure() {
    let output = self_test(&["--only", SOME, "--in-place-of-defects", "reference"]);
    assert_eq!(output.status.code(), Some(1), "{}", last_lines(&output));
    assert!(last_lines(&output).contains("0 of 19 defects found"), "{}", last_lines(&output));
}

#[test]
fn a_subject_that_is_wrong_in_another_way_is_no_substitute() {
    let wrong = "native:mutant/forgotten/gpr.rbx";
    let output = self_test(&["--only", "mutant/forgotten/gpr.r1?", "--in-place-of-defects", wrong]);
    assert_eq!(output.status.code(), Some(1), "{}", last_lines(&output));
    assert!(last_lines(&output).contains("0 of 4 defects found"), "{}", last_lines(&output));
}

#[test]
fn a_choice_of_nothing_is_refused() {
    let output = self_test(&["--only", "mutant/nothing"]);
    assert_eq!(output.status.code(), Some(2));
    assert!(String::from_utf8_lossy(&output.stderr).contains("no mutant matches"));
}
