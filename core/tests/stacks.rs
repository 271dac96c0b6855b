//! Stacks that are refused, and the guard under those that are not.

use std::collections::BTreeSet;
use std::env;
use std::os::unix::process::ExitStatusExt;
use std::process::{Command, Output};
use std::ptr;

use unscathed_core::{Coroutine, Guard, StackError, Step, Suspender, guard};

fn with_stack(bytes: usize) -> Result<Coroutine<(), (), ()>, StackError> {
    Coroutine::new(bytes, |_, ()| ())
}

#[test]
fn zero_is_refused() {
    let error = with_stack(0).unwrap_err();
    assert_eq!(error, StackError::Zero);
    assert_eq!(error.to_string(), "a stack of 0 bytes is below the least, 1 byte");
}

#[test]
fn sizes_that_overflow_are_refused() {
    for bytes in [usize::MAX, usize::MAX - 4096, isize::MAX.cast_unsigned()] {
        let error = with_stack(bytes).unwrap_err();
        assert_eq!(error, StackError::TooLarge { bytes });
        let said = error.to_string();
        assert!(said.contains(&format!("{} bytes", isize::MAX)), "{said}");
    }
}

#[test]
fn more_than_the_address_space_is_refused() {
    let bytes = 1 << 60;
    let error = with_stack(bytes).unwrap_err();
    assert_eq!(error, StackError::NoRoom { bytes, errno: libc::ENOMEM });
    let said = error.to_string();
    assert!(said.contains("address space"), "{said}");
}

#[test]
fn one_byte_is_enough_to_run() {
    assert_eq!(with_stack(1).unwrap().resume(()), Step::Finished(()));
}

/// Both kinds of guard, where the kernel has both: a process has one.
const KINDS: [&str; 2] = ["region", "mapping"];

/// Runs the test of this name in a process of its own, once with each kind of
/// guard; there, it is `inside` that runs.
fn with_each_guard(name: &str, inside: impl FnOnce(), check: impl Fn(&Output)) {
    const CHILD: &str = "UNSCATHED_CORE_TEST_CHILD";

    if env::var_os(CHILD).is_some() {
        inside();
        std::process::exit(0);
    }
    for kind in KINDS {
        let ended = Command::new(env::current_exe().unwrap())
            .args([name, "--exact", "--nocapture"])
            .env(CHILD, "1")
            .env("UNSCATHED_GUARD", kind)
            .output()
            .unwrap();
        check(&ended);
    }
}

fn succeeded(ended: &Output) {
    assert!(ended.status.success(), "{ended:?}");
}

/// Suspended on a stack of at least `bytes`, with the address of a local.
fn suspended(bytes: usize) -> (Coroutine<(), usize, ()>, usize) {
    let mut coroutine = Coroutine::new(bytes, |suspender: &Suspender<(), usize>, ()| {
        let local = 0_u8;
        suspender.suspend(ptr::from_ref(std::hint::black_box(&local)).addr());
    })
    .unwrap();
    let Step::Suspended(address) = coroutine.resume(()) else { panic!("finished") };
    (coroutine, address)
}

#[test]
fn the_environment_chooses_mappings() {
    let chosen = || {
        if env::var("UNSCATHED_GUARD").unwrap() == "mapping" {
            assert_eq!(guard(), Guard::Mapping);
        } else {
            assert_eq!(guard(), if kernel_has_regions() { Guard::Region } else { Guard::Mapping });
        }
    };
    with_each_guard("the_environment_chooses_mappings", chosen, succeeded);
}

/// The kernel is believed, not its version.
fn kernel_has_regions() -> bool {
    let page = 4096;
    let flags = libc::MAP_PRIVATE | libc::MAP_ANONYMOUS;
    let access = libc::PROT_READ | libc::PROT_WRITE;
    // SAFETY: a new mapping, for this test only.
    let mapping = unsafe { libc::mmap(ptr::null_mut(), page, access, flags, -1, 0) };
    // SAFETY: as above. This advice is newer than the constants of the C library.
    unsafe { libc::madvise(mapping, page, 102) == 0 }
}

/// All of it can be written, and then read back, from just below its top.
#[test]
fn at_least_what_was_asked_for_is_usable() {
    /// What is left for the frames of the test itself, as it was compiled.
    const FRAMES: usize = 8 << 10;

    let fill = || {
        for bytes in [64 << 10, (64 << 10) + 1, 1 << 20, (1 << 20) + 1, 3 << 20] {
            let mut coroutine = Coroutine::new(bytes, move |_: &Suspender<(), ()>, ()| {
                let local = 0_u8;
                let here = ptr::from_ref(std::hint::black_box(&local)).cast_mut();
                let lowest = here.wrapping_sub(bytes - FRAMES);
                for offset in (0..bytes - 2 * FRAMES).step_by(512) {
                    // SAFETY: on this stack, and below every frame of it.
                    unsafe { lowest.wrapping_add(offset).write_volatile(0x5a) };
                }
            })
            .unwrap();
            assert_eq!(coroutine.resume(()), Step::Finished(()));
        }
    };
    with_each_guard("at_least_what_was_asked_for_is_usable", fill, succeeded);
}

/// Runs off the end by recursion. The handler is on another stack, and ends the
/// process with a status of its own; so it was a fault, and no neighbour's memory.
#[test]
fn running_off_the_end_faults() {
    extern "C" fn handle(_: libc::c_int, _: *mut libc::siginfo_t, _: *mut libc::c_void) {
        // SAFETY: ends the process.
        unsafe { libc::_exit(77) };
    }

    #[inline(never)]
    fn recurse(depth: u64) -> u64 {
        let frame = std::hint::black_box([depth; 64]);
        if depth == u64::MAX { 0 } else { recurse(depth + 1) + frame[7] }
    }

    let run_off = || {
        let alternate = Box::leak(vec![0_u8; 64 << 10].into_boxed_slice());
        let stack = libc::stack_t {
            ss_sp: alternate.as_mut_ptr().cast(),
            ss_flags: 0,
            ss_size: alternate.len(),
        };
        // SAFETY: the memory is never freed.
        unsafe { libc::sigaltstack(&raw const stack, ptr::null_mut()) };
        // SAFETY: all zero is an action without flags and with an empty mask.
        let mut action: libc::sigaction = unsafe { std::mem::zeroed() };
        action.sa_flags = libc::SA_ONSTACK | libc::SA_SIGINFO;
        action.sa_sigaction = handle as *const () as usize;
        // SAFETY: the handler only ends the process.
        unsafe { libc::sigaction(libc::SIGSEGV, &raw const action, ptr::null_mut()) };
        // A neighbour on each side, whose memory could be written instead.
        let _below = suspended(64 << 10);
        let mut between = Coroutine::new(64 << 10, |_: &Suspender<u64, ()>, depth| recurse(depth));
        let _above = suspended(64 << 10);
        let _ = between.as_mut().unwrap().resume(0);
    };
    with_each_guard("running_off_the_end_faults", run_off, |ended| {
        assert_eq!(ended.status.code(), Some(77), "{:?}: {ended:?}", ended.status.signal());
    });
}

/// A frame may reach below the stack without touching a page in between, if it was
/// compiled without probes. The whole guard faults, wherever it is touched.
#[test]
fn every_page_of_the_guard_faults() {
    let touch = || {
        let (_coroutine, address) = suspended(64 << 10);
        // The local is in the topmost page, or in the next one: so all but one page.
        let top = address.next_multiple_of(4096);
        for page in 1..=15 {
            let below = top - (64 << 10) - page * 4096;
            // SAFETY: `write` reads the byte, and returns an error if it cannot.
            let read = unsafe { libc::write(pipe(), ptr::without_provenance(below), 1) };
            assert_eq!(read, -1, "page {page}");
            assert_eq!(std::io::Error::last_os_error().raw_os_error(), Some(libc::EFAULT));
        }
        // SAFETY: as above. The stack itself can be read.
        let read = unsafe { libc::write(pipe(), ptr::without_provenance(top - 1), 1) };
        assert_eq!(read, 1);
    };
    with_each_guard("every_page_of_the_guard_faults", touch, succeeded);
}

/// The writing end of a new pipe.
fn pipe() -> libc::c_int {
    let mut ends = [0; 2];
    // SAFETY: room for two descriptors.
    assert_eq!(unsafe { libc::pipe(ends.as_mut_ptr()) }, 0);
    ends[1]
}

/// A stack comes back to the next one that asks for its size, on its own thread.
#[test]
fn stacks_are_used_again() {
    let again = || {
        let addresses: BTreeSet<_> = (0..100).map(|_| suspended(100 << 10).1).collect();
        assert_eq!(addresses.len(), 1);
        let (first, second) = (suspended(100 << 10), suspended(100 << 10));
        assert_ne!(first.1, second.1);
    };
    with_each_guard("stacks_are_used_again", again, succeeded);
}

/// More are alive at once than a thread keeps, on threads that end; then as many
/// again need no new addresses.
#[test]
fn what_ended_threads_had_is_used_again() {
    let again = || {
        let round = || -> BTreeSet<usize> {
            std::thread::spawn(|| {
                let many: Vec<_> = (0..200).map(|_| suspended(64 << 10)).collect();
                many.iter().map(|(_, address)| address >> 12).collect()
            })
            .join()
            .unwrap()
        };
        let first = round();
        assert_eq!(first.len(), 200);
        if guard() == Guard::Region {
            assert_eq!(round(), first);
        } else {
            assert_eq!(round().len(), 200);
        }
    };
    with_each_guard("what_ended_threads_had_is_used_again", again, succeeded);
}

/// With too little room, there is an error that says so; with enough, the next one
/// works.
#[test]
fn a_full_address_space_is_an_error() {
    let fill = || {
        let limit = libc::rlimit { rlim_cur: 1 << 30, rlim_max: libc::RLIM_INFINITY };
        // SAFETY: a limit on this process, which is a child of the test's.
        assert_eq!(unsafe { libc::setrlimit(libc::RLIMIT_AS, &raw const limit) }, 0);
        let mut many = Vec::new();
        let error = loop {
            match with_stack(64 << 10) {
                Ok(coroutine) => many.push(coroutine),
                Err(error) => break error,
            }
        };
        assert!(many.len() > 1000, "{}", many.len());
        assert!(matches!(error, StackError::NoRoom { errno: libc::ENOMEM, .. }), "{error}");
        assert!(error.to_string().contains("RLIMIT_AS"), "{error}");
        many.truncate(many.len() / 2);
        assert_eq!(with_stack(64 << 10).unwrap().resume(()), Step::Finished(()));
    };
    with_each_guard("a_full_address_space_is_an_error", fill, succeeded);
}

/// Guards that are mappings have a limit, which an error names; those that are
/// regions have not.
#[test]
fn the_limit_on_mappings_does_not_limit_regions() {
    let many = || {
        let mut many = Vec::new();
        let error = loop {
            match with_stack(64 << 10) {
                Ok(coroutine) => many.push(coroutine),
                Err(error) => break Some(error),
            }
            if many.len() == 100_000 {
                break None;
            }
        };
        match (guard(), error) {
            (Guard::Region, error) => assert_eq!(error, None),
            (Guard::Mapping, None) => {}
            (Guard::Mapping, Some(error)) => {
                assert!(error.to_string().contains("vm.max_map_count"), "{error}");
            }
        }
        for coroutine in many.iter_mut().step_by(1000) {
            assert_eq!(coroutine.resume(()), Step::Finished(()));
        }
    };
    with_each_guard("the_limit_on_mappings_does_not_limit_regions", many, succeeded);
}
