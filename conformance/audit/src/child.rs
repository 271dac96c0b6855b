//! Children: one process for each probe, and nothing that it does to itself
//! reaches us.

use std::fs::{self, File};
use std::io;
use std::os::fd::OwnedFd;
use std::os::unix::fs::FileExt as _;
use std::os::unix::process::{CommandExt as _, ExitStatusExt as _};
use std::process::{Child, Command, ExitStatus, Stdio};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use rustix::event::{PollFd, PollFlags, Timespec, poll};
use rustix::fs::{MemfdFlags, memfd_create};
use rustix::process::{
    Pid, PidfdFlags, Signal, WaitOptions, getpid, kill_process, kill_process_group, pidfd_open,
    waitpid,
};
use unscathed_abi_probes::child::Order;
use unscathed_catalogue::record::{BYTES, Record};
use unscathed_verdict::judge::{Ending, Seen};

/// How this executable starts itself again as a child.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Launch {
    /// With [`HIDDEN`] as first argument, and the order after it.
    Hidden,
    /// With these arguments, and the order in the environment, as [`ORDER`].
    Environment(Vec<String>),
}

/// The hidden first argument of [`Launch::Hidden`].
pub const HIDDEN: &str = "__child";
/// The variable of [`Launch::Environment`]: the arguments, one a line.
pub const ORDER: &str = "UNSCATHED_ORDER";

impl Launch {
    fn command(&self, order: &Order) -> Command {
        let mut command = Command::new("/proc/self/exe");
        match self {
            Self::Hidden => command.arg(HIDDEN).args(order.arguments()),
            Self::Environment(arguments) => {
                command.args(arguments).env(ORDER, order.arguments().join("\n"))
            }
        };
        command
    }
}

/// Runs one order in a child of its own.
///
/// # Errors
///
/// If no child can be started.
pub fn run(launch: &Launch, order: &Order, timeout: Duration) -> io::Result<Seen> {
    let record = File::from(memfd_create("unscathed-record", MemfdFlags::CLOEXEC)?);
    record.set_len(BYTES as u64)?;
    let started = Instant::now();
    // The record goes in as standard input: it needs no number and no name.
    let mut command = launch.command(order);
    command.stdin(Stdio::from(record.try_clone()?)).stdout(Stdio::null()).stderr(Stdio::null());
    let ending = run_to_end(&mut command, timeout)?;
    let elapsed_us = u64::try_from(started.elapsed().as_micros()).unwrap_or(u64::MAX);
    let mut bytes = vec![0; BYTES];
    record.read_exact_at(&mut bytes, 0)?;
    Ok(Seen { ending, record: Record::read(&bytes), elapsed_us })
}

/// Runs a program in a process group of its own until it ends, or until its time
/// runs out; nothing that it starts outlives it.
///
/// # Errors
///
/// If it cannot be started.
pub fn run_to_end(command: &mut Command, timeout: Duration) -> io::Result<Ending> {
    let mut child = spawn(command.process_group(0))?;
    finish(&mut child, timeout)
}

/// Waits for a program that [`spawn`] started in a process group of its own; see
/// [`run_to_end`].
///
/// # Errors
///
/// If the system does not let us wait.
pub fn finish(child: &mut Child, timeout: Duration) -> io::Result<Ending> {
    let ended = wait(child, timeout);
    ours().retain(|&pid| pid != Pid::from_child(child));
    Ok(match ended? {
        None => Ending::TimedOut(timeout),
        Some(status) => match (status.code(), status.signal()) {
            (Some(code), _) => Ending::Exited(code),
            (None, signal) => Ending::Killed(signal.unwrap_or_default()),
        },
    })
}

/// Waits for a child until the timeout, and ends it and all that it left behind.
fn wait(child: &mut Child, timeout: Duration) -> io::Result<Option<ExitStatus>> {
    let pid = Pid::from_child(child);
    let ended = match pidfd_open(pid, PidfdFlags::empty()) {
        Ok(pidfd) => end(pid, &pidfd, timeout)?,
        Err(error) => {
            let _ = child.kill();
            child.wait()?;
            return Err(error.into());
        }
    };
    // Before the child is reaped: who traces it can keep us from that.
    end_strays();
    let status = child.wait()?;
    Ok(ended.then_some(status))
}

/// How long the death of what was killed may take, before we look for who
/// prevents it.
const GRACE: Duration = Duration::from_secs(1);

/// Whether a child ended by itself within the timeout; if not, it has been ended.
fn end(pid: Pid, pidfd: &OwnedFd, timeout: Duration) -> io::Result<bool> {
    let ended = ends_within(pidfd, timeout)?;
    // The child is not reaped, so both numbers still are its own. It may have gone
    // over to another group, so it is named as well.
    let _ = kill_process_group(pid, Signal::KILL);
    let _ = kill_process(pid, Signal::KILL);
    while !ends_within(pidfd, GRACE)? {
        for descendant in descendants(pid) {
            let _ = kill_process(descendant, Signal::KILL);
        }
    }
    Ok(ended)
}

fn ends_within(pidfd: &OwnedFd, timeout: Duration) -> io::Result<bool> {
    let deadline = Instant::now() + timeout;
    loop {
        let left = deadline.saturating_duration_since(Instant::now());
        let left = Timespec::try_from(left).map_err(io::Error::other)?;
        match poll(&mut [PollFd::new(pidfd, PollFlags::IN)], Some(&left)) {
            Ok(ready) => return Ok(ready > 0),
            Err(rustix::io::Errno::INTR) => {}
            Err(error) => return Err(error.into()),
        }
    }
}

/// Children that are no strays: those that carry out an order, and those that
/// this process had before it became this program.
static OURS: Mutex<Vec<Pid>> = Mutex::new(Vec::new());

fn ours() -> MutexGuard<'static, Vec<Pid>> {
    OURS.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Whether every process that appears below us is our business.
static ADOPTS: AtomicBool = AtomicBool::new(false);

/// Makes us the parent of whatever our children leave behind. Not for a process
/// that others start children in.
pub fn adopt_strays() {
    ADOPTS.store(true, Ordering::Release);
    ours().extend(children(getpid()));
    let _ = rustix::process::set_child_subreaper(Some(getpid()));
}

/// Starts a child that is no stray.
///
/// # Errors
///
/// If it cannot be started.
pub fn spawn(command: &mut Command) -> io::Result<Child> {
    // Nobody looks for strays while there is a child that is not yet noted.
    let mut ours = ours();
    let child = command.spawn()?;
    ours.push(Pid::from_child(&child));
    Ok(child)
}

/// Generations of strays that are ended: each shows only when the one before it
/// is gone.
const GENERATIONS: usize = 1000;

/// Ends what children that are gone left behind in sessions of their own, if this
/// process [adopts](adopt_strays) it.
pub fn end_strays() {
    if !ADOPTS.load(Ordering::Acquire) {
        return;
    }
    let ours = ours();
    for _ in 0..GENERATIONS {
        let strays: Vec<_> =
            children(getpid()).into_iter().filter(|pid| !ours.contains(pid)).collect();
        if strays.is_empty() {
            return;
        }
        for &stray in &strays {
            let _ = kill_process(stray, Signal::KILL);
        }
        for stray in strays {
            let _ = waitpid(Some(stray), WaitOptions::empty());
        }
    }
}

/// The processes whose parent is this one.
fn children(parent: Pid) -> Vec<Pid> {
    let threads = fs::read_dir(format!("/proc/{parent}/task")).into_iter().flatten().flatten();
    let lists: String =
        threads.flat_map(|thread| fs::read_to_string(thread.path().join("children"))).collect();
    lists.split_whitespace().filter_map(|pid| Pid::from_raw(pid.parse().ok()?)).collect()
}

/// Its children, their children, and so on.
fn descendants(parent: Pid) -> Vec<Pid> {
    let mut found = children(parent);
    let mut next = 0;
    while let Some(&pid) = found.get(next) {
        found.extend(children(pid));
        next += 1;
    }
    found
}
