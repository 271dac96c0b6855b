//! The one unsafe call: plant, call, read back.
//!
//! The assembly is made from the catalogue at build time; this file is its face.

use core::arch::global_asm;
use core::mem::offset_of;

use unscathed_catalogue::frame::{
    CALL_SITE, ENTRY, FOUND, FRAME_WORDS, HOME, HOME_WORDS, PARTIES, SCRATCH, SCRATCH_WORDS, SEEN,
    SITE, STACK_WORDS, TARGET, WORDS,
};
#[cfg(feature = "native")]
use unscathed_core::subject::Body;

global_asm!(include_str!(concat!(env!("OUT_DIR"), "/bracket.s")), options(raw));
#[cfg(feature = "native")]
global_asm!(include_str!(concat!(env!("OUT_DIR"), "/entry.s")), options(raw));

/// What every register is loaded with, or held.
pub(crate) type Frame = [u64; FRAME_WORDS];

/// Where one party's bracket finds what to plant and leaves what it found.
#[repr(C, align(64))]
pub(crate) struct Site {
    /// What every register is loaded with.
    pub(crate) planted: Frame,
    /// What it held when the call came back.
    pub(crate) seen: Frame,
    /// What the party's entry found.
    pub(crate) entry: Frame,
    /// The caller's own state; the assembly's business.
    home: [u64; HOME_WORDS],
    /// The function to call.
    pub(crate) target: u64,
    /// Where the call is; the assembly's business.
    call_site: u64,
    /// Canaries for the stack above the call.
    pub(crate) words: [u64; STACK_WORDS],
    /// What became of them.
    pub(crate) found: [u64; STACK_WORDS],
    /// A stack for the return site.
    scratch: [u64; SCRATCH_WORDS],
}

// The assembly and this structure cannot drift apart.
const _: () = {
    assert!(size_of::<Site>() == SITE && offset_of!(Site, seen) == SEEN);
    assert!(offset_of!(Site, entry) == ENTRY && offset_of!(Site, home) == HOME);
    assert!(offset_of!(Site, target) == TARGET && offset_of!(Site, call_site) == CALL_SITE);
    assert!(offset_of!(Site, words) == WORDS && offset_of!(Site, found) == FOUND);
    assert!(offset_of!(Site, scratch) == SCRATCH);
};

unsafe extern "C" {
    static mut unscathed_sites: [Site; PARTIES];
    static mut unscathed_features: u64;
    static unscathed_brackets: [unsafe extern "C" fn(); PARTIES];
    #[cfg(feature = "native")]
    static unscathed_entries: [Body; PARTIES];
}

/// Tells the bracket which vector registers there are, as bits of
/// [`Feature::ALL`](unscathed_catalogue::Feature::ALL).
pub(crate) fn set_features(features: u64) {
    // SAFETY: written once, before the first bracket runs.
    unsafe { unscathed_features = features };
}

/// The site of a party.
pub(crate) fn site(party: usize) -> *mut Site {
    assert!(party < PARTIES, "there is no party {party}");
    let first = &raw mut unscathed_sites;
    // SAFETY: within the array, as was just asserted.
    unsafe { first.cast::<Site>().add(party) }
}

/// The body that the party's coroutine runs.
#[cfg(feature = "native")]
pub(crate) fn entry(party: usize) -> Body {
    // SAFETY: a constant table of the assembly.
    unsafe { unscathed_entries[party] }
}

/// Plants the party's frame, calls the target of its site, and reads back.
///
/// # Safety
///
/// The calling code runs as this party, whose site is filled in, and its target
/// may be called with the planted argument registers. Nothing is asked of what
/// the target does to registers: that is the question.
pub(crate) unsafe fn call(party: usize) {
    // SAFETY: a constant table of the assembly; the caller vouches for the rest.
    let bracket = unsafe { unscathed_brackets[party] };
    // SAFETY: the caller vouches for the site and its target.
    unsafe { bracket() };
}
