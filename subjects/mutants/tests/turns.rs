//! Every harmless change keeps 64 coroutines apart.
//!
//! In a process of its own: another program's test counts mappings.

use std::ffi::c_void;
use std::ptr;

use unscathed_core::subject::{Co, Table};
use unscathed_mutants::{Subject, all};

#[test]
fn sixty_four_coroutines_take_turns_on_every_harmless_subject() {
    for subject in all().iter().filter(|subject| subject.element.is_none()) {
        take_turns(subject);
    }
}

fn take_turns(subject: &Subject) {
    let table = subject.table;
    // SAFETY: the body is fit for any subject.
    let create = || unsafe { table.create.unwrap()(1 << 16, sum) };
    let coroutines: Vec<_> = (0..64).map(|_| create()).collect();
    for round in 1..=10 {
        for (number, &co) in coroutines.iter().enumerate() {
            let value = ptr::from_ref(table).cast_mut().cast();
            let value = if round == 1 { value } else { pointer(number) };
            // SAFETY: it is suspended, or has not begun.
            let seen = unsafe { table.resume.unwrap()(co, value) };
            assert_eq!(seen.addr(), number * (round - 1), "{}", subject.id);
            // SAFETY: the handle is alive.
            let done = unsafe { table.done.unwrap()(co) };
            assert_eq!(done, i32::from(round == 10), "{}", subject.id);
        }
    }
    for co in coroutines {
        // SAFETY: it has finished.
        unsafe { table.destroy.unwrap()(co) };
    }
}

/// Suspends with the sum of what it was passed after its first value, which is
/// its own table, and returns the ninth of these sums.
unsafe extern "C-unwind" fn sum(co: *mut Co, table: *mut c_void) -> *mut c_void {
    // SAFETY: `take_turns` passes a table, which is static.
    let table = unsafe { &*table.cast_const().cast::<Table>() };
    let mut sum = 0;
    for _ in 1..10 {
        // SAFETY: this is its own handle.
        let value = unsafe { table.suspend.unwrap()(co, pointer(sum)) };
        sum += value.addr();
    }
    pointer(sum)
}

fn pointer(value: usize) -> *mut c_void {
    ptr::without_provenance_mut(value)
}
