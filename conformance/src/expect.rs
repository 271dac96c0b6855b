//! Failures that are expected.

use unscathed_catalogue::abi::SYSV_X86_64;
use unscathed_catalogue::{Element, Level};
use unscathed_verdict::report::Report;

/// A list of elements, each exact or with a `*` at its end.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Expected<'a>(pub(crate) &'a [&'a str]);

impl Expected<'_> {
    /// Takes note of the failures that are expected: they fail no longer, and are
    /// marked as a baseline marks them.
    pub(crate) fn accept(self, report: &mut Report) {
        for finding in &mut report.results {
            let expected = self.0.iter().find(|pattern| matches(pattern, &finding.element));
            if let Some(pattern) = expected.filter(|_| finding.fails) {
                finding.fails = false;
                finding.baseline = Some(format!("expected: {pattern}"));
            }
        }
    }

    /// Elements that are judged and on the list.
    pub(crate) fn elements(self) -> impl Iterator<Item = &'static Element> {
        let judged = SYSV_X86_64.elements.iter().filter(|row| row.level != Level::Free);
        judged.filter(move |row| self.0.iter().any(|pattern| matches(pattern, row.id)))
    }

    /// A sentence for each entry that the report of all its elements does not bear
    /// out.
    pub(crate) fn stale(self, report: &Report) -> Vec<String> {
        let why = |pattern: &str| {
            let mut findings = report.results.iter().filter(|it| matches(pattern, &it.element));
            if findings.clone().next().is_none() {
                return Some(format!("{pattern}: there is no such element, or no probe of it"));
            }
            let fails = findings.any(|finding| finding.fails);
            (!fails).then(|| format!("{pattern}: expected to fail, but nothing of it fails any more; take it off the list"))
        };
        self.0.iter().filter_map(|pattern| why(pattern)).collect()
    }
}

/// A star stands for the rest of a leaf: what comes before it has the dot.
fn matches(pattern: &str, id: &str) -> bool {
    match pattern.strip_suffix('*') {
        Some(start) => start.contains('.') && id.starts_with(start),
        None => pattern == id,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_star_stands_at_the_end_of_a_leaf() {
        assert!(matches("mxcsr.rc", "mxcsr.rc"));
        assert!(!matches("mxcsr.rc", "mxcsr.rcx"));
        assert!(matches("mxcsr.*", "mxcsr.daz"));
        assert!(!matches("mxcsr.*", "x87.rc"));
        assert!(matches("gpr.r1*", "gpr.r12"));
        assert!(!matches("*", "gpr.r12"), "everything is too much to expect");
        assert!(!matches("gpr*", "gpr.r12"));
    }

    #[test]
    fn negative_controls_cannot_be_expected() {
        assert_eq!(Expected(&["vec.*"]).elements().count(), 0);
        assert_eq!(Expected(&["mxcsr.*"]).elements().count(), 4);
    }
}
