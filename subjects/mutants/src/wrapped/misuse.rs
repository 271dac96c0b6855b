//! Forbidden calls that are carried out in silence, and do harm.

use core::ffi::c_void;
use core::ptr;
use core::sync::atomic::{AtomicBool, AtomicPtr, Ordering};

use unscathed_catalogue::mutant::MutantClass;
use unscathed_catalogue::mutant::block::{FINISHED, FRESH, RUNNING, SUSPENDED};
use unscathed_core::subject::{Body, Co, Table};

use super::pool::Pool;
use super::{Wrapped, healthy};
use crate::block::Block;

const fn defect(id: &'static str, element: &'static str, change: fn(&mut Table)) -> Wrapped {
    let class = MutantClass::ByHand;
    Wrapped { id, class, element: Some(element), change, policies: None }
}

#[rustfmt::skip]
pub(super) const LIST: &[Wrapped] = &[
    defect("mutant/hand/misuse.resume_finished/again", "misuse.resume_finished", |table| table.resume = Some(begins_again)),
    defect("mutant/hand/misuse.resume_running/leaves", "misuse.resume_running", |table| table.resume = Some(leaves)),
    defect("mutant/hand/misuse.resume_resumer/leaves", "misuse.resume_resumer", |table| table.resume = Some(leaves)),
    defect("mutant/hand/misuse.suspend_outside/resumes", "misuse.suspend_outside", |table| table.suspend = Some(resumes)),
    defect("mutant/hand/misuse.destroy_running/value-of-the-next", "misuse.destroy_running", |table| {
        table.destroy = Some(wants_a_value_dropped);
        table.resume = Some(drops_a_value);
    }),
    defect("mutant/hand/misuse.destroy_twice/given-twice", "misuse.destroy_twice", |table| {
        table.create = Some(takes_from_the_pool);
        table.destroy = Some(pools);
    }),
    defect("mutant/hand/misuse.create_zero/one-for-all", "misuse.create_zero", |table| table.create = Some(shares_one)),
    defect("mutant/hand/misuse.create_huge/wraps", "misuse.create_huge", |table| table.create = Some(wraps)),
];

/// # Safety
///
/// A live handle.
unsafe fn state(co: *mut Co) -> u8 {
    // SAFETY: the caller vouches for the block.
    unsafe { (*co.cast::<Block>()).state }
}

/// As the healthy one does.
fn create(stack_bytes: usize, body: Body) -> *mut Co {
    let create = healthy().create.expect("it is required");
    // SAFETY: the body is the caller's of the wrapper, who vouches for it.
    unsafe { create(stack_bytes, body) }
}

/// As the healthy one does.
///
/// # Safety
///
/// As the contract has it, or a defect.
unsafe fn resume(co: *mut Co, value: *mut c_void) -> *mut c_void {
    let resume = healthy().resume.expect("it is required");
    // SAFETY: the caller vouches.
    unsafe { resume(co, value) }
}

/// A finished coroutine begins anew, with whatever it is passed.
unsafe extern "C-unwind" fn begins_again(co: *mut Co, value: *mut c_void) -> *mut c_void {
    // SAFETY: the caller vouches for the handle.
    let block = unsafe { &mut *co.cast::<Block>() };
    if block.state == FINISHED {
        block.state = FRESH;
    }
    // SAFETY: it is in a state in which it may be resumed.
    unsafe { resume(co, value) }
}

/// What runs already, or waits, goes back to its resumer.
unsafe extern "C-unwind" fn leaves(co: *mut Co, value: *mut c_void) -> *mut c_void {
    // SAFETY: the caller vouches for the handle.
    if unsafe { state(co) } != RUNNING {
        // SAFETY: it is in a state in which it may be resumed.
        return unsafe { resume(co, value) };
    }
    let suspend = healthy().suspend.expect("it is required");
    // SAFETY: its resumer waits; whoever calls this may not be it: the defect.
    unsafe { suspend(co, value) }
}

/// What is suspended is resumed, whoever asks.
unsafe extern "C-unwind" fn resumes(co: *mut Co, value: *mut c_void) -> *mut c_void {
    // SAFETY: the caller vouches for the handle.
    if unsafe { state(co) } == SUSPENDED {
        // SAFETY: it is suspended.
        return unsafe { resume(co, value) };
    }
    let suspend = healthy().suspend.expect("it is required");
    // SAFETY: the caller vouches for the call.
    unsafe { suspend(co, value) }
}

static DROP_VALUE: AtomicBool = AtomicBool::new(false);

/// One that runs stays, but for a slot that all share.
unsafe extern "C-unwind" fn wants_a_value_dropped(co: *mut Co) {
    // SAFETY: the caller vouches for the handle.
    if unsafe { state(co) } == RUNNING {
        DROP_VALUE.store(true, Ordering::Relaxed);
        return;
    }
    let destroy = healthy().destroy.expect("it is required");
    // SAFETY: the caller gives it up.
    unsafe { destroy(co) };
}

unsafe extern "C-unwind" fn drops_a_value(co: *mut Co, value: *mut c_void) -> *mut c_void {
    let dropped = DROP_VALUE.swap(false, Ordering::Relaxed);
    let value = if dropped { value.wrapping_byte_add(1) } else { value };
    // SAFETY: the caller vouches for the call.
    unsafe { resume(co, value) }
}

static GIVEN_TWICE: Pool = Pool::new();

unsafe extern "C-unwind" fn takes_from_the_pool(stack_bytes: usize, body: Body) -> *mut Co {
    let pooled = GIVEN_TWICE.take(stack_bytes, body);
    pooled.unwrap_or_else(|| GIVEN_TWICE.note(stack_bytes, create(stack_bytes, body)))
}

unsafe extern "C-unwind" fn pools(co: *mut Co) {
    GIVEN_TWICE.put(co);
}

/// Whoever asks for no stack gets the same one.
unsafe extern "C-unwind" fn shares_one(stack_bytes: usize, body: Body) -> *mut Co {
    static ONE: AtomicPtr<Co> = AtomicPtr::new(ptr::null_mut());
    if stack_bytes > 0 {
        return create(stack_bytes, body);
    }
    let one = ONE.load(Ordering::Relaxed);
    if one.is_null() {
        ONE.store(create(64 << 10, body), Ordering::Relaxed);
    } else {
        // SAFETY: not so, while the first of them lives: that is the defect.
        unsafe { &mut *one.cast::<Block>() }.renew(body);
    }
    ONE.load(Ordering::Relaxed)
}

/// A size that went past the largest number.
unsafe extern "C-unwind" fn wraps(stack_bytes: usize, body: Body) -> *mut Co {
    match stack_bytes {
        0..=0x7fff_ffff_ffff => create(stack_bytes, body),
        _ => create(64 << 10, body),
    }
}
