//! One numbered entry: failures that have one cause.

use unscathed_catalogue::probe;
use unscathed_catalogue::{Element, Plant};
use unscathed_verdict::causes::Cause;
use unscathed_verdict::report::{Finding, Report};

use super::decoded;
use super::field::{self, count, quoted};
use super::fold::{Mark, Page, Piece, plain, strong, whole};

/// Where labels begin.
const LABELS: usize = 3;
/// Where their texts begin.
const TEXTS: usize = 13;

/// Writes an entry in full.
pub fn full(page: &mut Page, number: usize, cause: &Cause<'_>, report: &Report) {
    page.put_at(&[strong(number.to_string())], LABELS, &head(cause));
    let words = decoded::words(cause);
    if words.is_empty() {
        value(page, cause);
    } else {
        for (name, line) in words {
            label(page, name, &[whole(line)]);
        }
        label(page, "", &[plain(field::detail(cause.example()))]);
    }
    label(page, "whose", &[plain(whose(cause))]);
    label(page, "when", &[plain(when(cause))]);
    label(page, "seen", &[plain(seen(cause, report))]);
    label(page, "oracle", &[plain(example_oracle(cause))]);
    for (n, clause) in clauses(cause).iter().enumerate() {
        let name = if n == 0 { "clause" } else { "" };
        label(page, name, &[Piece::new(Mark::Faint, clause)]);
    }
    let usually = cause.usual.unwrap_or_default();
    label(page, "usually", &[Piece::new(Mark::Faint, usually)]);
    label(page, "next", &[whole(next(cause, report))]);
}

/// Writes an entry on one line: the sixth and all further ones.
pub fn short(page: &mut Page, number: usize, cause: &Cause<'_>, report: &Report) {
    let mut pieces = head(cause);
    let probes = count(cause.probes().len(), "probe");
    pieces.push(plain(format!(" · {probes} · ")));
    pieces.push(whole(next(cause, report)));
    page.put_at(&[strong(number.to_string())], LABELS, &pieces);
}

/// A command that runs the clearest of its probes again.
pub fn again(cause: &Cause<'_>, report: &Report) -> String {
    let example = cause.example();
    replay(example, report).unwrap_or_else(|| match report.subject.id.strip_prefix("test:") {
        Some(test) => format!("cargo test {}", quoted(test)),
        None => {
            let subject = quoted(&report.subject.id);
            let on =
                report.subject.interpreter.iter().map(|it| format!(" --python {}", quoted(it)));
            let on: String = on.collect();
            format!("unscathed audit {subject}{on} --probe {}", example.probe)
        }
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

/// One sentence that can be pasted into a bug report.
fn whose(cause: &Cause<'_>) -> String {
    let example = cause.example();
    let Some(row) = field::element(&example.element).filter(|_| !cause.is_death()) else {
        return example.owner.clone().unwrap_or_default();
    };
    if row.interpreted.is_some() {
        return whose_in_interpreter(example);
    }
    let of = field::reader(example).map(|party| format!(" of {party}")).unwrap_or_default();
    let registers = registers(cause);
    let fields = matches!(row.plant, Plant::Codes { .. });
    let theirs = if fields { "fields" } else { "the value" };
    let nobodys = if fields { "fields that belong" } else { "a value that belongs" };
    let holder = match registers.as_slice() {
        [_, _, ..] if fields => format!("{}{of} hold", registers.join(" and ")),
        _ if fields => format!("{}{of} holds", row.register),
        // The words of the harness are values; registers hold them.
        _ if row.label == row.id => format!("the {}{of} is", field::noun(row)),
        _ => format!("{}{of} holds", field::noun(row)),
    };
    let planted = match row.plant {
        Plant::Codes { .. } => "set",
        Plant::Inherent => "had",
        _ => "planted",
    };
    match example.owner.as_ref().map(|owner| owner.split_once(", step ").ok_or(owner)) {
        Some(Ok((owner, step))) => {
            let origin = origin(example, row);
            format!("{holder} {theirs} that {owner} {planted}{origin} at step {step}")
        }
        Some(Err(owner)) => format!("{holder} {theirs} of {owner}"),
        // What the convention fixes belongs to nobody in any case.
        None if matches!(row.plant, Plant::Never { .. } | Plant::Inherent) => String::new(),
        None => format!("{holder} {nobodys} to nobody"),
    }
}

/// The same for state of an interpreter, which lies in no register.
fn whose_in_interpreter(example: &Finding) -> String {
    let reader = field::reader(example).unwrap_or("whoever looks");
    match example.owner.as_ref().and_then(|owner| owner.split_once(", step ")) {
        Some((owner, step)) => format!("{reader} finds what {owner} put there at step {step}"),
        None if example.owner.is_some() => format!("{reader} finds what is another party's"),
        None => String::new(),
    }
}

/// " in r15", where a canary names a register.
fn origin(example: &Finding, row: &Element) -> String {
    let canary = example.observed.as_deref().and_then(field::canary);
    let origin = canary.and_then(|(_, canary)| field::row_of(canary));
    let named = origin.filter(|it| it.id != row.id || it.label != it.id);
    named.map(|it| format!(" in {}", field::noun(it))).unwrap_or_default()
}

/// The registers of the clearest look.
fn registers(cause: &Cause<'_>) -> Vec<&'static str> {
    let mut names = Vec::new();
    for row in decoded::look(cause).iter().filter_map(|it| field::element(&it.element)) {
        if !names.contains(&row.register) {
            names.push(row.register);
        }
    }
    names
}

/// The schedule, and the first wrong look.
fn when(cause: &Cause<'_>) -> String {
    let example = cause.example();
    let schedule = probe::find(&example.probe).map(|probe| probe.schedule.to_owned());
    let wrong = field::place(example).map(|(party, event)| format!("wrong in {party}, {event}"));
    let parts: Vec<_> = schedule.into_iter().chain(wrong).collect();
    parts.join("; ")
}

/// What OS threads showed in the place of coroutines.
fn example_oracle<'a>(cause: &Cause<'a>) -> &'a str {
    cause.example().oracle.as_deref().unwrap_or_default()
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

/// Each clause once. A death that may have any cause breaks none in particular.
fn clauses(cause: &Cause<'_>) -> Vec<String> {
    let mut clauses = Vec::new();
    let breaks = !cause.is_death() || cause.usual.is_some();
    for finding in cause.findings.iter().filter(|_| breaks) {
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
    replay(example, report).unwrap_or_else(|| {
        if cause.is_death() {
            again(cause, report)
        } else {
            format!("unscathed explain {}", example.element)
        }
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
