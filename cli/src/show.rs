//! What people see.
//!
//! Reports go in, text comes out. Nothing here asks a subject or a machine
//! anything, and nothing is said that a report or the catalogue does not say.

mod decoded;
mod entry;
pub(crate) mod explain;
mod field;
mod fold;
mod group;
pub(crate) mod human;
pub(crate) mod json;
pub(crate) mod list;
mod one;
mod table;
pub(crate) mod trial;

#[cfg(test)]
mod tests;

use std::ffi::OsString;
use std::io::IsTerminal as _;

/// How text is dressed. The words and the columns are the same in any style.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Style {
    /// Verdicts are marked by colour.
    pub(crate) color: bool,
    /// Dots and arrows are replaced, one for one.
    pub(crate) ascii: bool,
}

impl Style {
    /// For files: UTF-8, no colour.
    pub(crate) const PLAIN: Self = Self { color: false, ascii: false };

    /// For standard output.
    pub(crate) fn of_terminal() -> Self {
        let variable = |name: &str| std::env::var_os(name);
        Self {
            color: wants_color(variable, std::io::stdout().is_terminal()),
            ascii: wants_ascii(variable),
        }
    }
}

/// Who asks for no colour is heard before who asks for colour everywhere.
fn wants_color(variable: impl Fn(&str) -> Option<OsString>, terminal: bool) -> bool {
    let set = |name| variable(name).filter(|value| !value.is_empty());
    if set("NO_COLOR").is_some() {
        return false;
    }
    if set("CLICOLOR_FORCE").is_some_and(|value| value != "0") {
        return true;
    }
    terminal && set("TERM").is_none_or(|value| value != "dumb")
}

/// The first of these variables that is set names the locale.
fn wants_ascii(variable: impl Fn(&str) -> Option<OsString>) -> bool {
    let locale = ["LC_ALL", "LC_CTYPE", "LANG"]
        .into_iter()
        .find_map(|name| variable(name).filter(|value| !value.is_empty()));
    let locale = locale.unwrap_or_default();
    let locale = locale.to_string_lossy().to_ascii_lowercase();
    !locale.contains("utf-8") && !locale.contains("utf8")
}
