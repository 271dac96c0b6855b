//! The three reference backends do what the model says.
//!
//! Those tapes that failed once run first. Then come random ones, with a seed that is
//! chosen at run time and printed; `UNSCATHED_SEED` sets it.

mod seed;

use std::cell::RefCell;
use std::fs;
use std::path::Path;

use proptest::collection::vec;
use proptest::prelude::*;
use proptest::test_runner::{Config, RngAlgorithm, TestRng, TestRunner};
use unscathed_core::subject::Table;
use unscathed_interleave::trial::Cases;
use unscathed_interleave::{Contract, Counter, Divergence, Keep, Play, Runner, Schedule};

/// The three backends. What they declare is what their adapters declare: the count of
/// panics stays with the thread.
fn references() -> [&'static Table; 3] {
    [
        unscathed_subject_reference::subject(),
        unscathed_subject_reference_slicing::subject(),
        unscathed_subject_reference_ucontext::subject(),
    ]
}

fn contract(table: &Table) -> Contract {
    Contract::of(table).with_panic_count(Some(Keep::Thread))
}

fn runner(table: &'static Table) -> Runner {
    // SAFETY: the references are honest subjects, or this test finds out.
    unsafe { Runner::new(table, contract(table)) }.expect("a reference is whole")
}

/// The turns of a schedule, for who reads a failure.
fn told(table: &Table, schedule: &Schedule, divergence: &Divergence) -> String {
    let turns = Play::turns(contract(table), schedule);
    let turns = turns.iter().take_while(|turn| turn.number <= divergence.turn.number);
    let turns: String = turns.map(|turn| format!("{:>5} {turn}\n", turn.number)).collect();
    format!("{turns}{divergence}")
}

fn check(runner: &mut Runner, table: &Table, schedule: &Schedule) -> Result<(), String> {
    runner.check(schedule).map_err(|divergence| told(table, schedule, &divergence))
}

/// Bytes of files in a folder beside this package, in the order of their names.
fn files(folder: &str) -> Vec<(String, Vec<u8>)> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("..").join(folder);
    let mut paths: Vec<_> = fs::read_dir(&folder)
        .unwrap_or_else(|error| panic!("{}: {error}", folder.display()))
        .map(|entry| entry.expect("it can be read").path())
        .filter(|path| path.is_file())
        .collect();
    paths.sort();
    let read = |path: std::path::PathBuf| {
        let name = path.file_name().expect("it is a file").to_string_lossy().into_owned();
        (name, fs::read(path).expect("it can be read"))
    };
    paths.into_iter().map(read).collect()
}

#[test]
fn what_failed_once_and_every_seed_of_the_fuzzer_agree() {
    for table in references() {
        let mut runner = runner(table);
        for folder in ["regressions/switch_interleave", "corpus/switch_interleave"] {
            let files = files(folder);
            assert!(!files.is_empty(), "{folder} is empty");
            for (name, bytes) in files {
                let checked = check(&mut runner, table, &Schedule::from_bytes(&bytes));
                checked.unwrap_or_else(|why| panic!("{folder}/{name}:\n{why}"));
            }
        }
    }
}

/// Enough for the rarest place to be reached a dozen times and more.
const CASES: u64 = 40_000;

#[test]
fn random_schedules_agree_and_reach_every_place() {
    let seed = seed::chosen();
    for table in references() {
        let mut runner = runner(table);
        let cases = Cases { seed, count: CASES };
        for number in 0..cases.count {
            let checked = check(&mut runner, table, &cases.schedule(number));
            checked.unwrap_or_else(|why| panic!("seed {seed}, case {number}:\n{why}"));
        }
        let missed: Vec<_> =
            runner.reached().missed(&contract(table)).map(Counter::words).collect();
        println!("{}", runner.reached());
        assert!(missed.is_empty(), "seed {seed}: never {missed:?}; {}", runner.reached());
    }
}

#[test]
fn any_bytes_agree() {
    let seed = seed::chosen();
    for table in references() {
        let runner = RefCell::new(runner(table));
        let config = Config { cases: 2000, failure_persistence: None, ..Config::default() };
        let mut bytes = [0; 32];
        bytes[..8].copy_from_slice(&seed.to_le_bytes());
        let random = TestRng::from_seed(RngAlgorithm::ChaCha, &bytes);
        let mut property = TestRunner::new_with_rng(config, random);
        let held = property.run(&vec(any::<u8>(), 0..200), |tape| {
            let schedule = Schedule::from_bytes(&tape);
            let checked = check(&mut runner.borrow_mut(), table, &schedule);
            checked.map_err(|why| {
                // One that has failed goes no further.
                runner.replace(self::runner(table));
                TestCaseError::fail(why)
            })
        });
        held.unwrap_or_else(|error| panic!("seed {seed}: {error}"));
    }
}
