//! The page of a Python subject: what must survive beside what was chosen, and what
//! is the interpreter's own.

use unscathed_catalogue::{Group, Level};
use unscathed_verdict::causes::{Count, Standing, standings};
use unscathed_verdict::report::{Finding, Report, Verdict};

use super::fold::{Page, Piece, plain, strong};
use super::group::{self, Tally, joined};
use super::{field, human, one};

/// Where the two figures and the remarks begin.
const MUST: usize = 26;
const POLICY: usize = 34;
const REMARKS: usize = 42;

/// Groups of machine code that are one line here: nobody switches them one by one.
const MACHINE: [Group; 5] = [Group::General, Group::Mxcsr, Group::X87, Group::Flags, Group::Stack];

/// Whether a report is about a subject of an interpreter.
pub(super) fn is_python(report: &Report) -> bool {
    report.subject.kind == "python"
}

/// A line for each group of which the report says something.
pub(super) fn groups(page: &mut Page, report: &Report, standings: &[Standing<'_>]) {
    let head = format!(
        "  {:must$}{:policy$}policy",
        "group",
        "must",
        must = MUST - 2,
        policy = POLICY - MUST
    );
    page.put_at(&[plain(head)], REMARKS, &[plain(one::terms(report))]);
    for (title, groups) in lines() {
        let members: Vec<_> = standings
            .iter()
            .filter(|it| groups.iter().any(|group| group::is_in(it, *group)))
            .filter(|it| !is_interpreters_own(it))
            .collect();
        if members.is_empty() {
            continue;
        }
        let of = |level| {
            let of_level = members.iter().copied().filter(move |it| has_level(it, level));
            match Tally::of(of_level) {
                none if none.judged() == 0 => String::new(),
                tally => tally.figure(),
            }
        };
        let (must, policy) = (of(Level::Must), of(Level::Policy));
        let must = if must.is_empty() && policy.is_empty() { "-".to_owned() } else { must };
        let lead = format!(
            "  {title:must_at$}{must:policy_at$}{policy}",
            must_at = MUST - 2,
            policy_at = POLICY - MUST
        );
        page.put_at(&[plain(lead.trim_end())], REMARKS, &joined(group::remarks(&members, title)));
    }
    not_the_subjects(page, standings);
    partly(page, standings);
}

/// Titles with the groups that they stand for, in the order of the page.
fn lines() -> Vec<(&'static str, Vec<Group>)> {
    let mut lines: Vec<_> = Group::ALL
        .into_iter()
        .filter(|group| !MACHINE.contains(group))
        .map(|group| (group.title(), vec![group]))
        .collect();
    lines.push(("registers, FP control", MACHINE.to_vec()));
    lines
}

fn has_level(standing: &Standing<'_>, level: Level) -> bool {
    standing.row.is_some_and(|row| row.level == level)
}

/// What OS threads show too convicts nobody and acquits nobody.
fn is_interpreters_own(standing: &Standing<'_>) -> bool {
    standing.count == Count::Unknown && standing.findings.iter().any(|it| own(it))
}

fn own(finding: &Finding) -> bool {
    finding.verdict == Verdict::Skipped && finding.oracle.is_some()
}

fn not_the_subjects(page: &mut Page, standings: &[Standing<'_>]) {
    let ids: Vec<_> =
        standings.iter().filter(|it| is_interpreters_own(it)).map(|it| it.element).collect();
    if ids.is_empty() {
        return;
    }
    let lead = format!("  {:must$}{}", "not the subject's", ids.len(), must = MUST - 2);
    let why = "OS threads show the same on this interpreter";
    let remark =
        vec![Piece::verdict(Verdict::Skipped), plain(format!(", {why}: {}", field::compact(&ids)))];
    page.put_at(&[plain(lead)], REMARKS, &remark);
}

/// Probes that did not show an element which others showed.
fn partly(page: &mut Page, standings: &[Standing<'_>]) {
    let remarks = group::not_shown_by_probe(standings);
    if !remarks.is_empty() {
        page.put_at(&[plain("  not shown")], REMARKS, &joined(remarks));
    }
}

/// The reports of several interpreters: a row each. `=` is "as above".
pub(super) fn table(page: &mut Page, reports: &[Report]) {
    let names: Vec<_> = reports.iter().map(|it| one::title(it).text().to_owned()).collect();
    let runtimes: Vec<_> =
        reports.iter().map(|it| it.subject.runtime.clone().unwrap_or_default()).collect();
    let width = |texts: &[String], least: usize| {
        texts.iter().map(|text| text.chars().count()).max().unwrap_or(0).max(least)
    };
    let (name, runtime) = (width(&names, 7), width(&runtimes, 7));
    let head =
        format!("  {:name$}  {:runtime$}  {:9}{:9}lost", "subject", "runtime", "must", "policy");
    let column = 2 + name + 2 + runtime + 2 + 18;
    page.line(0, &[plain(head)]);
    let mut subject = None;
    let mut above: Option<Vec<&str>> = None;
    for ((report, title), on) in reports.iter().zip(&names).zip(&runtimes) {
        let same = subject.replace(&report.subject.id) == Some(&report.subject.id);
        let shown = if same { "=" } else { title };
        let standings = standings(report);
        let figure = |level| Tally::of(standings.iter().filter(|it| has_level(it, level))).figure();
        let lead = format!(
            "  {shown:name$}  {on:runtime$}  {:9}{:9}",
            figure(Level::Must),
            figure(Level::Policy)
        );
        let lost: Vec<_> =
            standings.iter().filter(|it| it.count == Count::Lost).map(|it| it.element).collect();
        let said = match (&report.refused, &above) {
            (Some(why), _) => vec![Piece::verdict(Verdict::Error), plain(format!(": {why}"))],
            (None, _) if lost.is_empty() => vec![plain("nothing")],
            (None, Some(before)) => vec![plain(beside(before, &lost))],
            (None, None) => vec![plain(field::compact(&lost))],
        };
        page.put_at(&[strong(lead.trim_end())], column, &said);
        if report.refused.is_none() {
            above = Some(lost);
        }
    }
}

/// What became of the runs, and how much they leave open; which, one run's page says.
pub(super) fn summary(page: &mut Page, reports: &[Report]) {
    let run: Vec<_> = reports.iter().filter(|it| it.refused.is_none()).collect();
    let lost = |report: &&&Report| Tally::of(&standings(report)).lost > 0;
    let found = run.iter().filter(lost).count();
    let made = match reports.len() {
        all if all == run.len() => format!("{all} runs"),
        all => format!("{} of {all} runs made", run.len()),
    };
    let elapsed = run.iter().map(|it| it.run.elapsed_ms).sum();
    let mut parts = vec![format!("{made}, {found} with findings"), human::seconds(elapsed)];
    let open = |verdict| {
        let of =
            |report: &&&Report| report.results.iter().filter(|it| it.verdict == verdict).count();
        run.iter().map(|report| of(&report)).sum::<usize>()
    };
    for verdict in [Verdict::Error, Verdict::Skipped, Verdict::Unsupported] {
        if open(verdict) > 0 {
            parts.push(format!("{} {}", open(verdict), verdict.word()));
        }
    }
    page.line(0, &[plain(parts.join(" · "))]);
}

/// "=" for the same losses as above, "= and py.delete_later" for more.
fn beside(before: &[&str], lost: &[&str]) -> String {
    let new: Vec<_> = lost.iter().copied().filter(|id| !before.contains(id)).collect();
    let all = before.iter().all(|id| lost.contains(id));
    match (all && !before.is_empty(), new.is_empty()) {
        (true, true) => "=".into(),
        (true, false) => format!("= and {}", field::compact(&new)),
        (false, _) => field::compact(lost),
    }
}
