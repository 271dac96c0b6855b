//! The definition of Python execution state is a chapter of the book, made from the
//! rows: what reports cite stands there, word for word.

use std::fmt::Write as _;
use std::fs;
use std::path::Path;

use unscathed_catalogue::python::PYTHON;
use unscathed_catalogue::{ClauseKind, Element, Interpreted};

/// Set to any value, the chapter is written anew.
const UPDATE: &str = "UPDATE_DEFINITION";

const OPENING: &str = "\
# Definition of Python execution state

Revision 1. No standard says what of an interpreter's state a coroutine keeps. This project says it here,
for itself, and its reports cite this page as `definition`, so that nobody takes our word for a
language's. Whoever disagrees with a sentence can say which.

*Coroutine* means a body with a stack of its own; *whoever runs* is a coroutine or main; a *switch* is
every resume, suspend, throw, transfer, and every end of a body. What belongs to whoever runs is put
away when it stops and is there again when it goes on. What stays with the thread is never touched by a
switch. `must` is demanded of every subject; `policy` is a choice that a subject may make either way,
and declares. A new coroutine begins with nothing of its creator's but what a row says.

This page is made from the rows of the catalogue (`catalogue/src/python/`); `unscathed explain ID` has
the rest of each of them.
";

/// "1 Exceptions" and "the exception that is being handled belongs to whoever handles it".
fn split(row: &Element) -> (&'static str, &'static str) {
    let section = row.clause.section;
    section.split_once(": ").unwrap_or_else(|| panic!("{}: `{section}` has no sentence", row.id))
}

fn number(section: &str) -> u32 {
    let digits = section.split(' ').next().and_then(|digits| digits.parse().ok());
    digits.unwrap_or_else(|| panic!("`{section}` has no number"))
}

fn rows() -> Vec<&'static Element> {
    let defined = |row: &&Element| row.clause.kind == ClauseKind::Definition;
    let mut rows: Vec<_> = PYTHON.elements.iter().filter(defined).collect();
    rows.sort_by_key(|row| number(split(row).0));
    rows
}

fn chapter() -> String {
    let mut text = OPENING.to_owned();
    let mut last = "";
    for row in rows() {
        let (section, sentence) = split(row);
        if section != last {
            let _ = write!(text, "\n## {section}\n\n");
            last = section;
        }
        let of = row.interpreted.map(Interpreted::phrase).unwrap_or_default();
        let _ = write!(
            text,
            "- **{}** ({}, {}, {of}): {sentence}.\n  {}\n",
            row.id,
            row.level.word(),
            row.owner.phrase(),
            row.about.rule
        );
    }
    text
}

#[test]
fn the_chapter_says_what_the_rows_say() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../docs/src/definition.md");
    let made = chapter();
    if std::env::var_os(UPDATE).is_some() {
        fs::write(&path, &made).expect("the chapter can be written");
    }
    let there = fs::read_to_string(&path).expect("the chapter is there");
    assert!(made == there, "docs/src/definition.md is not what the rows say: set {UPDATE}=1");
}

/// Sections with one number have one title.
#[test]
fn sections_are_numbered_once() {
    let mut titles: Vec<_> = rows().iter().map(|row| split(row).0).collect();
    titles.dedup();
    let mut numbers: Vec<_> = titles.iter().map(|title| number(title)).collect();
    numbers.dedup();
    assert_eq!(titles.len(), numbers.len(), "{titles:?}");
}
