//! The table of a native subject: `unscathed.h`, seen from Rust.
//!
//! The header in `abi-probes/include/` is the contract; this file mirrors it,
//! and a test compares the layouts.

use core::ffi::{c_char, c_int, c_void};

/// Version of the table, [`Table::abi`].
pub const ABI: u32 = 1;

/// A suspended coroutine may be resumed on another thread.
pub const CAP_MIGRATE: u64 = 1 << 0;
/// `destroy` may be called on a suspended coroutine.
pub const CAP_DESTROY: u64 = 1 << 1;
/// A coroutine may resume another one.
pub const CAP_NEST: u64 = 1 << 2;
/// A C++ exception that leaves the body comes out of `resume`.
pub const CAP_UNWIND: u64 = 1 << 3;
/// Running off the stack faults on a guard page.
pub const CAP_GUARD: u64 = 1 << 4;
/// The same as the policy `signal.mask = "coroutine"`.
pub const CAP_SIGMASK: u64 = 1 << 5;
/// A Rust panic that leaves the body comes out of `resume`.
pub const CAP_PANIC: u64 = 1 << 6;

/// The capabilities with the words that reports use for them, in the order of
/// their bits.
pub const CAPS: [(u64, &str); 7] = [
    (CAP_MIGRATE, "migrate"),
    (CAP_DESTROY, "destroy"),
    (CAP_NEST, "nest"),
    (CAP_UNWIND, "unwind"),
    (CAP_GUARD, "guard"),
    (CAP_SIGMASK, "sigmask"),
    (CAP_PANIC, "panic"),
];

/// A subject's own coroutine; only its address means anything here.
#[repr(C)]
pub struct Co {
    opaque: [u8; 0],
}

/// What a coroutine runs: its own handle and the first resume's value in, its
/// result out.
pub type Body = unsafe extern "C-unwind" fn(*mut Co, *mut c_void) -> *mut c_void;

/// `create(stack_bytes, body)`; null when resources ran out.
pub type Create = unsafe extern "C-unwind" fn(usize, Body) -> *mut Co;
/// `resume(co, value)`, which runs `co` until it suspends or finishes.
pub type Resume = unsafe extern "C-unwind" fn(*mut Co, *mut c_void) -> *mut c_void;
/// `suspend(self, value)`, called on the coroutine.
pub type Suspend = unsafe extern "C-unwind" fn(*mut Co, *mut c_void) -> *mut c_void;
/// `done(co)`: not zero once the body has returned.
pub type Done = unsafe extern "C-unwind" fn(*const Co) -> c_int;
/// `destroy(co)`.
pub type Destroy = unsafe extern "C-unwind" fn(*mut Co);
/// `thread_enter()`; zero means fine.
pub type ThreadEnter = unsafe extern "C-unwind" fn() -> c_int;
/// `thread_leave()`.
pub type ThreadLeave = unsafe extern "C-unwind" fn();
/// `transfer(self, to, value)`.
pub type Transfer = unsafe extern "C-unwind" fn(*mut Co, *mut Co, *mut c_void) -> *mut c_void;

/// `unscathed_subject`. A stranger fills it in, so every pointer may be null
/// until somebody has looked.
#[derive(Clone, Copy, Debug)]
#[repr(C)]
pub struct Table {
    /// [`ABI`].
    pub abi: u32,
    /// Size of this structure in bytes, as the subject was compiled.
    pub size: u32,
    /// Name in reports, as a C string.
    pub name: *const c_char,
    /// Version in reports, as a C string.
    pub version: *const c_char,
    /// The `CAP_` bits.
    pub caps: u64,
    /// Required.
    pub create: Option<Create>,
    /// Required.
    pub resume: Option<Resume>,
    /// Required.
    pub suspend: Option<Suspend>,
    /// Required.
    pub done: Option<Done>,
    /// Required.
    pub destroy: Option<Destroy>,
    /// Optional; once on each thread, before any other call there.
    pub thread_enter: Option<ThreadEnter>,
    /// Optional.
    pub thread_leave: Option<ThreadLeave>,
    /// Optional.
    pub transfer: Option<Transfer>,
}

// SAFETY: a table is read only, and its strings and functions are static.
unsafe impl Sync for Table {}

// SAFETY: as above.
unsafe impl Send for Table {}

/// `unscathed_subject_v1`, the one symbol that an adapter library exports.
pub type Entry = unsafe extern "C-unwind" fn() -> *const Table;
