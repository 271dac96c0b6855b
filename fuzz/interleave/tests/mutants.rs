//! Planted defects: what a schedule can show is found within a bounded number of
//! cases, and what is harmless is never found.
//!
//! Each mutant runs in a child, which is this program again: it may die of what it
//! does. The table of cases to detection is printed; see it with `--nocapture`.

mod seed;

use std::env;
use std::process::Command;
use std::time::Duration;

use unscathed_interleave::trial::{self, Cases, Ending, Outcome};
use unscathed_interleave::{Contract, Keep};
use unscathed_mutants::Subject;

/// The child's order: id, seed and number of cases, one a line.
const ORDER: &str = "UNSCATHED_INTERLEAVE_ORDER";

/// Cases within which a mutant must be found.
const CASES: u64 = 30_000;
/// Cases in which what is harmless, or not looked at, must not be.
const HARMLESS: u64 = 1000;
const TIMEOUT: Duration = Duration::from_secs(60);

/// What a mutant is held to: its declaration of the one policy that schedules look at.
fn contract(mutant: &Subject) -> Contract {
    let declares = |keep: &str| {
        let line = format!("\"rust.panic_count\" = \"{keep}\"");
        mutant.policies.lines().any(|declared| declared == line)
    };
    let keep = match (declares("coroutine"), declares("thread")) {
        (true, _) => Some(Keep::Coroutine),
        (_, true) => Some(Keep::Thread),
        _ => None,
    };
    Contract::of(mutant.table).with_panic_count(keep)
}

/// Not a test of its own: the others start it, with an order.
#[test]
fn child() {
    let Ok(order) = env::var(ORDER) else {
        return;
    };
    let [id, seed, count] = order.lines().collect::<Vec<_>>()[..] else {
        panic!("an order has three lines");
    };
    let mutant = unscathed_mutants::find(id).expect("the order names a mutant");
    let number = |text: &str| text.parse().expect("it is a number");
    let cases = Cases { seed: number(seed), count: number(count) };
    trial::child(mutant.table, contract(mutant), cases);
}

fn hunt(mutant: &Subject, seed: u64, count: u64) -> Outcome {
    let program = env::current_exe().expect("it has a path");
    let mut command = Command::new(program);
    command.args(["--exact", "child", "--nocapture"]);
    command.env(ORDER, format!("{}\n{seed}\n{count}", mutant.id));
    trial::run(&mut command, TIMEOUT).expect("a child can be started")
}

/// Elements that schedules do not look at, or single mutants, and why these stay
/// unseen.
#[rustfmt::skip]
const NOT_SHOWN: &[(&str, &str)] = &[
    ("cxx.caught", "no step throws in C++"),
    ("cxx.uncaught", "no step throws in C++"),
    ("cxx.unwind", "no step throws in C++"),
    ("life.leak", "memory is not counted"),
    ("misuse.create_huge", "no step is forbidden"),
    ("misuse.create_zero", "no step is forbidden"),
    ("misuse.destroy_running", "no step is forbidden"),
    ("misuse.destroy_twice", "no step is forbidden"),
    ("misuse.resume_finished", "no step is forbidden"),
    ("misuse.resume_resumer", "no step is forbidden"),
    ("misuse.resume_running", "no step is forbidden"),
    ("misuse.suspend_outside", "no step is forbidden"),
    ("mutant/hand/life.threads/one-current", "threads take turns"),
    ("mutant/hand/stack.contents/given-twice", "its small stacks are not asked for"),
    ("signal.altstack", "no step sets one"),
    ("signal.mask", "no step sets one"),
    ("signal.switch", "no step sends a signal"),
    ("stack.guard", "no step runs off a stack"),
    ("stack.size", "no step fills a stack"),
    ("tls.errno", "no step sets it"),
    ("tls.locale", "no step sets one"),
    ("unwind.backtrace", "no native step takes one"),
];

#[test]
fn what_is_planted_is_found_and_what_is_harmless_is_not() {
    let seed = seed::chosen();
    let mut wrong = Vec::new();
    let unseen = |name: &str| NOT_SHOWN.iter().any(|row| row.0 == name);
    for mutant in unscathed_mutants::all() {
        let expected = mutant.element.is_some_and(|element| !unseen(element) && !unseen(mutant.id));
        let outcome = hunt(mutant, seed, if expected { CASES } else { HARMLESS });
        let what = match &outcome.ending {
            Ending::Diverged(text) => text.split(':').next().unwrap_or_default().to_owned(),
            other => format!("{other:?}"),
        };
        println!("{:>6}  {:<48} {what}", outcome.last, mutant.id);
        if outcome.found() != expected {
            wrong.push(format!("{}: {:?} after {} cases", mutant.id, outcome.ending, outcome.last));
        }
    }
    assert!(wrong.is_empty(), "seed {seed}:\n{}", wrong.join("\n"));
}
