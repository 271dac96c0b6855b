//! Stacks without a guard, too small or shared, and memory that is not given back.

use core::ffi::c_void;
use core::ptr::{self, NonNull};
use core::sync::atomic::{AtomicBool, AtomicPtr, Ordering};

use libc::{MAP_ANONYMOUS, MAP_SHARED};
use libc::{PROT_NONE, PROT_READ, PROT_WRITE};
use unscathed_catalogue::mutant::MutantClass;
use unscathed_catalogue::mutant::block::{FINISHED, SUSPENDED};
use unscathed_core::subject::{Body, Co, Table};

use super::pool::Pool;
use super::{Wrapped, healthy};
use crate::block::{Block, GUARD, ROOM};

const fn defect(id: &'static str, element: &'static str, change: fn(&mut Table)) -> Wrapped {
    let class = MutantClass::ByHand;
    Wrapped { id, class, element: Some(element), change, policies: None }
}

#[rustfmt::skip]
pub(super) const LIST: &[Wrapped] = &[
    defect("mutant/hand/stack.guard/open", "stack.guard", |table| table.create = Some(opens_the_guard)),
    defect("mutant/hand/stack.guard/unmapped", "stack.guard", |table| table.create = Some(unmaps_the_guard)),
    defect("mutant/hand/stack.size/short", "stack.size", |table| table.create = Some(gives_less)),
    defect("mutant/hand/stack.size/rounded-down", "stack.size", |table| table.create = Some(rounds_down)),
    defect("mutant/hand/stack.contents/shared-page", "stack.contents", |table| table.create = Some(shares_a_page)),
    defect("mutant/hand/stack.contents/given-twice", "stack.contents", |table| {
        table.create = Some(takes_from_the_pool);
        table.destroy = Some(pools_twice);
    }),
    defect("mutant/hand/life.destroy/value-of-the-next", "life.destroy", |table| {
        table.resume = Some(drops_a_value);
        table.destroy = Some(wants_a_value_dropped);
    }),
    defect("mutant/hand/life.destroy/wrong-one", "life.destroy", |table| {
        table.create = Some(remembers);
        table.destroy = Some(destroys_the_wrong_one);
    }),
    defect("mutant/hand/life.leak/guard", "life.leak", |table| table.destroy = Some(leaves_the_guard)),
    defect("mutant/hand/life.leak/handle", "life.leak", |table| table.create = Some(forgets_a_block)),
    defect("mutant/hand/life.leak/suspended", "life.leak", |table| table.destroy = Some(leaves_what_is_suspended)),
];

/// As the healthy one does.
fn create(stack_bytes: usize, body: Body) -> Option<&'static mut Block> {
    let create = healthy().create.expect("it is required");
    // SAFETY: the body is the caller's of the wrapper, who vouches for it.
    let co = unsafe { create(stack_bytes, body) };
    // SAFETY: a new block, which nobody else knows of.
    NonNull::new(co.cast::<Block>()).map(|mut block| unsafe { block.as_mut() })
}

/// The handle of a block, or none.
fn handle(block: Option<&'static mut Block>) -> *mut Co {
    block.map_or(ptr::null_mut(), |block| ptr::from_mut(block).cast())
}

/// As the healthy one does.
///
/// # Safety
///
/// It came from [`create`], does not run, and is not used again.
unsafe fn destroy(co: *mut Co) {
    let destroy = healthy().destroy.expect("it is required");
    // SAFETY: the caller vouches.
    unsafe { destroy(co) };
}

/// # Safety
///
/// A live handle.
unsafe fn state(co: *mut Co) -> u8 {
    // SAFETY: the caller vouches for the block.
    unsafe { (*co.cast::<Block>()).state }
}

fn protect(start: *mut c_void, bytes: usize, access: i32) {
    // SAFETY: callers name a part of a new mapping, on which nothing lies yet.
    unsafe { libc::mprotect(start, bytes, access) };
}

unsafe extern "C-unwind" fn opens_the_guard(stack_bytes: usize, body: Body) -> *mut Co {
    let block = create(stack_bytes, body);
    handle(block.inspect(|block| protect(block.start, GUARD, PROT_READ | PROT_WRITE)))
}

unsafe extern "C-unwind" fn unmaps_the_guard(stack_bytes: usize, body: Body) -> *mut Co {
    let block = create(stack_bytes, body).map(|block| {
        // SAFETY: nothing lies in the guard.
        unsafe { libc::munmap(block.start, GUARD) };
        block.start = block.start.wrapping_byte_add(GUARD);
        block.bytes -= GUARD;
        block
    });
    handle(block)
}

/// Closes all of a stack but so many bytes, which are a multiple of a page.
fn leave(block: &mut Block, stack_bytes: usize) {
    let usable = block.bytes - GUARD - ROOM;
    let excess = usable.saturating_sub(stack_bytes).next_multiple_of(1 << 12);
    protect(block.start.wrapping_byte_add(GUARD), excess, PROT_NONE);
}

/// Takes the guard, and a little more, out of what was asked for.
unsafe extern "C-unwind" fn gives_less(stack_bytes: usize, body: Body) -> *mut Co {
    let block = create(stack_bytes, body).map(|block| {
        leave(block, stack_bytes.saturating_sub(16 << 10));
        block
    });
    handle(block)
}

unsafe extern "C-unwind" fn rounds_down(stack_bytes: usize, body: Body) -> *mut Co {
    let block = create(stack_bytes, body).map(|block| {
        leave(block, 1 << stack_bytes.max(1).ilog2());
        block
    });
    handle(block)
}

/// One page, 24 KiB below the top of each stack, is the same for all.
unsafe extern "C-unwind" fn shares_a_page(stack_bytes: usize, body: Body) -> *mut Co {
    static PAGE: AtomicPtr<c_void> = AtomicPtr::new(ptr::null_mut());
    const BYTES: usize = 4 << 10;
    const DEPTH: usize = 24 << 10;
    let access = PROT_READ | PROT_WRITE;
    let block = create(stack_bytes, body).filter(|_| stack_bytes > 2 * DEPTH);
    let block = block.map(|block| {
        let here = block.start.wrapping_byte_add(block.bytes - DEPTH);
        let first = PAGE.load(Ordering::Relaxed);
        if first.is_null() {
            let flags = MAP_SHARED | MAP_ANONYMOUS;
            // SAFETY: a new mapping disturbs nobody.
            let page = unsafe { libc::mmap(ptr::null_mut(), BYTES, access, flags, -1, 0) };
            PAGE.store(page, Ordering::Relaxed);
        }
        let (flags, page) =
            (libc::MREMAP_MAYMOVE | libc::MREMAP_FIXED, PAGE.load(Ordering::Relaxed));
        // SAFETY: of size 0, which makes a second mapping of what is shared, in place
        // of a part of the new stack on which nothing lies yet.
        unsafe { libc::mremap(page, 0, BYTES, flags, here) };
        block
    });
    handle(block)
}

static GIVEN_TWICE: Pool = Pool::new();

unsafe extern "C-unwind" fn takes_from_the_pool(stack_bytes: usize, body: Body) -> *mut Co {
    let pooled = GIVEN_TWICE.take(stack_bytes, body);
    pooled.unwrap_or_else(|| GIVEN_TWICE.note(stack_bytes, handle(create(stack_bytes, body))))
}

/// Once because it is destroyed, and before that because its body has returned.
unsafe extern "C-unwind" fn pools_twice(co: *mut Co) {
    if GIVEN_TWICE.has(co) {
        return;
    }
    GIVEN_TWICE.put(co);
    // SAFETY: the caller gives it up.
    if unsafe { state(co) } == FINISHED {
        GIVEN_TWICE.put(co);
    }
}

static DROP_VALUE: AtomicBool = AtomicBool::new(false);

/// A slot that the destroyed one shared with the others.
unsafe extern "C-unwind" fn wants_a_value_dropped(co: *mut Co) {
    // SAFETY: the caller gives it up.
    if unsafe { state(co) } == SUSPENDED {
        DROP_VALUE.store(true, Ordering::Relaxed);
    }
    // SAFETY: as above.
    unsafe { destroy(co) };
}

unsafe extern "C-unwind" fn drops_a_value(co: *mut Co, value: *mut c_void) -> *mut c_void {
    let resume = healthy().resume.expect("it is required");
    // SAFETY: the caller vouches for the call.
    let suspended = unsafe { state(co) } == SUSPENDED;
    let dropped = suspended && DROP_VALUE.swap(false, Ordering::Relaxed);
    let value = if dropped { value.wrapping_byte_add(1) } else { value };
    // SAFETY: as above.
    unsafe { resume(co, value) }
}

/// The last one that was created, and the one before.
static CREATED: [AtomicPtr<Co>; 2] = [const { AtomicPtr::new(ptr::null_mut()) }; 2];

unsafe extern "C-unwind" fn remembers(stack_bytes: usize, body: Body) -> *mut Co {
    let co = handle(create(stack_bytes, body));
    let before = CREATED[0].swap(co, Ordering::Relaxed);
    CREATED[1].store(before, Ordering::Relaxed);
    co
}

/// Of one that is suspended it frees its neighbour, where that is suspended as well.
unsafe extern "C-unwind" fn destroys_the_wrong_one(co: *mut Co) {
    let others = CREATED.each_ref().map(|created| created.swap(ptr::null_mut(), Ordering::Relaxed));
    let suspended = |co: *mut Co| {
        // SAFETY: the last two that were created, of which none was destroyed since.
        !co.is_null() && unsafe { state(co) } == SUSPENDED
    };
    let neighbour = others.into_iter().find(|&other| other != co && suspended(other));
    let wrong = neighbour.filter(|_| suspended(co)).unwrap_or(co);
    // SAFETY: not so, as far as anybody uses the neighbour: that is the defect.
    unsafe { destroy(wrong) };
}

unsafe extern "C-unwind" fn leaves_the_guard(co: *mut Co) {
    // SAFETY: the caller gives it up.
    let Block { start, bytes, .. } = *unsafe { &*co.cast::<Block>() };
    // SAFETY: as above; nobody uses what lies above the guard.
    unsafe { libc::munmap(start.wrapping_byte_add(GUARD), bytes - GUARD) };
}

unsafe extern "C-unwind" fn forgets_a_block(stack_bytes: usize, body: Body) -> *mut Co {
    Box::leak(Box::new([stack_bytes; 8]));
    handle(create(stack_bytes, body))
}

/// It keeps the page of the block: who knows what lies above a suspended frame.
unsafe extern "C-unwind" fn leaves_what_is_suspended(co: *mut Co) {
    // SAFETY: the caller gives it up.
    if unsafe { state(co) } != SUSPENDED {
        // SAFETY: as above.
        return unsafe { destroy(co) };
    }
    // SAFETY: as above.
    let Block { start, bytes, .. } = *unsafe { &*co.cast::<Block>() };
    // SAFETY: as above; nothing that is used lies below the block's page.
    unsafe { libc::munmap(start, bytes - (4 << 10)) };
}
