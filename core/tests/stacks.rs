//! Stacks that are refused, and the guard under those that are not.

use std::fs;
use std::ptr;

use unscathed_core::{Coroutine, StackError, Step, Suspender};

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

#[test]
fn at_least_what_was_asked_for_is_usable() {
    for bytes in [1, 4096, (64 << 10) + 1, 1 << 20] {
        let (guard, usable) = mappings(bytes);
        assert!(usable.len() >= bytes, "{usable:?}");
        assert_eq!(usable.access, "rw-p");
        assert_eq!(guard.end, usable.start);
    }
}

#[test]
fn the_guard_cannot_be_touched() {
    let (guard, _) = mappings(64 << 10);
    assert_eq!(guard.access, "---p");
    assert!(guard.len() >= 4096, "{guard:?}");
}

/// A line of the kernel's list.
#[derive(Clone, Debug)]
struct Mapping {
    start: usize,
    end: usize,
    access: String,
}

impl Mapping {
    fn len(&self) -> usize {
        self.end - self.start
    }
}

/// The mapping just below a coroutine's stack, and the stack's own.
fn mappings(bytes: usize) -> (Mapping, Mapping) {
    let mut coroutine = Coroutine::new(bytes, |suspender: &Suspender<(), usize>, ()| {
        let local = 0_u8;
        suspender.suspend(ptr::from_ref(std::hint::black_box(&local)).addr());
    })
    .unwrap();
    let Step::Suspended(address) = coroutine.resume(()) else { panic!("finished") };

    let list = fs::read_to_string("/proc/self/maps").unwrap();
    let parsed: Vec<Mapping> = list
        .lines()
        .map(|line| {
            let (range, rest) = line.split_once(' ').unwrap();
            let (start, end) = range.split_once('-').unwrap();
            Mapping {
                start: usize::from_str_radix(start, 16).unwrap(),
                end: usize::from_str_radix(end, 16).unwrap(),
                access: rest[..4].into(),
            }
        })
        .collect();
    let own =
        parsed.iter().position(|mapping| (mapping.start..mapping.end).contains(&address)).unwrap();
    (parsed[own - 1].clone(), parsed[own].clone())
}
