//! The explanations: calls that the contract forbids.

use crate::element::About;

/// What misuse does is for each library to choose, and rows are lost one by one.
const FORBIDDEN: About = About {
    what: "",
    rule: "A clear refusal: an error value, a panic or exception, or a death by SIGABRT, SIGILL or SIGTRAP. Whatever goes on must do no harm.",
    why: "Mistakes of this kind are made in schedulers, under load. A refusal names the place; going on hides it.",
    shows: "",
    bug: "",
    cause: "",
    fix: "",
    limits: "A refusal is seen as such, not whether its words help. Harm is looked for in the coroutines at hand and in two ordinary ones afterwards. What refuses may be the adapter, and what does not may be its handle: a library whose own types forbid the call is audited here through a C table that does not.",
};

pub(super) const RESUME_FINISHED: &About = &About {
    what: "Resuming a coroutine whose body has returned.",
    shows: "The body runs a second time, or a frame that is gone returns.",
    bug: "XRPLF/rippled#6608 (late resumes of finished coroutines); mruby/mruby#3619",
    cause: "resume does not ask whether the body has returned",
    fix: "Keep a state in the handle, and look at it first in resume.",
    ..FORBIDDEN
};

pub(super) const RESUME_RUNNING: &About = &About {
    what: "Resuming the coroutine that makes the call.",
    shows: "The suspend before returns again, and whoever resumed the coroutine is lost.",
    bug: "AvailLang/Avail#27: a fiber that was running was resumed",
    cause: "resume does not ask whether the coroutine runs",
    fix: "Mark a coroutine as running in resume until it suspends or returns, and refuse marked ones.",
    ..FORBIDDEN
};

pub(super) const RESUME_RESUMER: &About = &About {
    what: "Resuming the coroutine that waits in its own resume for the caller.",
    shows: "Its resume returns before the other has suspended; two coroutines then run on one stack.",
    bug: "dlang/dmd#17244: a fiber that called its caller killed the process",
    cause: "resume takes a coroutine that waits for another for one that is suspended",
    fix: "Leave the mark of a running coroutine in place while it waits in a resume of its own.",
    ..FORBIDDEN
};

pub(super) const SUSPEND_OUTSIDE: &About = &About {
    what: "Suspending a coroutine from outside it: main makes the call.",
    shows: "A coroutine runs that nobody resumed, or main's stack is taken for the coroutine's.",
    bug: "ironport/shrapnel#3: a yield from main was a crash",
    cause: "suspend switches to whatever the handle names, without asking who calls",
    fix: "Compare the stack pointer with the coroutine's stack, or the state with running, before the switch.",
    ..FORBIDDEN
};

pub(super) const DESTROY_RUNNING: &About = &About {
    what: "Destroying the coroutine that makes the call.",
    shows: "A crash at the next instruction, or a stack that is in use and has been given to somebody else.",
    bug: "Near: tarantool/tarantool#6932, where a fiber's own stack is freed later because it cannot be freed at once",
    cause: "destroy frees the stack on which it runs",
    fix: "Refuse a coroutine that is running, or note the wish and free the stack after the last switch away.",
    ..FORBIDDEN
};

pub(super) const DESTROY_TWICE: &About = &About {
    what: "Destroying a coroutine that has been destroyed.",
    shows: "Two owners of one block of memory, or of one stack.",
    bug: "Near: fschuetz04/simcpp20#1, where handles of C++ coroutines were destroyed twice",
    cause: "destroy frees whatever it is given",
    fix: "Keep the set of live handles, or a number of the generation in each, and refuse all others.",
    ..FORBIDDEN
};

pub(super) const CREATE_ZERO: &About = &About {
    what: "Creating a coroutine with a stack of 0 bytes.",
    rule: "A refusal, or a coroutine that works: a library may give more than it is asked for.",
    shows: "Memory below the coroutine's own block is overwritten.",
    bug: "Near: vorner/corona#4, where a size that was no multiple of a page was an assertion",
    cause: "the size goes to the allocator as it is",
    fix: "Refuse sizes that hold no frame, or raise them to the least that does.",
    ..FORBIDDEN
};

pub(super) const CREATE_HUGE: &About = &About {
    what: "Creating a coroutine with a stack larger than any address space.",
    rule: "A refusal. A subject that creates one nevertheless, as those may that share the thread's stack, must have 512 KiB of it.",
    shows: "A coroutine with a stack of a few pages, where the sum of size and guard went past the largest number.",
    bug: "No coroutine bug is known to us",
    cause: "size and guard are added without a check for overflow",
    fix: "Add with a check, and return a null pointer when the system has no room.",
    ..FORBIDDEN
};
