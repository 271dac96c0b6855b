//! What goes wrong only where a coroutine meets a second thread.

use core::arch::asm;
use core::cell::Cell;
use core::ffi::c_void;
use core::ptr;
use core::sync::atomic::{AtomicPtr, Ordering};

use unscathed_catalogue::mutant::MutantClass;
use unscathed_core::subject::{Co, Resume, Suspend};

use super::{Wrapped, healthy};

pub(super) const LIST: &[Wrapped] = &[
    by_hand("mutant/hand/life.threads/one-current", "life.threads", |table| {
        table.resume = Some(resume_current);
        table.suspend = Some(suspend_current);
        table.transfer = None;
    }),
    by_hand("mutant/hand/tls.migrated/thread-pointer", "tls.migrated", |table| {
        table.resume = Some(resume_with_thread_pointer);
        table.suspend = Some(suspend_with_thread_pointer);
        table.transfer = None;
    }),
    by_hand("mutant/hand/value.resume/old-mailbox", "value.resume", |table| {
        table.resume = Some(resume_by_mailbox);
        table.suspend = Some(suspend_by_mailbox);
        table.transfer = None;
    }),
];

const fn by_hand(
    id: &'static str,
    element: &'static str,
    change: fn(&mut unscathed_core::subject::Table),
) -> Wrapped {
    Wrapped { id, class: MutantClass::ByHand, element: Some(element), change, policies: None }
}

fn healthy_resume() -> Resume {
    healthy().resume.expect("it is required")
}

fn healthy_suspend() -> Suspend {
    healthy().suspend.expect("it is required")
}

/// The coroutine that runs: one for the process, where each thread has one.
static CURRENT: AtomicPtr<Co> = AtomicPtr::new(ptr::null_mut());

unsafe extern "C-unwind" fn resume_current(co: *mut Co, value: *mut c_void) -> *mut c_void {
    let outer = CURRENT.swap(co, Ordering::Relaxed);
    // SAFETY: the caller vouches for the call.
    let value = unsafe { healthy_resume()(co, value) };
    CURRENT.store(outer, Ordering::Relaxed);
    value
}

/// Goes back to whoever resumed the current coroutine.
unsafe extern "C-unwind" fn suspend_current(co: *mut Co, value: *mut c_void) -> *mut c_void {
    let current = CURRENT.load(Ordering::Relaxed).cast::<*mut u8>();
    // SAFETY: some coroutine runs; the first word of its block is its resumer.
    let resumer = unsafe { current.read() };
    // SAFETY: the same word of the caller's own block.
    unsafe { co.cast::<*mut u8>().write(resumer) };
    // SAFETY: the caller vouches for the call.
    unsafe { healthy_suspend()(co, value) }
}

/// The thread pointer comes along with whoever is switched to.
unsafe extern "C-unwind" fn resume_with_thread_pointer(
    co: *mut Co,
    value: *mut c_void,
) -> *mut c_void {
    let own = thread_pointer();
    // SAFETY: the caller vouches for the call.
    let value = unsafe { healthy_resume()(co, value) };
    set_thread_pointer(own);
    value
}

unsafe extern "C-unwind" fn suspend_with_thread_pointer(
    co: *mut Co,
    value: *mut c_void,
) -> *mut c_void {
    let own = thread_pointer();
    // SAFETY: the caller vouches for the call.
    let value = unsafe { healthy_suspend()(co, value) };
    set_thread_pointer(own);
    value
}

fn thread_pointer() -> u64 {
    let address;
    // SAFETY: the ABI keeps the thread pointer itself in the word that it points to.
    unsafe { asm!("mov {}, fs:[0]", out(reg) address) };
    address
}

/// Without the C library, which would look for errno where it is no more.
fn set_thread_pointer(address: u64) {
    const ARCH_SET_FS: u64 = 0x1002;
    // SAFETY: the thread pointer of a thread that lives and waits.
    unsafe {
        asm!(
            "syscall",
            inlateout("rax") libc::SYS_arch_prctl => _,
            in("rdi") ARCH_SET_FS,
            in("rsi") address,
            out("rcx") _,
            out("r11") _,
        );
    };
}

thread_local! {
    /// The value of the last resume on this thread.
    static MAILBOX: Cell<*mut c_void> = const { Cell::new(ptr::null_mut()) };
}

unsafe extern "C-unwind" fn resume_by_mailbox(co: *mut Co, value: *mut c_void) -> *mut c_void {
    MAILBOX.set(value);
    // SAFETY: the caller vouches for the call.
    unsafe { healthy_resume()(co, value) }
}

/// Remembers over the switch where this thread's mailbox is. After it, that may be
/// another thread's.
unsafe extern "C-unwind" fn suspend_by_mailbox(co: *mut Co, value: *mut c_void) -> *mut c_void {
    let mailbox = MAILBOX.with(ptr::from_ref);
    // SAFETY: the caller vouches for the call.
    unsafe { healthy_suspend()(co, value) };
    // SAFETY: the thread that it belongs to has not ended.
    unsafe { &*mailbox }.get()
}
