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
