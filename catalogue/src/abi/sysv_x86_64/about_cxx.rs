//! C++ exceptions.

use crate::element::About;

/// The two words of the runtime get lost together.
const CAUSE: &str =
    "the C++ runtime keeps both in a thread-local, and the switch does not exchange it";
const FIX: &str = "Store the two words behind __cxa_get_globals with the coroutine before the switch and put the own ones back after it, on every path; let a new coroutine begin with both zero. Fetch the address again after each switch: it is another one on another thread. Or say that it stays with the thread, and forbid to suspend in handlers and destructors.";
const LIMITS: &str = "Looked at through current_exception, throw and uncaught_exceptions of the C++ library that the probes are linked with; a subject that brings its own copy of it keeps a state of its own.";

pub(super) const CAUGHT: &About = &About {
    what: "The exceptions that are being handled: a list, the newest first, of which throw without an operand and std::current_exception take the first.",
    rule: "The runtime keeps the list for each thread. If it follows the coroutine, whoever comes back into a handler is still handling its own exception, and a new coroutine begins with none: its resumer's may be gone before it is.",
    why: "Handlers wait: they roll back, log, or send an answer. A switch there hands the list to somebody else, and whoever leaves its handler first takes another's exception off it.",
    shows: "A rethrow that throws somebody else's exception; current_exception outside any handler; an exception object that is used after it was freed.",
    bug: "boostorg/context#281 (fibers shared the list); ClickHouse/silk#98 (a use after free); rethinkdb/rethinkdb#153",
    cause: CAUSE,
    fix: FIX,
    limits: LIMITS,
};

pub(super) const UNCAUGHT: &About = &About {
    what: "The number of exceptions that were thrown and are not caught yet, which std::uncaught_exceptions gives.",
    rule: "The runtime keeps the number for each thread. If it follows the coroutine, whoever comes back counts its own exceptions and nobody else's, and it is right again when another coroutine was destroyed.",
    why: "Scope guards compare it with what it was, to know whether they are left by an exception: they commit or roll back by it.",
    shows: "A scope guard that rolls back although nothing failed, or commits although something did; a number below zero.",
    bug: "boostorg/context#302 (below zero once a fiber was destroyed), boostorg/context#337; userver-framework/userver#1247",
    cause: CAUSE,
    fix: FIX,
    limits: LIMITS,
};

pub(super) const CXX_UNWIND: &About = &About {
    what: "A C++ exception that leaves a body.",
    rule: "It comes out of the resume that ran the body, with its type and its value, and the destructors on its way have run, once.",
    why: "Whoever resumes a coroutine handles its failure. Nobody else is there to do so.",
    shows: "A call of std::terminate in a program that has a handler; a failure that nobody hears of; a handler for another type.",
    bug: "boostorg/coroutine2#13: an exception that was thrown at the first entry did not come out",
    cause: "an entry function without a handler around the body, or one that keeps less than a std::exception_ptr",
    fix: "Catch everything around the body, keep std::current_exception in the coroutine, and rethrow it in resume after the switch back.",
    limits: "Types that are local to a library, exceptions that are thrown while another one is handled, and forced unwinding are not tried.",
};
