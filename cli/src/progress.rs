//! One line on a terminal, gone when the report comes.

use std::io::{IsTerminal as _, Write as _, stderr};
use std::time::Instant;

/// Says how far an audit is, to people only.
pub(crate) struct Progress {
    started: Instant,
    shown: bool,
}

impl Progress {
    /// On standard error, if that is a terminal.
    pub(crate) fn on_terminal() -> Self {
        Self { started: Instant::now(), shown: stderr().is_terminal() }
    }

    /// So many of so many are done, this one last.
    pub(crate) fn step(&self, done: usize, all: usize, last: &str) {
        if self.shown {
            let seconds = self.started.elapsed().as_secs_f64();
            let _ = write!(stderr(), "\r\x1b[K  {done} of {all} · {last} · {seconds:.1} s");
        }
    }

    /// What is being done, where that takes long.
    pub(crate) fn say(&self, what: &str) {
        if self.shown {
            let _ = write!(stderr(), "\r\x1b[K  {what}");
        }
    }
}

impl Drop for Progress {
    fn drop(&mut self) {
        if self.shown {
            let _ = write!(stderr(), "\r\x1b[K");
        }
    }
}
