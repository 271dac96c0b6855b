//! What belongs to a thread, what reaches it, and several of them at once.

use crate::element::About;

/// The C library and the kernel keep one of each for a thread. Nobody but the
/// subject can say whether it follows the coroutine.
const THREAD_STATE: About = About {
    what: "",
    rule: "The ABI says nothing of it: it belongs to the thread. Whether each coroutine sees its own is a choice of the subject, to be declared and then kept.",
    why: "",
    shows: "",
    bug: "",
    cause: "state of the thread that the switch does not exchange, or exchanges undeclared",
    fix: "Leave it to the thread and declare \"thread\", or store it before the switch, load it after it, and declare \"coroutine\".",
    limits: "On one thread, and only across suspensions: with what a new body begins is not asked.",
};

pub(in super::super) const ERRNO: &About = &About {
    what: "errno: the number that the last failed call of the C library left.",
    why: "Between a failed call and the look at errno there may be a suspension.",
    shows: "An error message about another coroutine's failure, or \"Success\" for a call that failed.",
    bug: "crystal-lang/crystal#16679: errno was read after a block that could switch",
    fix: "Leave it to the thread, declare \"thread\", and tell users to read errno before they suspend; or store and load it around the switch, and declare \"coroutine\".",
    ..THREAD_STATE
};

pub(in super::super) const SIGNAL_MASK: &About = &About {
    what: "The signal mask of the thread: which signals wait.",
    rule: "POSIX makes it part of a ucontext, so swapcontext exchanges it; other switches are free. What is declared is kept.",
    why: "A coroutine that blocks a signal for a critical section blocks it for all others if it suspends in there.",
    shows: "Signals that arrive late or never, or in the middle of what had blocked them.",
    bug: "Near: kaniini/libucontext#3, which asks for a mask that can be left out or kept",
    fix: "Exchange it with one rt_sigprocmask a switch and declare \"coroutine\" (UNSCATHED_CAP_SIGMASK says the same), or save that system call and declare \"thread\".",
    ..THREAD_STATE
};

pub(in super::super) const ALTERNATE_STACK: &About = &About {
    what: "The alternate signal stack, which sigaltstack sets for a thread.",
    why: "A runtime that catches stack overflows needs one that exists for whoever overflows.",
    shows: "A crash in a signal handler whose stack another coroutine has freed; a stack overflow that ends the process where it should have been caught.",
    bug: "Near: zwasm/zwasm#321, one alternate stack for a process whose handlers ran on all threads",
    ..THREAD_STATE
};

pub(in super::super) const LOCALE: &About = &About {
    what: "The locale of the thread, which uselocale sets.",
    why: "A coroutine that changes it to print a number in C's format changes everybody's numbers if it suspends before it has changed back.",
    shows: "A decimal comma in a file that had points; text that is sorted in another order after a suspension.",
    bug: "No coroutine bug is known to us",
    ..THREAD_STATE
};

pub(in super::super) const SIGNAL_SWITCH: &About = &About {
    what: "A switch that a signal interrupts: registers, stack words, control words and values around it.",
    rule: "A handler may write anywhere below the stack pointer but in the 128 bytes next to it. So whatever a switch needs lies above that, at every instruction, and the stack pointer points to a stack all the time.",
    why: "Timers, profilers and garbage collectors send signals, and one may arrive between any two instructions.",
    shows: "A crash that comes once in days, only under load or under a profiler.",
    bug: "Tencent/libco#90: rsp pointed into a heap object for a moment, where a signal would have written; bytecodealliance/wasmtime#13943 (riscv64): data below the stack pointer",
    cause: "registers stored below rsp before rsp is lowered, or rsp used to address something that is no stack",
    fix: "Lower rsp before storing, push rather than mov, and exchange rsp last, in one instruction.",
    limits: "Arrivals are counted inside the calls of resume and suspend, not by instruction: a window of one instruction is likely to be met, not certain.",
};

pub(in super::super) const MIGRATED: &About = &About {
    what: "What a coroutine finds of a thread's own after it was resumed on another one: the thread pointer, the address of errno, a thread-local.",
    rule: "The thread pointer belongs to the thread. A coroutine that asks after a migration gets what its new thread has.",
    why: "Two threads with one errno, one allocator cache or one lock owner between them break each other.",
    shows: "errno of another thread; a mutex that says it is owned by somebody else; heap corruption under load.",
    bug: "ruby/ruby#17802: the thread pointer was kept in a register while a fiber moved to another thread; mozy/mordor#18 and yyzybb537/libgo#256: errno's address was",
    cause: "the thread pointer saved and loaded with the coroutine, or something found through it kept over a switch",
    fix: "Leave FS out of the context, and let no function that holds the address of a thread-local suspend.",
    limits: "Bodies that ask by a call that is not inlined. A compiler may keep such an address within one function: that is no switch's fault, and no switch can mend it.",
};

pub(in super::super) const THREADS: &About = &About {
    what: "Two threads, each with coroutines of its own, that switch at the same time.",
    rule: "The contract announces every thread with thread_enter, so there may be several. Each resume comes back on the thread that called it, with its own values.",
    why: "A program has a scheduler on each of its threads, and nobody locks around a switch.",
    shows: "Crashes as soon as a second thread uses the library; a function that returns on another thread.",
    bug: "Not known as such; near: tonbit/coroutine#17, on what must be thread_local and what that forbids",
    cause: "the current coroutine, or the way back to the resumer, kept in one place for the whole process",
    fix: "Keep the way back in the coroutine, and what is current in a thread-local that is looked up anew after each switch.",
    limits: "Two threads without anything in common. Coroutines that two threads share need locks of their own.",
};
