//! Direct transfer: from one context to another, past the resumer.

use std::cell::Cell;
use std::ffi::c_void;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::ptr;
use std::rc::Rc;

use unscathed_core::raw::{Context, State};

const STACK: usize = 64 << 10;

type Body = dyn FnOnce(usize) -> usize;

/// Runs the closure that the data points to.
unsafe fn run(body: *mut c_void, first: *mut c_void) -> *mut c_void {
    // SAFETY: `context` made it from a box, and it is run once.
    let body = unsafe { Box::from_raw(body.cast::<Box<Body>>()) };
    body(first.addr()) as *mut c_void
}

fn context() -> Rc<Context> {
    Rc::new(Context::new(STACK).unwrap())
}

fn prepare(context: &Rc<Context>, body: impl FnOnce(usize) -> usize + 'static) {
    let body: Box<Body> = Box::new(body);
    // SAFETY: the context stays in its `Rc`; `run` takes the box once.
    unsafe { context.prepare(run, Box::into_raw(Box::new(body)).cast()) };
}

fn resume(context: &Context, value: usize) -> usize {
    // SAFETY: one thread, and nothing on these stacks forbids it.
    unsafe { context.resume(value as *mut c_void) }.addr()
}

fn suspend(context: &Context, value: usize) -> usize {
    // SAFETY: as above; the body of this context calls it.
    unsafe { context.suspend(value as *mut c_void) }.addr()
}

fn transfer(from: &Context, to: &Context, value: usize) -> usize {
    // SAFETY: as above.
    unsafe { from.transfer(to, value as *mut c_void) }.addr()
}

#[test]
fn values_travel_past_the_resumer_and_the_last_one_answers_it() {
    let (a, b) = (context(), context());
    let (from, to) = (Rc::clone(&a), Rc::clone(&b));
    prepare(&a, move |first| first + transfer(&from, &to, first + 1));
    let own = Rc::clone(&b);
    prepare(&b, move |first| suspend(&own, 10 * first));
    assert_eq!(resume(&a, 1), 20, "b was handed 2, and answers for a");
    assert_eq!((a.state(), b.state()), (State::Suspended, State::Suspended));
    assert_eq!(resume(&a, 7), 8, "a's transfer returns what it is resumed with");
    assert_eq!(resume(&b, 3), 3);
    assert_eq!((a.state(), b.state()), (State::Finished, State::Finished));
}

#[test]
fn a_panic_after_a_transfer_comes_out_of_the_resume_that_waits() {
    let (a, b) = (context(), context());
    let (from, to) = (Rc::clone(&a), Rc::clone(&b));
    prepare(&a, move |_| transfer(&from, &to, 0));
    prepare(&b, |_| std::panic::resume_unwind(Box::new("from b")));
    let panic = catch_unwind(AssertUnwindSafe(|| resume(&a, 0))).unwrap_err();
    assert_eq!(panic.downcast_ref(), Some(&"from b"));
    assert_eq!(resume(&a, 5), 5, "a was only suspended");
}

#[test]
fn who_left_by_a_transfer_can_be_unwound() {
    struct Note(Rc<Cell<bool>>);
    impl Drop for Note {
        fn drop(&mut self) {
            self.0.set(true);
        }
    }
    let dropped = Rc::new(Cell::new(false));
    let (a, b) = (context(), context());
    let (from, to, note) = (Rc::clone(&a), Rc::clone(&b), Note(Rc::clone(&dropped)));
    prepare(&a, move |_| {
        let _note = note;
        transfer(&from, &to, 0)
    });
    prepare(&b, |_| 4);
    assert_eq!(resume(&a, 0), 4);
    assert!(!dropped.get());
    // SAFETY: one thread; its frames may be unwound.
    unsafe { a.unwind() };
    assert!(dropped.get());
    assert_eq!(a.state(), State::Finished);
}

#[test]
fn what_cannot_be_resumed_cannot_be_handed_to() {
    let (a, b) = (context(), context());
    prepare(&b, |_| 0);
    resume(&b, 0);
    let (from, to) = (Rc::clone(&a), Rc::clone(&b));
    prepare(&a, move |_| transfer(&from, &to, 0));
    assert!(catch_unwind(AssertUnwindSafe(|| resume(&a, 0))).is_err());
    // SAFETY: no switch happens: it is refused.
    let outside = || unsafe { a.transfer(&b, ptr::null_mut()) };
    assert!(catch_unwind(AssertUnwindSafe(outside)).is_err());
}
