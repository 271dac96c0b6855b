//! The command could not be carried out. Not a verdict on any subject.

use std::fmt;

use clap::error::ErrorKind;
use unscathed_audit::one_line;

/// One sentence that names the thing and the way out.
#[derive(Debug)]
pub(crate) struct Error(String);

impl Error {
    pub(crate) fn new(sentence: impl Into<String>) -> Self {
        Self(sentence.into())
    }

    /// An error of the argument parser, folded into one sentence.
    pub(crate) fn usage(error: &clap::Error) -> Self {
        // The parser answers a missing command with the whole help.
        if error.kind() == ErrorKind::DisplayHelpOnMissingArgumentOrSubcommand {
            return Self::new("there is no command (see --help)");
        }
        let text = error.to_string();
        let parts = text
            .lines()
            .map(str::trim)
            .take_while(|line| !line.starts_with("Usage:"))
            .filter(|line| !line.is_empty() && !line.starts_with("For more information"))
            .map(|line| line.trim_start_matches("error: ").trim_start_matches("tip: "));
        let sentence = parts.collect::<Vec<_>>().join("; ");
        let sentence = sentence.replace(":;", ":").replace("; [", " [");
        Self(sentence + " (see --help)")
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&one_line(&self.0))
    }
}

impl std::error::Error for Error {}

/// The known name that is most like an unknown one.
pub(crate) fn nearest<'a>(name: &str, known: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    known.into_iter().max_by(|a, b| {
        let likeness = |known: &str| strsim::jaro_winkler(name, known);
        likeness(a).total_cmp(&likeness(b))
    })
}
