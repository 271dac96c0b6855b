//! One numbered entry: failures that have one cause.

use unscathed_catalogue::probe;
use unscathed_catalogue::{Element, Plant};
use unscathed_verdict::causes::Cause;
use unscathed_verdict::report::{Finding, Report, Verdict};

use super::field::{self, count, quoted};
use super::fold::{Mark, Page, Piece, plain, strong, whole};

/// Where labels begin.
const LABELS: usize = 3;
/// Where their texts begin.
const TEXTS: usize = 13;

/// Writes an entry in full.
pub(super) fn full(page: &mut Page, number: usize, cause: &Cause<'_>, report: &Report) {
    page.put_at(&[strong(number.to_string())], LABELS, &head(cause));
    if !control_fields(page, cause) {
        value(page, cause);
    }
    label(page, "whose", &[plain(whose(cause))]);
    label(page, "when", &[plain(when(cause))]);
    label(page, "seen", &[plain(seen(cause, report))]);
    for (n, clause) in clauses(cause).iter().enumerate() {
        let name = if n == 0 { "clause" } else { "" };
        label(page, name, &[Piece::new(Mark::Faint, clause)]);
    }
    let usually = cause.usual.unwrap_or_default();
    label(page, "usually", &[Piece::new(Mark::Faint, usually)]);
    label(page, "next", &[whole(next(cause, report))]);
}

/// Writes an entry on one line: the sixth and all further ones.
pub(super) fn short(page: &mut Page, number: usize, cause: &Cause<'_>, report: &Report) {
    let mut pieces = head(cause);
    let probes = count(cause.probes().len(), "probe");
    pieces.push(plain(format!(" · {probes} · ")));
    pieces.push(whole(next(cause, report)));
    page.put_at(&[strong(number.to_string())], LABELS, &pieces);
}

/// A command that runs the clearest of its probes again.
pub(super) fn again(cause: &Cause<'_>, report: &Report) -> String {
    let example = cause.example();
    replay(example, report).unwrap_or_else(|| {
        let subject = quoted(&report.subject.id);
        format!("unscathed audit {subject} --probe {}", example.probe)
    })
}

fn head(cause: &Cause<'_>) -> Vec<Piece> {
    let level = match cause.declared {
        Some(declared) => format!("  {}, declared {declared}", cause.level),
        None if cause.level == "policy" => format!("  {}, not declared", cause.level),
        None => format!("  {}", cause.level),
    };
    vec![
        strong(field::compact(&cause.elements)),
        plain("  "),
        Piece::verdict(cause.verdict),
        plain(level),
    ]
}

/// A label that has nothing to say is left out.
fn label(page: &mut Page, name: &str, text: &[Piece]) {
    if text.iter().all(|piece| piece.text().is_empty()) {
        return;
    }
    page.put_at(&[plain(format!("{:LABELS$}{name}", ""))], TEXTS, text);
}

/// What was planted and what was found, of the clearest result.
fn value(page: &mut Page, cause: &Cause<'_>) {
    let example = cause.example();
    let row = field::element(&example.element);
    let of = match row {
        // Which one it is must be said where the entry has several.
        Some(row) if cause.elements.len() > 1 => format!("{}: ", field::noun(row)),
        _ => String::new(),
    };
    if let Some(expected) = &example.expected {
        label(page, planted(row), &[plain(of.clone() + &spelled(expected))]);
    }
    match &example.observed {
        Some(observed) => {
            label(page, "found", &[plain(of + &spelled(observed))]);
            label(page, "", &[plain(field::detail(example))]);
        }
        None => label(page, "found", &[plain(field::detail(example))]),
    }
}

/// What the convention fixes is not planted by anybody.
fn planted(row: Option<&Element>) -> &'static str {
    match row.map(|row| row.plant) {
        Some(Plant::Never { .. } | Plant::Inherent) => "owed",
        _ => "planted",
    }
}

/// A canary as coroutine, row and step; anything else as the report has it.
fn spelled(value: &str) -> String {
    match field::canary(value) {
        Some((word, canary)) => format!("{word}   {}", field::planted_in(canary)),
        None => value.to_owned(),
    }
}

/// Control words as a table, a field in each column. The fields of one look
/// belong together; where they do not come from one look, nothing is written.
fn control_fields(page: &mut Page, cause: &Cause<'_>) -> bool {
    let example = cause.example();
    let same_look = |it: &&&Finding| {
        (&it.probe, &it.place, &it.owner) == (&example.probe, &example.place, &example.owner)
    };
    let looks: Vec<_> = cause.findings.iter().filter(same_look).copied().collect();
    let mut registers: Vec<(&str, Vec<Column<'_>>)> = Vec::new();
    for finding in looks {
        let Some(column) = Column::of(finding) else {
            continue;
        };
        match registers.iter_mut().find(|(name, _)| *name == column.row.register) {
            Some((_, columns)) => columns.push(column),
            None => registers.push((column.row.register, vec![column])),
        }
    }
    for (register, columns) in &registers {
        let [head, planted, found] = lines(columns);
        label(page, register, &[whole(head)]);
        label(page, "planted", &[whole(planted)]);
        label(page, "found", &[whole(found)]);
    }
    if !registers.is_empty() {
        label(page, "", &[plain(field::detail(example))]);
    }
    !registers.is_empty()
}

/// One field of a control word.
struct Column<'a> {
    row: &'static Element,
    planted: &'a str,
    found: &'a str,
}

impl<'a> Column<'a> {
    fn of(finding: &'a Finding) -> Option<Self> {
        let row = field::element(&finding.element)?;
        matches!(row.plant, Plant::Codes { .. }).then_some(Self {
            row,
            planted: finding.expected.as_deref()?,
            found: finding.observed.as_deref()?,
        })
    }
}

/// Head, planted and found. The register word ends the line, if the fields were
/// all read from the same one; else each field keeps its own.
fn lines(columns: &[Column<'_>]) -> [String; 3] {
    let planted = shared_word(columns.iter().map(|it| it.planted));
    let found = shared_word(columns.iter().map(|it| it.found));
    let both = planted.zip(found);
    let text = |value: &str| match field::decoded(value) {
        Some((text, _)) if both.is_some() => text.to_owned(),
        _ => value.to_owned(),
    };
    let mut rows: Vec<[String; 3]> = columns
        .iter()
        .map(|it| [it.row.label.to_owned(), text(it.planted), text(it.found)])
        .collect();
    if let Some((planted, found)) = both {
        rows.push(["word", planted, found].map(str::to_owned));
    }
    let mut lines = <[String; 3]>::default();
    for cells in rows {
        let width = cells.iter().map(|cell| cell.chars().count()).max().unwrap_or(0);
        for (line, cell) in lines.iter_mut().zip(cells) {
            line.push_str(&format!("{cell:width$}  "));
        }
    }
    lines.map(|line| line.trim_end().to_owned())
}

/// The register word, if all these values were read from one.
fn shared_word<'a>(mut values: impl Iterator<Item = &'a str>) -> Option<&'a str> {
    let (_, first) = field::decoded(values.next()?)?;
    let same = |value| field::decoded(value).is_some_and(|(_, word)| word == first);
    values.all(same).then_some(first)
}

/// One sentence that can be pasted into a bug report.
fn whose(cause: &Cause<'_>) -> String {
    let example = cause.example();
    let Some(row) = field::element(&example.element) else {
        return example.owner.clone().unwrap_or_default();
    };
    if cause.usual.is_none() || matches!(row.plant, Plant::Never { .. }) {
        return String::new();
    }
    let party = field::reader(example);
    let holder = match (party, row.plant) {
        (Some(party), Plant::Codes { .. }) => format!("{} in {party} holds", registers(cause)),
        (None, Plant::Codes { .. }) => format!("{} holds", registers(cause)),
        (Some(party), _) => format!("{} of {party} holds", field::noun(row)),
        (None, _) => format!("{} holds", field::noun(row)),
    };
    let Some(owner) = &example.owner else {
        return format!("{holder} a value that belongs to nobody");
    };
    let Some((owner, step)) = owner.split_once(", step ") else {
        return format!("{holder} a value of {owner}");
    };
    let canary = example.observed.as_deref().and_then(field::canary);
    let origin = canary.and_then(|(_, canary)| field::row_of(canary));
    match (row.plant, origin) {
        (Plant::Codes { .. }, _) => format!("{holder} fields that {owner} set at step {step}"),
        (Plant::Inherent, _) => format!("{holder} the value that {owner} had at step {step}"),
        (_, Some(origin)) => format!(
            "{holder} the value that {owner} planted in {} at step {step}",
            field::noun(origin)
        ),
        (_, None) => format!("{holder} the value that {owner} planted at step {step}"),
    }
}

/// Names of the registers of a cause.
fn registers(cause: &Cause<'_>) -> String {
    let mut names: Vec<&str> = Vec::new();
    for row in cause.elements.iter().filter_map(|id| field::element(id)) {
        if !names.contains(&row.register) {
            names.push(row.register);
        }
    }
    names.join(" and ")
}

/// The schedule, and the first wrong look.
fn when(cause: &Cause<'_>) -> String {
    let example = cause.example();
    let schedule = probe::find(&example.probe).map(|probe| probe.schedule.to_owned());
    let wrong = field::place(example).map(|(party, event)| format!("wrong in {party}, {event}"));
    let parts: Vec<_> = schedule.into_iter().chain(wrong).collect();
    parts.join("; ")
}

/// In which of the probes that judged these elements, and how often.
fn seen(cause: &Cause<'_>, report: &Report) -> String {
    let lost = cause.probes();
    let mut tried: Vec<&str> = Vec::new();
    for finding in &report.results {
        let one_of_them = cause.elements.contains(&finding.element.as_str());
        if one_of_them && finding.verdict.is_judged() && !tried.contains(&&*finding.probe) {
            tried.push(&finding.probe);
        }
    }
    let tried = field::by_family(&tried);
    let figures: Vec<_> = field::by_family(&lost)
        .iter()
        .map(|(noun, lost)| {
            let of = tried.iter().find(|(other, _)| other == noun);
            let of = of.map_or(lost.len(), |(_, tried)| tried.len());
            format!("{} of {of} {noun}", lost.len())
        })
        .collect();
    let mut text = format!("{} probes", figures.join(", "));
    let tried: usize = tried.iter().map(|(_, probes)| probes.len()).sum();
    if lost.len() < tried {
        text += &format!(": {}", lost.join(", "));
    }
    text + &directions(cause) + &rare(cause)
}

/// Said where both sides of a switch were seen to lose.
fn directions(cause: &Cause<'_>) -> String {
    let mut readers = cause.findings.iter().filter_map(|it| field::reader(it));
    let main = readers.clone().any(|party| party == "main");
    let coroutine = readers.any(|party| party != "main");
    if main && coroutine { "; in main and in coroutines".into() } else { String::new() }
}

/// Probes that did not fail in every run.
fn rare(cause: &Cause<'_>) -> String {
    let mut rare: Vec<(&str, &str)> = Vec::new();
    for finding in &cause.findings {
        let entry = field::rarely(finding).map(|runs| (finding.probe.as_str(), runs));
        rare.extend(entry.filter(|entry| !rare.contains(entry)));
    }
    let each = rare.iter().map(|(probe, runs)| format!("; {probe} in {runs} runs"));
    each.collect()
}

/// Each clause once. A death breaks none in particular.
fn clauses(cause: &Cause<'_>) -> Vec<String> {
    let mut clauses = Vec::new();
    for finding in cause.findings.iter().filter(|_| cause.usual.is_some()) {
        let clause = field::clause(finding);
        if !clauses.contains(&clause) {
            clauses.push(clause);
        }
    }
    clauses
}

/// One command: the failure again, or else what the element is.
fn next(cause: &Cause<'_>, report: &Report) -> String {
    let example = cause.example();
    let died = matches!(cause.verdict, Verdict::Crashed | Verdict::Hung);
    replay(example, report).unwrap_or_else(|| {
        if died { again(cause, report) } else { format!("unscathed explain {}", example.element) }
    })
}

/// A token names its subject, but never a path.
fn replay(example: &Finding, report: &Report) -> Option<String> {
    let token = example.replay.as_ref()?;
    let id = &report.subject.id;
    Some(if id.starts_with("lib:") {
        format!("unscathed replay {token} {}", quoted(id))
    } else {
        format!("unscathed replay {token}")
    })
}
