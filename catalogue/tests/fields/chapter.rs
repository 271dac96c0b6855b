//! The tables of the chapter `pystate.md`, made from the rows.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::fs;
use std::path::Path;

use unscathed_catalogue::python::fields::{Class, Field, MINORS, Shown, Structure, fields};

/// Set to any value, the tables are written anew.
const UPDATE: &str = "UPDATE_FIELDS";

const BEGIN: &str = "<!-- Made from catalogue/src/python/fields/: begin -->\n";
const END: &str = "<!-- Made from catalogue/src/python/fields/: end -->\n";

fn minors(row: &Field) -> String {
    let (first, last) = row.minors;
    let mut text = match (first, last) {
        _ if first == last => format!("3.{first}"),
        _ => format!("3.{first} to 3.{last}"),
    };
    if let Some(patch) = row.patch {
        let _ = write!(text, ", by patch release {patch}");
    }
    if !row.build.phrase().is_empty() {
        let _ = write!(text, "; {}", row.build.phrase());
    }
    text
}

fn name(row: &Field) -> String {
    match row.structure {
        Structure::Public => format!("`{}`", row.name),
        Structure::Internal => format!("`{}` (internal)", row.name),
    }
}

fn shown(row: &Field) -> String {
    match row.shown {
        Shown::By(ids) => ids.join(", "),
        Shown::Unseen(why) => format!("none: {why}"),
    }
}

fn title(class: Class) -> &'static str {
    match class {
        Class::PerCoroutine => "Captured: per coroutine",
        Class::Derived => "Recomputed: derived",
        Class::Policy => "Declared: policy",
        Class::PerThread => "Not captured: per thread",
        Class::Hazard => "Not captured: shared with hazard",
        Class::Irrelevant => "Irrelevant",
    }
}

fn tables() -> String {
    let mut text = String::from("### How many\n\n| class |");
    for minor in MINORS.0..=MINORS.1 {
        let _ = write!(text, " 3.{minor} |");
    }
    text.push_str("\n| --- |");
    text.push_str(&" ---: |".repeat(usize::from(MINORS.1 - MINORS.0) + 1));
    for class in Class::ALL {
        let _ = write!(text, "\n| {class} |");
        for minor in MINORS.0..=MINORS.1 {
            let count = fields().filter(|row| row.class == class && row.of(minor)).count();
            let _ = write!(text, " {count} |");
        }
    }
    text.push('\n');
    for class in Class::ALL {
        let rows = || fields().filter(|row| row.class == class);
        let moved = rows().any(|row| row.initial.is_some());
        let _ = write!(text, "\n### {}\n\n", title(class));
        let begun = if moved { " a new coroutine begins with |" } else { "" };
        let _ = writeln!(text, "| field | where |{begun} why | rows that show a mistake |");
        let _ = writeln!(text, "| --- | --- |{} --- | --- |", if moved { " --- |" } else { "" });
        for row in rows() {
            let begun =
                if moved { format!(" {} |", row.initial.unwrap_or("-")) } else { String::new() };
            let (name, minors, shown) = (name(row), minors(row), shown(row));
            let _ = writeln!(text, "| {name} | {minors} |{begun} {} | {shown} |", row.reason);
        }
    }
    text
}

#[test]
fn the_chapter_has_the_tables() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../docs/src/pystate.md");
    let there = fs::read_to_string(&path).expect("the chapter is there");
    let parts = there
        .split_once(BEGIN)
        .and_then(|(before, rest)| rest.split_once(END).map(|(_, after)| (before, after)));
    let (before, after) = parts.expect("the chapter has a place for the tables");
    let made = format!("{before}{BEGIN}\n{}\n{END}{after}", tables());
    if std::env::var_os(UPDATE).is_some() {
        fs::write(&path, &made).expect("the chapter can be written");
        return;
    }
    assert!(made == there, "docs/src/pystate.md is not what the rows say: set {UPDATE}=1");
}

/// One field has one class, whatever the minor; where that ends to be so, the
/// chapter should say it in words.
#[test]
fn no_class_changes_between_minors() {
    let mut classes = BTreeMap::new();
    for row in fields() {
        let class = *classes.entry((row.structure, row.name)).or_insert(row.class);
        assert_eq!(class, row.class, "{}", row.name);
    }
}
