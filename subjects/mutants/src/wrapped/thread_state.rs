//! State of the thread, kept for each coroutine or left to the thread, each as
//! declared and against it.

use core::ffi::{c_int, c_void};
use core::mem::zeroed;
use core::ptr;

use unscathed_catalogue::mutant::MutantClass;
use unscathed_core::subject::{CAP_SIGMASK, Co, Table};

use super::{Wrapped, healthy};

/// Something that a thread has one of.
trait State {
    /// What it holds.
    type Value;

    fn get() -> Self::Value;
    fn set(value: Self::Value);
}

struct Errno;

impl State for Errno {
    type Value = c_int;

    fn get() -> c_int {
        // SAFETY: asks for an address.
        let errno = unsafe { libc::__errno_location() };
        // SAFETY: this thread's, for as long as it lives.
        unsafe { *errno }
    }

    fn set(value: c_int) {
        // SAFETY: asks for an address.
        let errno = unsafe { libc::__errno_location() };
        // SAFETY: this thread's, for as long as it lives.
        unsafe { *errno = value };
    }
}

struct Mask;

impl State for Mask {
    type Value = libc::sigset_t;

    fn get() -> libc::sigset_t {
        // SAFETY: an empty set is all zero.
        let mut mask = unsafe { zeroed() };
        // SAFETY: asks only.
        unsafe { libc::pthread_sigmask(libc::SIG_SETMASK, ptr::null(), &raw mut mask) };
        mask
    }

    fn set(mask: libc::sigset_t) {
        // SAFETY: a mask that this thread had before.
        unsafe { libc::pthread_sigmask(libc::SIG_SETMASK, &raw const mask, ptr::null_mut()) };
    }
}

struct AlternateStack;

impl State for AlternateStack {
    type Value = libc::stack_t;

    fn get() -> libc::stack_t {
        // SAFETY: the kernel fills it in.
        let mut stack = unsafe { zeroed() };
        // SAFETY: asks only.
        unsafe { libc::sigaltstack(ptr::null(), &raw mut stack) };
        stack
    }

    fn set(stack: libc::stack_t) {
        // SAFETY: a stack that this thread had before.
        unsafe { libc::sigaltstack(&raw const stack, ptr::null_mut()) };
    }
}

struct Locale;

impl State for Locale {
    type Value = libc::locale_t;

    fn get() -> libc::locale_t {
        // SAFETY: asks only.
        unsafe { libc::uselocale(ptr::null_mut()) }
    }

    fn set(locale: libc::locale_t) {
        // SAFETY: a locale that this thread had before.
        unsafe { libc::uselocale(locale) };
    }
}

/// Has whoever calls `resume` or `suspend` find its own again.
fn keep<S: State>(table: &mut Table) {
    table.resume = Some(resume::<S>);
    table.suspend = Some(suspend::<S>);
    table.transfer = None;
}

unsafe extern "C-unwind" fn resume<S: State>(co: *mut Co, value: *mut c_void) -> *mut c_void {
    let own = S::get();
    let resume = healthy().resume.expect("it is required");
    // SAFETY: the caller vouches for the call.
    let value = unsafe { resume(co, value) };
    S::set(own);
    value
}

unsafe extern "C-unwind" fn suspend<S: State>(co: *mut Co, value: *mut c_void) -> *mut c_void {
    let own = S::get();
    let suspend = healthy().suspend.expect("it is required");
    // SAFETY: the caller vouches for the call.
    let value = unsafe { suspend(co, value) };
    S::set(own);
    value
}

/// Leaves everything to the thread, as the healthy subject does.
fn leave(_: &mut Table) {}

/// The four ways of one state: kept for each coroutine and left to the thread,
/// and both against what is declared.
macro_rules! ways {
    ($($id:literal, $state:ty;)*) => {
        &[$(
            Wrapped {
                id: concat!("harmless/policy/", $id, "/coroutine"),
                class: MutantClass::Policies,
                element: None,
                change: keep::<$state>,
                policies: Some(concat!("[policy]\n\"", $id, "\" = \"coroutine\"\n")),
            },
            Wrapped {
                id: concat!("harmless/policy/", $id, "/thread"),
                class: MutantClass::Policies,
                element: None,
                change: leave,
                policies: None,
            },
            Wrapped {
                id: concat!("mutant/hand/", $id, "/left-behind"),
                class: MutantClass::ByHand,
                element: Some($id),
                change: leave,
                policies: Some(concat!("[policy]\n\"", $id, "\" = \"coroutine\"\n")),
            },
            Wrapped {
                id: concat!("mutant/hand/", $id, "/taken-along"),
                class: MutantClass::ByHand,
                element: Some($id),
                change: keep::<$state>,
                policies: None,
            },
        )*
        Wrapped {
            id: "harmless/policy/signal.mask/capability",
            class: MutantClass::Policies,
            element: None,
            change: |table| {
                keep::<Mask>(table);
                table.caps |= CAP_SIGMASK;
            },
            policies: Some(""),
        }]
    };
}

pub(super) const LIST: &[Wrapped] = ways! {
    "tls.errno", Errno;
    "tls.locale", Locale;
    "signal.mask", Mask;
    "signal.altstack", AlternateStack;
};
