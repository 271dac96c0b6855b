//! Stacks without a guard, too small or shared, and memory that is not given back.

use core::ffi::c_void;
use core::hint::black_box;
use core::ptr::{self, NonNull};
use core::sync::atomic::{AtomicPtr, Ordering};
use std::sync::{Mutex, MutexGuard, PoisonError};

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
    defect("mutant/hand/life.destroy/shared-value", "life.destroy", |table| {
        table.create = Some(shares_slots_of_values);
        table.resume = Some(takes_from_the_slot);
        table.destroy = Some(gives_up_a_value);
    }),
    defect("mutant/hand/life.destroy/shared-stack", "life.destroy", |table| {
        table.create = Some(shares_slots_of_stacks);
        table.destroy = Some(frees_the_stack_of_the_slot);
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
    let mut block = create(stack_bytes, body);
    if let Some(block) = &mut block {
        // SAFETY: nothing lies in the guard.
        unsafe { libc::munmap(block.start, GUARD) };
        block.start = block.start.wrapping_byte_add(GUARD);
        block.bytes -= GUARD;
    }
    handle(block)
}

/// Closes all of a stack but so many bytes, which are a multiple of a page.
fn leave(block: &Block, stack_bytes: usize) {
    let usable = block.bytes - GUARD - ROOM;
    let excess = usable.saturating_sub(stack_bytes).next_multiple_of(1 << 12);
    protect(block.start.wrapping_byte_add(GUARD), excess, PROT_NONE);
}

/// Takes the guard, and a little more, out of what was asked for.
unsafe extern "C-unwind" fn gives_less(stack_bytes: usize, body: Body) -> *mut Co {
    handle(
        create(stack_bytes, body)
            .inspect(|block| leave(block, stack_bytes.saturating_sub(16 << 10))),
    )
}

unsafe extern "C-unwind" fn rounds_down(stack_bytes: usize, body: Body) -> *mut Co {
    handle(create(stack_bytes, body).inspect(|block| leave(block, 1 << stack_bytes.max(1).ilog2())))
}

/// One page, 24 KiB below the top of each stack, is the same for all.
unsafe extern "C-unwind" fn shares_a_page(stack_bytes: usize, body: Body) -> *mut Co {
    static PAGE: AtomicPtr<c_void> = AtomicPtr::new(ptr::null_mut());
    const BYTES: usize = 4 << 10;
    const DEPTH: usize = 24 << 10;
    let access = PROT_READ | PROT_WRITE;
    let block = create(stack_bytes, body);
    if let Some(block) = &block
        && stack_bytes > 2 * DEPTH
    {
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
    }
    handle(block)
}

/// Of small stacks: larger ones come and go.
static GIVEN_TWICE: Pool = Pool::new();
const SMALL: usize = 64 << 10;

unsafe extern "C-unwind" fn takes_from_the_pool(stack_bytes: usize, body: Body) -> *mut Co {
    if stack_bytes > SMALL {
        return handle(create(stack_bytes, body));
    }
    let pooled = GIVEN_TWICE.take(stack_bytes, body);
    pooled.unwrap_or_else(|| GIVEN_TWICE.note(stack_bytes, handle(create(stack_bytes, body))))
}

/// Once because it is destroyed, and before that because its body has returned.
unsafe extern "C-unwind" fn pools_twice(co: *mut Co) {
    if !GIVEN_TWICE.knows(co) {
        // SAFETY: the caller gives it up.
        return unsafe { destroy(co) };
    }
    if GIVEN_TWICE.has(co) {
        return;
    }
    GIVEN_TWICE.put(co);
    // SAFETY: the caller gives it up.
    if unsafe { state(co) } == FINISHED {
        GIVEN_TWICE.put(co);
    }
}

/// Places of live coroutines. What lies as many places apart as this shares a slot.
const SLOTS: usize = 4;

/// Live coroutines, each at its place.
struct Places(Mutex<Vec<usize>>);

impl Places {
    const fn new() -> Self {
        Self(Mutex::new(Vec::new()))
    }

    fn addresses(&self) -> MutexGuard<'_, Vec<usize>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Gives a new coroutine the first place that is free.
    fn add(&self, co: *mut Co) -> *mut Co {
        let (mut places, address) = (self.addresses(), co.expose_provenance());
        match places.iter_mut().find(|place| **place == 0) {
            Some(place) => *place = address,
            None => places.push(address),
        }
        co
    }

    /// Frees a place, and says who shares a slot with it and is suspended.
    fn remove(&self, co: *mut Co) -> Option<*mut Co> {
        let mut places = self.addresses();
        let own = places.iter().position(|&place| place == co.addr())?;
        places[own] = 0;
        let sharing = places.iter().skip(own % SLOTS).step_by(SLOTS);
        let sharing = sharing.filter(|&&place| place != 0);
        let mut sharing = sharing.map(|&place| ptr::with_exposed_provenance_mut(place));
        // SAFETY: those that have a place are alive.
        sharing.find(|&other| unsafe { state(other) } == SUSPENDED)
    }
}

static OF_VALUES: Places = Places::new();
/// Who gets a wrong value next.
static WRONG: AtomicPtr<Co> = AtomicPtr::new(ptr::null_mut());

unsafe extern "C-unwind" fn shares_slots_of_values(stack_bytes: usize, body: Body) -> *mut Co {
    OF_VALUES.add(handle(create(stack_bytes, body)))
}

/// A slot for a value is given up, and somebody else has it, too.
unsafe extern "C-unwind" fn gives_up_a_value(co: *mut Co) {
    // SAFETY: the caller gives it up.
    let suspended = unsafe { state(co) } == SUSPENDED;
    let sharing = OF_VALUES.remove(co).filter(|_| suspended);
    WRONG.store(sharing.unwrap_or(ptr::null_mut()), Ordering::Relaxed);
    // SAFETY: as above.
    unsafe { destroy(co) };
}

unsafe extern "C-unwind" fn takes_from_the_slot(co: *mut Co, value: *mut c_void) -> *mut c_void {
    let resume = healthy().resume.expect("it is required");
    let empty = WRONG.compare_exchange(co, ptr::null_mut(), Ordering::Relaxed, Ordering::Relaxed);
    let value = if empty.is_ok() { value.wrapping_byte_add(1) } else { value };
    // SAFETY: the caller vouches for the call.
    unsafe { resume(co, value) }
}

static OF_STACKS: Places = Places::new();

unsafe extern "C-unwind" fn shares_slots_of_stacks(stack_bytes: usize, body: Body) -> *mut Co {
    OF_STACKS.add(handle(create(stack_bytes, body)))
}

/// The slot names somebody else's stack, which is freed.
unsafe extern "C-unwind" fn frees_the_stack_of_the_slot(co: *mut Co) {
    // SAFETY: the caller gives it up.
    let suspended = unsafe { state(co) } == SUSPENDED;
    let named = OF_STACKS.remove(co).filter(|_| suspended).unwrap_or(co);
    // SAFETY: not so, as far as anybody uses what the slot names: the defect.
    unsafe { destroy(named) };
}

unsafe extern "C-unwind" fn leaves_the_guard(co: *mut Co) {
    // SAFETY: the caller gives it up.
    let Block { start, bytes, .. } = *unsafe { &*co.cast::<Block>() };
    // SAFETY: as above; nobody uses what lies above the guard.
    unsafe { libc::munmap(start.wrapping_byte_add(GUARD), bytes - GUARD) };
}

unsafe extern "C-unwind" fn forgets_a_block(stack_bytes: usize, body: Body) -> *mut Co {
    black_box(Box::leak(Box::new([stack_bytes; 8])));
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
