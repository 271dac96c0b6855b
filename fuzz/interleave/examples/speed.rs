//! How many schedules a second of processor time: what each kind of step costs.

use std::env;
use std::time::Duration;

use unscathed_core::subject::CAP_PANIC;
use unscathed_interleave::{Contract, Runner, Schedule, Step};

/// What is played, and under what contract.
type Row = (&'static str, Contract, fn(Step) -> bool);

fn main() {
    let table = unscathed_subject_reference::subject();
    let count: u64 = env::args().nth(1).map_or(100_000, |count| count.parse().expect("a number"));
    let contract = Contract::of(table);
    let rows: [Row; 6] = [
        ("all steps", contract, all),
        ("no other thread", Contract { threads: false, ..contract }, all),
        ("no shuttles either", contract, quiet),
        ("nothing deeper than 8 calls either", contract, shallow),
        ("nothing raised, thrown or destroyed either", contract, switches),
        (
            "the same, without control words and panics",
            Contract { control: None, caps: contract.caps & !CAP_PANIC, ..contract },
            switches,
        ),
    ];
    let only: Option<usize> = env::args().nth(2).map(|row| row.parse().expect("a number"));
    let chosen = |place: usize| only.is_none_or(|only| only == place);
    for (_, (name, contract, fits)) in rows.into_iter().enumerate().filter(|row| chosen(row.0)) {
        let schedules: Vec<_> = (0..1000).map(|seed| four(seed, fits)).collect();
        // SAFETY: the reference is an honest subject.
        let mut runner = unsafe { Runner::new(table, contract) }.expect("it is whole");
        let started = processor_time();
        for number in 0..count {
            let schedule = &schedules[(number % 1000) as usize];
            runner.check(schedule).expect("the reference keeps to the model");
        }
        let each = (processor_time() - started) / u32::try_from(count).expect("it is not so large");
        let rate = 1.0 / each.as_secs_f64();
        println!("{rate:>9.0} schedules/s  {each:>9.2?} each  {name}");
    }
}

fn all(_: Step) -> bool {
    true
}

fn quiet(step: Step) -> bool {
    !matches!(step, Step::Shuttle(_) | Step::Handover(_))
}

fn shallow(step: Step) -> bool {
    quiet(step) && !matches!(step, Step::Recurse(4..))
}

fn switches(step: Step) -> bool {
    shallow(step) && !matches!(step, Step::Raise(_) | Step::Throw(_) | Step::Destroy(_))
}

/// Four coroutines and 28 steps that fit.
fn four(seed: u64, fits: fn(Step) -> bool) -> Schedule {
    let random = Schedule::random(seed, 1000);
    let steps = random.steps().iter().copied();
    let steps = steps.filter(|&step| step != Step::Create && fits(step));
    Schedule::new([Step::Create; 4].into_iter().chain(steps.take(28)))
}

fn processor_time() -> Duration {
    let mut time = libc::timespec { tv_sec: 0, tv_nsec: 0 };
    // SAFETY: writes to a variable.
    unsafe { libc::clock_gettime(libc::CLOCK_PROCESS_CPUTIME_ID, &raw mut time) };
    Duration::new(time.tv_sec as u64, time.tv_nsec as u32)
}
