//! Each screen, pinned, fed with reports that were made up for it.

mod lists;
mod made;
mod python;
mod reports;
mod trials;

use super::Style;

const ASCII: Style = Style { color: false, ascii: true };
const COLOR: Style = Style { color: true, ascii: false };

/// Compares a screen with its pinned text. No line is wider than 100 columns.
fn pin(name: &str, text: &str) {
    for line in text.lines() {
        let width = line.chars().count();
        assert!(width <= 100, "{width} columns: {line}");
    }
    pin_list(name, text);
}

/// The same for a list, of which each row is one line, however long. No line ends in
/// a blank.
fn pin_list(name: &str, text: &str) {
    for line in text.lines() {
        assert_eq!(line, line.trim_end(), "a blank at the end");
    }
    assert!(text.ends_with('\n') && !text.ends_with("\n\n"), "one line end at the end");
    insta::with_settings!({
        snapshot_path => "../../../snapshots/screens",
        prepend_module_to_snapshot => false,
        omit_expression => true,
    }, { insta::assert_snapshot!(name, text) });
}

mod environment {
    use std::ffi::OsString;

    use super::super::{wants_ascii, wants_color};

    fn given<'a>(set: &'a [(&str, &str)]) -> impl Fn(&str) -> Option<OsString> + 'a {
        |name| {
            let found = set.iter().find(|(other, _)| *other == name);
            found.map(|(_, value)| value.into())
        }
    }

    #[test]
    fn colour_is_for_terminals_unless_somebody_says_otherwise() {
        assert!(wants_color(given(&[("TERM", "xterm")]), true));
        assert!(wants_color(given(&[]), true));
        assert!(!wants_color(given(&[]), false));
        assert!(!wants_color(given(&[("TERM", "dumb")]), true));
        assert!(!wants_color(given(&[("NO_COLOR", "1"), ("CLICOLOR_FORCE", "1")]), true));
        assert!(wants_color(given(&[("NO_COLOR", "")]), true));
        assert!(wants_color(given(&[("CLICOLOR_FORCE", "1")]), false));
        assert!(!wants_color(given(&[("CLICOLOR_FORCE", "0")]), false));
    }

    #[test]
    fn the_locale_decides_about_dots_and_arrows() {
        assert!(!wants_ascii(given(&[("LANG", "en_GB.UTF-8")])));
        assert!(!wants_ascii(given(&[("LC_ALL", ""), ("LC_CTYPE", "C.utf8")])));
        assert!(wants_ascii(given(&[("LC_ALL", "C"), ("LANG", "en_GB.UTF-8")])));
        assert!(wants_ascii(given(&[])));
    }
}
