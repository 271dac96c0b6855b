//! For programs: one line for each subject, one for a whole list.

use serde::Serialize;
use unscathed_verdict::report::Report;

/// A report on one line, without the line's end.
pub(crate) fn line(report: &Report) -> String {
    row(report)
}

/// The rows of a list: one array, on one line.
pub(crate) fn list<Row: Serialize>(rows: &[Row]) -> String {
    row(&rows) + "\n"
}

fn row(value: &impl Serialize) -> String {
    serde_json::to_string(value).expect("strings, numbers and lists of them have a form in JSON")
}
