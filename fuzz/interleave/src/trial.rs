//! Many schedules on a subject that may be wrong: in a child, which may die of it.
//!
//! A child finds a record as its standard input, in memory that it shares with its
//! parent. So the parent knows which schedule was the last one, whatever became of
//! the child.

use core::ptr;
use core::sync::atomic::{AtomicU64, Ordering};
use std::fs::File;
use std::io::{self, Read as _, Seek as _, SeekFrom, Write as _};
use std::os::fd::FromRawFd as _;
use std::os::unix::process::ExitStatusExt as _;
use std::process::{Command, Stdio};
use std::thread;
use std::time::{Duration, Instant};

use unscathed_core::subject::Table;

use crate::contract::Contract;
use crate::divergence::Divergence;
use crate::native::Runner;
use crate::schedule::Schedule;

/// Schedules that follow from a seed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Cases {
    /// The seed.
    pub seed: u64,
    /// How many.
    pub count: u64,
}

/// Steps of one schedule, at least and at most.
const STEPS: (u64, u64) = (8, 64);

impl Cases {
    /// One of them: the seed and the number decide.
    #[must_use]
    pub fn schedule(&self, number: u64) -> Schedule {
        let seed = self.seed.wrapping_mul(0x2545_f491_4f6c_dd1d).wrapping_add(number);
        let (least, most) = STEPS;
        Schedule::random(seed, (least + seed.wrapping_mul(seed | 1) % (most - least + 1)) as usize)
    }
}

/// What became of a child.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Ending {
    /// It came to the end of its cases.
    Clean,
    /// It saw this.
    Diverged(String),
    /// This signal ended it.
    Killed(i32),
    /// It ended with this status, and said nothing.
    Exited(i32),
    /// Its time ran out.
    Hung,
}

/// What a child came to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Outcome {
    /// The case that was the last one, counted from 1; 0: there was none.
    pub last: u64,
    /// What became of the child then.
    pub ending: Ending,
}

impl Outcome {
    /// Whether something was found.
    #[must_use]
    pub fn found(&self) -> bool {
        self.ending != Ending::Clean
    }
}

/// What stands before the message in a record.
const HEAD: u64 = 8;

/// Starts a child with a record, and waits for it. The command is one that comes to
/// [`child`] or [`child_of_one`].
///
/// # Errors
///
/// If no child can be started.
pub fn run(command: &mut Command, timeout: Duration) -> io::Result<Outcome> {
    // SAFETY: makes a descriptor.
    let descriptor =
        unsafe { libc::memfd_create(c"unscathed-interleave".as_ptr(), libc::MFD_CLOEXEC) };
    if descriptor < 0 {
        return Err(io::Error::last_os_error());
    }
    // SAFETY: it was just made, and is nobody else's.
    let mut record = unsafe { File::from_raw_fd(descriptor) };
    record.set_len(HEAD)?;
    command.stdin(Stdio::from(record.try_clone()?)).stdout(Stdio::null()).stderr(Stdio::null());
    let mut child = command.spawn()?;
    let (started, mut pause) = (Instant::now(), Duration::from_micros(200));
    let status = loop {
        if let Some(status) = child.try_wait()? {
            break Some(status);
        }
        if started.elapsed() > timeout {
            child.kill()?;
            child.wait()?;
            break None;
        }
        thread::sleep(pause);
        pause = (pause * 2).min(Duration::from_millis(10));
    };
    let (mut last, mut message) = ([0; HEAD as usize], String::new());
    record.seek(SeekFrom::Start(0))?;
    record.read_exact(&mut last)?;
    record.read_to_string(&mut message)?;
    let ending = match status {
        _ if !message.is_empty() => Ending::Diverged(message),
        None => Ending::Hung,
        Some(status) => match (status.signal(), status.code()) {
            (Some(signal), _) => Ending::Killed(signal),
            (None, Some(0)) => Ending::Clean,
            (None, code) => Ending::Exited(code.unwrap_or(-1)),
        },
    };
    Ok(Outcome { last: u64::from_ne_bytes(last), ending })
}

/// The record of this process.
fn record() -> io::Result<&'static AtomicU64> {
    let access = libc::PROT_READ | libc::PROT_WRITE;
    // SAFETY: a new mapping disturbs nobody. A standard input of another kind is
    // refused.
    let start =
        unsafe { libc::mmap(ptr::null_mut(), HEAD as usize, access, libc::MAP_SHARED, 0, 0) };
    if start == libc::MAP_FAILED {
        return Err(io::Error::last_os_error());
    }
    // SAFETY: mapped for good, and aligned as a page.
    Ok(unsafe { &*start.cast::<AtomicU64>() })
}

/// Writes a divergence into the record, and ends the process.
fn tell(divergence: &Divergence) {
    // SAFETY: the record, which this process has as its standard input.
    let mut record = unsafe { File::from_raw_fd(0) };
    let told = record
        .seek(SeekFrom::Start(HEAD))
        .and_then(|_| record.write_all(divergence.to_string().as_bytes()));
    // SAFETY: ends the process, and nothing of the subject's runs any more.
    unsafe { libc::_exit(if told.is_ok() { 0 } else { 1 }) }
}

fn runner(table: &'static Table, contract: Contract) -> Result<Runner, String> {
    // SAFETY: whatever the subject does, it does it to this process, which is there
    // for that.
    let mut runner = unsafe { Runner::new(table, contract) }?;
    runner.on_divergence(tell);
    Ok(runner)
}

/// The whole life of a child that plays many schedules: it does not return.
pub fn child(table: &'static Table, contract: Contract, cases: Cases) -> ! {
    let play = || -> Result<(), String> {
        let record = record().map_err(|error| error.to_string())?;
        let mut runner = runner(table, contract)?;
        for number in 0..cases.count {
            record.store(number + 1, Ordering::Relaxed);
            // What was found has been told.
            let _ = runner.check(&cases.schedule(number));
        }
        Ok(())
    };
    leave(&play())
}

/// The same for one schedule.
pub fn child_of_one(table: &'static Table, contract: Contract, schedule: &Schedule) -> ! {
    let play = || -> Result<(), String> {
        let record = record().map_err(|error| error.to_string())?;
        record.store(1, Ordering::Relaxed);
        let _ = runner(table, contract)?.check(schedule);
        Ok(())
    };
    leave(&play())
}

fn leave(played: &Result<(), String>) -> ! {
    // SAFETY: ends the process.
    unsafe { libc::_exit(i32::from(played.is_err()) * 3) }
}
