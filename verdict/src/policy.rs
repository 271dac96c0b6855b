//! What a subject declares.

use std::collections::BTreeMap;
use std::fmt;

use serde::Deserialize;
use toml::Spanned;
use unscathed_catalogue::abi::SYSV_X86_64;
use unscathed_catalogue::python::PYTHON;
use unscathed_catalogue::{Abi, Level};

/// Where a policy's value belongs, as the subject says.
#[derive(Clone, Copy, Debug, Deserialize, PartialEq, Eq)]
#[serde(rename_all = "lowercase")]
pub enum Declared {
    /// It follows the coroutine.
    Coroutine,
    /// It stays with the thread.
    Thread,
}

impl Declared {
    /// The word of the contract.
    #[must_use]
    pub const fn word(self) -> &'static str {
        match self {
            Self::Coroutine => "coroutine",
            Self::Thread => "thread",
        }
    }
}

/// Declarations by element id.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Policies(BTreeMap<String, Declared>);

/// A file of declarations that cannot be used, with the place in it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Refusal {
    /// Line, from 1.
    pub line: usize,
    /// Column, from 1.
    pub column: usize,
    /// What is wrong, and what would be right.
    pub why: String,
}

impl fmt::Display for Refusal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}: {}", self.line, self.column, self.why)
    }
}

impl std::error::Error for Refusal {}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    #[serde(default)]
    policy: BTreeMap<Spanned<String>, Spanned<Declared>>,
}

impl Policies {
    /// Reads the file that lies beside an adapter.
    ///
    /// # Errors
    ///
    /// If it is not TOML, has other tables than `[policy]`, names what is no
    /// policy, or says something else than `coroutine` or `thread`.
    pub fn read(abi: &Abi, text: &str) -> Result<Self, Refusal> {
        let at = |offset: usize, why: String| {
            let before = text.get(..offset).unwrap_or(text);
            let line = before.matches('\n').count() + 1;
            let column = before.rsplit('\n').next().unwrap_or_default().chars().count() + 1;
            Refusal { line, column, why }
        };
        let file: File = toml::from_str(text).map_err(|error| {
            let offset = error.span().map_or(0, |span| span.start);
            at(offset, error.message().to_owned())
        })?;
        let mut policies = BTreeMap::new();
        for (id, declared) in file.policy {
            check(abi, id.get_ref()).map_err(|why| at(id.span().start, why))?;
            policies.insert(id.into_inner(), declared.into_inner());
        }
        Ok(Self(policies))
    }

    /// Takes declarations from a program.
    ///
    /// # Errors
    ///
    /// A sentence, if one of them names what is no policy.
    pub fn declared(abi: &Abi, rows: &[(&str, Declared)]) -> Result<Self, String> {
        let mut policies = BTreeMap::new();
        for &(id, declared) in rows {
            check(abi, id)?;
            policies.insert(id.to_owned(), declared);
        }
        Ok(Self(policies))
    }

    /// Nothing is declared.
    #[must_use]
    pub const fn none() -> Self {
        Self(BTreeMap::new())
    }

    /// Takes the declarations of a Python subject, which may be of state of the
    /// interpreter or of the thread below it.
    ///
    /// # Errors
    ///
    /// A sentence, if one of them names what is no policy, or says something else
    /// than `coroutine` or `thread`.
    pub fn of_python(rows: &BTreeMap<String, String>) -> Result<Self, String> {
        let mut policies = BTreeMap::new();
        for (id, word) in rows {
            check(PYTHON, id).or_else(|why| check(SYSV_X86_64, id).map_err(|_| why))?;
            let declared = match word.as_str() {
                "coroutine" => Declared::Coroutine,
                "thread" => Declared::Thread,
                _ => {
                    return Err(format!(
                        "`{id}` is declared `{word}`: `coroutine` and `thread` are known"
                    ));
                }
            };
            policies.insert(id.clone(), declared);
        }
        Ok(Self(policies))
    }

    /// What is declared for an element.
    #[must_use]
    pub fn of(&self, id: &str) -> Option<Declared> {
        self.0.get(id).copied()
    }

    /// Adds a declaration that follows from a capability.
    ///
    /// # Errors
    ///
    /// A sentence, if the file says otherwise.
    pub fn imply(&mut self, id: &str, declared: Declared, capability: &str) -> Result<(), String> {
        match self.0.insert(id.to_owned(), declared) {
            Some(said) if said != declared => Err(format!(
                "`{id}` is declared `{}`, but the capability {capability} says `{}`: take one of them back",
                said.word(),
                declared.word()
            )),
            _ => Ok(()),
        }
    }

    /// All of them, for the report.
    #[must_use]
    pub fn rows(&self) -> Vec<(String, String)> {
        self.0.iter().map(|(id, declared)| (id.clone(), declared.word().to_owned())).collect()
    }
}

/// Whether an element can be declared.
fn check(abi: &Abi, id: &str) -> Result<(), String> {
    match abi.element(id).map(|element| element.level) {
        Some(Level::Policy) => Ok(()),
        None if id.starts_with("misuse.") => Ok(()),
        Some(level) => {
            Err(format!("`{id}` is no policy but `{}`: it cannot be declared", level.word()))
        }
        None => Err(format!("there is no policy `{id}`: `unscathed list elements` names them")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn refused(text: &str) -> String {
        Policies::read(SYSV_X86_64, text).unwrap_err().to_string()
    }

    #[test]
    fn declarations_are_read() {
        let text = "[policy]\n\"flags.ac\" = \"thread\"\n\"signal.mask\" = \"coroutine\"\n";
        let policies = Policies::read(SYSV_X86_64, text).unwrap();
        assert_eq!(policies.of("flags.ac"), Some(Declared::Thread));
        assert_eq!(policies.of("signal.mask"), Some(Declared::Coroutine));
        assert_eq!(policies.of("tls.errno"), None);
    }

    #[test]
    fn what_cannot_be_declared_is_refused_with_its_place() {
        assert!(
            refused("[policy]\n\"gpr.rbx\" = \"thread\"\n")
                .starts_with("2:1: `gpr.rbx` is no policy")
        );
        assert!(
            refused("[policy]\n\n  \"flags.ax\" = \"thread\"\n")
                .starts_with("3:3: there is no policy")
        );
        assert!(refused("[policy]\n\"flags.ac\" = \"process\"\n").starts_with("2:14: "));
        assert!(refused("[polices]\n").starts_with("1:"));
        assert!(refused("[policy").starts_with("1:"));
    }

    #[test]
    fn a_capability_and_a_declaration_must_agree() {
        let text = "[policy]\n\"signal.mask\" = \"thread\"\n";
        let mut policies = Policies::read(SYSV_X86_64, text).unwrap();
        assert!(
            policies.imply("signal.mask", Declared::Coroutine, "UNSCATHED_CAP_SIGMASK").is_err()
        );
    }
}
