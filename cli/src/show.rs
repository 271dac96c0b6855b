//! What people see.
//!
//! Reports go in, text comes out. Nothing here asks a subject or a machine
//! anything, and nothing is said that a report or the catalogue does not say.

pub(crate) mod explain;
mod group;
pub(crate) mod human;
pub(crate) mod json;
pub(crate) mod list;
mod one;
mod python;
mod table;
pub(crate) mod trial;

#[cfg(test)]
mod tests;

use std::ffi::OsString;
use std::io::IsTerminal as _;

pub(crate) use unscathed_audit::show::Style;
use unscathed_audit::show::{entry, field, fold};

/// How standard output is dressed.
pub(crate) fn for_terminal() -> Style {
    let variable = |name: &str| std::env::var_os(name);
    Style {
        color: wants_color(variable, std::io::stdout().is_terminal()),
        ascii: wants_ascii(variable),
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
