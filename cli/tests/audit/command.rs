//! Runs of the command, and what must hold of every report.

use std::ffi::OsStr;
use std::fs::File;
use std::io::{Read as _, Seek as _};
use std::mem::zeroed;
use std::path::Path;
use std::process::Command;
use std::sync::OnceLock;
use std::thread;
use std::time::{Duration, Instant};

use unscathed_catalogue::Probe;
use unscathed_catalogue::abi::SYSV_X86_64;
use unscathed_catalogue::probe::{self, PROBES};
use unscathed_verdict::report::{Finding, Report, Summary, Verdict};

use crate::adapter::Adapter;

/// Time after which the command itself counts as hung.
const PATIENCE: Duration = Duration::from_secs(180);

/// How a run of the command ended.
#[derive(Debug)]
pub(crate) struct Ended {
    pub(crate) status: Option<i32>,
    pub(crate) stdout: String,
    pub(crate) stderr: String,
    /// Largest resident size of the command or of any of its children.
    pub(crate) peak_kib: i64,
}

/// The command, ready to run in a folder.
pub(crate) fn unscathed(folder: &Path) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_unscathed"));
    command.current_dir(folder);
    command
}

/// Runs the command to its end. Its output goes through files: nobody who holds
/// a pipe open can keep the test waiting.
pub(crate) fn end(command: &mut Command) -> Ended {
    let mut stdout = tempfile::tempfile().expect("a temporary file");
    let mut stderr = tempfile::tempfile().expect("a temporary file");
    let copy = |file: &File| file.try_clone().expect("a descriptor");
    let child = command.stdout(copy(&stdout)).stderr(copy(&stderr)).spawn();
    #[expect(clippy::zombie_processes, reason = "wait4 waits for it, and says what it used")]
    let mut child = child.expect("the command starts");
    let pid = i32::try_from(child.id()).expect("a process number");
    let started = Instant::now();
    let mut status = 0;
    // SAFETY: all-zero is a valid value of plain numbers.
    let mut usage: libc::rusage = unsafe { zeroed() };
    // SAFETY: a child of ours, which nobody else waits for.
    while unsafe { libc::wait4(pid, &raw mut status, libc::WNOHANG, &raw mut usage) } == 0 {
        if started.elapsed() > PATIENCE {
            child.kill().expect("it has not been waited for");
            panic!("the command hangs: {command:?}");
        }
        thread::sleep(Duration::from_millis(2));
    }
    Ended {
        status: libc::WIFEXITED(status).then(|| libc::WEXITSTATUS(status)),
        stdout: text(&mut stdout),
        stderr: text(&mut stderr),
        peak_kib: usage.ru_maxrss,
    }
}

fn text(file: &mut File) -> String {
    let mut text = String::new();
    file.rewind().expect("a file can be rewound");
    file.read_to_string(&mut text).expect("the command writes UTF-8");
    text
}

/// Runs the command in the temporary folder of the system.
pub(crate) fn run(arguments: impl IntoIterator<Item: AsRef<OsStr>>) -> Ended {
    end(unscathed(&std::env::temp_dir()).args(arguments))
}

/// Audits one subject with every schedule, and checks that the report is whole and
/// that the status follows from it. Experiments of their own may meet a misdeed
/// in any number and at any time: what becomes of them says nothing.
pub(crate) fn audit(subject: &str, options: &[&str]) -> (Ended, Report) {
    let schedules: Vec<_> = PROBES.iter().filter(|probe| !probe.is_scenario()).collect();
    let chosen: Vec<_> = schedules.iter().flat_map(|probe| ["--probe", probe.id]).collect();
    audit_with(subject, &[options, &chosen].concat(), schedules)
}

/// The same with every probe.
pub(crate) fn audit_wholly(subject: &str, options: &[&str]) -> (Ended, Report) {
    audit_with(subject, options, PROBES)
}

fn audit_with<'a>(
    subject: &str,
    options: &[&str],
    planned: impl IntoIterator<Item = &'a Probe>,
) -> (Ended, Report) {
    let ended = run([&["audit", subject, "--format", "json"], options].concat());
    let report = ended.only_report();
    whole(&report, planned);
    let fails = report.results.iter().any(|finding| finding.fails);
    let status = if report.summary.error > 0 { 2 } else { i32::from(fails) };
    assert_eq!(ended.status, Some(status), "{:?}", ended.stderr);
    assert_eq!(ended.messages(), [""; 0]);
    (ended, report)
}

impl Ended {
    /// The reports on standard output, which must hold nothing else.
    pub(crate) fn reports(&self) -> Vec<Report> {
        let line = |line| match serde_json::from_str(line) {
            Ok(report) => report,
            Err(error) => panic!("standard output holds more than reports: {error}: {line}"),
        };
        assert!(self.stdout.ends_with('\n'), "{self:?}");
        self.stdout.lines().map(line).collect()
    }

    /// The one report.
    pub(crate) fn only_report(&self) -> Report {
        let mut reports = self.reports();
        assert_eq!(reports.len(), 1, "{self:?}");
        reports.remove(0)
    }

    /// The messages: standard error without the line of the seed.
    pub(crate) fn messages(&self) -> Vec<&str> {
        let mut lines: Vec<_> = self.stderr.lines().collect();
        assert!(!lines.is_empty(), "the first line has the seed: {self:?}");
        let first = lines.remove(0);
        assert!(first.contains("seed"), "the first line has the seed: {self:?}");
        lines
    }
}

/// Every probe with every one of its elements is there, once, and the summary
/// counts them.
pub(crate) fn whole<'a>(report: &Report, planned: impl IntoIterator<Item = &'a Probe>) {
    let (mut pairs, mut probes) = (Vec::new(), 0);
    for probe in planned {
        pairs.extend(probe.elements(SYSV_X86_64).map(|(_, element)| (probe.id, element.id)));
        probes += 1;
    }
    let found: Vec<_> = report
        .results
        .iter()
        .map(|finding| (finding.probe.as_str(), finding.element.as_str()))
        .collect();
    assert_eq!(found, pairs);
    assert_eq!(report.run.planned, probes);
    assert_eq!(report.refused, None);
    assert_eq!(report.summary, Summary::of(&report.results, report.summary.controls));
    for finding in report.results.iter().filter(|finding| finding.verdict == Verdict::Skipped) {
        assert!(!finding.detail.is_empty(), "why was it skipped? {finding:?}");
    }
}

/// The probe of a finding.
pub(crate) fn probe_of(finding: &Finding) -> &'static Probe {
    probe::find(&finding.probe).expect("a probe of the catalogue")
}

/// The report of a correct adapter on this machine.
fn honest() -> &'static Report {
    static HONEST: OnceLock<Report> = OnceLock::new();
    HONEST.get_or_init(|| {
        let adapter = Adapter::new("swap.c", &[]);
        let (ended, report) = audit(&adapter.id(), &["--timeout", "30"]);
        assert_eq!(ended.status, Some(0), "{:?}", ended.stderr);
        report
    })
}

/// What a correct adapter has in the place of a finding.
pub(crate) fn otherwise(finding: &Finding) -> Verdict {
    let same = |row: &&Finding| (&row.probe, &row.element) == (&finding.probe, &finding.element);
    honest().results.iter().find(same).expect("the probes are the same").verdict
}

/// What this machine can show of an adapter that nests and can do nothing else.
pub(crate) fn shown(report: &Report) -> impl Iterator<Item = &Finding> {
    report
        .results
        .iter()
        .filter(|finding| !matches!(otherwise(finding), Verdict::Skipped | Verdict::Unsupported))
}

/// Of those, what is found by schedules, whose looks are the catalogue's alone.
pub(crate) fn scheduled(report: &Report) -> impl Iterator<Item = &Finding> {
    shown(report).filter(|finding| !probe_of(finding).is_scenario())
}

/// The probes that were spoiled have this verdict, all others are unharmed. A
/// probe that is no schedule may see the harm or not.
pub(crate) fn spoiled(report: &Report, verdict: Verdict, which: impl Fn(&Probe) -> bool) {
    for finding in shown(report) {
        let probe = probe_of(finding);
        let expected = match which(probe) {
            true if probe.is_scenario() => continue,
            true => verdict,
            false => otherwise(finding),
        };
        assert_eq!(finding.verdict, expected, "{finding:?}");
    }
}
