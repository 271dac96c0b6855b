//! One file for each program and subject: what is printed, by the series that print it.

use std::fmt::Write as _;
use std::fs;
use std::path::{Path, PathBuf};

/// What begins the line that names the series of a section.
const HEADING: &str = "== ";

/// Series, and what each shows, the oldest first.
#[derive(Debug, Default, PartialEq, Eq)]
pub(crate) struct Sections(Vec<(String, String)>);

impl Sections {
    /// Those of a stored file; none, if it is not there.
    pub(crate) fn stored(program: &str, word: &str) -> Self {
        Self::parse(&text(&file_name(program, word)))
    }

    fn parse(text: &str) -> Self {
        let mut sections = Self::default();
        let text = format!("\n{}", text.trim_end());
        for section in text.split(&format!("\n{HEADING}")).skip(1) {
            let (series, shown) = section.split_once('\n').unwrap_or((section, ""));
            for series in series.split(", ") {
                sections.set(series, &format!("{}\n", shown.trim_end()));
            }
        }
        sections
    }

    /// What a series shows from now on.
    pub(crate) fn set(&mut self, series: &str, shown: &str) {
        self.0.retain(|(other, _)| other != series);
        self.0.push((series.into(), shown.into()));
        self.0.sort_by_key(|(series, _)| age(series));
    }

    pub(crate) fn get(&self, series: &str) -> Option<&str> {
        self.0.iter().find(|(other, _)| other == series).map(|(_, shown)| &**shown)
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Series that show the same, and what they show.
    pub(crate) fn groups(&self) -> Vec<(Vec<&str>, &str)> {
        let mut groups: Vec<(Vec<&str>, &str)> = Vec::new();
        for (series, shown) in &self.0 {
            match groups.iter_mut().find(|(_, other)| other == shown) {
                Some((all, _)) => all.push(series),
                None => groups.push((vec![series], shown)),
            }
        }
        groups
    }

    /// As it is stored.
    pub(crate) fn text(&self) -> String {
        let mut text = String::new();
        for (series, shown) in self.groups() {
            let gap = if text.is_empty() { "" } else { "\n" };
            let _ = write!(text, "{gap}{HEADING}{}\n{shown}", series.join(", "));
        }
        text
    }
}

/// Sorts the oldest first, and interpreters of one kind together.
pub(crate) fn age(series: &str) -> (String, u32, u32, String) {
    let digits = |text: &str| text.find(|each: char| !each.is_ascii_digit()).unwrap_or(text.len());
    let (brand, version) =
        series.split_at(series.find(|each: char| each.is_ascii_digit()).unwrap_or(0));
    let (major, rest) = version.split_once('.').unwrap_or((version, ""));
    let (minor, build) = rest.split_at(digits(rest));
    let number = |text: &str| text.parse().unwrap_or_default();
    (brand.into(), number(major), number(minor), build.into())
}

/// Where all snapshots of this kind are.
pub(crate) fn folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../snapshots/tracebacks")
}

/// The text in a stored file; none, if nothing was stored yet.
pub(crate) fn text(file: &str) -> String {
    let all = fs::read_to_string(folder().join(file)).unwrap_or_default();
    // Before the text comes a head between two lines of dashes.
    let text = all.strip_prefix("---\n").and_then(|rest| rest.split_once("\n---\n"));
    text.map_or("", |(_, text)| text).into()
}

/// The name of the file of a program and a subject.
pub(crate) fn file_name(program: &str, word: &str) -> String {
    format!("{program}@{word}.snap")
}

/// Every series that a stored file of a subject has.
pub(crate) fn all_series(word: &str) -> Vec<String> {
    let mut all = Vec::new();
    for scenario in super::SCENARIOS {
        for (series, _) in Sections::stored(scenario.program, word).0 {
            if !all.contains(&series) {
                all.push(series);
            }
        }
    }
    all.sort_by_key(|series| age(series));
    all
}

#[test]
fn what_is_stored_can_be_read_again() {
    let mut sections = Sections::default();
    for (series, shown) in [
        ("3.10", "b\n\nc\nexit 1\n"),
        ("pypy3.9", "a\n"),
        ("3.9", "b\n\nc\nexit 1\n"),
        ("3.14d", "a\n"),
    ] {
        sections.set(series, shown);
    }
    let text = "== 3.9, 3.10\nb\n\nc\nexit 1\n\n== 3.14d, pypy3.9\na\n";
    assert_eq!(sections.text(), text);
    assert_eq!(Sections::parse(text), sections);
}
