//! The report of one subject.

use unscathed_verdict::causes::{Cause, Standing, causes, standings};
use unscathed_verdict::report::{Report, Verdict};

use super::field::{count, quoted};
use super::fold::{Page, Piece, plain, strong, whole};
use super::group::{self, Row, Tally};
use super::{entry, human, python};

/// Causes that are shown in full.
pub(super) const IN_FULL: usize = 5;

/// Where figures and remarks begin.
const FIGURES: usize = 24;
const REMARKS: usize = 31;

/// Everything but the last line.
pub(super) fn body(page: &mut Page, report: &Report) {
    human::head(page, report, 1);
    identity(page, report);
    page.blank();
    let standings = standings(report);
    if python::is_python(report) {
        python::groups(page, report, &standings);
    } else {
        groups(page, report, &standings);
    }
    measured(page, report);
    page.blank();
    let causes = causes(report);
    entries(page, report, &causes, IN_FULL);
    summary(page, report, &Tally::of(&standings), causes.len());
}

/// The subject, how it was reached, what it can do, what it declares.
fn identity(page: &mut Page, report: &Report) {
    let subject = &report.subject;
    let name = format!("{} {}", subject.name, subject.version);
    let mut reached = subject.id.clone();
    if !subject.loaded.is_empty() {
        reached += &format!(" → {}", subject.loaded.join(", "));
    }
    let capabilities = match subject.capabilities.as_slice() {
        [] => "no capabilities".to_owned(),
        words => words.join(" "),
    };
    let parts = [name.trim().to_owned(), reached, capabilities].join(" · ");
    let mut pieces = vec![plain(parts)];
    if python::is_python(report) && !subject.policies.is_empty() {
        let declared = count(subject.policies.len(), "policy").replace("policys", "policies");
        let source =
            if subject.documents.is_empty() { " declared" } else { ", source: its documents" };
        pieces.push(plain(format!(" · {declared}{source}")));
        return page.line(2, &pieces);
    }
    for (n, (id, word)) in subject.policies.iter().enumerate() {
        pieces.push(plain(if n == 0 { " · declared: " } else { ", " }));
        pieces.push(whole(format!("{id} {word}")));
    }
    if subject.policies.is_empty() {
        pieces.push(plain(" · no policies declared"));
    }
    page.line(2, &pieces);
}

fn groups(page: &mut Page, report: &Report, standings: &[Standing<'_>]) {
    let title = format!("  {:width$}kept", "group", width = FIGURES - 2);
    page.put_at(&[plain(title)], REMARKS, &[plain(terms(report))]);
    for row in group::rows(report, standings) {
        let Row { title, figure, remarks } = row;
        let lead = format!("  {title:width$}{figure}", width = FIGURES - 2);
        page.put_at(&[plain(lead)], REMARKS, &group::joined(remarks));
    }
}

/// What switches cost: a line for each thing counted and for each kind of switch.
fn measured(page: &mut Page, report: &Report) {
    /// What was counted, of which kind of switch, and the figures by place.
    struct Line<'a> {
        what: &'a str,
        of: &'a str,
        places: Vec<(&'a str, f64)>,
    }
    let mut lines: Vec<Line<'_>> = Vec::new();
    for it in &report.measurements {
        let (of, place) = it.at.split_once(" below ").unwrap_or((&it.at, ""));
        match lines.iter_mut().find(|line| (line.what, line.of) == (&it.what, of)) {
            Some(line) => line.places.push((place, it.value)),
            None => lines.push(Line { what: &it.what, of, places: vec![(place, it.value)] }),
        }
    }
    for Line { what, of, places } in lines {
        let same = places.iter().all(|(_, value)| *value == places[0].1);
        let text = match &places[..] {
            [(_, value), _, ..] if same => format!("{of}: {value}, at every depth"),
            [("", value)] => format!("{of}: {value:.0}"),
            _ => {
                let each = |(place, value): &(&str, f64)| format!("{value:.0} below {place}");
                format!("{of}: {}", places.iter().map(each).collect::<Vec<_>>().join(", "))
            }
        };
        page.put_at(&[plain(format!("  {what}"))], FIGURES, &[plain(text)]);
    }
}

/// What fails, who says so, and what was asked for.
pub(super) fn terms(report: &Report) -> String {
    let level = match report.run.level.as_str() {
        "policy" => "--level policy",
        _ => "level must",
    };
    let mut terms = vec![level.to_owned()];
    let mut documents: Vec<&str> = Vec::new();
    for finding in &report.results {
        let document = match finding.clause.kind.as_str() {
            "abi" => "the ABI",
            "language" => "the language",
            "contract" => "the contract with adapters",
            _ => "definitions of this project",
        };
        if !documents.contains(&document) {
            documents.push(document);
        }
    }
    let asked_for = asked_for(report);
    if !documents.is_empty() && asked_for.is_none() {
        terms.push(format!("clauses of {}", documents.join(" and of ")));
    }
    terms.extend(asked_for);
    terms.join(", ")
}

/// Which of the probes, where it was not all.
pub(super) fn asked_for(report: &Report) -> Option<String> {
    let run = &report.run;
    let globs = run.chosen.iter().map(|glob| format!("--probe {}", quoted(glob)));
    let partition = run.partition.iter().map(|part| format!("--partition {part}"));
    let options: Vec<_> = globs.chain(partition).collect();
    if options.is_empty() {
        return None;
    }
    let options = options.join(" ");
    Some(format!("only {options}: {} of {} probes", run.planned, run.probes))
}

/// The first `in_full` entries in full, all others on a line.
pub(super) fn entries(page: &mut Page, report: &Report, causes: &[Cause<'_>], in_full: usize) {
    for (index, cause) in causes.iter().enumerate() {
        if index < in_full {
            entry::full(page, index + 1, cause, report);
            page.blank();
        } else {
            entry::short(page, index + 1, cause, report);
        }
    }
    if causes.len() > in_full {
        page.blank();
    }
}

/// What failed, and how much was looked at.
fn summary(page: &mut Page, report: &Report, tally: &Tally, causes: usize) {
    let judged = count(tally.judged(), "element");
    let outcome = match (tally.judged(), tally.lost, tally.expected) {
        (0, _, _) => "nothing was judged".to_owned(),
        (_, 0, 0) => format!("nothing failed among {judged}"),
        (_, 0, _) => format!("nothing failed that is not expected, among {judged}"),
        (_, lost, _) => format!("{lost} of {judged} lost, {}", count(causes, "cause")),
    };
    let run = &report.run;
    let effort = [
        count(run.planned, "probe"),
        count(report.results.len(), "result"),
        human::seconds(run.elapsed_ms),
    ];
    let mut parts = vec![outcome, effort.join(", ")];
    parts.extend(open(report));
    if run.probes > run.planned {
        let rest = run.probes - run.planned;
        parts.push(format!("{} not asked for", count(rest, "probe")));
    }
    page.line(0, &[plain(parts.join(" · "))]);
}

/// Results that answer nothing, counted.
pub(super) fn open(report: &Report) -> Option<String> {
    let kinds = [Verdict::Error, Verdict::Skipped, Verdict::Unsupported];
    let counted = kinds.into_iter().filter_map(|kind| {
        let number = report.results.iter().filter(|it| it.verdict == kind).count();
        (number > 0).then(|| format!("{number} {}", kind.word()))
    });
    let counted: Vec<_> = counted.collect();
    (!counted.is_empty()).then(|| counted.join(", "))
}

/// The name over a subject's entries, where there are several subjects.
pub(super) fn title(report: &Report) -> Piece {
    let subject = &report.subject;
    strong(format!("{} {}", subject.name, subject.version).trim())
}
