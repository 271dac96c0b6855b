//! The chapter of the book: snapshots side by side.

use std::env;
use std::fmt::Write as _;
use std::fs;
use std::path::Path;

use super::snapshot::{Sections, file_name, folder};
use super::stage::SUBJECTS;
use super::{SCENARIOS, Scenario, UPDATE};

/// The series that is shown.
const SERIES: &str = "3.13";

/// What stands before the scenarios.
const OPENING: &str = include_str!("opening.md");

fn chapter() -> String {
    let mut text = OPENING.to_owned();
    for scenario in SCENARIOS {
        scenario.write(&mut text);
    }
    text + &super::native::section()
}

impl Scenario {
    fn write(&self, text: &mut String) {
        let _ = writeln!(text, "\n## {}\n", self.title);
        paragraph(text, self.look);
        let program = self.program;
        let _ = writeln!(
            text,
            "\n```python\n{{{{#include ../../pytests/tracebacks/{program}.py}}}}\n```\n"
        );
        let stored = SUBJECTS.map(|(word, _)| (word, Sections::stored(program, word)));
        beside(text, &stored);
        text.push('\n');
        paragraph(text, self.differ);
        others(text, &stored);
    }
}

fn paragraph(text: &mut String, lines: &[&str]) {
    for line in lines {
        let _ = writeln!(text, "{}", line.trim());
    }
}

/// A table with a column for each text, and those subjects at its head that show it.
fn beside(text: &mut String, stored: &[(&str, Sections)]) {
    let mut columns: Vec<(Vec<&str>, &str)> = Vec::new();
    for (word, sections) in stored {
        let Some(shown) = sections.get(SERIES) else { continue };
        match columns.iter_mut().find(|(_, other)| *other == shown) {
            Some((words, _)) => words.push(word),
            None => columns.push((vec![word], shown)),
        }
    }
    assert!(!columns.is_empty(), "a program has no snapshot: set {UPDATE}=1");
    text.push_str("<table>\n<tr>");
    for (words, _) in &columns {
        let _ = write!(text, "<th>{}</th>", words.join(", "));
    }
    text.push_str("</tr>\n<tr>\n");
    for (_, shown) in &columns {
        let of_all =
            |line: &str| columns.iter().all(|(_, other)| other.lines().any(|each| each == line));
        let lines: Vec<_> = shown.lines().map(|line| cell(line, of_all(line))).collect();
        let _ = writeln!(text, "<td><pre>{}</pre></td>", lines.join("\n"));
    }
    text.push_str("</tr>\n</table>\n");
}

/// A line of a column, marked unless each other column has it.
fn cell(line: &str, of_all: bool) -> String {
    let line = line.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;");
    match (line.is_empty(), of_all) {
        // An empty line would end the table.
        (true, _) => "&#32;".into(),
        (false, true) => line,
        (false, false) => format!("<mark>{line}</mark>"),
    }
}

/// Which series show the same as each other, subject by subject.
fn others(text: &mut String, stored: &[(&str, Sections)]) {
    text.push_str("\nSeries that print the same:\n\n");
    let mut lines: Vec<(Vec<String>, String)> = Vec::new();
    for (word, sections) in stored {
        let groups: Vec<_> = sections.groups().iter().map(|(all, _)| all.join(", ")).collect();
        let groups = groups.join("; ");
        if groups.is_empty() {
            continue;
        }
        let name = format!("`{word}`");
        match lines.iter_mut().find(|(_, other)| *other == groups) {
            Some((words, _)) => words.push(name),
            None => lines.push((vec![name], groups)),
        }
    }
    for (words, groups) in lines {
        let _ = writeln!(text, "- {}: {groups}", words.join(", "));
    }
}

#[test]
fn the_chapter_shows_the_snapshots() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../docs/src/tracebacks.md");
    let made = chapter();
    if env::var_os(UPDATE).is_some() {
        fs::write(&path, &made).expect("the chapter can be written");
    }
    let there = fs::read_to_string(&path).expect("the chapter is there");
    assert!(made == there, "docs/src/tracebacks.md is not what the snapshots say: set {UPDATE}=1");
}

#[test]
fn every_snapshot_belongs_to_a_scenario_and_a_subject() {
    let mut known: Vec<_> = SCENARIOS
        .iter()
        .flat_map(|scenario| SUBJECTS.map(|(word, _)| file_name(scenario.program, word)))
        .collect();
    known.push(super::native::FILE.into());
    for entry in fs::read_dir(folder()).expect("the folder is there") {
        let name = entry.expect("it can be read").file_name();
        let name = name.to_string_lossy().into_owned();
        // What insta has seen, and nobody has accepted yet.
        let pending = name.ends_with(".new");
        assert!(pending || known.contains(&name), "nothing makes {name}");
    }
}
