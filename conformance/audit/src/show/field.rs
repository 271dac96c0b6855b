//! Reads the fields of a finding back: values, owners, places, ids.

use unscathed_catalogue::Element;
use unscathed_catalogue::abi::{self, SYSV_X86_64};
use unscathed_catalogue::canary::{Canary, Party, STACK_ROW};
use unscathed_catalogue::probe::{self, Probe};
use unscathed_catalogue::record::CRASH_REGISTERS;
use unscathed_verdict::report::{Clause, Finding};

/// The row with this id, where this version knows it.
pub fn element(id: &str) -> Option<&'static Element> {
    abi::element(id)
}

/// What a row is called in a sentence.
pub fn noun(element: &Element) -> &'static str {
    match element.label {
        label if label != element.id => label,
        // State of an interpreter is in no register.
        id if element.register.is_empty() => id,
        _ => element.register,
    }
}

/// "toward zero (0x7f80)": the words, and the register word.
pub fn decoded(value: &str) -> Option<(&str, &str)> {
    let (words, rest) = value.rsplit_once(" (0x")?;
    Some((words, rest.strip_suffix(')')?))
}

/// "5ca7 0000 0002 0002 (main, step 2)": the word, if it is that of a canary.
pub fn canary(value: &str) -> Option<(&str, Canary)> {
    let word = value.get(..19)?;
    let digits: String = word.split(' ').collect();
    let canary = Canary::decode(u64::from_str_radix(&digits, 16).ok()?)?;
    Some((word, canary))
}

/// Where a canary was planted, with the name of its row.
pub fn planted_in(canary: Canary) -> String {
    let row = match SYSV_X86_64.elements.get(usize::from(canary.row)) {
        Some(element) => format!("{}, ", noun(element)),
        None if canary.row == STACK_ROW => "stack word, ".to_owned(),
        None => String::new(),
    };
    format!("{}, {row}step {}", Party(canary.party), canary.step)
}

/// The row of the catalogue that a canary was planted in.
pub fn row_of(canary: Canary) -> Option<&'static Element> {
    SYSV_X86_64.elements.get(usize::from(canary.row))
}

/// "main, when resume returns": who, and when.
pub fn place(finding: &Finding) -> Option<(&str, &str)> {
    finding.place.as_ref()?.split_once(", ")
}

/// Who looked: "main" or "coroutine 2".
pub fn reader(finding: &Finding) -> Option<&str> {
    place(finding).map(|(party, _)| party)
}

/// "1 of 3", where it was not seen as often as it was tried.
pub fn rarely(finding: &Finding) -> Option<&str> {
    let (seen, tried) = finding.runs.split_once(" of ")?;
    (seen != tried).then_some(&finding.runs)
}

/// The detail without what other parts of a page say: who declared nothing, and
/// the registers of a crash.
pub fn detail(finding: &Finding) -> String {
    let detail = &finding.detail;
    let detail = detail.strip_prefix("undeclared:").unwrap_or(detail);
    let detail = detail.trim_start_matches([';', ' ']);
    let registers = format!("; {}=", CRASH_REGISTERS[0]);
    match detail.split_once(&registers) {
        Some((before, _)) => format!("{before}; registers in the JSON report"),
        None => detail.to_owned(),
    }
}

/// A clause on one line. What nobody of this project has read is said to be so.
pub fn clause(finding: &Finding) -> String {
    let Clause { document, revision, section, .. } = &finding.clause;
    let unread = element(&finding.element).is_some_and(|row| !row.clause.verified);
    let unread = if unread { " (unverified)" } else { "" };
    format!("{document} {revision}, {section}{unread}")
}

/// The probes of one family among these, with the family's word.
pub fn by_family<'a>(probes: &[&'a str]) -> Vec<(&'static str, Vec<&'a str>)> {
    let mut families: Vec<(&str, Vec<&str>)> = Vec::new();
    for &id in probes {
        let noun = probe::find(id).map_or("other", |probe: &Probe| probe.family.noun());
        match families.iter_mut().find(|(known, _)| *known == noun) {
            Some((_, ids)) => ids.push(id),
            None => families.push((noun, vec![id])),
        }
    }
    families
}

/// "mxcsr.rc .ftz, x87.rc": what ids share is said once.
pub fn compact(ids: &[&str]) -> String {
    let mut text = String::new();
    let mut shared = None;
    for id in ids {
        let split = id.split_once('.');
        let same = split.is_some() && split.map(|(first, _)| first) == shared;
        match split {
            Some((_, last)) if same => text += &format!(" .{last}"),
            _ if text.is_empty() => text += id,
            _ => text += &format!(", {id}"),
        }
        shared = split.map(|(first, _)| first);
    }
    text
}

/// "1 cause", "2 causes".
pub fn count(number: usize, noun: &str) -> String {
    let plural = if number == 1 { "" } else { "s" };
    format!("{number} {noun}{plural}")
}

/// A word as a shell reads it.
pub fn quoted(word: &str) -> String {
    let safe = |c: char| c.is_ascii_alphanumeric() || "_./:=@%+,-".contains(c);
    if !word.is_empty() && word.chars().all(safe) {
        word.to_owned()
    } else {
        format!("'{}'", word.replace('\'', r"'\''"))
    }
}
