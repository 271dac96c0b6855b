//! Exceptions: handled, on their way, remembered as context.

use super::{Topic, mutant, probe, row};
use crate::element::{About, Group, Level};
use crate::probe::Family;

pub(super) const TOPIC: Topic = Topic { rows: ROWS, probes: PROBES, mutants: MUTANTS };

const EXCEPTIONS: (Group, Family) = (Group::Exceptions, Family::Exceptions);

#[rustfmt::skip]
const ROWS: &[crate::Element] = &[
    row("py.exc_info", EXCEPTIONS, Level::Must, "1 Exceptions: the exception that is being handled belongs to whoever handles it", HANDLED),
];

const HANDLED: &About = &About {
    what: "The exception that an except or finally block is handling: sys.exc_info(), and what a bare raise raises again.",
    rule: "Each coroutine has a chain of its own, empty when its body begins; a switch brings back the one of whoever goes on.",
    why: "A bare raise in one coroutine would raise what another one was handling, and logging would show the wrong traceback.",
    shows: "sys.exc_info() names an exception that this code never saw; a new exception has a stranger as its context.",
    bug: "PyPy's and CPython's generators see the exception of their resumer by design, which is where the expectation comes from that coroutines do not.",
    cause: "exc_info of the thread state is not put away and brought back by the switch",
    fix: "Give each coroutine a root item of its own and let exc_info point at it; on older interpreters save and restore the three fields.",
    limits: "Exceptions that C code holds in its own variables are not looked at.",
};

#[rustfmt::skip]
const PROBES: &[crate::Probe] = &[
    probe("exc.handled", "Does each side keep the exception that it is handling?", "1 handles an exception and suspends, main handles another and resumes 1", Family::Exceptions, &["py.exc_info"], &[]),
];

const MUTANTS: &[super::Mutant] = &[mutant("exceptions.ForgetsHandled", "py.exc_info")];
