//! What belongs to a thread, and several threads at once: values of rows, in words.

/// Signals that a probe may block without harm: nobody sends them to it.
pub const HARMLESS_SIGNALS: [(u32, &str); 7] = [
    (10, "SIGUSR1"),
    (12, "SIGUSR2"),
    (17, "SIGCHLD"),
    (18, "SIGCONT"),
    (23, "SIGURG"),
    (28, "SIGWINCH"),
    (29, "SIGIO"),
];

/// The value of a row of this subject in words; `None`: it is none of these rows.
pub(crate) fn describe(id: &str, word: u64) -> Option<String> {
    Some(match id {
        "tls.errno" => format!("errno {}", word as u32 as i32),
        "signal.mask" => format!("{} ({word:#x})", blocked(word)),
        "signal.altstack" => match word {
            0 => "no alternate stack".into(),
            address => format!("the stack at {address:#x}"),
        },
        "tls.locale" => format!("the locale at {word:#x}"),
        "signal.switch" => told(Disturbed::ALL.map(|what| (what as u64, what.words())), word),
        "tls.migrated" => told(Found::ALL.map(|what| (what as u64, what.words())), word),
        "life.threads" => told(Apart::ALL.map(|what| (what as u64, what.words())), word),
        _ => return None,
    })
}

/// The words for a number, or the number.
fn told<const N: usize>(words: [(u64, &str); N], word: u64) -> String {
    let known = words.iter().find(|(number, _)| *number == word);
    known.map_or_else(|| format!("{word:#x}"), |(_, words)| (*words).into())
}

/// The harmless signals among those that a mask blocks.
fn blocked(mask: u64) -> String {
    let names = HARMLESS_SIGNALS.iter().filter(|(number, _)| mask >> (number - 1) & 1 == 1);
    let names: Vec<_> = names.map(|(_, name)| *name).collect();
    match &*names {
        [] => "nothing of ours blocked".into(),
        [name] => format!("{name} blocked"),
        [names @ .., last] => format!("{} and {last} blocked", names.join(", ")),
    }
}

/// What a signal that arrived inside a switch did, as `signal.switch` holds it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u64)]
pub enum Disturbed {
    /// Everything came back.
    Nothing = 1,
    /// A register that calls must keep did not.
    Register = 2,
    /// A word on the stack did not.
    Local = 3,
    /// Another value was passed than was sent.
    Value = 4,
    /// A control word did not.
    Control = 5,
}

impl Disturbed {
    const ALL: [Self; 5] = [Self::Nothing, Self::Register, Self::Local, Self::Value, Self::Control];

    /// For `expected` and `observed` in reports.
    #[must_use]
    pub const fn words(self) -> &'static str {
        match self {
            Self::Nothing => "everything comes back",
            Self::Register => "a callee-saved register did not come back",
            Self::Local => "a word on the stack did not come back",
            Self::Value => "another value arrived than was sent",
            Self::Control => "MXCSR or the x87 control word did not come back",
        }
    }
}

/// Where a coroutine that was resumed on another thread finds what belongs to a
/// thread, as `tls.migrated` holds it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u64)]
pub enum Found {
    /// On the thread that it runs on.
    Here = 1,
    /// On the thread that it ran on before.
    Before = 2,
    /// On neither.
    Elsewhere = 3,
}

impl Found {
    const ALL: [Self; 3] = [Self::Here, Self::Before, Self::Elsewhere];

    /// For `expected` and `observed` in reports.
    #[must_use]
    pub const fn words(self) -> &'static str {
        match self {
            Self::Here => "the thread that it runs on",
            Self::Before => "the thread that it ran on before",
            Self::Elsewhere => "neither this thread nor the one before",
        }
    }
}

/// How the switches of two threads got along, as `life.threads` holds it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u64)]
pub enum Apart {
    /// Each thread saw its own coroutines only.
    Kept = 1,
    /// A resume came back on another thread than it was called on.
    Astray = 2,
    /// A value arrived that another one had sent.
    Value = 3,
    /// A word on the stack was another's.
    Local = 4,
}

impl Apart {
    const ALL: [Self; 4] = [Self::Kept, Self::Astray, Self::Value, Self::Local];

    /// For `expected` and `observed` in reports.
    #[must_use]
    pub const fn words(self) -> &'static str {
        match self {
            Self::Kept => "each thread sees its own coroutines only",
            Self::Astray => "a resume came back on another thread than it was called on",
            Self::Value => "a value arrived that was not sent to it",
            Self::Local => "a word on the stack changed",
        }
    }
}
