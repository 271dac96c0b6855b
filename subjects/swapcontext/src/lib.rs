//! Adapter: swapcontext of the GNU C library as a subject.

mod stack;

use std::cell::{Cell, UnsafeCell};
use std::ffi::{c_int, c_uint, c_void};
use std::mem::{self, MaybeUninit};
use std::ptr;
use std::sync::LazyLock;

use libc::ucontext_t;
use unscathed_core::subject::{
    ABI, Body, CAP_DESTROY, CAP_GUARD, CAP_MIGRATE, CAP_NEST, CAP_SIGMASK, Co, Table,
};

use self::stack::Stack;

/// A place for a context. It must not move once it is in use.
type Place = UnsafeCell<MaybeUninit<ucontext_t>>;

/// What a handle points to.
struct Handle {
    /// The coroutine, while it is suspended.
    inner: Place,
    /// Its resumer, while it runs.
    outer: Place,
    /// What the side that is about to run is passed.
    value: Cell<*mut c_void>,
    body: Body,
    done: Cell<bool>,
    stack: Stack,
}

/// Looks at a handle.
///
/// # Safety
///
/// `co` is alive for as long as the reference is used.
unsafe fn handle<'a>(co: *const Co) -> &'a Handle {
    // SAFETY: the caller vouches for `co`; every field that changes is a cell.
    unsafe { &*co.cast::<Handle>() }
}

unsafe extern "C-unwind" fn create(stack_bytes: usize, body: Body) -> *mut Co {
    let Some(stack) = Stack::map(stack_bytes) else {
        return ptr::null_mut();
    };
    let this = Box::leak(Box::new(Handle {
        inner: Place::new(MaybeUninit::uninit()),
        outer: Place::new(MaybeUninit::uninit()),
        value: Cell::new(ptr::null_mut()),
        body,
        done: Cell::new(false),
        stack,
    }));
    let inner: *mut ucontext_t = this.inner.get().cast();
    // SAFETY: there is room for a context.
    let status = unsafe { libc::getcontext(inner) };
    assert_eq!(status, 0, "getcontext failed");
    // SAFETY: `getcontext` filled it in.
    let context = unsafe { &mut *inner };
    context.uc_stack.ss_sp = this.stack.bottom();
    context.uc_stack.ss_size = this.stack.bytes();
    context.uc_link = this.outer.get().cast();
    let co: *mut Co = ptr::from_mut(this).cast();
    let address = co.expose_provenance();
    // SAFETY: `makecontext` takes any function, and passes it as many ints as it is told.
    let entry = unsafe { mem::transmute::<extern "C" fn(c_uint, c_uint), extern "C" fn()>(entry) };
    let (high, low) = ((address >> 32) as c_uint, address as c_uint);
    // SAFETY: the context has its stack and its link, and `entry` takes two ints.
    unsafe { libc::makecontext(inner, entry, 2, high, low) };
    co
}

extern "C" fn entry(high: c_uint, low: c_uint) {
    let address = (high as usize) << 32 | low as usize;
    let co: *mut Co = ptr::with_exposed_provenance_mut(address);
    // SAFETY: these are the halves of a handle, which outlives its body.
    let this = unsafe { handle(co) };
    // SAFETY: the probe vouches for its body.
    let value = unsafe { (this.body)(co, this.value.get()) };
    this.value.set(value);
    this.done.set(true);
    // Returning continues from the link, which is the resumer.
}

/// Parks the caller in `save` and continues from `load`.
fn switch(this: &Handle, save: &Place, load: &Place, value: *mut c_void) -> *mut c_void {
    this.value.set(value);
    // SAFETY: whoever calls `resume` or `suspend` vouches that the other side waits in `load`.
    let status = unsafe { libc::swapcontext(save.get().cast(), load.get().cast()) };
    assert_eq!(status, 0, "swapcontext failed");
    this.value.get()
}

unsafe extern "C-unwind" fn resume(co: *mut Co, value: *mut c_void) -> *mut c_void {
    // SAFETY: the caller vouches for `co`.
    let this = unsafe { handle(co) };
    switch(this, &this.outer, &this.inner, value)
}

unsafe extern "C-unwind" fn suspend(co: *mut Co, value: *mut c_void) -> *mut c_void {
    // SAFETY: the caller runs on `co`.
    let this = unsafe { handle(co) };
    switch(this, &this.inner, &this.outer, value)
}

unsafe extern "C-unwind" fn done(co: *const Co) -> c_int {
    // SAFETY: the caller vouches for `co`.
    unsafe { handle(co) }.done.get().into()
}

/// Frees the stack. Whatever a suspended body still holds is forgotten.
unsafe extern "C-unwind" fn destroy(co: *mut Co) {
    // SAFETY: `co` came from `create`, and the caller gives it up.
    drop(unsafe { Box::from_raw(co.cast::<Handle>()) });
}

static TABLE: LazyLock<Table> = LazyLock::new(|| Table {
    abi: ABI,
    size: size_of::<Table>() as u32,
    name: c"swapcontext".as_ptr(),
    // SAFETY: no conditions.
    version: unsafe { libc::gnu_get_libc_version() },
    // The library keeps nothing per thread in a context. What moves is the signal mask.
    caps: CAP_MIGRATE | CAP_DESTROY | CAP_NEST | CAP_GUARD | CAP_SIGMASK,
    create: Some(create),
    resume: Some(resume),
    suspend: Some(suspend),
    done: Some(done),
    destroy: Some(destroy),
    thread_enter: None,
    thread_leave: None,
    transfer: None,
});

/// The table of swapcontext.
pub fn subject() -> &'static Table {
    &TABLE
}
