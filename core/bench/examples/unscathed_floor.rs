//! The floor as a subject: `lib:.../libunscathed_floor.so`. Its stacks come from
//! the allocator and have no guard.

use std::alloc::{Layout, alloc, dealloc};
use std::cell::Cell;
use std::ffi::{c_int, c_void};
use std::ptr;

use unscathed_bench::floor;
use unscathed_core::subject::{ABI, Body, CAP_DESTROY, CAP_MIGRATE, CAP_NEST, Co, Table};

/// What a handle points to.
struct Handle {
    /// The coroutine while it is suspended, and its resumer while it runs.
    other: Cell<*mut u8>,
    body: Body,
    done: Cell<bool>,
    stack: *mut u8,
    layout: Layout,
}

unsafe extern "C-unwind" fn create(stack_bytes: usize, body: Body) -> *mut Co {
    let Ok(layout) = Layout::from_size_align(stack_bytes.max(1), 4096) else {
        return ptr::null_mut();
    };
    // SAFETY: the size is not zero.
    let stack = unsafe { alloc(layout) };
    if stack.is_null() {
        return ptr::null_mut();
    }
    let top = stack.wrapping_add(layout.size() & !15);
    // SAFETY: the end of new memory, rounded down.
    let parked = unsafe { floor::prepare(top, start) };
    let handle = Handle { other: Cell::new(parked), body, done: Cell::new(false), stack, layout };
    let co: *mut Co = Box::into_raw(Box::new(handle)).cast();
    // Only the first word of a coroutine tells it who it is.
    // SAFETY: `start` comes straight back.
    unsafe { jump(co, co.cast()) };
    co
}

unsafe extern "C" fn start(resumer: *mut u8, first: usize) -> ! {
    let co: *mut Co = ptr::with_exposed_provenance_mut(first);
    // SAFETY: `create` passed its handle, which outlives the body.
    let handle = unsafe { &*co.cast::<Handle>() };
    handle.other.set(resumer);
    // SAFETY: the resumer is parked there.
    let first = unsafe { jump(co, ptr::null_mut()) };
    // SAFETY: the caller of `create` vouches for the body.
    let value = unsafe { (handle.body)(co, first) };
    handle.done.set(true);
    // SAFETY: as above.
    unsafe { jump(co, value) };
    unreachable!("a finished coroutine was resumed")
}

/// Both `resume` and `suspend`: to the other side.
unsafe extern "C-unwind" fn jump(co: *mut Co, value: *mut c_void) -> *mut c_void {
    // SAFETY: the caller vouches for `co`.
    let handle = unsafe { &*co.cast::<Handle>() };
    // SAFETY: the caller vouches that the other side is parked.
    let (other, word) = unsafe { floor::switch(handle.other.get(), value.expose_provenance()) };
    handle.other.set(other);
    ptr::with_exposed_provenance_mut(word)
}

unsafe extern "C-unwind" fn done(co: *const Co) -> c_int {
    // SAFETY: the caller vouches for `co`.
    unsafe { &*co.cast::<Handle>() }.done.get().into()
}

/// Frees the stack. What a suspended body holds is forgotten.
unsafe extern "C-unwind" fn destroy(co: *mut Co) {
    // SAFETY: `create` made it, and the caller gives it up.
    let handle = unsafe { Box::from_raw(co.cast::<Handle>()) };
    // SAFETY: allocated in `create`, with this layout.
    unsafe { dealloc(handle.stack, handle.layout) };
}

static TABLE: Table = Table {
    abi: ABI,
    size: size_of::<Table>() as u32,
    name: c"floor".as_ptr(),
    version: unscathed_core::VERSION.as_ptr(),
    caps: CAP_MIGRATE | CAP_DESTROY | CAP_NEST,
    create: Some(create),
    resume: Some(jump),
    suspend: Some(jump),
    done: Some(done),
    destroy: Some(destroy),
    thread_enter: None,
    thread_leave: None,
    transfer: None,
};

/// The one symbol that the contract asks for.
#[unsafe(no_mangle)]
pub extern "C-unwind" fn unscathed_subject_v1() -> *const Table {
    &raw const TABLE
}
