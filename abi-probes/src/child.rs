//! The child: one process, one subject, one probe.

use std::path::Path;
use std::process::ExitCode;

use unscathed_catalogue::abi::SYSV_X86_64;
use unscathed_catalogue::probe;
use unscathed_catalogue::record::{Stage as Ending, Text, at};
use unscathed_catalogue::{Capability, Experiment};
use unscathed_core::subject::Table;

use crate::foreign::{self, Subject};
use crate::measure::{self, Counts, MEASURE};
use crate::scene::Scene;
use crate::shared::Shared;
use crate::stage::{Stage, leave};
use crate::{copies, crash, host, play, scenario};

/// Where the built-in subjects are: by name, to their table.
pub type Builtin = fn(&str) -> Option<&'static Table>;
/// What a built-in subject counts, by its name, where it counts.
pub type Counter = fn(&str) -> Option<Counts>;

/// What a child is asked to do; it travels as arguments of the process.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Order {
    /// `native:NAME` or `lib:PATH`.
    pub subject: String,
    /// A probe's id; `None`: load the subject and say what it is.
    pub probe: Option<String>,
    /// Decides orders.
    pub seed: u64,
}

impl Order {
    /// The arguments that carry it to a child of this process.
    #[must_use]
    pub fn arguments(&self) -> [String; 4] {
        let probe = self.probe.clone().unwrap_or_default();
        let parent = std::process::id().to_string();
        [self.subject.clone(), probe, self.seed.to_string(), parent]
    }

    /// The order, and the number of the process that gave it.
    fn parse(arguments: &[String]) -> Option<(Self, libc::pid_t)> {
        let [subject, probe, seed, parent] = arguments else {
            return None;
        };
        let probe = Some(probe.clone()).filter(|id| !id.is_empty());
        let order = Self { subject: subject.clone(), probe, seed: seed.parse().ok()? };
        Some((order, parent.parse().ok()?))
    }
}

/// Runs a child to its end. The record is on standard input; where there is none,
/// nobody can be told anything but a failure.
///
/// Once the subject is loaded, the process ends without its exit handlers: what
/// they do is not asked, and must not be taken for an answer.
#[must_use]
pub fn main(arguments: &[String], builtin: Builtin, counter: Counter) -> ExitCode {
    let Some((order, parent)) = Order::parse(arguments) else {
        return ExitCode::FAILURE;
    };
    limit(parent);
    let Ok(shared) = Shared::attach() else {
        return ExitCode::FAILURE;
    };
    copies::limit();
    crash::watch(shared);
    let features = host::features();
    shared.set(at::FEATURES, features);
    shared.stage(Ending::Loading);
    let subject = match reach(&order.subject, builtin) {
        Ok((subject, loaded)) => {
            shared.text(Text::Name, &subject.name);
            shared.text(Text::Version, &subject.version);
            shared.text(Text::Loaded, &loaded.join("\n"));
            let transfer = subject.transfer.map_or(0, |_| Capability::Transfer.bit());
            shared.set(at::CAPS, subject.caps & !Capability::Transfer.bit() | transfer);
            subject
        }
        Err(why) => {
            shared.text(Text::Message, &why);
            shared.stage(Ending::Refused);
            leave()
        }
    };
    let Some(id) = &order.probe else {
        shared.text(Text::Cpu, &host::cpu());
        shared.stage(Ending::Finished);
        leave()
    };
    if id == MEASURE {
        let name = order.subject.strip_prefix("native:").unwrap_or_default();
        if let Some(counts) = counter(name) {
            measure::run(subject, shared, counts);
        }
        shared.stage(Ending::Finished);
        leave()
    }
    let Some(probe) = probe::find(id) else {
        return ExitCode::FAILURE;
    };
    shared.stage(Ending::Running);
    if let Some(enter) = subject.thread_enter {
        // SAFETY: the first call on this thread.
        let status = unsafe { enter() };
        if status != 0 {
            shared.text(Text::Message, &format!("thread_enter returned {status}"));
            shared.stage(Ending::Failed);
            leave()
        }
    }
    if let Experiment::Scenario(name) = probe.experiment {
        scenario::play(name, Scene::new(subject, shared, SYSV_X86_64, probe, &order));
    }
    play::run(Stage::new(subject, shared, SYSV_X86_64, probe, order.seed, features))
}

fn reach(subject: &str, builtin: Builtin) -> Result<(Subject, Vec<String>), String> {
    if let Some(path) = subject.strip_prefix("lib:") {
        return foreign::load(Path::new(path));
    }
    let name = subject.strip_prefix("native:").unwrap_or(subject);
    let table = builtin(name).ok_or_else(|| format!("there is no built-in subject `{name}`"))?;
    // SAFETY: a table of this program.
    Ok((unsafe { foreign::check(table) }?, Vec::new()))
}

/// No core files, no life without the parent, and the first to go where memory
/// runs out.
fn limit(parent: libc::pid_t) {
    let _ = std::fs::write("/proc/self/oom_score_adj", "1000");
    let none = libc::rlimit { rlim_cur: 0, rlim_max: 0 };
    // SAFETY: sets a limit of this process.
    unsafe { libc::setrlimit(libc::RLIMIT_CORE, &raw const none) };
    // SAFETY: sets a property of this process.
    unsafe { libc::prctl(libc::PR_SET_PDEATHSIG, libc::SIGKILL) };
    // It may have died before we asked to be told.
    // SAFETY: asks for a number.
    if unsafe { libc::getppid() } != parent {
        leave();
    }
}
