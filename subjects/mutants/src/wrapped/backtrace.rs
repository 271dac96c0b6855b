//! Roots whose unwind tables do not fit their instructions. The healthy subject's
//! root has none, and there a walk ends.

use core::arch::naked_asm;
use core::ffi::c_void;

use unscathed_catalogue::mutant::MutantClass;
use unscathed_core::subject::{Body, Co, Table};

use super::{Wrapped, roots};

/// Its caller is said to be itself: the CFA is lower than the return address.
#[unsafe(naked)]
unsafe extern "C-unwind" fn endless(co: *mut Co, first: *mut c_void) -> *mut c_void {
    naked_asm!(
        ".cfi_startproc",
        "sub rsp, 8",
        ".cfi_def_cfa_offset 0",
        "call {run}",
        "add rsp, 8",
        "ret",
        ".cfi_endproc",
        run = sym roots::run,
    )
}

/// A push is not told to the unwinder, which takes what was pushed for the return
/// address: the handle, which is an address of data.
#[unsafe(naked)]
unsafe extern "C-unwind" fn stray(co: *mut Co, first: *mut c_void) -> *mut c_void {
    naked_asm!(
        ".cfi_startproc",
        "push rdi",
        "call {run}",
        "pop rcx",
        "ret",
        ".cfi_endproc",
        run = sym roots::run,
    )
}

/// The same with a word that is the address of nothing.
#[unsafe(naked)]
unsafe extern "C-unwind" fn wild(co: *mut Co, first: *mut c_void) -> *mut c_void {
    naked_asm!(
        ".cfi_startproc",
        "push 1",
        "call {run}",
        "pop rcx",
        "ret",
        ".cfi_endproc",
        run = sym roots::run,
    )
}

/// What all three leave out: the push is told, and there is no caller.
#[unsafe(naked)]
unsafe extern "C-unwind" fn told(co: *mut Co, first: *mut c_void) -> *mut c_void {
    naked_asm!(
        ".cfi_startproc",
        ".cfi_undefined rip",
        "push rdi",
        ".cfi_adjust_cfa_offset 8",
        "call {run}",
        "pop rcx",
        ".cfi_adjust_cfa_offset -8",
        "ret",
        ".cfi_endproc",
        run = sym roots::run,
    )
}

macro_rules! root {
    ($id:literal, $class:ident, $element:expr, $root:ident) => {
        Wrapped {
            id: $id,
            class: MutantClass::$class,
            element: $element,
            change: |table: &mut Table| {
                unsafe extern "C-unwind" fn create(stack_bytes: usize, body: Body) -> *mut Co {
                    // SAFETY: the caller vouches for the call, the root for the body.
                    unsafe { roots::create(stack_bytes, body, $root) }
                }
                table.create = Some(create);
            },
            policies: None,
        }
    };
}

const ROW: Option<&str> = Some("unwind.backtrace");

pub(super) const LIST: &[Wrapped] = &[
    root!("mutant/hand/unwind.backtrace/endless", ByHand, ROW, endless),
    root!("mutant/hand/unwind.backtrace/stray", ByHand, ROW, stray),
    root!("mutant/hand/unwind.backtrace/wild", ByHand, ROW, wild),
    root!("harmless/unwind/undefined", Healthy, None, told),
];
