//! Arguments that cannot be carried out: one line that names the thing and the
//! way out, status 2, and nothing written.

use std::fs;
use std::os::unix::fs::PermissionsExt as _;
use std::os::unix::process::CommandExt as _;
use std::process::Command;

use tempfile::TempDir;

use crate::adapter::Adapter;
use crate::command::{Ended, end, unscathed};

/// Runs the command, which must refuse, in a folder that must stay as it is.
fn refusal(folder: &TempDir, arguments: &[&str]) -> String {
    refusal_of(folder, unscathed(folder.path()).args(arguments))
}

fn refusal_of(folder: &TempDir, command: &mut Command) -> String {
    let names = || {
        let entries = fs::read_dir(folder.path()).expect("the folder is there");
        entries.map(|entry| entry.expect("an entry").file_name()).collect::<Vec<_>>()
    };
    let before = names();
    let Ended { status, stdout, stderr, .. } = end(command);
    assert_eq!(status, Some(2), "{command:?}: {stderr}");
    assert_eq!(stdout, "", "{command:?}");
    assert_eq!(names(), before, "{command:?}");
    let message = stderr.strip_prefix("unscathed: ").and_then(|line| line.strip_suffix('\n'));
    let message = message.unwrap_or_else(|| panic!("{command:?}: {stderr}"));
    assert_eq!(message.lines().count(), 1, "{command:?}: {stderr}");
    message.to_owned()
}

macro_rules! refusals {
    ($($test:ident: [$($argument:literal),*] => [$($says:literal),+];)*) => {
        $(#[test]
        fn $test() {
            let folder = TempDir::new().expect("a temporary folder");
            let arguments: &[&str] = &[$($argument),*];
            let message = refusal(&folder, arguments);
            for says in [$($says),+] {
                assert!(message.contains(says), "{message}");
            }
            // The same, where a report was to be written.
            if arguments.first() == Some(&"audit") && !arguments.contains(&"-o") {
                refusal(&folder, &[arguments, &["-o", "report"]].concat());
            }
        })*
    };
}

refusals! {
    no_such_file:        ["audit", "lib:nowhere.so"] => ["nowhere.so: cannot be read: no such file or directory"];
    a_folder:            ["audit", "lib:."] => [".: is not a file", "lib:PATH"];
    a_device:            ["audit", "lib:/dev/null"] => ["/dev/null: is not a file"];
    no_path:             ["audit", "lib:"] => ["`lib:` names no subject", "lib:PATH"];
    no_name:             ["audit", "native:"] => ["`native:` names no subject", "native:NAME"];
    nothing_at_all:      ["audit", ""] => ["`` names no subject"];
    unknown_subject:     ["audit", "native:swapcontex"] => ["swapcontex: ", "nearest: `swapcontext`", "list subjects"];
    unknown_bare_name:   ["audit", "corosense"] => ["corosense: ", "nearest: `corosensei`"];
    second_unknown:      ["audit", "reference", "referense"] => ["referense: ", "nearest: `reference`"];
    two_lines:           ["audit", "two\nlines"] => ["two\\nlines"];
    unknown_kind:        ["audit", "ruby:fiber"] => ["ruby:fiber", "native:NAME", "lib:PATH"];
    unknown_probe:       ["audit", "reference", "--probe", "regs.frist"] => ["--probe regs.frist", "nearest: `regs.first`", "list probes"];
    bad_glob:            ["audit", "reference", "--probe", "regs.[x"] => ["--probe regs.[x", "unclosed"];
    no_jobs:             ["audit", "reference", "--jobs", "0"] => ["'0'", "--jobs", "1 or more"];
    negative_jobs:       ["audit", "reference", "--jobs", "-1"] => ["'-1'", "--jobs", "1 or more"];
    jobs_in_words:       ["audit", "reference", "--jobs", "x"] => ["'x'", "--jobs", "1 or more"];
    no_time:             ["audit", "reference", "--timeout", "0"] => ["'0'", "--timeout", "more than 0"];
    negative_time:       ["audit", "reference", "--timeout", "-1"] => ["'-1'", "--timeout", "more than 0"];
    time_not_a_number:   ["audit", "reference", "--timeout", "nan"] => ["'nan'", "--timeout", "more than 0"];
    endless_time:        ["audit", "reference", "--timeout", "inf"] => ["'inf'", "--timeout", "86400"];
    time_in_words:       ["audit", "reference", "--timeout", "soon"] => ["'soon'", "--timeout", "number of seconds"];
    seed_in_words:       ["audit", "reference", "--seed", "x"] => ["'x'", "--seed"];
    unknown_format:      ["audit", "reference", "--format", "nonsense"] => ["'nonsense'", "--format", "human, json"];
    unknown_level:       ["audit", "reference", "--level", "x"] => ["'x'", "--level", "must, policy"];
    unknown_option:      ["audit", "reference", "--nonsense"] => ["--nonsense", "--help"];
    option_cut_short:    ["audit", "reference", "--seed"] => ["--seed", "required"];
    two_to_stdout:       ["audit", "reference", "--format", "json", "--format", "human", "-o", "-", "-o", "-"] => ["only one format", "--output FILE"];
    two_to_one_file:     ["audit", "reference", "--format", "json", "--format", "human", "-o", "a", "-o", "a"] => ["--output a", "twice"];
    more_outputs:        ["audit", "reference", "--format", "json", "-o", "a", "-o", "b"] => ["--output b", "more outputs than formats"];
    output_in_no_folder: ["audit", "reference", "-o", "nowhere/report"] => ["--output nowhere/report", "no such file or directory"];
    output_to_a_folder:  ["audit", "reference", "-o", "."] => ["--output .", "is a folder"];
    output_to_no_folder: ["audit", "reference", "-o", "new/"] => ["--output new/", "is a folder"];
    output_to_nothing:   ["audit", "reference", "-o", ""] => ["--output", "names no file"];
    no_command:          [] => ["no command", "--help"];
    unknown_command:     ["audti"] => ["'audti'", "'audit'"];
}

#[test]
fn declarations_are_refused_with_line_and_column() {
    let rows = [
        ("[policy]\n\"gpr.rbx\" = \"thread\"\n", ":2:1: `gpr.rbx` is no policy but `must`"),
        ("[policy]\n\n \"flags.xx\" = \"thread\"\n", ":3:2: there is no policy `flags.xx`"),
        ("[policy]\n\"flags.ac\" = \"process\"\n", ":2:14: "),
        ("[policy]\n\"flags.ac\" = 7\n", ":2:14: "),
        ("[policy]\n\"flags.ac\" = thread\n", ":2:14: "),
        ("[policy]\n\"flags.ac\" = \"thread\"\n\"flags.ac\" = \"thread\"\n", ":3:1: "),
        ("[policies]\n", ":1:2: "),
        ("[policy\n", ":1:8: "),
    ];
    let folder = TempDir::new().expect("a temporary folder");
    let mut adapter = Adapter::new("swap.c", &[]);
    for (text, says) in rows {
        adapter = adapter.declare(text);
        let message = refusal(&folder, &["audit", &adapter.id(), "-o", "report"]);
        let file = adapter.library.with_extension("toml");
        let begins = format!("{}{says}", file.display());
        assert!(message.starts_with(&begins), "{message}");
    }
}

/// What is in a file before the command ends in 2 stays in it.
#[test]
fn an_old_report_is_not_touched() {
    let folder = TempDir::new().expect("a temporary folder");
    let report = folder.path().join("report");
    fs::write(&report, "old").expect("a temporary file");
    refusal(&folder, &["audit", "nobody", "-o", "report"]);
    refusal(&folder, &["audit", "reference", "--probe", "nothing", "-o", "report"]);
    let (json, human) =
        (["--format", "json", "-o", "report"], ["--format", "human", "-o", "no/where"]);
    refusal(&folder, &[&["audit", "reference"][..], &json, &human].concat());
    assert_eq!(fs::read_to_string(&report).expect("it is there"), "old");
}

/// Takes from root what lets it read and write everything. Others do not have
/// it, and cannot give it away.
fn without_privileges(command: &mut Command) -> &mut Command {
    // Numbers of CAP_DAC_OVERRIDE and CAP_DAC_READ_SEARCH.
    let drop = || {
        for capability in [1_u64, 2] {
            // SAFETY: changes this process only, which is about to be another one.
            unsafe { libc::prctl(libc::PR_CAPBSET_DROP, capability, 0, 0, 0) };
        }
        Ok(())
    };
    // SAFETY: `drop` makes system calls only.
    unsafe { command.pre_exec(drop) }
}

#[test]
fn an_unreadable_library() {
    let adapter = Adapter::new("swap.c", &[]);
    let forbidden = fs::Permissions::from_mode(0o000);
    fs::set_permissions(&adapter.library, forbidden).expect("it is ours");
    let folder = TempDir::new().expect("a temporary folder");
    let mut command = unscathed(folder.path());
    let message = refusal_of(&folder, without_privileges(command.args(["audit", &adapter.id()])));
    assert_eq!(message, format!("{}: cannot be read: permission denied", adapter.path()));
}

#[test]
fn an_output_that_may_not_be_written() {
    let folder = TempDir::new().expect("a temporary folder");
    let closed = folder.path().join("closed");
    fs::create_dir(&closed).expect("a folder");
    let report = closed.join("report");
    fs::write(&report, "old").expect("a file");
    fs::set_permissions(&report, fs::Permissions::from_mode(0o444)).expect("it is ours");
    fs::set_permissions(&closed, fs::Permissions::from_mode(0o555)).expect("it is ours");
    for name in ["closed/report", "closed/new"] {
        let mut command = unscathed(folder.path());
        command.args(["audit", "reference", "-o", name]);
        let message = refusal_of(&folder, without_privileges(&mut command));
        assert_eq!(message, format!("--output {name}: cannot be written: permission denied"));
    }
    assert_eq!(fs::read_to_string(&report).expect("it may be read"), "old");
    fs::set_permissions(&closed, fs::Permissions::from_mode(0o755)).expect("it is ours");
}
