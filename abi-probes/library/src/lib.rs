//! The bracket as a C interface, for whoever can load a library and give it a
//! callback: `ctypes` in any Python.
//!
//! It uses nothing of any interpreter. One record is attached to a process at a
//! time; parties are numbers, 0 is main.

mod counts;

use core::ffi::{CStr, c_char, c_int};
use core::slice;
use std::ffi::OsStr;
use std::os::unix::ffi::OsStrExt;
use std::path::Path;

use unscathed_abi_probes::guest;
use unscathed_catalogue::Event;
use unscathed_catalogue::record::BYTES;

/// Version of this interface.
pub const VERSION: u32 = 1;

/// The number of an event among [`Event::ALL`], as callers write it. Whatever is
/// none counts as a resume.
fn event(number: u32) -> Event {
    Event::ALL.get(number as usize).copied().unwrap_or(Event::Resumed)
}

/// [`VERSION`].
#[unsafe(no_mangle)]
pub extern "C" fn unscathed_version() -> u32 {
    VERSION
}

/// Bytes that a record must have.
#[unsafe(no_mangle)]
pub extern "C" fn unscathed_record_bytes() -> usize {
    BYTES
}

/// Attaches the record at `path`, and watches for deadly signals from then on. 0 is
/// success, anything else an error number.
///
/// # Safety
///
/// `path` is a C string, and no party is in its bracket.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn unscathed_attach(path: *const c_char) -> c_int {
    // SAFETY: the caller vouches.
    let path = unsafe { CStr::from_ptr(path) };
    match guest::attach(Path::new(OsStr::from_bytes(path.to_bytes()))) {
        Ok(()) => 0,
        // A record that is too short has no number.
        Err(error) => error.raw_os_error().unwrap_or(-1),
    }
}

/// Whether a record is attached and this party can have a bracket.
#[unsafe(no_mangle)]
pub extern "C" fn unscathed_admits(party: u16) -> c_int {
    guest::admits(party).into()
}

/// Plants for `party`, calls `target` with the words at `arguments` (at most six),
/// looks when it comes back, and returns what it returned.
///
/// # Safety
///
/// `target` can be called so, `arguments` are `count` words, and the party is
/// admitted and not in its bracket already.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn unscathed_bracket(
    party: u16,
    event_number: u32,
    target: usize,
    arguments: *const u64,
    count: usize,
) -> u64 {
    let arguments = match count {
        0 => &[],
        // SAFETY: the caller vouches.
        _ => unsafe { slice::from_raw_parts(arguments, count) },
    };
    // SAFETY: the caller vouches.
    unsafe { guest::call(party, event(event_number), target as u64, arguments) }
}

/// Gives `party` rounding modes of its own, in both floating-point units. They
/// stay when this returns.
#[unsafe(no_mangle)]
pub extern "C" fn unscathed_round(party: u16) {
    guest::round(party);
}

/// Looks whether `party` still has the rounding modes that it was given last.
#[unsafe(no_mangle)]
pub extern "C" fn unscathed_look_at_rounding(party: u16, event_number: u32) {
    guest::look_at_rounding(party, event(event_number));
}

/// Puts the control words back with which a process begins.
#[unsafe(no_mangle)]
pub extern "C" fn unscathed_settle() {
    guest::settle();
}

/// Notes in the record that the experiment came to its end.
#[unsafe(no_mangle)]
pub extern "C" fn unscathed_finish() {
    guest::finish();
}

/// Counts from now on what the library at `path`, which is loaded, copies, allocates and
/// frees by calls of others; how many entries of its table of addresses are counted, or
/// -1 if no such library is loaded.
///
/// # Safety
///
/// `path` is a C string, and no other thread loads or unloads libraries.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn unscathed_count(path: *const c_char) -> c_int {
    // SAFETY: the caller vouches.
    unsafe { counts::count(path) }
}

/// Copies, bytes copied, allocations and frees so far, as four words at `words`.
///
/// # Safety
///
/// There is room for them.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn unscathed_counts(words: *mut [u64; 4]) {
    // SAFETY: the caller vouches.
    unsafe { words.write(counts::counts()) };
}
