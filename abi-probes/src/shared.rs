//! The mapping that a child shares with its parent.

use core::ffi::c_int;
use core::ptr;
use std::fs::File;
use std::io;
use std::os::fd::AsRawFd;
use std::path::Path;

use unscathed_catalogue::Event;
use unscathed_catalogue::record::{self, BYTES, SAMPLES, Stage, Wide, at};
#[cfg(feature = "native")]
use unscathed_catalogue::record::{TEXT, Text};

/// Writes a record, word by word, so that whatever ends the process leaves all
/// that was written before.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Shared {
    words: *mut u64,
}

/// One look of one party at one row.
pub(crate) struct Look<'a> {
    pub(crate) party: u16,
    pub(crate) step: u16,
    pub(crate) event: Event,
    pub(crate) rival: u16,
    pub(crate) rival_step: u16,
    pub(crate) planted: &'a Wide,
    pub(crate) rival_value: &'a Wide,
    pub(crate) seen: &'a Wide,
}

impl Shared {
    /// Maps the file that the parent passed as standard input, and lets go of the
    /// descriptor: the subject may close all that it finds.
    ///
    /// # Errors
    ///
    /// If there is no such file, or it is too short.
    #[cfg(feature = "native")]
    pub(crate) fn attach() -> io::Result<Self> {
        let shared = Self::map(libc::STDIN_FILENO)?;
        // SAFETY: a constant path; the descriptor is checked below.
        let null = unsafe { libc::open(c"/dev/null".as_ptr(), libc::O_RDONLY) };
        // SAFETY: both descriptors are ours.
        if null < 0 || unsafe { libc::dup2(null, libc::STDIN_FILENO) } < 0 {
            return Err(io::Error::last_os_error());
        }
        shared.set(at::MAGIC, record::MAGIC);
        Ok(shared)
    }

    /// Maps a file that the parent made.
    ///
    /// # Errors
    ///
    /// If there is no such file, or it is too short.
    pub(crate) fn open(path: &Path) -> io::Result<Self> {
        let file = File::options().read(true).write(true).open(path)?;
        if file.metadata()?.len() < BYTES as u64 {
            return Err(io::ErrorKind::UnexpectedEof.into());
        }
        let shared = Self::map(file.as_raw_fd())?;
        shared.set(at::MAGIC, record::MAGIC);
        Ok(shared)
    }

    fn map(file: c_int) -> io::Result<Self> {
        let protection = libc::PROT_READ | libc::PROT_WRITE;
        // SAFETY: a new mapping of a file that only the parent has besides us.
        let words =
            unsafe { libc::mmap(ptr::null_mut(), BYTES, protection, libc::MAP_SHARED, file, 0) };
        if words == libc::MAP_FAILED {
            return Err(io::Error::last_os_error());
        }
        // A forked copy of this process must not write here in our name.
        // SAFETY: our own mapping.
        if unsafe { libc::madvise(words, BYTES, libc::MADV_DONTFORK) } != 0 {
            return Err(io::Error::last_os_error());
        }
        Ok(Self { words: words.cast() })
    }

    /// Writes one word.
    pub(crate) fn set(self, place: usize, word: u64) {
        // SAFETY: `at` is within the mapping, which lives as long as the process.
        unsafe { self.at(place).write_volatile(word) };
    }

    /// Reads back what this process wrote.
    pub(crate) fn get(self, place: usize) -> u64 {
        // SAFETY: as in `set`.
        unsafe { self.at(place).read_volatile() }
    }

    fn at(self, place: usize) -> *mut u64 {
        assert!(place < at::END, "a record has no word {place}");
        // SAFETY: within the mapping, as was just asserted.
        unsafe { self.words.add(place) }
    }

    /// Notes how far the child came.
    pub(crate) fn stage(self, stage: Stage) {
        self.set(at::STAGE, stage.number());
    }

    /// Writes a text, cut to what fits.
    #[cfg(feature = "native")]
    pub(crate) fn text(self, text: Text, value: &str) {
        let length = value.len().min(TEXT);
        for (index, chunk) in value.as_bytes()[..length].chunks(8).enumerate() {
            let mut word = [0; 8];
            word[..chunk.len()].copy_from_slice(chunk);
            self.set(text.place() + 1 + index, u64::from_le_bytes(word));
        }
        self.set(text.place(), length as u64);
    }

    /// Adds a look to a row, whose bits are `covers`.
    pub(crate) fn look(self, row: usize, covers: &Wide, look: &Look<'_>) {
        let begin = at::ROWS_BEGIN + row * at::ROW_WORDS;
        let mut differs = false;
        for (word, &covered) in covers.iter().enumerate().filter(|(_, covered)| **covered != 0) {
            let tested = (look.planted[word] ^ look.rival_value[word]) & covered;
            let changed = (look.planted[word] ^ look.seen[word]) & covered;
            differs |= changed != 0;
            self.gather(begin + at::ROW_TESTED + word, tested);
            self.gather(begin + at::ROW_CHANGED + word, changed);
        }
        if differs {
            self.sample(begin, look);
        }
        // Last, so that a look counts only once it is written whole.
        self.set(begin + at::ROW_LOOKS, self.get(begin + at::ROW_LOOKS) + 1);
    }

    fn gather(self, place: usize, bits: u64) {
        if bits != 0 {
            self.set(place, self.get(place) | bits);
        }
    }

    fn sample(self, begin: usize, look: &Look<'_>) {
        let kept = self.get(begin + at::ROW_SAMPLES) as usize;
        if kept >= SAMPLES {
            return;
        }
        let place = begin + at::ROW_FIRST + kept * at::SAMPLE_WORDS;
        self.set(place, look.party.into());
        self.set(place + 1, look.step.into());
        self.set(place + 2, look.event as u64);
        self.set(place + 3, look.rival.into());
        self.set(place + 4, look.rival_step.into());
        let values = [look.planted, look.rival_value, look.seen];
        for (index, word) in values.into_iter().flatten().enumerate() {
            self.set(place + 5 + index, *word);
        }
        self.set(begin + at::ROW_SAMPLES, kept as u64 + 1);
    }
}
