//! The bracket as a guest in a process of somebody else's: an interpreter.
//!
//! There is no tape and no table of a subject here. Whoever loads this says which
//! party it is and what to call, and the call may run an interpreter: a callback
//! that switches, or the function of a subject's own C interface. What is planted
//! is what the native child plants, but for one field: an interpreter computes in
//! SSE, so no SSE exception may be open that its arithmetic can raise.
//!
//! Parties run one at a time, on one thread or on several.

use core::arch::naked_asm;
use core::ptr;
use core::sync::atomic::{AtomicPtr, Ordering};
use std::io;
use std::path::Path;

use unscathed_catalogue::abi::SYSV_X86_64;
use unscathed_catalogue::frame::PARTIES;
use unscathed_catalogue::record::{Stage, at};
use unscathed_catalogue::{Element, Event, Family, Plant};

use crate::bracket;
use crate::layout::Layout;
use crate::plants::{ControlWords, Plants, Rival, site};
use crate::shared::Shared;
use crate::{crash, host};

static GUEST: AtomicPtr<Guest> = AtomicPtr::new(ptr::null_mut());

/// What is planted and looked at in this process.
struct Guest {
    /// Around a call: all that a call must bring back.
    calls: Plants,
    /// Around nothing: the rounding modes alone, under which ordinary code runs.
    rounding: Plants,
    /// Counts the plants, so that neighbours differ.
    step: u16,
}

/// On odd steps the denormal exception is open: they zero denormals, so it cannot
/// be raised. All others stay masked.
const MASKS: Plant = Plant::Codes { even: [0x1f80; 2], odd: [0x1e80; 2] };

fn planted_around_calls(row: &Element) -> Option<Plant> {
    Some(if row.id == "mxcsr.masks" { MASKS } else { row.plant })
}

fn observed_around_calls(row: &Element) -> bool {
    let registers = [Family::Regs, Family::Fp, Family::State, Family::Stack];
    row.family.is_some_and(|family| registers.contains(&family))
}

fn is_rounding(row: &Element) -> bool {
    ["mxcsr.rc", "x87.rc"].contains(&row.id)
}

/// Maps a record that the parent made, and watches for deadly signals. A copy of a
/// process that is attached may attach a record of its own.
///
/// # Errors
///
/// If there is no such file, or it is too short.
pub fn attach(path: &Path) -> io::Result<()> {
    let shared = Shared::open(path)?;
    crash::watch_as_guest(shared);
    let features = host::features();
    bracket::set_features(features);
    shared.set(at::FEATURES, features);
    shared.stage(Stage::Running);
    let abi = SYSV_X86_64;
    let calls = Layout::new(abi, features, planted_around_calls, observed_around_calls);
    let rounds = |row: &Element| is_rounding(row).then_some(row.plant);
    let rounding = Layout::new(abi, features, rounds, is_rounding);
    let guest = Guest {
        calls: Plants::new(shared, abi, calls),
        rounding: Plants::new(shared, abi, rounding),
        step: 0,
    };
    GUEST.store(Box::into_raw(Box::new(guest)), Ordering::Release);
    Ok(())
}

/// Whether a record is attached, so that this party may call the functions below.
#[must_use]
pub fn admits(party: u16) -> bool {
    !GUEST.load(Ordering::Acquire).is_null() && usize::from(party) < PARTIES
}

/// A moment with the guest. Nothing foreign is called in it, so no reference lives
/// across a switch.
fn with<R>(moment: impl FnOnce(&mut Guest) -> R) -> R {
    let guest = GUEST.load(Ordering::Acquire);
    assert!(!guest.is_null(), "no record is attached");
    // SAFETY: set in `attach` and never freed; parties run one at a time.
    moment(unsafe { &mut *guest })
}

impl Guest {
    fn next_step(&mut self) -> u16 {
        let step = self.step;
        self.step = step.wrapping_add(1);
        self.calls.shared.set(at::STEPS, self.step.into());
        step
    }
}

/// Calls `target` from within the party's bracket, looks when it comes back, and
/// gives what it returned.
///
/// # Safety
///
/// `target` may be called with these arguments, at most six, and the party that
/// calls this [is admitted](admits) and not in its bracket already.
pub unsafe fn call(party: u16, event: Event, target: u64, arguments: &[u64]) -> u64 {
    with(|guest| {
        let step = guest.next_step();
        guest.calls.on_this_thread();
        guest.calls.put(party, step, target, arguments);
        guest.calls.rival = Rival { party, returned: false };
    });
    // SAFETY: the site is filled in; the caller vouches for its target.
    unsafe { bracket::call(party.into()) };
    with(|guest| {
        guest.calls.look(party, event);
        guest.calls.get(&site(party).seen, "rax")
    })
}

/// Gives a party rounding modes of its own, which it keeps when this returns.
pub fn round(party: u16) {
    let words = with(|guest| {
        let step = guest.next_step();
        guest.rounding.rival = Rival { party, returned: false };
        guest.rounding.put_control_words(party, step, control_words())
    });
    set_control_words(words);
}

/// Looks whether a party still has them.
pub fn look_at_rounding(party: u16, event: Event) {
    with(|guest| {
        guest.rounding.find_control_words(party, control_words());
        guest.rounding.look(party, event);
    });
}

/// Takes this party back to the words with which a process begins.
pub fn settle() {
    let initial = |register| SYSV_X86_64.initial(register).unwrap_or_default();
    set_control_words(ControlWords {
        mxcsr: initial("mxcsr") as u32,
        x87: initial("x87cw") as u16,
    });
}

/// The experiment came to its end.
pub fn finish() {
    with(|guest| guest.calls.shared.stage(Stage::Finished));
}

fn control_words() -> ControlWords {
    let mut words = ControlWords::default();
    // SAFETY: stores two words where it is told to.
    unsafe { store_control_words(&mut words.mxcsr, &mut words.x87) };
    words
}

fn set_control_words(words: ControlWords) {
    // SAFETY: compiled code of this library computes nothing in floating point, and
    // for the rest of the process the words are ordinary ones.
    unsafe { load_control_words(words.mxcsr, words.x87) };
}

#[unsafe(naked)]
unsafe extern "C" fn store_control_words(mxcsr: &mut u32, x87: &mut u16) {
    naked_asm!("stmxcsr [rdi]", "fnstcw [rsi]", "ret");
}

#[unsafe(naked)]
unsafe extern "C" fn load_control_words(mxcsr: u32, x87: u16) {
    naked_asm!(
        "mov [rsp - 8], edi",
        "mov [rsp - 4], si",
        "ldmxcsr [rsp - 8]",
        "fldcw [rsp - 4]",
        "ret"
    );
}
