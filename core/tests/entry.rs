//! The machine as a function finds it, at the first instruction of an entry.

use std::arch::{asm, naked_asm};
use std::ptr;

use unscathed_core::{Coroutine, Step, Suspender};

const STACK: usize = 64 << 10;

/// Returns the stack pointer that it is called with.
#[unsafe(naked)]
extern "C" fn stack_pointer_at_entry() -> usize {
    naked_asm!("mov rax, rsp", "ret")
}

/// An aligned vector on the stack, next to which a misaligned frame would fault.
#[repr(align(32))]
struct Aligned([u8; 32]);

#[test]
fn the_stack_is_aligned_at_a_call() {
    let mut coroutine =
        Coroutine::new(STACK, |_: &Suspender<(), ()>, ()| stack_pointer_at_entry()).unwrap();
    let Step::Finished(pointer) = coroutine.resume(()) else { panic!("suspended") };
    // The call has pushed one word.
    assert_eq!(pointer % 16, 8);
}

#[test]
fn aligned_locals_are_aligned() {
    let mut coroutine = Coroutine::new(STACK, |suspender, ()| {
        let local = Aligned([1; 32]);
        let address = ptr::from_ref(std::hint::black_box(&local)).addr();
        suspender.suspend(address);
        usize::from(local.0[31])
    })
    .unwrap();
    let Step::Suspended(address) = coroutine.resume(()) else { panic!("finished") };
    assert_eq!(address % 32, 0);
    assert_eq!(coroutine.resume(()), Step::Finished(1));
}

#[test]
fn the_direction_flag_is_clear() {
    let mut coroutine = Coroutine::new(STACK, |_: &Suspender<(), ()>, ()| {
        let flags: u64;
        // SAFETY: pushes one word and pops it.
        unsafe { asm!("pushfq", "pop {}", out(reg) flags) };
        flags
    })
    .unwrap();
    let Step::Finished(flags) = coroutine.resume(()) else { panic!("suspended") };
    assert_eq!(flags & 0x400, 0);
}

#[test]
fn the_x87_stack_is_empty() {
    let mut coroutine = Coroutine::new(STACK, |_: &Suspender<(), ()>, ()| {
        let mut environment = [0_u32; 7];
        // SAFETY: `fnstenv` writes 28 bytes and masks exceptions, which `fldenv`
        // undoes.
        unsafe {
            asm!("fnstenv [{0}]", "fldenv [{0}]", in(reg) environment.as_mut_ptr());
        }
        environment[2] & 0xffff
    })
    .unwrap();
    assert_eq!(coroutine.resume(()), Step::Finished(0xffff));
}
