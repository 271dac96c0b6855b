//! What a probe of the Python side wrote down.
//!
//! Reading is total: lines of which nobody knows what they say are passed over, and
//! a journal without its last line is one of a process that ended too early.

use std::collections::{BTreeMap, BTreeSet};

use serde::Deserialize;

use crate::report::Measurement;

/// One look at one element.
#[derive(Clone, Debug, Default, Deserialize, PartialEq, Eq)]
pub struct Look {
    /// Id of the element.
    pub element: String,
    /// What was found.
    pub found: String,
    /// What the owner had put there.
    pub own: String,
    /// What other parties had: with the owner, where the value does not name it.
    #[serde(default)]
    pub rivals: Vec<(Option<String>, String)>,
    /// Who looked, and when: "main, when resume returns".
    #[serde(default)]
    pub at: String,
    /// What would be found if it stayed with the thread, where that is not what the
    /// last rival had.
    #[serde(default)]
    pub thread: Option<String>,
    /// Nobody may put another value there.
    #[serde(default)]
    pub fixed: bool,
}

/// What a subject says of itself.
#[derive(Clone, Debug, Default, Deserialize, PartialEq, Eq)]
pub struct Description {
    /// Its name.
    pub name: String,
    /// Its version.
    pub version: String,
    /// What it can do, in the contract's words.
    pub capabilities: Vec<String>,
    /// What it declares, by element.
    pub policies: BTreeMap<String, String>,
    /// Where that is written, by element.
    #[serde(default)]
    pub documents: BTreeMap<String, String>,
    /// Files that were loaded with it.
    #[serde(default)]
    pub loaded: Vec<String>,
}

/// Why a probe did not come to its end, though its process did.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Stop {
    /// The interpreter or the machine cannot show it.
    Skipped(String),
    /// The subject says that it cannot do this.
    Unsupported(String),
    /// The experiment could not be made.
    Failed(String),
}

/// The lines of one run of one probe.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Journal {
    /// The subject, where it is another one than the process was started for.
    pub subject: Option<Description>,
    /// Every look, in order.
    pub looks: Vec<Look>,
    /// What was done last, in words.
    pub last_step: Option<String>,
    /// Remarks for people.
    pub notes: Vec<String>,
    /// What was measured.
    pub measurements: Vec<Measurement>,
    /// Why there are not more looks.
    pub stop: Option<Stop>,
    /// The last line is there, with the word that only this run was given.
    pub complete: bool,
}

#[derive(Deserialize)]
#[serde(tag = "kind", rename_all = "lowercase")]
enum Line {
    Subject(Description),
    See(Look),
    Step { text: String },
    Note { text: String },
    Measure(Measurement),
    Skip { why: String },
    Unsupported { why: String },
    Failed { why: String },
    End { nonce: String },
}

impl Journal {
    /// Reads what there is.
    #[must_use]
    pub fn read(text: &str, nonce: &str) -> Self {
        let mut journal = Self::default();
        for line in text.lines().filter_map(|line| serde_json::from_str(line).ok()) {
            match line {
                Line::Subject(description) => journal.subject = Some(description),
                Line::See(look) => journal.looks.push(look),
                Line::Step { text } => journal.last_step = Some(text),
                Line::Note { text } => journal.notes.push(text),
                Line::Measure(measurement) => journal.measurements.push(measurement),
                Line::Skip { why } => journal.stop = Some(Stop::Skipped(why)),
                Line::Unsupported { why } => journal.stop = Some(Stop::Unsupported(why)),
                Line::Failed { why } => journal.stop = Some(Stop::Failed(why)),
                Line::End { nonce: word } => journal.complete = word == nonce,
            }
        }
        journal
    }

    /// Who looked at one element: "main", "coroutine 1".
    #[must_use]
    pub fn lookers(&self, element: &str) -> BTreeSet<String> {
        let who = |look: &Look| look.at.split(',').next().unwrap_or_default().to_owned();
        self.at(element).map(who).collect()
    }

    /// The looks at one element.
    pub fn at<'a>(&'a self, element: &str) -> impl Iterator<Item = &'a Look> {
        self.looks.iter().filter(move |look| look.element == element)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_are_read_and_others_passed_over() {
        let text = concat!(
            r#"{"kind": "step", "number": 1, "text": "first"}"#,
            "\nprinted by somebody\n",
            r#"{"kind": "see", "element": "py.value", "found": "1", "own": "1", "rivals": [[null, "2"]], "at": "main"}"#,
            "\n",
            r#"{"kind": "end", "nonce": "n"}"#,
        );
        let journal = Journal::read(text, "n");
        assert_eq!(journal.last_step.as_deref(), Some("first"));
        assert_eq!(journal.at("py.value").count(), 1);
        assert!(journal.complete);
        assert!(!Journal::read(text, "another").complete);
    }
}
