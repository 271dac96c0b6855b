//! Registers and control words, planted below the interpreter.
//!
//! The rows are those of machine code: a C function plants them, calls back into
//! the interpreter, which switches, and looks when that comes back.

use super::{Mutant, Topic, made_on, probe};
use crate::element::Interpreted;
use crate::probe::{Capability, Family, Probe};

pub(super) const TOPIC: Topic = Topic { rows: &[], probes: PROBES, mutants: MUTANTS };

/// What a bracket plants and looks at, and the value that the switch passes.
const MACHINE: &[&str] = &[
    "py.value",
    "gpr.rbx",
    "gpr.rbp",
    "gpr.r12",
    "gpr.r13",
    "gpr.r14",
    "gpr.r15",
    "gpr.rsp",
    "mxcsr.rc",
    "mxcsr.ftz",
    "mxcsr.daz",
    "mxcsr.masks",
    "x87.rc",
    "x87.pc",
    "x87.masks",
    "x87.stack",
    "flags.df",
    "stack.contents",
    "tls.fs_base",
];

/// What a library of mathematics sets, with nothing of ours below the switch.
const ROUNDING: &[&str] = &["mxcsr.rc", "x87.rc"];

/// The thread pointer stays with the thread: of OS threads each has its own, and
/// finds its own.
#[rustfmt::skip]
const PROBES: &[Probe] = &[
    probe("native.callback", "Do registers and control words survive a switch inside a callback from C?", "main calls C, which plants, calls back and resumes 1; 1 does the same and suspends", Family::Native, MACHINE, &[Capability::Callbacks]),
    probe("native.nested",   "Do they survive when coroutines resume coroutines inside callbacks?",      "main resumes 1, 1 resumes 2, and back, each inside a callback from C that plants", Family::Native, MACHINE, &[Capability::Callbacks, Capability::Nest]),
    probe("native.several",  "Do three coroutines keep registers and control words apart?",              "main resumes 1, 2 and 3 in changing order, each suspends inside a callback from C that plants", Family::Native, MACHINE, &[Capability::Callbacks]),
    probe("native.capi",     "Do they survive a switch by the subject's own C interface?",               "C plants and calls the subject's function for switching, with no Python code in between; 1 does the same", Family::Native, MACHINE, &[Capability::Callbacks]),
    probe("native.rounding", "Does each side keep its rounding mode over ordinary switches?",            "main and two coroutines each set rounding modes of their own, and switch from Python code", Family::Native, ROUNDING, &[Capability::Callbacks]),
];

/// The instructions are those of this processor family.
const MUTANTS: &[Mutant] = &[
    made_on(WITH_CTYPES, super::mutant("native.Truncates", "mxcsr.rc")),
    made_on(WITH_CTYPES, super::mutant("native.TruncatesInX87", "x87.rc")),
    made_on(WITH_CTYPES, super::mutant("native.TruncatesDirectly", "mxcsr.rc")),
];

const WITH_CTYPES: Interpreted = Interpreted { only: Some("CPython"), ..Interpreted::ALL };
