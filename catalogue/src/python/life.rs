//! What is passed, who comes back to whom, and what becomes of those that end.

use super::{Topic, harmless, made_on, mutant, on, probe, row};
use crate::element::{About, Group, Interpreted, Known, Level};
use crate::probe::{Capability, Family};

pub(super) const TOPIC: Topic = Topic { rows: ROWS, probes: PROBES, mutants: MUTANTS };

const VALUES: (Group, Family) = (Group::Life, Family::Value);
const LIFE: (Group, Family) = (Group::Life, Family::Life);

#[rustfmt::skip]
const ROWS: &[crate::Element] = &[
    row("py.value", VALUES, Level::Must, "12 Values and life: what one side passes is what the other side gets, the very same object", VALUE),
    row("py.parent", LIFE, Level::Must, "12 Values and life: a coroutine that suspends or ends comes back to whoever resumed it last", PARENT),
    row("py.nested", LIFE, Level::Must, "12 Values and life: a coroutine may resume another, and that one a third, two hundred deep", NESTED),
    row("py.transfer", (Group::Life, Family::Transfer), Level::Must, "12 Values and life: after a transfer, whoever waited for the one waits for the other", TRANSFER),
    row("py.done", LIFE, Level::Must, "12 Values and life: a coroutine is done once its body has returned or raised, and not before", DONE),
    row("py.resume_finished", LIFE, Level::Must, "12 Values and life: resuming a coroutine that is done raises, and changes nothing", FINISHED),
    row("py.resume_running", LIFE, Level::Policy, "12 Values and life: resuming a coroutine that runs, or waits for another, raises, and changes nothing", RUNNING),
    row("py.kill", LIFE, Level::Must, "12 Values and life: a coroutine that is killed is unwound, each of its blocks once, by what ordinary handlers do not catch", KILL),
    on(&REFERENCES_KEPT, row("py.refcount", LIFE, Level::Must, "12 Values and life: a switch gives up no reference that it does not own, and keeps none of those that it does", REFERENCES)),
];

const REFERENCES_KEPT: Interpreted = Interpreted {
    known: &[Known {
        package: "tealet",
        bad: "0.1.0rc4",
        good: None,
        remark: "what is thrown into a tealet is never freed, nor what its traceback holds; seen on CPython 3.10.13 to 3.13.0",
    }],
    ..Interpreted::ALL
};

const VALUE: &About = &About {
    what: "What resume passes to suspend or to the body, and what suspend, the body's return and its exception pass to resume.",
    rule: "The same object arrives, whatever its type, at the party that it was meant for; without a value, None does.",
    why: "Programs compare by identity, and a tuple or an exception that is passed as a value is a value.",
    shows: "A tuple of one arrives as what was in it, nothing arrives as an empty tuple, an exception is raised instead of passed.",
    bug: "No release is known to lose it through the operations of the contract; greenlet's own `switch` without arguments passes an empty tuple, as it documents.",
    cause: "a value is taken apart, replaced or sent to another coroutine on its way through a switch",
    fix: "Move the reference as it is; treat arguments, where the interface has several, before the switch and not behind it.",
    limits: "Exceptions that mean something to generators are not raised out of bodies, only passed.",
};

const PARENT: &About = &About {
    what: "To whom a coroutine comes back when it suspends, returns or raises.",
    rule: "To whoever resumed it last, whoever created it or resumed it before.",
    why: "A scheduler resumes what it never created, and must get control back.",
    shows: "A result turns up in another coroutine, an exception in one that handles something else.",
    bug: "In interfaces where whoever creates is the parent, as in greenlet's, an adapter has to set the parent at each resume.",
    cause: "the one to come back to is set when a coroutine is created or first resumed, and not at each resume",
    fix: "Remember the resumer at every resume.",
    limits: "Parents that are set by hand are not tried.",
};

const NESTED: &About = &About {
    what: "Coroutines that resume coroutines, two hundred deep.",
    rule: "Values and exceptions pass all of them in order, and each goes on where it was.",
    why: "Libraries built on coroutines call each other without knowing how deep they are.",
    shows: "A fixed table that overflows, a wrong order of cleaning up, or a fault when many stacks are in use.",
    bug: "No release is known to lose it.",
    cause: "the chain of resumers is cut, bounded or mixed up",
    fix: "Keep the chain in the coroutines themselves.",
    limits: "Two hundred levels; more would be a question of memory.",
};

const TRANSFER: &About = &About {
    what: "Handing over from one coroutine to another without going back first.",
    rule: "The other gets the value, and what it passes or raises goes to whoever waited for the first, which goes on when it is resumed.",
    why: "It is how symmetric coroutines, schedulers without a hub and generators of generators are made.",
    shows: "A value is lost, an exception goes to one that has handed over, or nobody is left to come back to.",
    bug: "No release is known to lose it.",
    cause: "the resumer, or the value, is not handed over with control",
    fix: "Move the reference to the resumer from the one to the other in the same step as control.",
    limits: "Only for subjects whose adapter has a `transfer`.",
};

const DONE: &About = &About {
    what: "Whether a coroutine is done.",
    rule: "Not before it has begun, not while it runs, waits or is suspended; and from its return or exception on for ever.",
    why: "Schedulers decide by it whom to resume, and whose stack to free.",
    shows: "A coroutine that is dropped in the middle, or resumed after its end.",
    bug: "No release is known to lose it.",
    cause: "the state is read from something that also changes while the body runs",
    fix: "Set the state when the body has been left, and by nothing else.",
    limits: "What another thread sees in the middle of a switch is not tried.",
};

const FINISHED: &About = &About {
    what: "Resuming a coroutine that has returned, failed or been killed.",
    rule: "It raises, each time; the body does not run again, and the coroutine is done as before.",
    why: "What is saved can be continued once. A second time there is no stack to continue on.",
    shows: "None, or the old result, where an exception is due; a fault; or control in a stranger.",
    bug: "greenlet's own `switch` to a dead greenlet goes to its parent, as it documents; adapters refuse it before.",
    cause: "the end of a coroutine is not checked by resume",
    fix: "Check the state first, and raise.",
    limits: "Which exception is raised is free.",
};

const RUNNING: &About = &About {
    what: "Resuming the coroutine that is running, or one that waits for it.",
    rule: "It raises, and both go on as if nobody had tried.",
    why: "Entering a stack at a point that it has left means to run the same frames twice.",
    shows: "Control in the wrong place, results of one coroutine in another, or a ring of coroutines that wait for each other.",
    bug: "The greenlet module of PyPy accepts a ring of parents, where greenlet raises ValueError; seen on PyPy 7.3.11 and 8.0.1.",
    cause: "a coroutine that runs, or waits for another, is not told from one that is suspended",
    fix: "Give coroutines a state for it, and raise.",
    limits: "Resuming from another thread belongs to threads.",
};

const KILL: &About = &About {
    what: "Unwinding a suspended coroutine from outside.",
    rule: "Its finally blocks run once, inner ones first; handlers of Exception see nothing; then it is done. What has not begun never runs.",
    why: "Files stay open and locks held where it does not happen, and are closed twice where it happens twice.",
    shows: "A finally block that never ran, or a loop that catches its own end and goes on.",
    bug: "No release is known to lose it; tealet leaks the exception, see py.refcount.",
    cause: "the exit is not thrown in, is of an ordinary kind, or also strikes whoever kills",
    fix: "Throw an exception that derives from BaseException, and let it end at the entry of the coroutine.",
    limits: "Coroutines that suspend again or refuse to end belong to destruction.",
};

const REFERENCES: &About = &About {
    what: "References to values, bodies, handles, exceptions and variables of coroutines.",
    rule: "A suspended coroutine keeps what it holds alive; when it has ended and nobody else holds anything of it, all of that is freed.",
    why: "One reference too many leaks for each switch; one too few frees what is in use.",
    shows: "A process that grows, or one that dies long after the switch that gave up a reference.",
    bug: "tealet 0.1.0rc4 keeps each exception that is thrown in, with its traceback and all frames in it.",
    cause: "a reference is not given up, or is given up twice, on one of the ways out of a switch",
    fix: "Decide for each reference who owns it on each way: return, exception, throw, kill.",
    limits: "Objects that only a collection frees are waited for. Counts are compared where the interpreter has them.",
};

const NEST: &[Capability] = &[Capability::Nest];
const KILLS: &[Capability] = &[Capability::Kill];
const THROW: &[Capability] = &[Capability::Throw];
const TRANSFERS: &[Capability] = &[Capability::Transfer];

#[rustfmt::skip]
const PROBES: &[crate::Probe] = &[
    probe("values.passed_both_ways", "Does the very object arrive, whatever its type?", "main and 1 pass each other values of many types", Family::Value, &["py.value"], &[]),
    probe("values.plain", "Do values arrive that an interface may take for no value?", "main and 2 pass None, an empty tuple, classes and the like", Family::Value, &["py.value"], &[]),
    probe("values.nothing", "Is None passed where no value is?", "1 is resumed, suspends and returns without a value", Family::Value, &["py.value"], &[]),
    probe("values.many", "Does each of a hundred coroutines get its own?", "a hundred coroutines pass values, in an order of the seed", Family::Value, &["py.value"], &[]),
    probe("values.raised", "Does the very exception that leaves a body come out of resume?", "1 suspends, then raises", Family::Value, &["py.value"], &[]),
    probe("values.inside", "Do values of an outer and an inner coroutine stay apart?", "1 resumes 2 between two suspensions of its own", Family::Value, &["py.value"], NEST),
    probe("life.parent", "Does a coroutine come back to its last resumer?", "1 creates 3, 2 resumes it, then main does, also when 1 has returned", Family::Life, &["py.parent"], NEST),
    probe("life.parent_failed", "Does an exception go to the last resumer?", "1 resumes 3 and suspends, 2 resumes 3, which raises", Family::Life, &["py.parent"], NEST),
    probe("life.nested_deeply", "Do values pass two hundred coroutines inside one another?", "each of 200 coroutines creates and resumes the next, the last one suspends", Family::Life, &["py.nested"], NEST),
    probe("life.nested_failed", "Does an exception pass all of them?", "each of 200 coroutines creates and resumes the next, the last one raises", Family::Life, &["py.nested"], NEST),
    probe("transfer.over", "Does a transfer to what has not begun hand over value and resumer?", "main resumes 1, which transfers to 2", Family::Transfer, &["py.transfer"], TRANSFERS),
    probe("transfer.back", "The same to what is suspended, and back?", "main resumes 1, which transfers to 2, which transfers to 1", Family::Transfer, &["py.transfer"], TRANSFERS),
    probe("transfer.ring", "Does a ring of transfers keep its order and its resumer?", "ten coroutines transfer in a ring, five times around", Family::Transfer, &["py.transfer"], TRANSFERS),
    probe("transfer.failed", "Does an exception after a transfer go to whoever waits?", "main resumes 1, which transfers to 2, which raises", Family::Transfer, &["py.transfer"], TRANSFERS),
    probe("transfer.refused", "Is a transfer to what has ended refused?", "1 transfers to 2, which has returned, and goes on", Family::Transfer, &["py.transfer"], TRANSFERS),
    probe("life.known_done", "Is a coroutine done when its body has been left, and not before?", "main asks before, between and after, of one that returns and one that raises", Family::Life, &["py.done"], &[]),
    probe("life.done_inside", "The same, asked from another coroutine?", "2 asks of 1, which waits for it, and 1 of 2", Family::Life, &["py.done"], NEST),
    probe("life.resume_finished", "Is resuming what has ended refused?", "main resumes what has returned and what has failed, twice", Family::Life, &["py.resume_finished"], &[]),
    probe("life.resume_itself", "Is a coroutine refused that resumes itself?", "1 resumes itself, then suspends and returns", Family::Life, &["py.resume_running"], NEST),
    probe("life.resume_resumer", "Is a coroutine refused that resumes its resumer?", "1 resumes 2, which resumes 1, then suspends and returns", Family::Life, &["py.resume_running"], NEST),
    probe("life.killed", "Does each block of what is killed run once?", "main kills 1 below two finally blocks, twice, and resumes it", Family::Life, &["py.kill", "py.resume_finished"], KILLS),
    probe("life.killed_kind", "Is what unwinds none that ordinary handlers catch?", "main kills 1, which looks at the exception", Family::Life, &["py.kill"], KILLS),
    probe("life.killed_unstarted", "Does what is killed before it begins never run?", "main kills 1, which has not begun, and resumes it", Family::Life, &["py.kill", "py.resume_finished"], KILLS),
    probe("life.killed_inside", "Does a coroutine go on that kills another?", "main resumes 1, then 2, which kills 1", Family::Life, &["py.kill"], &[Capability::Kill, Capability::Nest]),
    probe("refcount.values", "Do counts of references stay as they are over many switches?", "main and 1 pass two objects a hundred times", Family::Life, &["py.refcount"], &[]),
    probe("refcount.results", "Does the result of a body belong to whoever gets it?", "1 returns an object, main gives it up and keeps the handle", Family::Life, &["py.refcount"], &[]),
    probe("refcount.variables", "Do variables live as long as the body?", "1 is suspended with an object, then returns", Family::Life, &["py.refcount"], &[]),
    probe("refcount.handles", "Are body and handle freed?", "main gives up one that has not begun, and one that has returned", Family::Life, &["py.refcount"], &[]),
    probe("refcount.raised", "Is an exception freed that has left a body?", "1 raises, main handles it", Family::Life, &["py.refcount"], &[]),
    probe("refcount.thrown", "Is an exception freed that was thrown in?", "main throws into 1, which handles it, and into 2, which it ends", Family::Life, &["py.refcount"], THROW),
    probe("refcount.killed", "Are variables freed of what is killed?", "main kills 1, which is suspended with an object", Family::Life, &["py.refcount"], KILLS),
];

/// Where references are counted.
const CPYTHON: Interpreted = Interpreted { only: Some("CPython"), ..Interpreted::ALL };

#[rustfmt::skip]
const MUTANTS: &[super::Mutant] = &[
    mutant("life.UnwrapsTuples", "py.value"),
    mutant("life.CopiesValues", "py.value"),
    mutant("life.NothingIsEmpty", "py.value"),
    mutant("life.PassesAgain", "py.value"),
    mutant("life.MixesUp", "py.value"),
    mutant("life.CopiesExceptions", "py.value"),
    mutant("life.FirstOfOuter", "py.value"),
    mutant("life.ReturnsToCreator", "py.parent"),
    mutant("life.FailsToFirst", "py.parent"),
    mutant("life.NestsOnlySoDeep", "py.nested"),
    mutant("life.TransfersNothing", "py.transfer"),
    mutant("life.TransfersLoseExceptions", "py.transfer"),
    mutant("life.TransfersToEnded", "py.transfer"),
    mutant("life.DoneWhileRunning", "py.done"),
    mutant("life.ResumesFinished", "py.resume_finished"),
    mutant("life.ResumesRunning", "py.resume_running"),
    mutant("life.KillsByOrdinary", "py.kill"),
    mutant("life.KillsTheKiller", "py.kill"),
    mutant("life.RunsUnstarted", "py.kill"),
    made_on(CPYTHON, mutant("life.KeepsValues", "py.refcount")),
    mutant("life.KeepsResults", "py.refcount"),
    mutant("life.KeepsBodies", "py.refcount"),
    mutant("life.KeepsExceptions", "py.refcount"),
    mutant("life.KeepsFrames", "py.refcount"),
    harmless("life.Kin"),
    harmless("life.Hoard"),
];
