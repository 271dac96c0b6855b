//! For people: the reports of an audit on a page.

use unscathed_audit::machine;
use unscathed_verdict::causes::{causes, standings};
use unscathed_verdict::report::{Finding, Host, Report, Tool, Verdict};

use super::field::{count, quoted};
use super::fold::{Mark, Page, Piece, plain, whole};
use super::group::Tally;
use super::{Style, entry, one, python, table};
use crate::tool::tool;

/// A whole page: the reports, then how the command ended and what to do next.
pub(crate) fn document(reports: &[Report], status: u8, style: Style) -> String {
    let body = match reports {
        // One sentence on standard error has said it.
        [report] if report.refused.is_some() => String::new(),
        [report] => one(report, style),
        several => self::several(several, style),
    };
    body + &last(status, reports, style)
}

/// The report of one subject, down to the line that says what failed.
pub(crate) fn one(report: &Report, style: Style) -> String {
    let mut page = Page::new(style);
    one::body(&mut page, report);
    page.finish()
}

/// The reports of several subjects, down to the line that says what failed.
pub(crate) fn several(reports: &[Report], style: Style) -> String {
    let mut page = Page::new(style);
    table::body(&mut page, reports);
    page.finish()
}

/// The first line of a page, for those who are shown no page.
pub(crate) fn first_line(seed: u64, jobs: usize) -> String {
    title(&tool(), seed, &machine::host(), jobs)
}

/// Tool, commit, seed, machine; and how many runs there are, or on what the only one
/// ran.
pub(super) fn head(page: &mut Page, report: &Report, runs: usize) {
    let run = &report.run;
    let mut line = title(&report.tool, run.seed, &run.host, run.jobs);
    match &report.subject.runtime {
        Some(_) if runs > 1 => line += &format!(" · {}", count(runs, "run")),
        Some(runtime) => line += &format!(" · {runtime}"),
        None => {}
    }
    page.line(2, &[plain(line)]);
}

pub(super) fn title(tool: &Tool, seed: u64, host: &Host, jobs: usize) -> String {
    let commit = tool.commit.iter().map(|commit| format!(" ({commit})"));
    let libc = host.libc.iter().map(|libc| format!(", {libc}"));
    let mut line = format!(
        "{} {}{} · seed {seed} · {} {}{}",
        tool.name,
        tool.version,
        commit.collect::<String>(),
        host.arch,
        host.os,
        libc.collect::<String>()
    );
    if jobs > 0 {
        line += &format!(" · {}", count(jobs, "job"));
    }
    line
}

/// "1.4 s".
pub(super) fn seconds(milliseconds: u64) -> String {
    format!("{}.{} s", milliseconds / 1000, milliseconds % 1000 / 100)
}

/// How the command ended, and the one next command.
pub(crate) fn last(status: u8, reports: &[Report], style: Style) -> String {
    let mut page = Page::new(style);
    let mark = if status == 0 { Mark::Good } else { Mark::Plain };
    let (why, command) = match status {
        0 => rest(reports),
        1 => begin(reports),
        2 => could_not(reports),
        3 => ("the baseline says what is no longer so".into(), None),
        _ => nothing_ran(reports),
    };
    let mut pieces = vec![Piece::new(mark, format!("exit {status}"))];
    if !why.is_empty() {
        pieces.push(Piece::new(mark, format!(": {why}")));
    }
    if let Some(command) = command {
        pieces.push(Piece::new(mark, ":  "));
        pieces.push(whole(command));
    }
    page.line(8, &pieces);
    page.finish()
}

type Ending = (String, Option<String>);

const OWN: &str = "unscathed audit lib:PATH      what else is there:  unscathed list subjects";

/// Where several runs are one table.
const ALONE: &str = "details of one:  repeat with that SUBJECT and --python alone";

/// Nothing failed. What was not asked for may still.
fn rest(reports: &[Report]) -> Ending {
    match reports {
        [report] if report.run.planned < report.run.probes => {
            let id = quoted(&report.subject.id);
            ("the rest".into(), Some(format!("unscathed audit {id}")))
        }
        [_] => (String::new(), None),
        several if several.iter().all(python::is_python) => (String::new(), None),
        _ => ("your own".into(), Some(OWN.into())),
    }
}

/// Something failed.
fn begin(reports: &[Report]) -> Ending {
    let [report] = reports else {
        if reports.iter().all(python::is_python) {
            return (ALONE.into(), None);
        }
        return ("your own".into(), Some(OWN.into()));
    };
    let causes = causes(report);
    let Some(first) = causes.first() else {
        return (String::new(), None);
    };
    let why = match (first.verdict, causes.len()) {
        (Verdict::Crashed, 2..) => "the crash first",
        (_, 1) => "again",
        _ => "begin with cause 1",
    };
    (why.into(), Some(entry::again(first, report)))
}

/// Something could not be run, whatever else was found.
fn could_not(reports: &[Report]) -> Ending {
    let refused = reports.iter().filter(|it| it.refused.is_some()).count();
    let error = |it: &&Finding| it.verdict == Verdict::Error;
    let errors = reports.iter().flat_map(|it| it.results.iter().filter(error));
    let errors = errors.count();
    let mut parts = Vec::new();
    match (refused, reports.len()) {
        (0, _) => {}
        (_, 1) => parts.push("could not run".to_owned()),
        (some, _) if reports.iter().all(python::is_python) => {
            parts.push(format!("{} could not be made", count(some, "run")));
        }
        (some, all) => parts.push(format!("{some} of {} could not be run", count(all, "subject"))),
    }
    if errors > 0 {
        parts.push(format!("{} could not be had", count(errors, "result")));
    }
    let lost: usize = reports.iter().map(|it| Tally::of(&standings(it)).lost).sum();
    if lost > 0 {
        parts.push(format!("{} lost", count(lost, "element")));
    }
    let first = reports.iter().find_map(|it| Some((it, it.results.iter().find(error)?)));
    let command = first.map(|(report, finding)| {
        let id = quoted(&report.subject.id);
        format!("unscathed audit {id} --probe {}", finding.probe)
    });
    let mut why = parts.join(", ");
    if reports.len() > 1 && reports.iter().all(python::is_python) {
        why += &format!("; {ALONE}");
        return (why, None);
    }
    (why, command)
}

fn nothing_ran(reports: &[Report]) -> Ending {
    let asked = reports.iter().find(|it| !it.run.chosen.is_empty());
    let globs = asked.map(|it| {
        let globs = it.run.chosen.iter().map(|glob| format!("--probe {}", quoted(glob)));
        globs.collect::<Vec<_>>().join(" ")
    });
    match globs {
        Some(globs) if asked.is_some_and(|it| it.run.planned == 0) => {
            (format!("nothing ran, no probe matches {globs}"), Some("unscathed list probes".into()))
        }
        _ => ("nothing ran".into(), None),
    }
}
