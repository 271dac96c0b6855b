//! What one probe saw: the bytes that a child leaves in the shared mapping.
//!
//! The child writes words at fixed places and never takes one back, so that
//! whatever kills it leaves all that was seen before. For each row it keeps how
//! often somebody looked, which bits were tested, which bits ever differed, and
//! the first few looks that found another value than was planted. That is a
//! reduction, not a judgement: volatile rows differ too.
//!
//! Reading is total: any bytes give a record or an error, never a panic.

use core::fmt;

use crate::probe::Event;

/// First word of a record: version 1 of this layout.
pub const MAGIC: u64 = 0x3143_5345_554e_5531;
/// Words of the widest row.
pub const WIDE: usize = 8;
/// Differing looks that are kept for each row.
pub const SAMPLES: usize = 12;
/// Rows that a record has room for.
pub const ROWS: usize = 160;
/// Bytes of each text.
pub const TEXT: usize = 1024;
/// Registers that a crash leaves, in the order of [`CRASH_REGISTERS`].
pub const CRASH_WORDS: usize = 17;
/// Names of the registers of a crash.
pub const CRASH_REGISTERS: [&str; CRASH_WORDS] = [
    "rip", "rsp", "rbp", "rax", "rbx", "rcx", "rdx", "rsi", "rdi", "r8", "r9", "r10", "r11", "r12",
    "r13", "r14", "r15",
];

/// Places of the single words.
pub mod at {
    use super::{CRASH_WORDS, ROWS, SAMPLES, TEXT, WIDE};

    /// [`MAGIC`](super::MAGIC).
    pub const MAGIC: usize = 0;
    /// [`Stage`](super::Stage), as a number.
    pub const STAGE: usize = 1;
    /// Steps of the schedule that were begun.
    pub const STEPS: usize = 2;
    /// Party that read the step on which the schedule derailed.
    pub const DERAILED_READER: usize = 3;
    /// Party that should have.
    pub const DERAILED_EXPECTED: usize = 4;
    /// Signal of a crash; 0: none was caught.
    pub const CRASH_SIGNAL: usize = 5;
    /// `si_code` of that signal.
    pub const CRASH_CODE: usize = 6;
    /// Address of that signal.
    pub const CRASH_ADDRESS: usize = 7;
    /// Registers at that signal.
    pub const CRASH_REGISTERS: usize = 8;
    /// The subject's capabilities.
    pub const CAPS: usize = CRASH_REGISTERS + CRASH_WORDS;
    /// Bits of [`Feature::ALL`](crate::Feature::ALL) that the machine has.
    pub const FEATURES: usize = CAPS + 1;
    /// First text; see [`Text`](super::Text).
    pub const TEXTS: usize = 64;
    /// Words of one text: its length, then its bytes.
    pub const TEXT_WORDS: usize = 1 + TEXT / 8;
    /// First row.
    pub const ROWS_BEGIN: usize = TEXTS + 5 * TEXT_WORDS;
    /// Words of a sample.
    pub const SAMPLE_WORDS: usize = 5 + 3 * WIDE;
    /// Words of a row.
    pub const ROW_WORDS: usize = 2 + 2 * WIDE + SAMPLES * SAMPLE_WORDS;
    /// Words of a record.
    pub const END: usize = ROWS_BEGIN + ROWS * ROW_WORDS;

    /// Row: how often somebody looked.
    pub const ROW_LOOKS: usize = 0;
    /// Row: samples kept.
    pub const ROW_SAMPLES: usize = 1;
    /// Row: bits that were tested.
    pub const ROW_TESTED: usize = 2;
    /// Row: bits that differed.
    pub const ROW_CHANGED: usize = 2 + WIDE;
    /// Row: first sample.
    pub const ROW_FIRST: usize = 2 + 2 * WIDE;
}

/// Bytes of a record.
pub const BYTES: usize = 8 * at::END;

/// How far a child came.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Stage {
    /// It attached the record.
    Attached,
    /// It is loading the subject.
    Loading,
    /// The subject is loaded, the experiment runs.
    Running,
    /// The experiment came to its end.
    Finished,
    /// The subject was refused; [`Text::Message`] says why.
    Refused,
    /// The schedule came apart: another party ran than should have.
    Derailed,
    /// The experiment could not be made; [`Text::Message`] says why.
    Failed,
    /// This machine, or this build, cannot show it; [`Text::Message`] says why.
    Skipped,
}

impl Stage {
    /// All, in the order of their numbers.
    pub const ALL: [Self; 8] = [
        Self::Attached,
        Self::Loading,
        Self::Running,
        Self::Finished,
        Self::Refused,
        Self::Derailed,
        Self::Failed,
        Self::Skipped,
    ];

    /// Its number in a record.
    #[must_use]
    pub const fn number(self) -> u64 {
        self as u64
    }
}

/// The texts of a record.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Text {
    /// Name of the subject.
    Name,
    /// Its version.
    Version,
    /// Files that were loaded for it, separated by newlines.
    Loaded,
    /// Why it was refused, or why the experiment failed.
    Message,
    /// The processor.
    Cpu,
}

impl Text {
    /// Word at which it begins.
    #[must_use]
    pub const fn place(self) -> usize {
        at::TEXTS + self as usize * at::TEXT_WORDS
    }
}

/// The bytes are not a record that this version can read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Malformed {
    /// Too few bytes.
    Short(usize),
    /// The first word, or a number in it, makes no sense.
    Overwritten,
}

impl fmt::Display for Malformed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Short(bytes) => write!(f, "the record has {bytes} bytes of {BYTES}"),
            Self::Overwritten => f.write_str("the record was overwritten"),
        }
    }
}

impl core::error::Error for Malformed {}

/// A value of up to 512 bits, lowest word first.
pub type Wide = [u64; WIDE];

/// One look that found another value than was planted.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Sample {
    /// Who looked.
    pub party: u16,
    /// When it had planted: its step.
    pub step: u16,
    /// At which event it looked.
    pub event: Event,
    /// Who ran in between.
    pub rival: u16,
    /// When the rival had planted.
    pub rival_step: u16,
    /// What the looker had planted.
    pub planted: Wide,
    /// What the rival had planted.
    pub rival_value: Wide,
    /// What was found.
    pub seen: Wide,
}

/// What became of one row.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Row {
    /// How often somebody looked.
    pub looks: u64,
    /// Bits in which planted and rival value ever differed.
    pub tested: Wide,
    /// Bits in which planted and found value ever differed.
    pub changed: Wide,
    /// The first differing looks.
    pub samples: Vec<Sample>,
}

/// A signal that the child's own handler caught.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Crash {
    /// Its number.
    pub signal: i32,
    /// Its `si_code`.
    pub code: i32,
    /// The address that it names.
    pub address: u64,
    /// [`CRASH_REGISTERS`] at that moment.
    pub registers: [u64; CRASH_WORDS],
}

/// What one child left.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Record {
    /// How far it came.
    pub stage: Stage,
    /// Steps of the schedule that were begun.
    pub steps: u64,
    /// On [`Stage::Derailed`]: who read the step, and who should have.
    pub derailed: (u16, u16),
    /// The signal, if one was caught.
    pub crash: Option<Crash>,
    /// Capabilities of the subject.
    pub caps: u64,
    /// Features of the machine.
    pub features: u64,
    /// By [`Text`].
    pub texts: [String; 5],
    /// By index of the element.
    pub rows: Vec<Row>,
}

impl Record {
    /// Reads what a child left in its mapping.
    ///
    /// # Errors
    ///
    /// If the bytes are too few, or if somebody wrote over them.
    pub fn read(bytes: &[u8]) -> Result<Self, Malformed> {
        if bytes.len() < BYTES {
            return Err(Malformed::Short(bytes.len()));
        }
        let words = Words(bytes);
        if words.get(at::MAGIC) != MAGIC {
            return Err(Malformed::Overwritten);
        }
        let stage = index(words.get(at::STAGE), Stage::ALL.len())?;
        let crash = match words.get(at::CRASH_SIGNAL) {
            0 => None,
            signal => Some(Crash {
                signal: signal as i32,
                code: words.get(at::CRASH_CODE) as i32,
                address: words.get(at::CRASH_ADDRESS),
                registers: core::array::from_fn(|i| words.get(at::CRASH_REGISTERS + i)),
            }),
        };
        let rows = (0..ROWS)
            .map(|row| words.row(at::ROWS_BEGIN + row * at::ROW_WORDS))
            .collect::<Result<_, _>>()?;
        Ok(Self {
            stage: Stage::ALL[stage],
            steps: words.get(at::STEPS),
            derailed: (
                words.get(at::DERAILED_READER) as u16,
                words.get(at::DERAILED_EXPECTED) as u16,
            ),
            crash,
            caps: words.get(at::CAPS),
            features: words.get(at::FEATURES),
            texts: [Text::Name, Text::Version, Text::Loaded, Text::Message, Text::Cpu]
                .map(|text| words.text(text)),
            rows,
        })
    }

    /// One of its texts.
    #[must_use]
    pub fn text(&self, text: Text) -> &str {
        &self.texts[text as usize]
    }
}

/// A number that must be less than `count`.
fn index(number: u64, count: usize) -> Result<usize, Malformed> {
    usize::try_from(number).ok().filter(|&n| n < count).ok_or(Malformed::Overwritten)
}

struct Words<'a>(&'a [u8]);

impl Words<'_> {
    fn get(&self, place: usize) -> u64 {
        let bytes = self.0.get(8 * place..8 * place + 8).and_then(|b| b.try_into().ok());
        bytes.map_or(0, u64::from_le_bytes)
    }

    fn wide(&self, place: usize) -> Wide {
        core::array::from_fn(|i| self.get(place + i))
    }

    fn text(&self, text: Text) -> String {
        let length = usize::try_from(self.get(text.place())).unwrap_or(TEXT).min(TEXT);
        let begin = 8 * (text.place() + 1);
        let bytes = self.0.get(begin..begin + length).unwrap_or_default();
        String::from_utf8_lossy(bytes).into_owned()
    }

    fn row(&self, place: usize) -> Result<Row, Malformed> {
        let kept = index(self.get(place + at::ROW_SAMPLES), SAMPLES + 1)?;
        Ok(Row {
            looks: self.get(place + at::ROW_LOOKS),
            tested: self.wide(place + at::ROW_TESTED),
            changed: self.wide(place + at::ROW_CHANGED),
            samples: (0..kept)
                .map(|n| self.sample(place + at::ROW_FIRST + n * at::SAMPLE_WORDS))
                .collect::<Result<_, _>>()?,
        })
    }

    fn sample(&self, place: usize) -> Result<Sample, Malformed> {
        Ok(Sample {
            party: self.get(place) as u16,
            step: self.get(place + 1) as u16,
            event: Event::ALL[index(self.get(place + 2), Event::ALL.len())?],
            rival: self.get(place + 3) as u16,
            rival_step: self.get(place + 4) as u16,
            planted: self.wide(place + 5),
            rival_value: self.wide(place + 5 + WIDE),
            seen: self.wide(place + 5 + 2 * WIDE),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn any_bytes_give_a_record_or_an_error() {
        assert_eq!(Record::read(&[]), Err(Malformed::Short(0)));
        assert_eq!(Record::read(&vec![0; BYTES]), Err(Malformed::Overwritten));
        let mut bytes = vec![0xff; BYTES];
        bytes[..8].copy_from_slice(&MAGIC.to_le_bytes());
        assert_eq!(Record::read(&bytes), Err(Malformed::Overwritten));
        let mut bytes = vec![0; BYTES];
        bytes[..8].copy_from_slice(&MAGIC.to_le_bytes());
        let record = Record::read(&bytes).unwrap();
        assert_eq!((record.stage, record.crash), (Stage::Attached, None));
        assert!(record.rows.iter().all(|row| row.looks == 0));
    }
}
