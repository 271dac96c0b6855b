//! Exceptions: handled, on their way, thrown in, remembered as context.

mod about;

use super::{Mutant, Topic, made_on, mutant, on, probe, row};
use crate::element::{Group, Interpreted, Known, Level};
use crate::probe::{Capability, Family};
use about::{CONTEXT, EMPTY, FLIGHT, GENERATOR, GROUP, HANDLED, THROW};

pub(super) const TOPIC: Topic = Topic { rows: ROWS, probes: PROBES, mutants: MUTANTS };

const EXCEPTIONS: (Group, Family) = (Group::Exceptions, Family::Exceptions);

/// A new coroutine starts with what its starter is handling, unless it is told not to.
const LOST: &Interpreted = &Interpreted {
    known: &[Known {
        package: "greenlet",
        bad: "0.3.1",
        good: Some("0.4.0"),
        remark: "seen on CPython 2.7, before the body dies: built with a present compiler, that release crashes in most probes",
    }],
    ..Interpreted::ALL
};
/// Exceptions remember each other.
const CHAINED: &Interpreted = &Interpreted { first: (3, 0), ..Interpreted::ALL };
/// Generators have a handled exception of their own, however they are left and entered.
const STACKED: &Interpreted = &Interpreted { first: (3, 7), ..Interpreted::ALL };
/// There are groups of exceptions.
const GROUPED: &Interpreted = &Interpreted { first: (3, 11), ..Interpreted::ALL };

#[rustfmt::skip]
const ROWS: &[crate::Element] = &[
    row("py.exc_info", EXCEPTIONS, Level::Must, "1 Exceptions: the exception that is being handled belongs to whoever handles it", HANDLED),
    on(LOST, row("py.exc_info.empty", EXCEPTIONS, Level::Must, "1 Exceptions: whoever handles nothing sees nothing, whatever others are handling", EMPTY)),
    on(CHAINED, row("py.exc_context", EXCEPTIONS, Level::Must, "1 Exceptions: an exception that crosses a switch gets no context from the other side", CONTEXT)),
    row("py.in_flight", EXCEPTIONS, Level::Must, "1 Exceptions: an exception on its way out arrives, the same object, where it would without a switch", FLIGHT),
    row("py.throw", EXCEPTIONS, Level::Must, "1 Exceptions: what is thrown in is raised, the same object, where the coroutine is suspended", THROW),
    on(STACKED, row("py.generator", EXCEPTIONS, Level::Must, "1 Exceptions: a generator keeps the exception that it is handling, on whichever stack it is advanced", GENERATOR)),
    on(GROUPED, row("py.exc_group", EXCEPTIONS, Level::Must, "1 Exceptions: what except* has not handled yet is neither lost nor handled twice", GROUP)),
];

#[rustfmt::skip]
const PROBES: &[crate::Probe] = &[
    probe("exc.handled", "Does each side keep the exception that it is handling?", "1 handles an exception and suspends, main handles another and resumes 1", Family::Exceptions, &["py.exc_info"], &[]),
    probe("exc.reraised", "Does a bare raise raise again what this side is handling?", "1 and main handle an exception each and raise it again after a switch", Family::Exceptions, &["py.exc_info"], &[]),
    probe("exc.context", "Does a new exception remember what this side is handling?", "1 and main handle an exception each and raise a new one after a switch", Family::Exceptions, &["py.exc_info"], &[]),
    probe("exc.stacked", "Does the outer exception come back when an inner block ends after a switch?", "1 handles one exception within another and is suspended in both blocks", Family::Exceptions, &["py.exc_info"], &[]),
    probe("exc.many", "Do many coroutines keep their exceptions, in whichever order they are resumed?", "8 coroutines are suspended in except blocks and resumed in three orders", Family::Exceptions, &["py.exc_info"], &[]),
    probe("exc.nested", "Does a coroutine keep its exception when somebody else resumes it?", "1 resumes 2 in an except block, then main resumes 2, then 1", Family::Exceptions, &["py.exc_info"], &[Capability::Nest]),
    probe("exc.function", "Does sys.exception() agree?", "1 handles an exception and suspends, main handles another and resumes 1", Family::Exceptions, &["py.exc_info"], &[]),
    probe("exc.left", "Is an exception that has been handled gone, for the side that handled it alone?", "1 ends its except block while main is in one of its own", Family::Exceptions, &["py.exc_info", "py.exc_info.empty"], &[Capability::Callbacks]),
    probe("exc_empty.main", "Does main see nothing when a coroutine suspends in an except block?", "1 handles an exception and suspends, main looks", Family::Exceptions, &["py.exc_info.empty"], &[]),
    probe("exc_empty.fresh", "Does a body begin with nothing handled?", "main handles an exception and starts 1", Family::Exceptions, &["py.exc_info.empty"], &[Capability::Callbacks]),
    probe("exc_empty.resumed", "Does a coroutine that handles nothing see nothing when it is resumed?", "1 suspends, main handles an exception and resumes 1", Family::Exceptions, &["py.exc_info.empty"], &[Capability::Callbacks]),
    probe("exc_empty.elsewhere", "Is it forgotten what the resumer was handling once another one resumes?", "main starts 1 while it handles an exception, and resumes it while it does not", Family::Exceptions, &["py.exc_info.empty"], &[]),
    probe("exc_crossing.leaving", "Does an exception leave a body without a context of its resumer's?", "main handles an exception and resumes 1, which another one leaves", Family::Exceptions, &["py.exc_context"], &[]),
    probe("exc_crossing.remembered", "Does an exception that leaves a body remember what it remembered inside?", "an exception with a context is suspended in a finally block of 1, main handles another and resumes 1", Family::Exceptions, &["py.exc_context"], &[]),
    probe("exc_crossing.thrown", "Does an exception arrive without a context of its thrower's?", "main handles an exception and throws another one into 1", Family::Exceptions, &["py.exc_context"], &[Capability::Throw]),
    probe("exc_crossing.thrown_handling", "Does an exception that arrives in an except block have the context of that block, or none?", "1 handles an exception and suspends, main handles another and throws a third", Family::Exceptions, &["py.exc_context"], &[Capability::Throw]),
    probe("exc_from.outward", "Do cause and context leave the body with an exception?", "`raise X from Y` is suspended in a finally block of 1, main handles another and resumes 1", Family::Exceptions, &["py.exc_context"], &[]),
    probe("exc_from.hidden", "Does a context that is hidden leave the body, and stay hidden?", "`raise X from None` is suspended in a finally block of 1, main handles another and resumes 1", Family::Exceptions, &["py.exc_context"], &[]),
    probe("exc_from.inward", "Does an exception that is thrown in bring its cause and context?", "main throws what it has raised from another exception", Family::Exceptions, &["py.exc_context"], &[Capability::Throw]),
    probe("exc_flight.final", "Does an exception go on after a finally block that suspends?", "1 suspends twice in a finally block, main handles another exception and resumes 1", Family::Exceptions, &["py.in_flight"], &[]),
    probe("exc_flight.both", "Do two exceptions go on, each on its side?", "1 suspends in a finally block, main resumes it in one of its own", Family::Exceptions, &["py.in_flight"], &[]),
    probe("exc_flight.leaving", "Is what comes out of resume the object that left the body?", "main handles an exception and resumes 1, which another one leaves", Family::Exceptions, &["py.in_flight"], &[]),
    probe("exc_flight.nested", "Does an exception cross two coroutines that both suspend in finally blocks?", "2 fails into 1, and 1 into main, which handles another exception", Family::Exceptions, &["py.in_flight"], &[Capability::Nest]),
    probe("exc_flight.killing", "Does an exception go on past the death of a coroutine?", "main kills 1, which is suspended in an except block, in a finally block", Family::Exceptions, &["py.in_flight"], &[Capability::Kill]),
    probe("exc_flight.killed", "Is the same exception being handled when a coroutine has been killed?", "main handles an exception and kills 1, which is suspended in an except block", Family::Exceptions, &["py.exc_info"], &[Capability::Kill]),
    probe("exc_flight.dropped", "Do exceptions outlast a coroutine that is dropped?", "the last reference to 1 goes in an except block, and as an exception leaves a frame", Family::Exceptions, &["py.exc_info", "py.in_flight"], &[]),
    probe("exc_throw.caught", "Is what is caught the object that was thrown, and does the body go on?", "main handles an exception and throws another one, which 1 catches", Family::Exceptions, &["py.throw"], &[Capability::Throw]),
    probe("exc_throw.uncaught", "Does what nobody catches come out of throw, and is the coroutine done?", "main throws an exception that 1 does not catch", Family::Exceptions, &["py.throw"], &[Capability::Throw]),
    probe("exc_throw.unstarted", "Does what is thrown before the start come out, and does nothing run?", "main throws into 1, which has not begun", Family::Exceptions, &["py.throw"], &[Capability::Throw]),
    probe("exc_throw.replaced", "Does an exception that is raised in answer come out of throw?", "main throws an exception, 1 catches it and raises another", Family::Exceptions, &["py.throw"], &[Capability::Throw]),
    probe("exc_throw.final", "Does what is thrown go on after a finally block that suspends?", "main throws an exception, 1 suspends in a finally block, main resumes it", Family::Exceptions, &["py.throw"], &[Capability::Throw]),
    probe("exc_throw.nested", "Does what one coroutine throws into another come out where it was thrown?", "1 throws an exception into 2, which does not catch it", Family::Exceptions, &["py.throw"], &[Capability::Throw, Capability::Nest]),
    probe("exc_generators.within", "Does a generator at rest in an except block keep its exception over switches?", "a generator of 1 handles an exception, 1 suspends three times, main handles another", Family::Exceptions, &["py.generator", "py.exc_info"], &[]),
    probe("exc_generators.across", "Does a generator keep its exception when other coroutines advance it?", "1 begins a generator, 2 advances it, then main", Family::Exceptions, &["py.generator", "py.exc_info"], &[]),
    probe("exc_generators.inside", "Does a generator that suspends its coroutine keep its exception, and refuse others?", "a generator of 1 suspends 1, main tries to advance it and resumes 1", Family::Exceptions, &["py.generator", "py.exc_info"], &[]),
    probe("exc_generators.thrown", "Does a generator keep what it handles when another side throws into it?", "1 begins a generator, main throws into it", Family::Exceptions, &["py.generator"], &[]),
    probe("exc_async.within", "Does an asynchronous generator at rest in an except block keep its exception?", "an asynchronous generator of 1 handles an exception, 1 suspends, main handles another", Family::Exceptions, &["py.generator"], &[]),
    probe("exc_async.inside", "Does an asynchronous generator that suspends its coroutine keep its exception, and refuse others?", "an asynchronous generator of 1 suspends 1, main tries to advance it and resumes 1", Family::Exceptions, &["py.generator"], &[]),
    probe("exc_groups.star", "Does every part of a group reach its handler after a suspension?", "1 suspends in the first of two except* blocks, main handles another group and resumes 1", Family::Exceptions, &["py.exc_group"], &[]),
];

/// Defects that are made in the interpreter's own memory, through its C interface.
const C: Interpreted = Interpreted { first: (3, 6), only: Some("CPython"), ..Interpreted::ALL };

#[rustfmt::skip]
const MUTANTS: &[Mutant] = &[
    made_on(C, mutant("exceptions.ForgetsHandled", "py.exc_info")),
    made_on(C, mutant("exceptions.DiesInHandling", "py.exc_info")),
    made_on(C, mutant("exceptions.LeavesHandled", "py.exc_info.empty")),
    mutant("exceptions.StartsHandling", "py.exc_info.empty"),
    made_on(C, mutant("exceptions.ResumesHandling", "py.exc_info.empty")),
    mutant("exceptions.AnswersCopies", "py.in_flight"),
    mutant("exceptions.KillsLoudly", "py.in_flight"),
    made_on(*CHAINED, mutant("exceptions.AdoptsResumer", "py.exc_context")),
    made_on(*CHAINED, mutant("exceptions.AdoptsThrower", "py.exc_context")),
    mutant("exceptions.ThrowsCopies", "py.throw"),
    mutant("exceptions.StartsOnThrow", "py.throw"),
    made_on(Interpreted { first: (3, 7), ..C }, mutant("exceptions.ForgetsGenerators", "py.generator")),
    made_on(*GROUPED, mutant("exceptions.FinishesGroups", "py.exc_group")),
];
