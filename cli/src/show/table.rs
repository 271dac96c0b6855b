//! The report of several subjects: a row each, and what each of them lost.

use unscathed_catalogue::Group;
use unscathed_verdict::causes::{causes, standings};
use unscathed_verdict::report::Report;

use super::field::count;
use super::fold::{Mark, Page, Piece, WIDTH, plain, whole};
use super::group::{self, Tally};
use super::{human, one, python};

/// How wide the last column is, with the gap before it.
const LOST: usize = 11;

/// Everything but the last line.
pub(super) fn body(page: &mut Page, reports: &[Report]) {
    let Some(first) = reports.first() else {
        return;
    };
    human::head(page, first, reports.len());
    let terms = reports.iter().find(|it| it.refused.is_none()).map(one::terms);
    page.line(0, &[plain(terms.unwrap_or_default())]);
    page.blank();
    if reports.iter().all(python::is_python) {
        python::table(page, reports);
        page.blank();
        return python::summary(page, reports);
    }
    rows(page, reports);
    page.blank();
    notes(page, reports);
    let mut in_full = one::IN_FULL;
    for report in reports {
        let causes = causes(report);
        if causes.is_empty() {
            continue;
        }
        page.line(0, &[one::title(report)]);
        one::entries(page, report, &causes, in_full);
        in_full = in_full.saturating_sub(causes.len());
    }
    summary(page, reports);
}

/// Columns are as wide as their heads, and aligned at the right. A name for which
/// there is no room has a line of its own.
fn rows(page: &mut Page, reports: &[Report]) {
    let columns: Vec<_> =
        Group::ALL.into_iter().filter_map(|group| Some((group, group.column()?))).collect();
    let figures: usize = columns.iter().map(|(_, title)| 2 + title.chars().count()).sum();
    let room = WIDTH - 2 - figures - LOST;
    let names = names(reports);
    let short = names.iter().map(|name| name.chars().count()).filter(|width| *width <= room);
    let width = short.max().unwrap_or(0).max("subject".len());

    let mut head = format!("  {:width$}", "subject");
    for (_, title) in &columns {
        head += &format!("  {title}");
    }
    page.line(0, &[whole(format!("{head}{:>LOST$}", "lost"))]);

    for (report, name) in reports.iter().zip(names) {
        let standings = standings(report);
        let mut line = format!("  {name:width$}");
        if name.chars().count() > width {
            page.line(0, &[whole(line)]);
            line = " ".repeat(2 + width);
        }
        for (group, title) in &columns {
            let members = standings.iter().filter(|it| group::is_in(it, *group));
            let figure = Tally::of(members).figure();
            line += &format!("  {figure:>width$}", width = title.len());
        }
        let tally = Tally::of(&standings);
        let lost = match tally.judged() {
            0 => "-".to_owned(),
            judged => format!("{} of {judged}", tally.lost),
        };
        page.line(0, &[whole(format!("{line}{lost:>LOST$}"))]);
        for remark in remarks(report, tally) {
            page.put_at(&[], 4, &remark);
        }
    }
}

/// Name and version; the id where two subjects share those.
fn names(reports: &[Report]) -> Vec<String> {
    let name = |report: &Report| one::title(report).text().to_owned();
    let names: Vec<_> = reports.iter().map(name).collect();
    let shared = |name: &String| names.iter().filter(|other| *other == name).count() > 1;
    let rows = reports.iter().zip(&names);
    rows.map(
        |(report, name)| {
            if shared(name) { plain(&report.subject.id).text().to_owned() } else { name.clone() }
        },
    )
    .collect()
}

/// What a row of figures cannot say.
fn remarks(report: &Report, tally: Tally) -> Vec<Vec<Piece>> {
    let mut remarks = Vec::new();
    if let Some(why) = &report.refused {
        remarks.push(vec![Piece::new(Mark::Doubt, "refused"), plain(format!(": {why}"))]);
    }
    if tally.expected > 0 {
        let elements = count(tally.expected, "element");
        remarks.push(vec![plain(format!("{elements} lost as the baseline expects"))]);
    }
    remarks
}

/// What was measured and what was not shown, once for all whom it concerns.
fn notes(page: &mut Page, reports: &[Report]) {
    let run: Vec<_> = reports.iter().filter(|it| it.refused.is_none()).collect();
    let mut notes: Vec<(Vec<Piece>, Vec<&Report>)> = Vec::new();
    for &report in &run {
        for note in group::notes(report, &standings(report)) {
            match notes.iter_mut().find(|(known, _)| *known == note) {
                Some((_, concerned)) => concerned.push(report),
                None => notes.push((note, vec![report])),
            }
        }
    }
    for (mut note, concerned) in notes.iter().cloned() {
        if concerned.len() < run.len() {
            let names: Vec<_> = concerned.iter().map(|it| one::title(it)).collect();
            let names: Vec<_> = names.iter().map(Piece::text).collect();
            note.push(plain(format!(" · {}", names.join(", "))));
        }
        page.put_at(&[], 2, &note);
    }
    if !notes.is_empty() {
        page.blank();
    }
}

fn summary(page: &mut Page, reports: &[Report]) {
    let run: Vec<_> = reports.iter().filter(|it| it.refused.is_none()).collect();
    let clean = run.iter().filter(|report| {
        let tally = Tally::of(&standings(report));
        tally.judged() > 0 && tally.lost == 0
    });
    let clean = clean.count();
    let probes: usize = run.iter().map(|it| it.run.planned).sum();
    let elapsed = run.iter().map(|it| it.run.elapsed_ms).sum();
    let mut text = format!(
        "{clean} of {} lost nothing · {}, {}",
        count(reports.len(), "subject"),
        count(probes, "probe"),
        human::seconds(elapsed)
    );
    let refused = reports.len() - run.len();
    if refused > 0 {
        text += &format!(" · {refused} refused");
    }
    page.line(0, &[plain(text)]);
}
