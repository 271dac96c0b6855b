//! A panic in a body comes out of the resume that ran it.

use std::panic::{AssertUnwindSafe, catch_unwind, panic_any, resume_unwind};
use std::thread;

use unscathed_core::{Coroutine, Step, Suspender};

const STACK: usize = 64 << 10;

#[derive(Debug, PartialEq)]
struct Payload(u32);

#[test]
fn the_payload_is_the_bodys_own() {
    let mut coroutine: Coroutine<(), (), ()> =
        Coroutine::new(STACK, |_, ()| panic_any(Payload(7))).unwrap();
    let payload = catch_unwind(AssertUnwindSafe(|| coroutine.resume(()))).unwrap_err();
    assert_eq!(payload.downcast_ref(), Some(&Payload(7)));
}

#[test]
fn a_panic_finishes_the_coroutine() {
    let mut coroutine: Coroutine<(), (), ()> =
        Coroutine::new(STACK, |_, ()| panic_any(Payload(7))).unwrap();
    catch_unwind(AssertUnwindSafe(|| coroutine.resume(()))).unwrap_err();
    assert!(coroutine.is_done());
}

#[test]
fn a_panic_after_a_suspension_comes_out_of_the_second_resume() {
    let mut coroutine: Coroutine<(), u32, ()> = Coroutine::new(STACK, |suspender, ()| {
        suspender.suspend(1);
        panic_any(Payload(8))
    })
    .unwrap();
    assert_eq!(coroutine.resume(()), Step::Suspended(1));
    let payload = catch_unwind(AssertUnwindSafe(|| coroutine.resume(()))).unwrap_err();
    assert_eq!(payload.downcast_ref(), Some(&Payload(8)));
}

#[test]
fn a_body_catches_its_own() {
    let mut coroutine = Coroutine::new(STACK, |suspender, ()| {
        let payload = catch_unwind(|| panic_any(Payload(9))).unwrap_err();
        suspender.suspend(());
        payload.downcast::<Payload>().unwrap().0
    })
    .unwrap();
    assert_eq!(coroutine.resume(()), Step::Suspended(()));
    assert_eq!(coroutine.resume(()), Step::Finished(9));
}

#[test]
fn a_panic_passes_through_nested_ones() {
    let mut outer: Coroutine<(), (), ()> = Coroutine::new(STACK, |_, ()| {
        let mut inner: Coroutine<(), (), ()> =
            Coroutine::new(STACK, |_, ()| panic_any(Payload(10))).unwrap();
        inner.resume(());
    })
    .unwrap();
    let payload = catch_unwind(AssertUnwindSafe(|| outer.resume(()))).unwrap_err();
    assert_eq!(payload.downcast_ref(), Some(&Payload(10)));
}

#[test]
fn a_caught_panic_leaves_nothing_behind() {
    let mut coroutine: Coroutine<(), (), ()> =
        Coroutine::new(STACK, |_, ()| panic_any(Payload(11))).unwrap();
    catch_unwind(AssertUnwindSafe(|| coroutine.resume(()))).unwrap_err();
    assert!(!thread::panicking());
}

/// The payload that unwinds a dropped coroutine is no permission to vanish: one
/// that is thrown in a body which nobody drops is a panic like any other.
#[test]
fn a_kept_payload_is_a_panic_elsewhere() {
    let (send, receive) = std::sync::mpsc::channel();
    let mut dropped = Coroutine::new(STACK, move |suspender: &Suspender<(), ()>, ()| {
        let caught = catch_unwind(AssertUnwindSafe(|| suspender.suspend(())));
        send.send(caught.unwrap_err()).unwrap();
    })
    .unwrap();
    dropped.resume(());
    drop(dropped);
    let payload = receive.recv().unwrap();
    let mut other: Coroutine<(), (), ()> =
        Coroutine::new(STACK, |_, ()| resume_unwind(payload)).unwrap();
    let payload = catch_unwind(AssertUnwindSafe(|| other.resume(()))).unwrap_err();
    // It is that one, and not a complaint about it.
    assert!(!payload.is::<&str>() && !payload.is::<String>());
}
