//! What becomes of a coroutine that is dropped before its end.

use std::cell::Cell;
use std::env;
use std::panic::{AssertUnwindSafe, catch_unwind, panic_any, resume_unwind};
use std::process::{Command, Output};
use std::rc::Rc;

use unscathed_core::{Coroutine, Suspender};

const STACK: usize = 64 << 10;

/// Counts how often it is dropped.
#[derive(Clone, Default)]
struct Drops(Rc<Cell<u32>>);

impl Drop for Drops {
    fn drop(&mut self) {
        self.0.set(self.0.get() + 1);
    }
}

impl Drops {
    fn counter(&self) -> Rc<Cell<u32>> {
        Rc::clone(&self.0)
    }
}

/// Suspends in its destructor.
struct Stubborn<'a>(&'a Suspender<(), ()>);

impl Drop for Stubborn<'_> {
    fn drop(&mut self) {
        self.0.suspend(());
    }
}

#[test]
fn a_suspended_one_is_unwound() {
    let value = Drops::default();
    let drops = value.counter();
    let mut coroutine = Coroutine::new(STACK, move |suspender, ()| {
        let _on_the_stack = value;
        suspender.suspend(());
    })
    .unwrap();
    coroutine.resume(());
    assert_eq!(drops.get(), 0);
    drop(coroutine);
    assert_eq!(drops.get(), 1);
}

#[test]
fn one_that_never_started_drops_its_body() {
    let value = Drops::default();
    let drops = value.counter();
    let coroutine: Coroutine<(), (), ()> = Coroutine::new(STACK, move |_, ()| {
        let _captured = &value;
        unreachable!("it was never resumed")
    })
    .unwrap();
    assert_eq!(drops.get(), 0);
    drop(coroutine);
    assert_eq!(drops.get(), 1);
}

#[test]
fn a_finished_one_has_dropped_its_values_once() {
    let value = Drops::default();
    let drops = value.counter();
    let mut coroutine =
        Coroutine::new(STACK, move |_: &Suspender<(), ()>, ()| drop(value)).unwrap();
    coroutine.resume(());
    assert_eq!(drops.get(), 1);
    drop(coroutine);
    assert_eq!(drops.get(), 1);
}

#[test]
fn nested_ones_are_unwound_together() {
    let value = Drops::default();
    let drops = value.counter();
    let mut outer = Coroutine::new(STACK, move |suspender, ()| {
        let mut inner = Coroutine::new(STACK, move |suspender, ()| {
            let _on_the_stack = value;
            suspender.suspend(());
        })
        .unwrap();
        inner.resume(());
        suspender.suspend(());
    })
    .unwrap();
    outer.resume(());
    drop(outer);
    assert_eq!(drops.get(), 1);
}

#[test]
fn a_panicking_resumer_still_unwinds_it() {
    let value = Drops::default();
    let drops = value.counter();
    let mut coroutine = Coroutine::new(STACK, move |suspender, ()| {
        let _on_the_stack = value;
        suspender.suspend(());
    })
    .unwrap();
    coroutine.resume(());
    let payload = catch_unwind(AssertUnwindSafe(move || {
        let _dropped_by_the_panic = coroutine;
        panic_any("resumer")
    }))
    .unwrap_err();
    assert_eq!(payload.downcast_ref(), Some(&"resumer"));
    assert_eq!(drops.get(), 1);
}

#[test]
fn a_body_may_catch_it_and_return() {
    let value = Drops::default();
    let drops = value.counter();
    let mut coroutine = Coroutine::new(STACK, move |suspender, ()| {
        let caught = catch_unwind(AssertUnwindSafe(|| suspender.suspend(())));
        assert!(caught.is_err());
        value
    })
    .unwrap();
    coroutine.resume(());
    drop(coroutine);
    assert_eq!(drops.get(), 1);
}

#[test]
fn a_body_may_catch_it_and_throw_it_again() {
    let value = Drops::default();
    let drops = value.counter();
    let mut coroutine = Coroutine::new(STACK, move |suspender, ()| {
        let _on_the_stack = value;
        if let Err(payload) = catch_unwind(AssertUnwindSafe(|| suspender.suspend(()))) {
            resume_unwind(payload);
        }
    })
    .unwrap();
    coroutine.resume(());
    drop(coroutine);
    assert_eq!(drops.get(), 1);
}

#[test]
fn a_panic_of_the_body_comes_out_of_the_drop() {
    let mut coroutine = Coroutine::new(STACK, |suspender, ()| {
        catch_unwind(AssertUnwindSafe(|| suspender.suspend(()))).unwrap_err();
        panic_any("instead")
    })
    .unwrap();
    let _: unscathed_core::Step<(), ()> = coroutine.resume(());
    let payload = catch_unwind(AssertUnwindSafe(|| drop(coroutine))).unwrap_err();
    assert_eq!(payload.downcast_ref(), Some(&"instead"));
}

#[test]
fn catching_it_and_suspending_aborts() {
    let ended = in_a_child("catching_it_and_suspending_aborts", || {
        let mut coroutine = Coroutine::new(STACK, |suspender, ()| {
            let _ = catch_unwind(AssertUnwindSafe(|| suspender.suspend(())));
            suspender.suspend(());
        })
        .unwrap();
        coroutine.resume(());
        drop(coroutine);
    });
    assert_aborted(&ended);
}

#[test]
fn suspending_in_a_destructor_of_it_aborts() {
    let ended = in_a_child("suspending_in_a_destructor_of_it_aborts", || {
        let mut coroutine = Coroutine::new(STACK, |suspender: &Suspender<(), ()>, ()| {
            let _stubborn = Stubborn(suspender);
            suspender.suspend(());
        })
        .unwrap();
        coroutine.resume(());
        drop(coroutine);
    });
    assert_aborted(&ended);
}

fn assert_aborted(ended: &Output) {
    use std::os::unix::process::ExitStatusExt;

    assert_eq!(ended.status.signal(), Some(libc::SIGABRT), "{ended:?}");
    let said = String::from_utf8_lossy(&ended.stderr);
    assert!(
        said.contains("unscathed-core: a coroutine suspended while it was being destroyed"),
        "{said}"
    );
}

/// Runs the test of this name in a process of its own, where it is `fatal` that
/// runs.
fn in_a_child(name: &str, fatal: impl FnOnce()) -> Output {
    const CHILD: &str = "UNSCATHED_CORE_TEST_CHILD";

    if env::var_os(CHILD).is_some() {
        fatal();
        std::process::exit(0);
    }
    Command::new(env::current_exe().unwrap())
        .args([name, "--exact", "--nocapture"])
        .env(CHILD, "1")
        .output()
        .unwrap()
}
