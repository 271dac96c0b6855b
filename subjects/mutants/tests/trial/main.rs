//! Each mutant loses its own row and no other, and a harmless change loses none.

mod bracket;

use std::collections::BTreeSet;
use std::ffi::c_void;
use std::ptr;
use std::sync::Mutex;
use std::sync::atomic::{AtomicPtr, AtomicU64, Ordering};

use unscathed_catalogue::abi::SYSV_X86_64;
use unscathed_catalogue::mutant::{self, LATE, MutantClass};
use unscathed_catalogue::{Element, Level, Plant};
use unscathed_core::subject::{Co, Table};
use unscathed_mutants::all;

use self::bracket::{BRACKETS, ENTRIES, Look, NAMES, PARTIES, SITES, Site, WORD};

/// Rounds in which all but a late mutant lose what they lose.
const FEW: u64 = 20;
/// Rounds after which a late mutant has forgotten: each is two switches.
const MANY: u64 = LATE as u64 / 2 + FEW;

/// Rows that were lost so far.
static LOST: Mutex<BTreeSet<&str>> = Mutex::new(BTreeSet::new());
/// The table of the subject on trial.
static TABLE: AtomicPtr<Table> = AtomicPtr::new(ptr::null_mut());

/// How often each coroutine of this trial suspends.
static ROUNDS: AtomicU64 = AtomicU64::new(0);

/// One test for all, since the sites are static.
#[test]
fn each_mutant_loses_its_own_row_and_no_other() {
    let generated: Vec<_> = mutant::all(SYSV_X86_64).into_iter().map(|mutant| mutant.id).collect();
    for subject in all() {
        // Those that wrap the healthy one lose what only scenarios see.
        let seen_here = generated.iter().any(|id| id == subject.id);
        let own: BTreeSet<_> = subject.element.filter(|_| seen_here).into_iter().collect();
        if subject.class == MutantClass::Late {
            assert_eq!(try_out(subject.table, FEW), BTreeSet::new(), "{}", subject.id);
            assert_eq!(try_out(subject.table, MANY), own, "{}", subject.id);
        } else {
            assert_eq!(try_out(subject.table, FEW), own, "{}", subject.id);
        }
    }
}

/// Resumes two coroutines in turn, and returns the rows that were lost.
fn try_out(table: &'static Table, rounds: u64) -> BTreeSet<&'static str> {
    ROUNDS.store(rounds, Ordering::Relaxed);
    TABLE.store(ptr::from_ref(table).cast_mut(), Ordering::Relaxed);
    // SAFETY: the bodies are fit for any subject.
    let create = |body| unsafe { table.create.unwrap()(1 << 17, body) };
    let coroutines = ENTRIES.map(create);
    for round in 0..=rounds {
        for (co, party) in coroutines.into_iter().zip(1..) {
            if round == 0 {
                expect_done(co, false);
            }
            let resume = table.resume.unwrap() as *const () as usize;
            let returned = call(0, resume, co, passed_in(party, round), round);
            lose(returned != passed_out(party, round), "value.suspend");
            expect_done(co, round == rounds);
        }
    }
    for co in coroutines {
        // SAFETY: it has finished.
        unsafe { table.destroy.unwrap()(co) };
    }
    std::mem::take(&mut LOST.lock().unwrap())
}

/// What each coroutine runs, after its entry has looked around.
extern "C" fn body(co: *mut Co, party: usize) -> *mut c_void {
    let (main, site) = (site(0), site(party));
    look_at_entry(&site.seen, &main.planted);
    lose(site.seen.value != passed_in(party as u64, 0), "value.resume");
    let rounds = ROUNDS.load(Ordering::Relaxed);
    for round in 0..rounds {
        expect_done(co, false);
        let value = passed_out(party as u64, round);
        // SAFETY: `try_out` has set it to a static table.
        let table = unsafe { &*TABLE.load(Ordering::Relaxed) };
        let suspend = table.suspend.unwrap() as *const () as usize;
        let passed = call(party, suspend, co, value, round);
        lose(passed != passed_in(party as u64, round + 1), "value.resume");
    }
    ptr::without_provenance_mut(passed_out(party as u64, rounds) as usize)
}

/// Values of which both halves count, and with bit 31 set.
fn passed_in(party: u64, round: u64) -> u64 {
    0x5ca7_0000_8000_0000 | party << 32 | round
}

fn passed_out(party: u64, round: u64) -> u64 {
    0x7ca5_0000_8000_0000 | party << 32 | round
}

/// Plants every row, makes the call, and looks at every row.
fn call(party: usize, function: usize, co: *mut Co, argument: u64, round: u64) -> u64 {
    let mut planned = site(party);
    planned.function = function;
    planned.co = co;
    planned.argument = argument;
    planned.planted.registers = planted(party, round);
    // SAFETY: the sites are this thread's alone.
    unsafe { SITES[party].get().write(planned) };
    // SAFETY: the site has been filled, and its bracket puts everything back that
    // the call may lose.
    unsafe { BRACKETS[party]() };
    look_at_return(&site(party));
    site(party).seen.value
}

/// A copy of a site.
fn site(party: usize) -> Site {
    // SAFETY: the sites are this thread's alone.
    unsafe { SITES[party].get().read() }
}

/// Main and the coroutines plant different codes, and complements elsewhere.
fn planted(party: usize, round: u64) -> [u64; NAMES.len()] {
    let mut registers = [0, 0, 0, 0, 0, 0, 0x1f80, 0x037f];
    for row in rows() {
        let word = &mut registers[place(row)];
        let owed = row.owed();
        *word = match row.plant {
            Plant::Codes { even, odd } => {
                let codes = if party == 0 { even } else { odd };
                *word & !owed | codes[round as usize % 2]
            }
            _ => {
                let value = 0x5ca7_0000_0000_0000 | (place(row) as u64) << 16 | round;
                if party == 0 { value } else { !value }
            }
        };
    }
    registers
}

/// The rows that are planted.
fn rows() -> impl Iterator<Item = &'static Element> {
    SYSV_X86_64.at(Level::Must).filter(|row| NAMES.contains(&row.register))
}

fn place(row: &Element) -> usize {
    NAMES.iter().position(|name| *name == row.register).unwrap()
}

fn look_at_return(site: &Site) {
    let (planted, seen) = (&site.planted, &site.seen);
    for row in rows() {
        let differs = planted.registers[place(row)] ^ seen.registers[place(row)];
        lose(differs & row.owed() != 0, row.id);
    }
    lose(seen.rsp != planted.rsp, "gpr.rsp");
    lose(seen.thread != planted.thread, "tls.fs_base");
    lose(site.words.iter().any(|&word| word != WORD), "stack.contents");
    look_at_state(seen);
}

/// At an entry the resumer's control words are right, and so are those with
/// which a process begins.
fn look_at_entry(seen: &Look, resumer: &Look) {
    for row in rows().filter(|row| matches!(row.plant, Plant::Codes { .. })) {
        let found = seen.registers[place(row)];
        let right = [resumer.registers[place(row)], [0x1f80, 0x037f][place(row) - 6]];
        let wrong = right.iter().all(|word| (word ^ found) & row.owed() != 0);
        lose(wrong, row.id);
    }
    lose(seen.rsp % 16 != 8, "stack.align");
    look_at_state(seen);
}

fn look_at_state(seen: &Look) {
    lose(seen.flags & 1 << 10 != 0, "flags.df");
    lose(seen.flags & 1 << 18 != 0, "flags.ac");
    lose(seen.x87[2] & 0xffff != 0xffff, "x87.stack");
}

fn expect_done(co: *mut Co, expected: bool) {
    // SAFETY: `try_out` has set it to a static table.
    let table = unsafe { &*TABLE.load(Ordering::Relaxed) };
    // SAFETY: the handle is alive.
    let done = unsafe { table.done.unwrap()(co) };
    lose((done != 0) != expected, "life.done");
}

fn lose(lost: bool, row: &'static str) {
    if lost {
        LOST.lock().unwrap().insert(row);
    }
}

const _: () = assert!(PARTIES == ENTRIES.len() + 1);
