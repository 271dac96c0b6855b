//! The untyped layer: one word each way, on any thread.

use std::ffi::c_void;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::ptr;
use std::thread;

use unscathed_core::raw::{Context, State};

const STACK: usize = 64 << 10;

fn word(value: usize) -> *mut c_void {
    ptr::without_provenance_mut(value)
}

/// Adds up the words that it is resumed with, until one is zero.
unsafe fn sum(data: *mut c_void, first: *mut c_void) -> *mut c_void {
    // SAFETY: every test below passes its context.
    let context = unsafe { &*data.cast::<Context>() };
    let (mut total, mut next) = (0, first.addr());
    while next != 0 {
        total += next;
        // SAFETY: on the context's own stack.
        next = unsafe { context.suspend(word(total)) }.addr();
    }
    word(total)
}

fn summing() -> Box<Context> {
    let context = Box::new(Context::new(STACK).unwrap());
    let data = ptr::from_ref(&*context).cast_mut().cast();
    // SAFETY: the box keeps the context in place.
    unsafe { context.prepare(sum, data) };
    context
}

fn resume(context: &Context, value: usize) -> usize {
    // SAFETY: one thread at a time, and `sum` holds nothing of a thread.
    unsafe { context.resume(word(value)) }.addr()
}

#[test]
fn words_pass_both_ways() {
    let context = summing();
    assert_eq!(context.state(), State::Prepared);
    assert_eq!(resume(&context, 1), 1);
    assert_eq!(resume(&context, 2), 3);
    assert_eq!(context.state(), State::Suspended);
    assert_eq!(resume(&context, 0), 3);
    assert_eq!(context.state(), State::Finished);
}

#[test]
fn a_context_goes_on_in_another_thread() {
    /// A context on its way to another thread.
    struct Travelling(Box<Context>);
    // SAFETY: `sum` holds nothing of a thread, and a context itself never does.
    unsafe impl Send for Travelling {}

    let mut context = summing();
    let mut expected = 0;
    for value in 1..=20 {
        let travelling = Travelling(context);
        let (travelling, total) = thread::spawn(move || {
            let travelling = travelling;
            let total = resume(&travelling.0, value);
            (travelling, total)
        })
        .join()
        .unwrap();
        expected += value;
        assert_eq!(total, expected);
        context = travelling.0;
    }
    assert_eq!(resume(&context, 0), expected);
}

#[test]
fn a_context_without_a_body_is_not_resumed() {
    let context = Context::new(STACK).unwrap();
    let refusal = catch_unwind(AssertUnwindSafe(|| resume(&context, 1))).unwrap_err();
    assert_eq!(refusal.downcast_ref(), Some(&"cannot resume a coroutine that has no body"));
}

#[test]
fn a_running_context_is_not_resumed() {
    unsafe fn resume_itself(data: *mut c_void, _: *mut c_void) -> *mut c_void {
        // SAFETY: the test passes its context.
        let context = unsafe { &*data.cast::<Context>() };
        let refused = catch_unwind(AssertUnwindSafe(|| resume(context, 1)));
        word(usize::from(refused.is_err()))
    }

    let context = Context::new(STACK).unwrap();
    let data = ptr::from_ref(&context).cast_mut().cast();
    // SAFETY: the context stays in this frame.
    unsafe { context.prepare(resume_itself, data) };
    assert_eq!(resume(&context, 0), 1);
}

#[test]
fn a_context_suspends_only_from_its_own_stack() {
    let context = summing();
    resume(&context, 1);
    // SAFETY: refused before anything is done.
    let refused = catch_unwind(AssertUnwindSafe(|| unsafe { context.suspend(word(1)) }));
    assert!(refused.is_err());
    assert_eq!(resume(&context, 1), 2);
}

#[test]
fn a_context_is_prepared_once() {
    let context = summing();
    // SAFETY: refused before anything is done.
    let again = || unsafe { context.prepare(sum, ptr::null_mut()) };
    assert!(catch_unwind(AssertUnwindSafe(again)).is_err());
}

#[test]
fn a_context_that_is_unwound_has_finished() {
    let context = summing();
    resume(&context, 1);
    // SAFETY: on the thread of its resume.
    unsafe { context.unwind() };
    assert_eq!(context.state(), State::Finished);
}
