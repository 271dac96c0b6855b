//! What goes in comes out, on the side it was meant for.

use std::cell::{Cell, RefCell};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::rc::Rc;

use unscathed_core::{Coroutine, Step, Suspender};

const STACK: usize = 64 << 10;

#[test]
fn values_pass_both_ways() {
    let mut echo = Coroutine::new(STACK, |suspender, first: String| {
        let mut seen = vec![first];
        for number in 0..3_u32 {
            seen.push(suspender.suspend(number));
        }
        seen
    })
    .unwrap();
    assert_eq!(echo.resume("a".into()), Step::Suspended(0));
    assert_eq!(echo.resume("b".into()), Step::Suspended(1));
    assert_eq!(echo.resume("c".into()), Step::Suspended(2));
    let seen = ["a", "b", "c", "d"].map(String::from).to_vec();
    assert_eq!(echo.resume("d".into()), Step::Finished(seen));
}

#[test]
fn large_values_pass() {
    let mut inverter = Coroutine::new(STACK, |suspender, mut value: [u64; 512]| {
        loop {
            value = suspender.suspend(value.map(|word| !word));
        }
    })
    .unwrap();
    for start in 0..100 {
        let value = std::array::from_fn(|index| start + index as u64);
        let step: Step<_, ()> = inverter.resume(value);
        assert_eq!(step, Step::Suspended(value.map(|word| !word)));
    }
}

#[test]
fn a_body_that_never_suspends_finishes_at_once() {
    let mut double = Coroutine::new(STACK, |_: &Suspender<_, ()>, value: u32| 2 * value).unwrap();
    assert!(!double.is_done());
    assert_eq!(double.resume(21), Step::Finished(42));
    assert!(double.is_done());
}

#[test]
fn a_body_starts_at_the_first_resume() {
    let started = Rc::new(Cell::new(false));
    let inside = Rc::clone(&started);
    let mut coroutine =
        Coroutine::new(STACK, move |_: &Suspender<(), ()>, ()| inside.set(true)).unwrap();
    assert!(!started.get());
    coroutine.resume(());
    assert!(started.get());
}

#[test]
fn a_suspended_one_is_not_done() {
    let mut coroutine = Coroutine::new(STACK, |suspender, ()| suspender.suspend(())).unwrap();
    coroutine.resume(());
    assert!(!coroutine.is_done());
    coroutine.resume(());
    assert!(coroutine.is_done());
}

#[test]
fn a_finished_one_is_not_resumed() {
    let mut coroutine = Coroutine::new(STACK, |_: &Suspender<(), ()>, ()| ()).unwrap();
    coroutine.resume(());
    let refusal = catch_unwind(AssertUnwindSafe(|| coroutine.resume(()))).unwrap_err();
    assert_eq!(refusal.downcast_ref(), Some(&"cannot resume a coroutine that has finished"));
}

#[test]
fn a_coroutine_resumes_another() {
    let mut outer = Coroutine::new(STACK, |suspender, ()| {
        let mut inner = Coroutine::new(STACK, |suspender, first: u32| {
            let second = suspender.suspend(first + 1);
            second + 1
        })
        .unwrap();
        let Step::Suspended(first) = inner.resume(10) else { panic!("inner finished early") };
        suspender.suspend(first);
        let Step::Finished(second) = inner.resume(20) else { panic!("inner did not finish") };
        suspender.suspend(second);
    })
    .unwrap();
    assert_eq!(outer.resume(()), Step::Suspended(11));
    assert_eq!(outer.resume(()), Step::Suspended(21));
    assert_eq!(outer.resume(()), Step::Finished(()));
}

#[test]
fn each_has_its_own_turn() {
    let log = Rc::new(RefCell::new(Vec::new()));
    let mut many: Vec<_> = (0..5)
        .map(|number| {
            let log = Rc::clone(&log);
            Coroutine::new(STACK, move |suspender, ()| {
                for round in 0..4 {
                    log.borrow_mut().push((round, number));
                    suspender.suspend(());
                }
            })
            .unwrap()
        })
        .collect();
    for _ in 0..4 {
        for coroutine in &mut many {
            assert_eq!(coroutine.resume(()), Step::Suspended(()));
        }
    }
    let expected: Vec<_> =
        (0..4).flat_map(|round| (0..5).map(move |number| (round, number))).collect();
    assert_eq!(*log.borrow(), expected);
}

#[test]
fn nesting_goes_deep() {
    fn nest(depth: u32) -> u32 {
        let mut coroutine = Coroutine::new(
            STACK,
            move |_: &Suspender<_, ()>, depth| {
                if depth == 0 { 0 } else { 1 + nest(depth - 1) }
            },
        )
        .unwrap();
        let Step::Finished(depth) = coroutine.resume(depth) else { panic!("suspended") };
        depth
    }
    assert_eq!(nest(200), 200);
}

#[test]
fn the_stack_keeps_its_contents() {
    let mut coroutine = Coroutine::new(STACK, |suspender, ()| {
        let kept: [u64; 1024] = std::array::from_fn(|index| 0xc0de_0000 + index as u64);
        suspender.suspend(());
        std::hint::black_box(&kept)
            .iter()
            .enumerate()
            .all(|(index, &word)| word == 0xc0de_0000 + index as u64)
    })
    .unwrap();
    coroutine.resume(());
    assert_eq!(coroutine.resume(()), Step::Finished(true));
}

/// Safe code can reach an outer suspender from an inner body through a scoped
/// thread local, which this stands for.
#[test]
fn only_the_running_coroutine_suspends() {
    let mut outer = Coroutine::new(STACK, |suspender: &Suspender<(), u32>, ()| {
        let borrowed = std::ptr::from_ref(suspender);
        let mut inner = Coroutine::new(STACK, move |_: &Suspender<(), ()>, ()| {
            // SAFETY: the outer body waits for this one, so its suspender lives.
            let outer = unsafe { &*borrowed };
            let refusal = catch_unwind(AssertUnwindSafe(|| outer.suspend(1))).unwrap_err();
            assert_eq!(
                refusal.downcast_ref(),
                Some(&"cannot suspend a coroutine from outside its own stack")
            );
        })
        .unwrap();
        assert_eq!(inner.resume(()), Step::Finished(()));
        // The refused value is not taken for this one's.
        suspender.suspend(2);
    })
    .unwrap();
    assert_eq!(outer.resume(()), Step::Suspended(2));
    assert_eq!(outer.resume(()), Step::Finished(()));
}

#[test]
fn a_refused_suspension_does_not_hide_the_end() {
    let mut outer = Coroutine::new(STACK, |suspender: &Suspender<(), u32>, ()| {
        let borrowed = std::ptr::from_ref(suspender);
        let mut inner = Coroutine::new(STACK, move |_: &Suspender<(), ()>, ()| {
            // SAFETY: the outer body waits for this one, so its suspender lives.
            let outer = unsafe { &*borrowed };
            catch_unwind(AssertUnwindSafe(|| outer.suspend(1))).is_err()
        })
        .unwrap();
        inner.resume(())
    })
    .unwrap();
    assert_eq!(outer.resume(()), Step::Finished(Step::Finished(true)));
}
