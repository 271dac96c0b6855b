//! What the C library keeps: errno, locale, signal mask.
//!
//! The rows `tls.locale`, `cxx.caught` and `cxx.uncaught` are those of native subjects.

use super::{Topic, made_on, mutant, on, probe, row};
use crate::element::{About, Group, Interpreted, Level};
use crate::probe::Family;

pub(super) const TOPIC: Topic = Topic { rows: ROWS, probes: PROBES, mutants: MUTANTS };

const LIBRARY: (Group, Family) = (Group::Thread, Family::Library);

/// The signal mask of a thread can be set from Python.
const MASKS: Interpreted = Interpreted { first: (3, 3), ..Interpreted::ALL };

#[rustfmt::skip]
const ROWS: &[crate::Element] = &[
    row("py.errno", LIBRARY, Level::Policy, "11 State of the C library: whether the copy of errno that ctypes keeps follows the coroutine is declared", ERRNO),
    on(&MASKS, row("py.signal_mask", LIBRARY, Level::Policy, "11 State of the C library: whether each coroutine has a signal mask of its own is declared", SIGNAL_MASK)),
];

const ERRNO: &About = &About {
    what: "The number that ctypes.get_errno gives: what set_errno put there, or what the last failed call through a library with use_errno left.",
    rule: "ctypes keeps one copy for each thread. \"coroutine\": a switch exchanges it. \"thread\": it stays, so it is to be read before anything suspends.",
    why: "The interpreter changes errno itself all the time, so the copy is the only errno that Python code can read at all.",
    shows: "An error message about another coroutine's call; \"file exists\" where nothing was created.",
    bug: "greenlet and tealet leave it to the thread, as every coroutine does that does not look for it.",
    cause: "the copy of errno is kept in the thread state's dictionary and is not exchanged by the switch",
    fix: "Declare \"thread\" and tell users to read it at once; or store and load it around the switch.",
    limits: "Not errno itself: between two steps of a Python program the interpreter has changed it already.",
};

const SIGNAL_MASK: &About = &About {
    what: "The signal mask of the thread, set and read by signal.pthread_sigmask.",
    rule: "\"coroutine\": each side finds the mask that it has set. \"thread\": one mask is everybody's.",
    why: "A coroutine that blocks a signal for a few lines and suspends within them blocks it for the whole thread.",
    shows: "An interrupt that is not answered until some coroutine goes on.",
    bug: "No bug of an interpreter is known to us; libraries that switch by swapcontext exchange the mask, others do not.",
    cause: "the signal mask is not exchanged by the switch, or is exchanged undeclared",
    fix: "Declare \"thread\", or exchange it by one system call with each switch.",
    limits: "One thread and three signals; delivery is not tried.",
};

#[rustfmt::skip]
const PROBES: &[crate::Probe] = &[
    probe("library.errno_copy", "Does each side keep its copy of errno?", SIDES, Family::Library, &["py.errno"], &[]),
    probe("library.failed_call", "Does each side read the number of its own failed call?", "1 fails to close a descriptor and suspends, main fails to remove a file and resumes 1, which fails otherwise and returns", Family::Library, &["py.errno"], &[]),
    probe("library.signal_mask", "Does each side keep its signal mask?", SIDES, Family::Library, &["py.signal_mask"], &[]),
    probe("library.locale", "Does each side keep its locale?", SIDES, Family::Library, &["tls.locale"], &[]),
    probe("library.caught", "Does each side keep its list of C++ exceptions that are being handled?", SIDES, Family::Library, &["cxx.caught"], &[]),
    probe("library.uncaught", "Does each side keep its number of C++ exceptions on their way?", SIDES, Family::Library, &["cxx.uncaught"], &[]),
];

const SIDES: &str =
    "1 sets it and suspends, main sets it and resumes 1, which sets it again and returns";

#[rustfmt::skip]
const MUTANTS: &[super::Mutant] = &[
    mutant("library.SharesErrno", "py.errno"),
    made_on(MASKS, mutant("library.SharesSignalMask", "py.signal_mask")),
    mutant("library.SharesLocale", "tls.locale"),
    mutant("library.SharesCaught", "cxx.caught"),
    mutant("library.SharesUncaught", "cxx.uncaught"),
];
