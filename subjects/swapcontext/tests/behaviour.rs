//! What the table promises, on the real library.

#[path = "../../behaviour.rs"]
mod behaviour;

use std::ffi::c_void;
use std::process::Command;
use std::{mem, ptr};

use unscathed_core::subject::{CAP_SIGMASK, Co};
use unscathed_subject_swapcontext::subject;

#[test]
fn the_version_is_the_one_that_is_linked() {
    let output = Command::new("getconf").arg("GNU_LIBC_VERSION").output().unwrap();
    let text = String::from_utf8(output.stdout).unwrap();
    assert_eq!(text.trim(), format!("glibc {}", behaviour::version()));
}

#[test]
fn the_signal_mask_belongs_to_the_coroutine() {
    assert_ne!(subject().caps & CAP_SIGMASK, 0);
    let mut co = behaviour::Coroutine::new(block);
    let before = blocked();
    co.resume(0);
    assert!(!before && !blocked());
    assert_eq!(co.resume(0), 1);
    assert!(!blocked());
}

/// Blocks a signal, suspends, and returns whether the signal is blocked still.
unsafe extern "C-unwind" fn block(co: *mut Co, _: *mut c_void) -> *mut c_void {
    let mut set = signals();
    // SAFETY: the set was made by the library.
    unsafe { libc::sigaddset(&raw mut set, libc::SIGUSR2) };
    // SAFETY: both pointers are valid for the call.
    unsafe { libc::pthread_sigmask(libc::SIG_BLOCK, &raw const set, ptr::null_mut()) };
    behaviour::suspend(co, 0);
    ptr::without_provenance_mut(usize::from(blocked()))
}

fn blocked() -> bool {
    let mut set = signals();
    // SAFETY: both pointers are valid for the call.
    unsafe { libc::pthread_sigmask(libc::SIG_BLOCK, ptr::null(), &raw mut set) };
    // SAFETY: the call above filled it in.
    unsafe { libc::sigismember(&raw const set, libc::SIGUSR2) == 1 }
}

fn signals() -> libc::sigset_t {
    // SAFETY: any bits make a set.
    unsafe { mem::zeroed() }
}
