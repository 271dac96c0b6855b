//! A backtrace taken in a body shows the body's callers, and ends where the
//! coroutine's stack does.

use std::hint::black_box;

use unscathed_core::{Coroutine, Step, Suspender};

const STACK: usize = 256 << 10;

/// Names of the frames, innermost first.
fn frames() -> Vec<String> {
    let mut names = Vec::new();
    backtrace::trace(|frame| {
        // The unwinder's own mark for the end of every stack.
        if frame.ip().is_null() {
            return false;
        }
        let before = names.len();
        backtrace::resolve_frame(frame, |symbol| {
            names.extend(symbol.name().map(|name| name.to_string()));
        });
        if names.len() == before {
            names.push("unknown".into());
        }
        true
    });
    names
}

#[inline(never)]
fn called_by_the_body() -> Vec<String> {
    black_box(frames())
}

#[inline(never)]
fn the_resumer(coroutine: &mut Coroutine<(), Vec<String>, Vec<String>>) -> Vec<String> {
    match black_box(coroutine.resume(())) {
        Step::Suspended(frames) | Step::Finished(frames) => frames,
    }
}

fn two_backtraces() -> Coroutine<(), Vec<String>, Vec<String>> {
    Coroutine::new(STACK, |suspender: &Suspender<_, _>, ()| {
        suspender.suspend(called_by_the_body());
        called_by_the_body()
    })
    .unwrap()
}

fn assert_ends_at_the_root(frames: &[String]) {
    let has = |part| frames.iter().any(|name| name.contains(part));
    assert!(has("called_by_the_body"), "{frames:#?}");
    assert!(!has("the_resumer"), "{frames:#?}");
    assert!(!has("unknown"), "{frames:#?}");
    let last = frames.last().unwrap();
    assert!(last.contains("sysv_x86_64::root"), "{frames:#?}");
    assert_eq!(frames.iter().filter(|name| *name == last).count(), 1, "{frames:#?}");
}

#[test]
fn it_ends_at_the_root() {
    assert_ends_at_the_root(&the_resumer(&mut two_backtraces()));
}

#[test]
fn it_ends_at_the_root_after_a_suspension() {
    let mut coroutine = two_backtraces();
    the_resumer(&mut coroutine);
    assert_ends_at_the_root(&the_resumer(&mut coroutine));
}

#[test]
fn a_nested_one_ends_at_its_own_root() {
    let mut outer =
        Coroutine::new(STACK, |_: &Suspender<(), ()>, ()| the_resumer(&mut two_backtraces()))
            .unwrap();
    let Step::Finished(frames) = outer.resume(()) else { panic!("suspended") };
    assert_ends_at_the_root(&frames);
}

/// The control: the same walk outside sees this test, so it would have seen the
/// resumer.
#[test]
fn the_resumers_own_goes_past_it() {
    let frames = called_by_the_body();
    assert!(
        frames.iter().any(|name| name.contains("the_resumers_own_goes_past_it")),
        "{frames:#?}"
    );
}
