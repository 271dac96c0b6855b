//! Subjects that do harm. Whatever they do, the report is whole, and what they
//! left alone is unharmed.

use std::fs::File;
use std::process::{Command, Stdio};
use std::thread::sleep;
use std::time::{Duration, Instant};

use unscathed_catalogue::probe::PROBES;
use unscathed_catalogue::{Capability, Experiment, Probe};
use unscathed_verdict::report::{Report, Verdict};

use crate::adapter::Adapter;
use crate::command::{audit, end, otherwise, run, scheduled, shown, spoiled, unscathed, whole};

/// Enough for any probe that does not hang, on a machine that is busy.
const AMPLE: [&str; 2] = ["--timeout", "30"];
/// For what hangs: all at the same time, and not for long.
const BRIEF: [&str; 4] = ["--timeout", "3", "--jobs", "8"];

fn hostile(misdeed: &str, place: &str, when: &str) -> Adapter {
    let define = |name: &str, value: &str| format!("-D{name}={value}");
    let flags = [define("MISDEED", misdeed), define("PLACE", place), define("WHEN", when)];
    Adapter::new("hostile.c", &flags.each_ref().map(String::as_str))
}

/// Audits a subject that misbehaves when one coroutine resumes another, and
/// nowhere else.
fn when_nested(misdeed: &str, options: &[&str], verdict: Verdict) -> Report {
    let adapter = hostile(misdeed, "RESUMING", "nested");
    let (_, report) = audit(&adapter.id(), options);
    spoiled(&report, verdict, |probe| probe.needs.contains(&Capability::Nest));
    report
}

/// What the spoiled probes say.
fn details(report: &Report) -> impl Iterator<Item = &str> {
    scheduled(report)
        .filter(|finding| finding.verdict.is_loss())
        .map(|finding| finding.detail.trim_start_matches("undeclared: "))
}

macro_rules! misdeeds {
    ($($misdeed:ident => $verdict:ident, $says:literal;)*) => {
        $(#[test]
        fn $misdeed() {
            let options: &[&str] = match Verdict::$verdict {
                Verdict::Hung => &BRIEF,
                _ => &AMPLE,
            };
            let report = when_nested(stringify!($misdeed), options, Verdict::$verdict);
            assert!(details(&report).all(|detail| detail.contains($says)), "{:?}", details(&report).next());
        })*
    };
}

// The names are functions of hostile.c.
misdeeds! {
    segfault                 => Crashed, "SIGSEGV, address 0x8, after step";
    abort_it                 => Crashed, "SIGABRT, sent by a process";
    exit_0                   => Crashed, "ended with status 0";
    quick_exit_0             => Crashed, "ended with status 0";
    kill_itself              => Crashed, "SIGKILL";
    kill_its_group           => Crashed, "SIGKILL";
    breakpoint               => Crashed, "SIGTRAP";
    lose_the_stack           => Crashed, "SIGSEGV";
    exit_in_a_handler        => Crashed, "ended with status 0";
    drop_the_signal_stack    => Crashed, "SIGSEGV";
    poison_the_signal_stack  => Crashed, "SIGSEGV";
    overwrite_the_record     => Crashed, "the record was overwritten";
    clear_the_record         => Crashed, "the record was overwritten";
    protect_the_record       => Crashed, "SIGSEGV";
    unmap_the_record         => Crashed, "SIGSEGV";
    replace_the_record       => Crashed, "before its observation was written";
    spin                     => Hung, "no end within 3 s";
    stop                     => Hung, "no end within 3 s";
    turn_deaf                => Hung, "no end within 3 s";
    change_sides             => Hung, "no end within 3 s";
    loop_in_a_handler        => Hung, "no end within 3 s";
    fork_parent_hangs        => Hung, "no end within 3 s";
    be_traced                => Crashed, "ended with status 0";
    be_traced_to_the_end     => Hung, "no end within 3 s";
    fork_both_go_on          => Preserved, "";
    fork_child_hangs         => Preserved, "";
    start_a_thread           => Preserved, "";
    close_everything         => Preserved, "";
    shout                    => Preserved, "";
    starve                   => Preserved, "";
}

#[test]
fn the_timeout_of_the_command_line_is_the_one_that_counts() {
    let adapter = hostile("spin", "RESUMING", "always");
    let arguments =
        ["audit", &adapter.id(), "--probe", "value.nested", "--timeout", "0.5", "--format", "json"];
    let report = run(arguments).only_report();
    whole(&report, PROBES.iter().filter(|probe| probe.id == "value.nested"));
    spoiled(&report, Verdict::Hung, |_| true);
    assert!(details(&report).all(|detail| detail.contains("no end within 0.5 s")));
}

/// It has 64 coroutines. A probe that is no schedule may have any number.
fn creates_ten(probe: &Probe) -> bool {
    probe.is_scenario() || matches!(probe.experiment, Experiment::Several(64))
}

/// What was created before the tenth coroutine is unharmed, and so are all the
/// probes that never create ten.
#[test]
fn a_crash_at_the_tenth_coroutine_is_a_crash_where_there_are_ten() {
    let adapter = hostile("segfault", "CREATING", "at_the_tenth");
    let (ended, report) = audit(&adapter.id(), &AMPLE);
    spoiled(&report, Verdict::Crashed, creates_ten);
    assert_eq!(ended.status, Some(1));
}

#[test]
fn a_stack_that_is_smashed_from_below_is_a_crash() {
    let adapter = hostile("smash", "RESUMING", "always");
    let (ended, report) = audit(&adapter.id(), &AMPLE);
    spoiled(&report, Verdict::Crashed, |_| true);
    assert_eq!(ended.status, Some(1));
}

/// All was seen by then, but the end was not: nobody passes by leaving early.
#[test]
fn leaving_in_destroy_is_a_crash() {
    let adapter = hostile("quick_exit_0", "DESTROYING", "always");
    let (ended, report) = audit(&adapter.id(), &AMPLE);
    spoiled(&report, Verdict::Crashed, |_| true);
    assert_eq!(ended.status, Some(1));
}

#[test]
fn memory_that_runs_out_is_an_error_and_no_verdict() {
    let adapter = hostile("eat_all_memory", "CREATING", "at_the_tenth");
    let (ended, report) = audit(&adapter.id(), &AMPLE);
    spoiled(&report, Verdict::Error, creates_ten);
    assert_eq!(ended.status, Some(2));
    let error = shown(&report).find(|finding| finding.verdict == Verdict::Error);
    assert!(error.is_some_and(|finding| finding.detail.contains("create returned a null pointer")));
}

/// The kernel starts a handler with fresh control words, and a jump out of it
/// does not bring the old ones back. Everything else survives.
#[test]
fn a_jump_out_of_a_handler_loses_the_control_words_and_nothing_else() {
    let adapter = hostile("jump_out_of_a_handler", "RESUMING", "nested");
    let (ended, report) = audit(&adapter.id(), &AMPLE);
    assert_eq!(ended.status, Some(1));
    for finding in scheduled(&report) {
        let control = finding.probe == "fp.nested";
        let expected = if control { Verdict::Corrupted } else { otherwise(finding) };
        assert_eq!(finding.verdict, expected, "{finding:?}");
    }
}

/// Two generations, each in a session of its own, where no signal to the child's
/// group reaches them.
#[test]
fn nobody_survives_the_command_in_a_session_of_its_own() {
    for place in ["LOADING", "RESUMING"] {
        let mark = tempfile::NamedTempFile::new().expect("a temporary file");
        let path = format!("-DMARK=\"{}\"", mark.path().display());
        let place = format!("-DPLACE={place}");
        let flags = ["-DMISDEED=fork_a_session", "-DWHEN=at_first", &place, &path];
        let adapter = Adapter::new("hostile.c", &flags);
        let (ended, report) = audit(&adapter.id(), &AMPLE);
        assert_eq!(ended.status, Some(0), "{:?}", ended.stderr);
        spoiled(&report, Verdict::Preserved, |_| true);
        let mark = File::open(mark.path()).expect("it is still there");
        mark.try_lock().expect("whoever lives on holds a lock");
    }
}

/// Even if nobody is left to end it.
#[test]
fn no_child_outlives_a_command_that_is_killed() {
    let mark = tempfile::NamedTempFile::new().expect("a temporary file");
    let path = format!("-DMARK=\"{}\"", mark.path().display());
    let flags = ["-DMISDEED=mark_and_hang", "-DPLACE=RESUMING", "-DWHEN=always", &path];
    let adapter = Adapter::new("hostile.c", &flags);
    let mut command = unscathed(&std::env::temp_dir());
    command.args(["audit", &adapter.id(), "--timeout", "120", "--format", "json"]);
    let mut command =
        command.stdout(Stdio::null()).stderr(Stdio::null()).spawn().expect("it starts");
    let mark = File::open(mark.path()).expect("it is there");
    let is_held = || match mark.try_lock() {
        Ok(()) => mark.unlock().map(|()| false).expect("we hold it"),
        Err(_) => true,
    };
    let becomes = |held: bool| {
        let started = Instant::now();
        while is_held() != held {
            assert!(started.elapsed() < Duration::from_secs(60), "held: {}", !held);
            sleep(Duration::from_millis(10));
        }
    };
    becomes(true);
    command.kill().expect("it waits for its children");
    command.wait().expect("it was killed");
    becomes(false);
}

/// A script may start something, and then become the command.
#[test]
fn children_that_the_process_had_before_live_on() {
    let adapter = hostile("fork_child_hangs", "RESUMING", "at_first");
    let script = "sleep 600 & echo $! >&2; exec \"$0\" \"$@\"";
    let mut command = Command::new("sh");
    command.args(["-c", script, env!("CARGO_BIN_EXE_unscathed"), "audit", &adapter.id()]);
    command.args(["--probe", "value.pair", "--format", "json"]);
    let ended = end(&mut command);
    let pid = ended.stderr.lines().next().and_then(|line| line.parse().ok());
    let pid = pid.expect("the script writes a number");
    // SAFETY: sends a signal to a process of ours; it fails if there is none.
    let lived = unsafe { libc::kill(pid, libc::SIGKILL) } == 0;
    assert!(lived && ended.status == Some(0), "{ended:?}");
}

macro_rules! at_load_time {
    ($($test:ident: $misdeed:literal => $sentence:literal;)*) => {
        $(#[test]
        fn $test() {
            let adapter = hostile($misdeed, "LOADING", "always");
            let ended = run(["audit", &adapter.id(), "--timeout", "3", "--format", "json"]);
            let report = ended.only_report();
            assert_eq!(ended.status, Some(2));
            assert_eq!(report.refused.as_deref(), Some($sentence));
            assert!(report.results.is_empty());
            let message = format!("unscathed: {}: {}", adapter.path(), $sentence);
            assert_eq!(ended.messages(), [message]);
        })*
    };
}

at_load_time! {
    a_constructor_that_crashes: "segfault" => "it died of SIGSEGV while it was loaded";
    a_constructor_that_aborts: "abort_it" => "it died of SIGABRT while it was loaded";
    a_constructor_that_leaves: "exit_0" => "it ended the process with status 0 while it was loaded";
    a_constructor_that_hangs: "turn_deaf" => "it was not loaded within 3 s (--timeout)";
    a_constructor_that_stops: "stop" => "it was not loaded within 3 s (--timeout)";
    a_constructor_that_overwrites: "overwrite_the_record" => "while it was loaded the record was overwritten";
}

/// Nobody asked what a library does when a process ends.
#[test]
fn destructors_do_not_count() {
    for misdeed in ["segfault", "spin"] {
        let adapter = hostile(misdeed, "UNLOADING", "always");
        let (ended, report) = audit(&adapter.id(), &AMPLE);
        assert_eq!(ended.status, Some(0), "{misdeed}: {:?}", ended.stderr);
        spoiled(&report, Verdict::Preserved, |_| true);
    }
}

#[test]
fn an_audit_stays_under_64_mib() {
    let adapter = Adapter::new("swap.c", &[]);
    let (ended, _) = audit(&adapter.id(), &AMPLE);
    assert!(ended.peak_kib < 64 << 10, "{} KiB", ended.peak_kib);
}
