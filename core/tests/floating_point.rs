//! Floating-point control belongs to whoever set it.

use std::arch::asm;

use unscathed_core::{Coroutine, Step, Suspender};

const STACK: usize = 64 << 10;

/// All exceptions masked, round to nearest: what a process starts with.
const START: Control = Control { mxcsr: 0x1f80, x87: 0x037f };
/// Toward zero, in double precision, with the underflow mask off.
const ZERO: Control = Control { mxcsr: 0x7780, x87: 0x0e6f };
/// Downward, in single precision, flushing to zero.
const DOWN: Control = Control { mxcsr: 0xbfc0, x87: 0x047f };

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Control {
    mxcsr: u32,
    x87: u16,
}

impl Control {
    /// The words of this thread now. No floating-point instruction is compiled
    /// between this and `set` in any test, so nothing depends on the mode.
    fn get() -> Self {
        let mut this = Self { mxcsr: 0, x87: 0 };
        // SAFETY: both stores are to the local above.
        unsafe {
            asm!("stmxcsr [{}]", "fnstcw [{}]", in(reg) &raw mut this.mxcsr, in(reg) &raw mut this.x87);
        }
        this
    }

    fn set(self) {
        // SAFETY: loads words without reserved bits.
        unsafe {
            asm!("ldmxcsr [{}]", "fldcw [{}]", in(reg) &raw const self.mxcsr, in(reg) &raw const self.x87);
        }
    }
}

/// Puts back what the test harness had.
struct Restore;

impl Drop for Restore {
    fn drop(&mut self) {
        START.set();
    }
}

#[test]
fn the_resumer_finds_its_own_after_a_suspension() {
    let _restore = Restore;
    let mut coroutine = Coroutine::new(STACK, |suspender, ()| {
        DOWN.set();
        suspender.suspend(());
    })
    .unwrap();
    ZERO.set();
    coroutine.resume(());
    assert_eq!(Control::get(), ZERO);
}

#[test]
fn the_resumer_finds_its_own_after_the_end() {
    let _restore = Restore;
    let mut coroutine = Coroutine::new(STACK, |_: &Suspender<(), ()>, ()| DOWN.set()).unwrap();
    ZERO.set();
    coroutine.resume(());
    assert_eq!(Control::get(), ZERO);
}

#[test]
fn the_coroutine_finds_its_own_after_a_resume() {
    let _restore = Restore;
    let mut coroutine = Coroutine::new(STACK, |suspender, ()| {
        DOWN.set();
        suspender.suspend(());
        Control::get()
    })
    .unwrap();
    coroutine.resume(());
    ZERO.set();
    assert_eq!(coroutine.resume(()), Step::Finished(DOWN));
}

#[test]
fn a_new_one_starts_with_its_first_resumers() {
    let _restore = Restore;
    let mut coroutine = Coroutine::new(STACK, |_: &Suspender<(), ()>, ()| Control::get()).unwrap();
    ZERO.set();
    assert_eq!(coroutine.resume(()), Step::Finished(ZERO));
}

#[test]
fn a_dropped_one_unwinds_under_its_own() {
    struct Check;
    impl Drop for Check {
        fn drop(&mut self) {
            assert_eq!(Control::get(), DOWN);
        }
    }

    let _restore = Restore;
    let mut coroutine = Coroutine::new(STACK, |suspender, ()| {
        let _check = Check;
        DOWN.set();
        suspender.suspend(());
    })
    .unwrap();
    coroutine.resume(());
    ZERO.set();
    drop(coroutine);
    assert_eq!(Control::get(), ZERO);
}

/// The x87 status word is nobody's. A division by zero that one context has
/// masked leaves a flag there, and must not trap in another that has not.
#[test]
fn a_masked_exception_does_not_trap_elsewhere() {
    let _restore = Restore;
    let mut coroutine = Coroutine::new(STACK, |suspender, ()| {
        // SAFETY: the x87 stack is empty before and after.
        unsafe {
            asm!("fld1", "fldz", "fdivp st(1), st", "fstp st(0)", out("st(0)") _, out("st(1)") _);
        }
        suspender.suspend(());
    })
    .unwrap();
    let unmasked = Control { x87: START.x87 & !0x4, ..START };
    unmasked.set();
    // The new one masks everything again, before it divides.
    let mut masking = Coroutine::new(STACK, move |_: &Suspender<(), ()>, ()| {
        START.set();
        coroutine.resume(());
    })
    .unwrap();
    masking.resume(());
    assert_eq!(Control::get(), unmasked);
    // SAFETY: waits for a pending exception, of which there is none.
    unsafe { asm!("fwait") };
}
