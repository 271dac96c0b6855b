//! A death inside of the bracket: what the record keeps of it, and who else is told.

use core::ffi::{c_int, c_void};
use core::mem::zeroed;
use core::ptr;
use std::ffi::CString;
use std::os::unix::ffi::OsStrExt;

use tempfile::NamedTempFile;
use unscathed_catalogue::record::{BYTES, Record};
use unscathed_probe::{unscathed_attach, unscathed_bracket};

/// Exit status of a process that somebody else's handler ended.
const HANDLED: c_int = 42;

extern "C" fn fault() {
    // SAFETY: none; it faults, which is the purpose.
    unsafe { ptr::without_provenance_mut::<u8>(0x10).write_volatile(0) };
}

extern "C" fn handle(_: c_int, info: *mut libc::siginfo_t, _: *mut c_void) {
    // SAFETY: the kernel passes it.
    let told = unsafe { (*info).si_signo };
    // SAFETY: ends the process.
    unsafe { libc::_exit(if told == libc::SIGSEGV { HANDLED } else { 1 }) };
}

/// Runs a copy of this process that dies in its bracket, having called `before`; its
/// wait status and its record.
fn die(before: fn()) -> (c_int, Record) {
    let file = NamedTempFile::new().unwrap();
    file.as_file().set_len(BYTES as u64).unwrap();
    let path = CString::new(file.path().as_os_str().as_bytes()).unwrap();
    // SAFETY: the copy makes a few calls and ends.
    let child = unsafe { libc::fork() };
    if child == 0 {
        before();
        // SAFETY: a C string.
        let attached = unsafe { unscathed_attach(path.as_ptr()) };
        let fault: extern "C" fn() = fault;
        if attached == 0 {
            // SAFETY: it never comes back.
            unsafe { unscathed_bracket(3, 2, fault as usize, ptr::null(), 0) };
        }
        // SAFETY: ends the process.
        unsafe { libc::_exit(0) };
    }
    let mut status = 0;
    // SAFETY: waits for our own child.
    unsafe { libc::waitpid(child, &raw mut status, 0) };
    (status, Record::read(&std::fs::read(file.path()).unwrap()).unwrap())
}

fn assert_told(record: &Record) {
    let crash = record.crash.as_ref().expect("the handler wrote it down");
    assert_eq!((crash.signal, crash.address), (libc::SIGSEGV, 0x10));
    assert_eq!(record.steps, 1, "it died of the first call");
}

#[test]
fn a_death_is_written_down_and_not_survived() {
    let (status, record) = die(|| {});
    assert_told(&record);
    assert!(libc::WIFSIGNALED(status) && libc::WTERMSIG(status) == libc::SIGSEGV);
}

#[test]
fn whoever_handled_the_signal_before_is_told_after() {
    let (status, record) = die(|| {
        // SAFETY: all-zero is a valid action without flags.
        let mut action: libc::sigaction = unsafe { zeroed() };
        action.sa_sigaction = handle as *const () as usize;
        action.sa_flags = libc::SA_SIGINFO;
        // SAFETY: `handle` ends the process.
        unsafe { libc::sigaction(libc::SIGSEGV, &raw const action, ptr::null_mut()) };
    });
    assert_told(&record);
    assert!(libc::WIFEXITED(status) && libc::WEXITSTATUS(status) == HANDLED);
}
