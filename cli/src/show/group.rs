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
        if group == Group::Volatile {
            row.figure = "free".into();
            row.remarks.push(vec![plain(controls(report))]);
        }
        let explained = members.iter().any(|it| it.count == Count::Unknown);
        let not_run = report.run.not_run.iter().filter(|it| shown_in(it) == Some(group));
        for NotRun { what, why } in not_run.filter(|_| !explained) {
            let what = if what == group.title() { String::new() } else { format!("{what} ") };
            row.remarks.push(vec![plain(format!("{what}not shown: {why}"))]);
        }
        if !members.is_empty() || !row.remarks.is_empty() {
            rows.push(row);
        }
    }
    let others: Vec<_> = standings.iter().filter(|it| it.row.is_none()).collect();
    if !others.is_empty() {
        rows.push(row("others", &others));
    }
    for not_run in report.run.not_run.iter().filter(|it| shown_in(it).is_none()) {
        rows.push(Row {
            title: not_run.what.clone(),
            figure: "-".into(),
            remarks: vec![vec![plain(format!("not shown: {}", not_run.why))]],
        });
    }
    rows
}

fn row(title: &str, members: &[&Standing<'_>]) -> Row {
    let mut remarks = losses(members);
    remarks.extend(measured(members));
    remarks.extend(not_shown(members, title));
    Row { title: title.into(), figure: Tally::of(members.iter().copied()).figure(), remarks }
}

/// In which line something belongs that the machine lacks.
fn shown_in(not_run: &NotRun) -> Option<Group> {
    let feature = Feature::ALL.into_iter().find(|it| it.title() == not_run.what)?;
    Some(match feature {
        Feature::Avx | Feature::Avx512 => Group::Volatile,
        Feature::ShadowStack => Group::ShadowStack,
        Feature::Amx => Group::Tiles,
    })
}

fn controls(report: &Report) -> String {
    let controls = report.summary.controls;
    match controls.planted {
        0 => "none planted".into(),
        planted => format!(
            "{planted} planted as negative controls, {} changed, none judged",
            controls.changed
        ),
    }
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
pub(super) fn measured(members: &[&Standing<'_>]) -> Vec<Vec<Piece>> {
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

/// What was not shown, with the reason: by element where no probe showed it, and
/// by probe where another one did. `title` need not be said again.
pub(super) fn not_shown(members: &[&Standing<'_>], title: &str) -> Vec<Vec<Piece>> {
    let mut gaps: Vec<Gap<'_>> = Vec::new();
    let findings = members.iter().flat_map(|it| &it.findings);
    for finding in findings.filter(|it| !it.verdict.is_judged()) {
        let alike = |gap: &&mut Gap<'_>| {
            gap.verdict == finding.verdict && kind(gap.findings[0]) == kind(finding)
        };
        match gaps.iter_mut().find(alike) {
            Some(gap) => gap.findings.push(finding),
            None => gaps.push(Gap { verdict: finding.verdict, findings: vec![finding] }),
        }
    }
    gaps.sort_by_key(|gap| gap.verdict);
    gaps.iter().map(|gap| gap.remark(members, title)).collect()
}

/// Reasons that differ only in their numbers are one.
fn kind(finding: &Finding) -> String {
    let detail = field::detail(finding);
    detail.chars().filter(|c| !c.is_ascii_digit()).collect()
}

impl Gap<'_> {
    fn remark(&self, members: &[&Standing<'_>], title: &str) -> Vec<Piece> {
        let first = self.findings[0];
        let has =
            |standing: &Standing<'_>| self.findings.iter().any(|it| it.element == standing.element);
        let unknown = |standing: &Standing<'_>| standing.count == Count::Unknown;
        let nothing_shown = members.iter().filter(|it| has(it)).all(|it| unknown(it));
        let everything = members.iter().all(|it| has(it) && unknown(it));
        let mut remark = Vec::new();
        if !everything {
            let mut ids: Vec<&str> = Vec::new();
            for &finding in &self.findings {
                let id = if nothing_shown { &finding.element } else { &finding.probe };
                if !ids.contains(&id.as_str()) {
                    ids.push(id);
                }
            }
            remark.push(plain(format!("{} ", field::compact(&ids))));
        }
        remark.push(Piece::verdict(self.verdict));
        let detail = field::detail(first);
        if !detail.is_empty() {
            let alike = self.findings.iter().all(|it| field::detail(it) == detail);
            let from = if alike { String::new() } else { format!("; in {}", first.probe) };
            let why = detail.strip_prefix(&format!("{title}: ")).unwrap_or(&detail);
            remark.push(plain(format!("{from}: {why}")));
        }
        remark
    }
}
