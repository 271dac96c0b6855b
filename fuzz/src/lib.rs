//! What all engines share: which subject is fuzzed, and what one input is.
//!
//! `UNSCATHED_SUBJECT` names the subject: `native:NAME`, or `lib:PATH` for an adapter
//! library; without it, the reference. `UNSCATHED_CONTROL` says where the
//! floating-point control words belong: `coroutine`, as the ABI has it, `thread`, or
//! `ignored`. `UNSCATHED_THREADS=1` has a second thread take part, which is slow.
//! `UNSCATHED_DESTROY_IN_PANICS=0` destroys nobody who is suspended while a panic is
//! under way, which some libraries refuse by design.

use std::cell::RefCell;
use std::env;
use std::path::Path;
use std::process;

use unscathed_abi_probes::foreign;
use unscathed_core::subject::{ABI, Table};
use unscathed_interleave::{Contract, Keep, Play, Runner, Schedule, Token};

type Builtin = (&'static str, fn() -> &'static Table);

#[rustfmt::skip]
const BUILTIN: [Builtin; 9] = [
    ("context", unscathed_subject_context::subject),
    ("corosensei", unscathed_subject_corosensei::subject),
    ("generator", unscathed_subject_generator::subject),
    ("minicoro", unscathed_subject_minicoro::subject),
    ("reference", unscathed_subject_reference::subject),
    ("reference-slicing", unscathed_subject_reference_slicing::subject),
    ("reference-ucontext", unscathed_subject_reference_ucontext::subject),
    ("swapcontext", unscathed_subject_swapcontext::subject),
    ("wasmtime-fiber", unscathed_subject_wasmtime_fiber::subject),
];

/// A subject and what it is held to.
struct Subject {
    id: String,
    table: &'static Table,
    contract: Contract,
}

impl Subject {
    fn chosen() -> Result<Self, String> {
        let id = env::var("UNSCATHED_SUBJECT").unwrap_or_else(|_| "native:reference".to_owned());
        let (table, foreign) = match id.split_once(':') {
            Some(("lib", path)) => (library(path)?, true),
            Some(("native", name)) => (native(name)?, false),
            _ => return Err(format!("`{id}`: a subject is native:NAME or lib:PATH")),
        };
        let control = match env::var("UNSCATHED_CONTROL").as_deref() {
            Err(_) | Ok("coroutine") => Some(Keep::Coroutine),
            Ok("thread") => Some(Keep::Thread),
            Ok("ignored") => None,
            Ok(other) => {
                return Err(format!(
                    "UNSCATHED_CONTROL is `{other}`: say coroutine, thread or ignored"
                ));
            }
        };
        let threads = env::var("UNSCATHED_THREADS").is_ok_and(|value| value == "1");
        let destroys_in_panics =
            !env::var("UNSCATHED_DESTROY_IN_PANICS").is_ok_and(|value| value == "0");
        let claimed = Contract::of(table);
        let contract = Contract { control, foreign, threads, destroys_in_panics, ..claimed };
        Ok(Self { id, table, contract })
    }
}

fn native(name: &str) -> Result<&'static Table, String> {
    let builtin = BUILTIN.iter().find(|builtin| builtin.0 == name).map(|builtin| builtin.1());
    let mutant = || unscathed_mutants::find(name).map(|mutant| mutant.table);
    let names = BUILTIN.map(|builtin| builtin.0).join(", ");
    builtin.or_else(mutant).ok_or_else(|| format!("`{name}`: the built-in subjects are {names}"))
}

/// Loads an adapter for good.
fn library(path: &str) -> Result<&'static Table, String> {
    let (subject, _) = foreign::load(Path::new(path)).map_err(|why| format!("{path}: {why}"))?;
    Ok(Box::leak(Box::new(Table {
        abi: ABI,
        size: size_of::<Table>() as u32,
        name: c"library".as_ptr(),
        version: c"unknown".as_ptr(),
        caps: subject.caps,
        create: Some(subject.create),
        resume: Some(subject.resume),
        suspend: Some(subject.suspend),
        done: Some(subject.done),
        destroy: Some(subject.destroy),
        thread_enter: subject.thread_enter,
        thread_leave: subject.thread_leave,
        transfer: subject.transfer,
    })))
}

struct Fuzzed {
    subject: Subject,
    runner: Runner,
    /// Kept for its memory.
    schedule: Schedule,
}

thread_local! {
    static FUZZED: RefCell<Option<Fuzzed>> = const { RefCell::new(None) };
}

/// Chooses the subject. This comes after the engine's own panic hook, which would
/// take what schedules raise and catch for a crash.
pub fn begin() {
    let begun = Subject::chosen().and_then(|subject| {
        // SAFETY: a subject that is wrong may take this process down, which is then
        // what was found.
        let mut runner = unsafe { Runner::new(subject.table, subject.contract) }?;
        // At once: the way back to us leads through the subject.
        runner.on_divergence(|divergence| eprintln!("\n{divergence}"));
        Ok(Fuzzed { subject, runner, schedule: Schedule::default() })
    });
    match begun {
        Ok(fuzzed) => FUZZED.set(Some(fuzzed)),
        Err(why) => {
            eprintln!("switch_interleave: {why}");
            process::exit(2);
        }
    }
}

/// Plays one input. A divergence ends the process, with what happened, step by step.
pub fn play(tape: &[u8]) {
    FUZZED.with_borrow_mut(|fuzzed| {
        let Fuzzed { subject, runner, schedule } = fuzzed.as_mut().expect("it has begun");
        schedule.read(tape);
        let Err(divergence) = runner.check(schedule) else {
            return;
        };
        for turn in Play::turns(subject.contract, schedule) {
            eprintln!("{:>5} {turn}", turn.number);
            if turn.number == divergence.turn.number {
                break;
            }
        }
        eprintln!("{divergence}");
        eprintln!(
            "replay: {}",
            Token::new(&subject.id, subject.contract.flags(), schedule.clone())
        );
        process::abort();
    });
}
