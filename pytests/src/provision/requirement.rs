//! `NAME==VERSION`: what may be handed to pip, and how versions are ordered.

use std::fmt;

/// One release of one distribution.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Requirement {
    name: String,
    version: String,
}

/// No name and no version that anybody uses is longer.
const LONGEST: usize = 100;

impl Requirement {
    /// Reads `NAME==VERSION`. The text ends up among pip's arguments, so only what is
    /// plainly a name and a version passes: no option, path, address, or range.
    ///
    /// # Errors
    ///
    /// A sentence that says what is wrong with it.
    pub fn parse(text: &str) -> Result<Self, String> {
        let refuse = |why: &str| Err(format!("{text:?} is no NAME==VERSION: {why}"));
        let Some((name, version)) = text.split_once("==") else {
            return refuse("there is no `==` in it");
        };
        if !is_name(name) {
            return refuse(
                "a name has letters, digits and - _ . and begins and ends with a letter or digit",
            );
        }
        if !is_version(version) {
            return refuse(
                "a version has numbers with dots, then perhaps letters with numbers (1.0, 0.1.0rc4, 2.0.0.post0)",
            );
        }
        Ok(Self { name: name.into(), version: version.into() })
    }

    /// The distribution, as it was asked for.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.name
    }

    /// The release.
    #[must_use]
    pub fn version(&self) -> &str {
        &self.version
    }

    /// How a sentence calls it.
    pub(super) fn title(&self) -> String {
        format!("{} {}", self.name, self.version)
    }
}

impl fmt::Display for Requirement {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{}=={}", self.name, self.version)
    }
}

fn is_name(text: &str) -> bool {
    let inner = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_' | b'.');
    text.len() <= LONGEST && text.bytes().all(inner) && has_solid_ends(text)
}

fn is_version(text: &str) -> bool {
    let inner = |byte: u8| byte.is_ascii_alphanumeric() || b"-_.+!".contains(&byte);
    text.len() <= LONGEST
        && text.bytes().all(inner)
        && has_solid_ends(text)
        && text.starts_with(|first: char| first.is_ascii_digit())
        && !["..", "--", "++", "!!"].iter().any(|twice| text.contains(twice))
}

fn has_solid_ends(text: &str) -> bool {
    let solid = |character: char| character.is_ascii_alphanumeric();
    text.starts_with(solid) && text.ends_with(solid)
}

/// A name as indices compare them: `Tealet_Greenlet` and `tealet-greenlet` are one.
pub(super) fn normal(name: &str) -> String {
    let words = name.split(['-', '_', '.']).filter(|word| !word.is_empty());
    words.collect::<Vec<_>>().join("-").to_ascii_lowercase()
}

/// The numbers that a version begins with, without trailing zeros: 1.1 and 1.1.0 are
/// one release, and `0.1.0rc4` counts as 0.1.
pub(super) fn release(version: &str) -> Vec<u64> {
    let mut numbers = Vec::new();
    for part in version.split('.') {
        let digits = part.find(|c: char| !c.is_ascii_digit()).unwrap_or(part.len());
        let Ok(number) = part[..digits].parse() else { break };
        numbers.push(number);
        if digits < part.len() {
            break;
        }
    }
    while numbers.last() == Some(&0) {
        numbers.pop();
    }
    numbers
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn releases_are_read() {
        for (text, name, version) in [
            ("greenlet==3.5.6", "greenlet", "3.5.6"),
            ("tealet-greenlet==0.1.0rc1", "tealet-greenlet", "0.1.0rc1"),
            ("zope.event==5.0", "zope.event", "5.0"),
            ("greenlet==2.0.0.post0", "greenlet", "2.0.0.post0"),
            ("x==1!2.0+local.1", "x", "1!2.0+local.1"),
        ] {
            let read = Requirement::parse(text).expect(text);
            assert_eq!(
                (read.name(), read.version(), read.to_string().as_str()),
                (name, version, text)
            );
        }
    }

    #[test]
    fn what_is_more_than_a_release_is_refused() {
        let long = format!("{}==1", "x".repeat(101));
        for text in [
            "",
            "==",
            "greenlet",
            "greenlet==",
            "==1",
            "greenlet=1",
            "greenlet===1",
            "greenlet==1;rm",
            "greenlet==1 --pre",
            "greenlet ==1",
            "--index-url=x==1",
            "-r==1",
            "../x==1",
            "./x==1",
            "x/y==1",
            "x@http://h/x.whl==1",
            "x[extra]==1",
            "x==1.*",
            "x==1,==2",
            "x==$(id)",
            "x==`id`",
            "x==1\n-r",
            "x\0==1",
            "x==../1",
            "x==/1",
            "x==-1",
            "x==v1",
            "x==1..2",
            "x==1.",
            "gr\u{e9}enlet==1",
            "x==\u{661}",
            "x==1#egg",
            long.as_str(),
        ] {
            let why = Requirement::parse(text).expect_err(text);
            assert!(
                why.contains("is no NAME==VERSION: ") && !why.contains('\n'),
                "{text:?}: {why}"
            );
        }
    }

    #[test]
    fn names_and_releases_compare_as_indices_compare_them() {
        assert_eq!(normal("Tealet__Greenlet"), normal("tealet-greenlet"));
        assert_eq!(release("1.1.0"), release("1.1"));
        assert_eq!(release("0.1.0rc4"), [0, 1]);
        assert!(release("0.4.17") > release("0.4.2"));
    }
}
