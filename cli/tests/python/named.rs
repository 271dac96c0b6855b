//! Subjects and interpreters that are not there, or are not what they should be: one
//! sentence, status 2, and never a traceback.

use crate::command::{PYTHON, audit, file, said, subject};

/// What is refused before anything runs.
fn refused(arguments: &[&str], says: &[&str]) {
    let (status, error) = said(arguments);
    assert_eq!(status, Some(2), "{error}");
    sentence(&error, says);
}

fn sentence(error: &str, says: &[&str]) {
    let lines: Vec<_> = error.lines().filter(|line| line.starts_with("unscathed: ")).collect();
    assert_eq!(lines.len(), 1, "{error}");
    assert!(!error.contains("Traceback"), "{error}");
    for part in says {
        assert!(lines[0].contains(part), "`{part}` is not in: {error}");
    }
}

/// What is refused by the interpreter: the report says so, and standard error too.
fn unreachable(subject: &str, says: &[&str]) {
    let arguments = ["audit", subject, "--python", PYTHON];
    refused(&arguments, says);
    let (status, report) = audit(subject, &["--python", PYTHON]);
    assert_eq!(status, 2);
    let why = report.refused.expect("it is refused");
    for part in says {
        assert!(why.contains(part) || report.subject.id.contains(part), "{why}");
    }
    assert!(report.results.is_empty());
}

#[test]
fn an_interpreter_must_be_there() {
    let of = |name| ["audit", "python:threads", "--python", name];
    refused(&of("no-such-python"), &["no-such-python", "on PATH"]);
    refused(&of("/no/such/python"), &["/no/such/python", "no such file"]);
    refused(&of("/"), &["it is not a file"]);
    refused(&of(""), &["names no interpreter"]);
}

#[test]
fn an_interpreter_must_be_a_python() {
    refused(&["audit", "python:threads", "--python", "true"], &["true", "it is no Python"]);
    refused(&["audit", "python:threads", "--python", "cat"], &["cat", "it is no Python"]);
}

#[test]
fn an_interpreter_is_for_python_subjects() {
    refused(&["audit", "reference", "--python", PYTHON], &["--python", "none of the subjects"]);
}

#[test]
fn a_module_must_be_there() {
    unreachable("python:no_such_module_anywhere", &["no_such_module_anywhere"]);
}

#[test]
fn a_module_must_have_the_interface() {
    unreachable("python:json", &["json"]);
}

#[test]
fn names_must_be_names() {
    refused(&["audit", "python:a-b"], &["a-b", "no name of a module"]);
    refused(&["audit", "python:"], &["names no subject"]);
    refused(&["audit", "python:/no/such/file.py:Class"], &["file.py", "cannot be read"]);
}

#[test]
fn a_file_needs_a_class() {
    let path = file("refused.py");
    let path = path.display();
    refused(&["audit", &format!("python:{path}")], &["which class", "refused.py:"]);
    unreachable(&format!("python:{path}:NoSuchClass"), &["NoSuchClass"]);
}

macro_rules! classes {
    ($($(#[$about:meta])* $test:ident: $class:literal => $says:literal;)*) => {
        $($(#[$about])*
        #[test]
        fn $test() {
            unreachable(&subject("refused.py", $class), &[$says]);
        })*
    };
}

classes! {
    methods_are_required:         "WithoutResume" => "resume";
    capabilities_are_known_words: "WithOddCapability" => "levitate";
    policies_are_known_rows:      "WithOddPolicy" => "py.no_such_row";
    policies_are_known_words:     "WithOddDeclaration" => "sometimes";
    what_must_survive_is_no_policy: "WithMustDeclared" => "py.exc_info";
    styles_are_known_words:       "WithOddStyle" => "telepathy";
    a_version_must_be_told:       "WithoutVersion" => "no version today";
    a_class_must_be_made:         "NotMade" => "not today";
}

#[test]
fn a_file_that_raises_is_refused() {
    unreachable(&subject("raises.py", "Subject"), &["ZeroDivisionError"]);
}

#[test]
fn a_file_that_is_no_python_is_refused() {
    unreachable(&subject("syntax.py", "Subject"), &["SyntaxError"]);
}

#[test]
fn an_import_that_ends_the_process_is_refused() {
    unreachable(&subject("exits.py", "Subject"), &["while it was imported"]);
}

#[test]
fn an_import_that_dies_is_refused() {
    unreachable(&subject("dies.py", "Subject"), &["SIGSEGV", "while it was imported"]);
}
