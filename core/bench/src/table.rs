//! Rows and columns: measured in turns, and printed with their ratios.

use std::env;
use std::fmt::Write as _;
use std::fs;

/// One row: a heading, and what to time for each column.
pub struct Row {
    /// What it is.
    pub name: &'static str,
    /// One function for each column, which returns nanoseconds.
    pub columns: Vec<fn() -> f64>,
    /// How often each is called.
    pub rounds: usize,
}

/// A column's heading.
pub struct Heading {
    /// Its name.
    pub name: &'static str,
    /// The subject of an audit.
    pub subject: &'static str,
}

/// Measures a row: every column once, then every column again, each time from
/// another one on, so that nobody always runs after the same neighbour. What counts
/// is the best of each.
#[must_use]
pub fn measure(row: &Row) -> Vec<f64> {
    let count = row.columns.len();
    let mut best = vec![f64::INFINITY; count];
    for round in 0..row.rounds {
        for offset in 0..count {
            let column = (round + offset) % count;
            best[column] = best[column].min((row.columns[column])());
        }
    }
    best
}

/// Prints the headings. Whether a column keeps the full ABI is read from the reports
/// of an audit, one a line, in the file that `UNSCATHED_REPORT` names.
pub fn print_headings(headings: &[Heading]) {
    let reports = env::var_os("UNSCATHED_REPORT")
        .map(|path| fs::read_to_string(path).expect("UNSCATHED_REPORT names a file of reports"));
    let (mut names, mut abis) = (format!("{:<22}", ""), format!("{:<22}", "full ABI"));
    for heading in headings {
        let kept =
            reports.as_deref().and_then(|reports| keeps_control_words(reports, heading.subject));
        let kept = kept.map_or("not audited", |kept| if kept { "yes" } else { "no" });
        let _ = write!(names, "{:>16}", heading.name);
        let _ = write!(abis, "{kept:>16}");
    }
    println!("{names}\n{abis}");
}

/// Prints a row: nanoseconds, and the ratio to the first column.
pub fn print_row(name: &str, times: &[f64]) {
    let mut line = format!("{name:<22}");
    for time in times {
        let digits = usize::from(*time < 1000.0) * 2;
        let _ = write!(line, "{:>9.digits$} {:>5.2}x", time, time / times[0]);
    }
    println!("{line}");
}

/// Whether an audit found everything kept that is owed; nothing if there was none.
fn keeps_control_words(reports: &str, subject: &str) -> Option<bool> {
    let report = reports.lines().find_map(|line| {
        let report: serde_json::Value = serde_json::from_str(line).ok()?;
        (report["subject"]["name"] == subject).then_some(report)
    })?;
    let results = report["results"].as_array()?;
    let controls = |result: &&serde_json::Value| {
        let element = result["element"].as_str().unwrap_or_default();
        ["gpr.", "mxcsr.", "x87."].iter().any(|group| element.starts_with(group))
            && result["level"] == "must"
    };
    let verdicts: Vec<_> =
        results.iter().filter(controls).map(|result| result["verdict"].as_str()).collect();
    // What a subject cannot do, such as a transfer, says nothing about what it keeps.
    let says_nothing = [Some("unsupported"), Some("skipped")];
    let mut said = verdicts.iter().filter(|verdict| !says_nothing.contains(verdict)).peekable();
    said.peek()?;
    Some(said.all(|&verdict| verdict == Some("preserved")))
}
