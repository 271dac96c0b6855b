//! What every adapter's table promises. Each test program that includes this
//! file has its own `subject` at its root.
//!
//! Bodies do not assert: not every library lets a panic out of a coroutine.

use std::ffi::{CStr, c_void};
use std::panic::{AssertUnwindSafe, catch_unwind, resume_unwind};
use std::{fs, ptr, thread};

use unscathed_core::subject::{
    ABI, Body, CAP_DESTROY, CAP_GUARD, CAP_MIGRATE, CAP_NEST, CAP_PANIC, Co, Table,
};

use super::subject;

const STACK_BYTES: usize = 1 << 17;

/// Values that lose something in any half, sign or round trip through a number.
const PATTERNS: [usize; 6] =
    [0, 1, usize::MAX, 1 << 63, 0x0123_4567_89ab_cdef, 0x8000_0000_7fff_ffff];

/// Passed to [`echo`] to make it return.
const STOP: usize = 0x5709_5709_5709_5709;

/// A handle with the table's functions. Dropping it destroys what may be destroyed.
pub(crate) struct Coroutine {
    co: *mut Co,
    started: bool,
}

// SAFETY: it is sent only where the subject says that it may be.
unsafe impl Send for Coroutine {}

impl Coroutine {
    pub(crate) fn new(body: Body) -> Self {
        // SAFETY: the bodies in these tests are fit for any subject.
        let co = unsafe { subject().create.unwrap()(STACK_BYTES, body) };
        assert!(!co.is_null());
        Self { co, started: false }
    }

    pub(crate) fn resume(&mut self, value: usize) -> usize {
        self.started = true;
        // SAFETY: no test resumes a coroutine that runs or is done.
        let value = unsafe { subject().resume.unwrap()(self.co, pointer(value)) };
        value.addr()
    }

    pub(crate) fn is_done(&self) -> bool {
        // SAFETY: the handle is alive.
        unsafe { subject().done.unwrap()(self.co) != 0 }
    }
}

impl Drop for Coroutine {
    fn drop(&mut self) {
        if !self.started || self.is_done() || can(CAP_DESTROY) {
            // SAFETY: it finished, never started, or is suspended where that is enough.
            unsafe { subject().destroy.unwrap()(self.co) };
        }
    }
}

/// Suspends `co`, on which the caller runs.
pub(crate) fn suspend(co: *mut Co, value: usize) -> usize {
    // SAFETY: bodies pass their own handle.
    let value = unsafe { subject().suspend.unwrap()(co, pointer(value)) };
    value.addr()
}

/// The version in the table.
pub(crate) fn version() -> &'static str {
    // SAFETY: the strings of a table are C strings and static.
    let version = unsafe { CStr::from_ptr(subject().version) };
    version.to_str().unwrap()
}

fn can(cap: u64) -> bool {
    subject().caps & cap != 0
}

fn pointer(value: usize) -> *mut c_void {
    ptr::without_provenance_mut(value)
}

/// Suspends with the complement of whatever it is passed, and returns the
/// complement of [`STOP`].
unsafe extern "C-unwind" fn echo(co: *mut Co, first: *mut c_void) -> *mut c_void {
    let mut value = first.addr();
    while value != STOP {
        value = suspend(co, !value);
    }
    pointer(!value)
}

#[test]
fn the_table_is_of_this_version() {
    assert_eq!(subject().abi, ABI);
    assert_eq!(subject().size as usize, size_of::<Table>());
}

#[test]
fn values_pass_whole_both_ways() {
    let mut co = Coroutine::new(echo);
    for value in PATTERNS {
        assert_eq!(co.resume(value), !value);
    }
    assert_eq!(co.resume(STOP), !STOP);
}

#[test]
fn a_body_gets_the_handle_that_create_returned() {
    unsafe extern "C-unwind" fn own(co: *mut Co, _: *mut c_void) -> *mut c_void {
        co.cast()
    }

    let mut co = Coroutine::new(own);
    assert_eq!(co.resume(0), co.co.addr());
}

#[test]
fn done_begins_with_the_return() {
    let mut co = Coroutine::new(echo);
    assert!(!co.is_done());
    co.resume(1);
    assert!(!co.is_done());
    co.resume(STOP);
    assert!(co.is_done());
}

#[test]
fn two_coroutines_take_turns() {
    let mut pair = [Coroutine::new(echo), Coroutine::new(echo)];
    for value in 0..100 {
        for (co, value) in pair.iter_mut().zip([value, 1000 + value]) {
            assert_eq!(co.resume(value), !value);
        }
    }
    for mut co in pair {
        assert_eq!(co.resume(STOP), !STOP);
        assert!(co.is_done());
    }
}

#[test]
fn a_coroutine_resumes_another() {
    /// Passes everything on to an [`echo`] of its own, and comes back in between.
    unsafe extern "C-unwind" fn relay(co: *mut Co, first: *mut c_void) -> *mut c_void {
        let mut inner = Coroutine::new(echo);
        let mut value = first.addr();
        while !inner.is_done() {
            value = suspend(co, inner.resume(value));
        }
        pointer(value)
    }

    assert!(can(CAP_NEST));
    let mut co = Coroutine::new(relay);
    for value in PATTERNS {
        assert_eq!(co.resume(value), !value);
    }
    assert_eq!(co.resume(STOP), !STOP);
    assert!(!co.is_done());
    assert_eq!(co.resume(9), 9);
    assert!(co.is_done());
}

#[test]
fn what_is_destroyed_leaves_nothing_behind() {
    let before = mappings();
    for round in 0..100 {
        // Never started; then suspended, if that may be destroyed; then finished.
        drop(Coroutine::new(echo));
        let mut co = Coroutine::new(echo);
        co.resume(round);
        if !can(CAP_DESTROY) {
            co.resume(STOP);
        }
        drop(co);
        let mut co = Coroutine::new(echo);
        co.resume(STOP);
    }
    // Others' tests run at the same time, and have a few.
    assert!(mappings() < before + 50);
}

#[test]
fn no_memory_means_no_handle() {
    // SAFETY: any size may be asked for.
    let co = unsafe { subject().create.unwrap()(1 << 60, echo) };
    assert!(co.is_null());
}

#[test]
fn a_suspended_one_moves_to_another_thread() {
    if !can(CAP_MIGRATE) {
        return;
    }
    let mut co = Coroutine::new(echo);
    assert_eq!(co.resume(1), !1);
    let mut co = thread::spawn(move || {
        assert_eq!(co.resume(2), !2);
        co
    })
    .join()
    .unwrap();
    assert_eq!(co.resume(3), !3);
    assert_eq!(co.resume(STOP), !STOP);
}

#[test]
fn a_panic_comes_out_of_resume() {
    unsafe extern "C-unwind" fn fail(co: *mut Co, _: *mut c_void) -> *mut c_void {
        resume_unwind(Box::new(suspend(co, 0)));
    }

    if !can(CAP_PANIC) {
        return;
    }
    let mut co = Coroutine::new(fail);
    co.resume(0);
    let panic = catch_unwind(AssertUnwindSafe(|| co.resume(STOP))).unwrap_err();
    assert_eq!(panic.downcast_ref(), Some(&STOP));
    assert!(co.is_done());
}

#[test]
fn a_guard_lies_below_the_stack() {
    unsafe extern "C-unwind" fn whereabouts(_: *mut Co, _: *mut c_void) -> *mut c_void {
        let here = 0_u8;
        pointer((&raw const here).addr())
    }

    let mut co = Coroutine::new(whereabouts);
    let here = co.resume(0);
    let maps = fs::read_to_string("/proc/self/maps").unwrap();
    let (stack, _) = maps.lines().map(range).find(|(range, _)| range.contains(&here)).unwrap();
    let guarded =
        maps.lines().map(range).any(|(range, access)| range.end == stack.start && access == "---p");
    assert!(!can(CAP_GUARD) || guarded || a_page_in_it_is_closed(&stack, here));
    // What does not claim a guard may lie above somebody else's: that says nothing.
}

/// Whether a page between the start of a mapping and an address in it cannot be
/// read: a guard that the kernel keeps in its page tables alone.
fn a_page_in_it_is_closed(mapping: &std::ops::Range<usize>, here: usize) -> bool {
    let memory = fs::File::open("/proc/self/mem").unwrap();
    let lowest = mapping.start.max(here - STACK_BYTES - (4 << 10));
    (lowest..here).rev().step_by(4 << 10).any(|address| {
        std::os::unix::fs::FileExt::read_at(&memory, &mut [0], address as u64).is_err()
    })
}

/// The addresses and the access rights of a line in `/proc/self/maps`.
fn range(line: &str) -> (std::ops::Range<usize>, &str) {
    let (range, rest) = line.split_once(' ').unwrap();
    let (start, end) = range.split_once('-').unwrap();
    let address = |text| usize::from_str_radix(text, 16).unwrap();
    (address(start)..address(end), &rest[..4])
}

fn mappings() -> usize {
    fs::read_to_string("/proc/self/maps").unwrap().lines().count()
}
