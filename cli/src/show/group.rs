//! One line for each group of elements: kept of judged, and what is not plain.

use unscathed_catalogue::{Feature, Group};
use unscathed_verdict::causes::{Count, Standing};
use unscathed_verdict::report::{Finding, NotRun, Report, Verdict};

use super::field;
use super::fold::{Piece, plain};

/// A line of the page.
pub(super) struct Row {
    /// The group's title.
    pub(super) title: String,
    /// "6/7", "-" or "free".
    pub(super) figure: String,
    /// Failures first, then what was measured, then what was not shown.
    pub(super) remarks: Vec<Vec<Piece>>,
}

/// Elements, counted.
#[derive(Clone, Copy, Default)]
pub(super) struct Tally {
    /// Kept.
    pub(super) kept: usize,
    /// Lost, and it fails.
    pub(super) lost: usize,
    /// Lost as the baseline expects.
    pub(super) expected: usize,
}

impl Tally {
    pub(super) fn of<'a>(standings: impl IntoIterator<Item = &'a Standing<'a>>) -> Self {
        let mut tally = Self::default();
        for standing in standings {
            match standing.count {
                Count::Kept => tally.kept += 1,
                Count::Lost => tally.lost += 1,
                Count::Expected => tally.expected += 1,
                Count::Measured | Count::Unknown => {}
            }
        }
        tally
    }

    pub(super) const fn judged(self) -> usize {
        self.kept + self.lost + self.expected
    }

    /// "6/7", or "-" where nothing was judged.
    pub(super) fn figure(self) -> String {
        match self.judged() {
            0 => "-".into(),
            judged => format!("{}/{judged}", self.kept),
        }
    }
}

/// Whether a row that the catalogue knows is counted in this group.
pub(super) fn is_in(standing: &Standing<'_>, group: Group) -> bool {
    standing.row.is_some_and(|row| row.group == group)
}

/// The lines of a report. A group of which it says nothing has none.
pub(super) fn rows(report: &Report, standings: &[Standing<'_>]) -> Vec<Row> {
    let mut rows = Vec::new();
    for group in Group::ALL {
        let members: Vec<_> = standings.iter().filter(|it| is_in(it, group)).collect();
        let mut row = row(group.title(), &members);
        if group == Group::Volatile && report.summary.controls.planted > 0 {
            row.figure = "free".into();
            row.remarks.push(vec![plain(controls(report))]);
        }
        row.remarks.extend(not_run(report, group, &members));
        if !members.is_empty() || !row.remarks.is_empty() {
            rows.push(row);
        }
    }
    let others: Vec<_> = standings.iter().filter(|it| it.row.is_none()).collect();
    if !others.is_empty() {
        rows.push(row("others", &others));
    }
    rows.extend(others_not_run(report).map(|it| Row {
        title: it.what.clone(),
        figure: "-".into(),
        remarks: vec![vec![plain(format!("not shown: {}", it.why))]],
    }));
    let partly = not_shown_by_probe(standings);
    if !partly.is_empty() {
        rows.push(Row { title: "not shown".into(), figure: "-".into(), remarks: partly });
    }
    rows
}

/// The same without figures and losses: what was not shown, and whether anything
/// was only measured. Which policies those are is for the page of one subject.
pub(super) fn notes(report: &Report, standings: &[Standing<'_>]) -> Vec<Vec<Piece>> {
    let mut notes = Vec::new();
    for group in Group::ALL {
        let members: Vec<_> = standings.iter().filter(|it| is_in(it, group)).collect();
        let titled = |mut remark: Vec<Piece>| {
            remark.insert(0, plain(format!("{}: ", group.title())));
            remark
        };
        notes.extend(not_shown(&members, group.title()).into_iter().map(titled));
        notes.extend(not_run(report, group, &members).into_iter().map(titled));
    }
    if standings.iter().any(|it| it.count == Count::Measured) {
        let text =
            "policies that nobody declared were measured, not judged: --level policy judges them";
        notes.push(vec![plain(text)]);
    }
    let not_run = others_not_run(report);
    notes.extend(not_run.map(|it| vec![plain(format!("{}: not shown: {}", it.what, it.why))]));
    notes.extend(not_shown_by_probe(standings));
    notes
}

fn row(title: &str, members: &[&Standing<'_>]) -> Row {
    let remarks = remarks(members, title);
    Row { title: title.into(), figure: Tally::of(members.iter().copied()).figure(), remarks }
}

/// Failures first, then what was measured, then what was not shown.
pub(super) fn remarks(members: &[&Standing<'_>], title: &str) -> Vec<Vec<Piece>> {
    let mut remarks = losses(members);
    remarks.extend(measured(members));
    remarks.extend(not_shown(members, title));
    remarks
}

/// Remarks on one line.
pub(super) fn joined(remarks: Vec<Vec<Piece>>) -> Vec<Piece> {
    let mut pieces = Vec::new();
    for remark in remarks {
        if !pieces.is_empty() {
            pieces.push(plain(" · "));
        }
        pieces.extend(remark);
    }
    pieces
}

/// What the machine lacks for a group, where no result of the group says so. Who
/// chose some probes is not told of the others' gaps.
fn not_run(report: &Report, group: Group, members: &[&Standing<'_>]) -> Vec<Vec<Piece>> {
    let explained = members.iter().any(|it| it.count == Count::Unknown);
    if explained || members.is_empty() && !report.run.chosen.is_empty() {
        return Vec::new();
    }
    let lacking = report.run.not_run.iter().filter(|it| shown_in(it) == Some(group));
    let remark = |it: &NotRun| {
        let what = if it.what == group.title() { String::new() } else { format!("{} ", it.what) };
        vec![plain(format!("{what}not shown: {}", it.why))]
    };
    lacking.map(remark).collect()
}

/// In which line something belongs that the machine lacks; `None`: in its own.
fn shown_in(not_run: &NotRun) -> Option<Group> {
    let feature = Feature::ALL.into_iter().find(|it| it.title() == not_run.what)?;
    Some(match feature {
        Feature::Avx | Feature::Avx512 => Group::Volatile,
        Feature::ShadowStack => Group::ShadowStack,
        Feature::Amx => Group::Tiles,
    })
}

/// What the machine lacks that no group is about.
fn others_not_run(report: &Report) -> impl Iterator<Item = &NotRun> {
    report.run.not_run.iter().filter(|it| shown_in(it).is_none())
}

fn controls(report: &Report) -> String {
    let controls = report.summary.controls;
    let (planted, changed) = (controls.planted, controls.changed);
    format!("{planted} planted as negative controls, {changed} changed, none judged")
}

/// "gpr.r12 leaked", and what a baseline accepts.
fn losses(members: &[&Standing<'_>]) -> Vec<Vec<Piece>> {
    let mut remarks = Vec::new();
    for count in [Count::Lost, Count::Expected] {
        for verdict in Verdict::ALL {
            let ids = ids(members, |it| it.count == count && it.verdict == verdict);
            if ids.is_empty() {
                continue;
            }
            let mut remark =
                vec![plain(format!("{} ", field::compact(&ids))), Piece::verdict(verdict)];
            if count == Count::Expected {
                remark.push(plain(" as the baseline expects"));
            }
            remarks.push(remark);
        }
    }
    remarks
}

/// What nobody promised: how it behaved, without a judgement.
fn measured(members: &[&Standing<'_>]) -> Vec<Vec<Piece>> {
    let mut remarks = Vec::new();
    for verdict in Verdict::ALL {
        let ids = ids(members, |it| it.count == Count::Measured && it.verdict == verdict);
        let word = match verdict {
            Verdict::Preserved => "kept",
            other => other.word(),
        };
        if !ids.is_empty() {
            let text = format!("measured: {} {word}, not declared", field::compact(&ids));
            remarks.push(vec![plain(text)]);
        }
    }
    remarks
}

fn ids<'a>(members: &[&Standing<'a>], chosen: impl Fn(&Standing<'a>) -> bool) -> Vec<&'a str> {
    let members = members.iter().filter(|it| chosen(it));
    members.map(|it| it.element).collect()
}

/// Results that say nothing of their element for one reason.
struct Gap<'a> {
    verdict: Verdict,
    findings: Vec<&'a Finding>,
}

/// Elements that no probe showed, with the reason. `title` need not be said again,
/// nor the elements, if they are all of `members`.
fn not_shown(members: &[&Standing<'_>], title: &str) -> Vec<Vec<Piece>> {
    let unknown: Vec<_> = members.iter().filter(|it| it.count == Count::Unknown).collect();
    let gaps = gaps(unknown.iter().flat_map(|it| &it.findings).copied());
    let remark = |gap: &Gap<'_>| {
        let ids = gap.ids(|it| &it.element);
        let all = ids.len() == members.len();
        gap.remark(if all { String::new() } else { field::compact(&ids) }, title)
    };
    gaps.iter().map(remark).collect()
}

/// Probes that did not show an element which others showed, with the reason.
pub(super) fn not_shown_by_probe(standings: &[Standing<'_>]) -> Vec<Vec<Piece>> {
    let known = standings.iter().filter(|it| it.count != Count::Unknown);
    let gaps = gaps(known.flat_map(|it| &it.findings).copied());
    let remark = |gap: &Gap<'_>| gap.remark(field::compact(&gap.ids(|it| &it.probe)), "");
    gaps.iter().map(remark).collect()
}

fn gaps<'a>(findings: impl Iterator<Item = &'a Finding>) -> Vec<Gap<'a>> {
    let mut gaps: Vec<Gap<'_>> = Vec::new();
    for finding in findings.filter(|it| !it.verdict.is_judged()) {
        let (verdict, kind) = (finding.verdict, kind(finding));
        let alike = gaps.iter_mut().find(|it| it.verdict == verdict && it.kind() == kind);
        match alike {
            Some(gap) => gap.findings.push(finding),
            None => gaps.push(Gap { verdict, findings: vec![finding] }),
        }
    }
    gaps.sort_by_key(|gap| gap.verdict);
    gaps
}

/// Reasons that differ only in their numbers are one.
fn kind(finding: &Finding) -> String {
    let detail = field::detail(finding);
    detail.chars().filter(|c| !c.is_ascii_digit()).collect()
}

impl<'a> Gap<'a> {
    fn kind(&self) -> String {
        kind(self.findings[0])
    }

    fn ids(&self, of: impl Fn(&'a Finding) -> &'a str) -> Vec<&'a str> {
        let mut ids = Vec::new();
        for id in self.findings.iter().map(|it| of(it)) {
            if !ids.contains(&id) {
                ids.push(id);
            }
        }
        ids
    }

    fn remark(&self, ids: String, title: &str) -> Vec<Piece> {
        let first = self.findings[0];
        let detail = field::detail(first);
        let why = detail.strip_prefix(&format!("{title}: ")).unwrap_or(&detail);
        let alike = self.findings.iter().all(|it| field::detail(it) == detail);
        let from = if alike { String::new() } else { format!("; in {}", first.probe) };
        let mut remark = vec![Piece::verdict(self.verdict)];
        if !ids.is_empty() {
            remark.insert(0, plain(ids + " "));
        }
        if !why.is_empty() {
            remark.push(plain(format!("{from}: {why}")));
        }
        remark
    }
}
