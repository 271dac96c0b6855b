//! Context variables, and what is kept in them.

use super::{Topic, harmless, made_on, mutant, on, probe, row};
use crate::element::{About, Group, Interpreted, Known, Level};
use crate::probe::{Capability, Family};

pub(super) const TOPIC: Topic = Topic { rows: ROWS, probes: PROBES, mutants: MUTANTS };

const CONTEXT: (Group, Family) = (Group::Context, Family::Context);

/// There are context variables.
const VARIABLES: Interpreted = Interpreted { first: (3, 7), ..Interpreted::ALL };
/// They are written in C, and can be harmed from there.
const OF_C: Interpreted = Interpreted { only: Some("CPython"), ..VARIABLES };
/// Filters of warnings can be kept in them, and C code can watch them.
const WATCHED: Interpreted = Interpreted { first: (3, 14), ..OF_C };
/// Each module has a lock of its own, and imports are written in Python.
const MODULES: Interpreted = Interpreted { first: (3, 4), ..Interpreted::ALL };
/// There are context variables, and greenlet left them alone at first.
const EXCHANGED: Interpreted = Interpreted { known: &[GREENLET], ..VARIABLES };
const GREENLET: Known = Known {
    package: "greenlet",
    bad: "0.4.16",
    good: Some("0.4.17"),
    remark: "CPython 3.7 and newer; 0.4.17 gave each greenlet a context of its own",
};
/// There is a C interface to harm.
const WITH_C: Interpreted = Interpreted { only: Some("CPython"), ..Interpreted::ALL };

#[rustfmt::skip]
const ROWS: &[crate::Element] = &[
    on(&EXCHANGED, row("py.contextvars", CONTEXT, Level::Policy, "4 Context: whether a coroutine has a context of its own is declared", VALUES)),
    on(&VARIABLES, row("py.context_start", CONTEXT, Level::Policy, "4 Context: whether a new coroutine begins with an empty context or with its resumer's is declared", START)),
    on(&VARIABLES, row("py.context_cache", CONTEXT, Level::Must, "4 Context: reading a variable gives what the current context holds", CACHE)),
    on(&EXCHANGED, row("py.context_run", CONTEXT, Level::Must, "4 Context: a call of Context.run is left by the coroutine that made it, in whichever order others leave theirs", RUN)),
    on(&WATCHED,   row("py.context_watchers", CONTEXT, Level::Policy, "4 Context: whether watchers of contexts are told of a switch is declared", WATCHERS)),
    row("py.decimal", CONTEXT, Level::Policy, "4 Context: the context of decimal arithmetic goes with context variables, or with the thread where there are none", DECIMAL),
    on(&WATCHED,   row("py.warnings", CONTEXT, Level::Policy, "4 Context: filters of warnings that are kept in the context go with it", WARNINGS)),
    row("py.repr_guard", CONTEXT, Level::Policy, "4 Context: whose repr a list is in the middle of is declared", REPR),
    on(&MODULES,   row("py.import_lock", CONTEXT, Level::Policy, "4 Context: whether two coroutines of one thread wait for each other's imports is declared", IMPORT)),
    row("py.locks", CONTEXT, Level::Policy, "4 Context: whether a lock that its owner may take again is owned by a coroutine or by a thread is declared", LOCKS),
];

const VALUES: &About = &About {
    what: "What context variables hold: each side sets one variable to a value of its own and looks again after the switch.",
    rule: "A subject that declares \"coroutine\" gives each coroutine a context and puts it in place with each switch; one that declares \"thread\" leaves the thread's alone.",
    why: "Request numbers, locales and transactions are kept in context variables because libraries trust them to belong to one task.",
    shows: "A log line with another request's number; a query within another task's transaction.",
    bug: "Raw continulets of PyPy share one context; greenlet gives each greenlet its own since 0.4.17.",
    cause: "the context of the thread state is not exchanged by the switch, or is exchanged undeclared",
    fix: "Save the thread state's context at a switch, put the other one there, and count its version up.",
    limits: "Read through a copy of the context: what a variable itself remembers of earlier readings is py.context_cache.",
};

const START: &About = &About {
    what: "What a new coroutine finds in a context variable that its creator has set.",
    rule: "\"coroutine\": nothing, its context is empty. \"thread\": what its resumer has, as a copy or because both share it.",
    why: "Tasks of asyncio begin with a copy, threads with nothing: code that moves between them counts on one of the two.",
    shows: "A LookupError where a default was never given; a setting of the creator that a background job should not have had.",
    bug: "No bug is known to us: greenlet and tealet begin with nothing and say so, Pyodide's tasks with a copy.",
    cause: "a new coroutine does not begin with the context that is declared",
    fix: "Declare what is done; to change it, run the body within copy_context().run or within an empty Context.",
    limits: "A copy and a shared context look the same at the beginning. Creation and first resume have the same context here.",
};

const CACHE: &About = &About {
    what: "The value that ContextVar.get gives, beside what a copy of the current context holds.",
    rule: "Both are the same at all times. Variables remember where they were last found, by thread and version of its context; a version that has been is never put back.",
    why: "The memory is invisible: only one of two ways to read a value goes wrong, and only after certain sequences.",
    shows: "get() gives another coroutine's value although copy_context() is right.",
    bug: "Seen in an experiment of ours whose switch restored the version with the context; no release is known to do so.",
    cause: "the version of the context is restored by the switch instead of counted up",
    fix: "Count context_ver up whenever a context is put in place.",
    limits: "Two sides and one variable; the memory of PyPy's variables is not looked at, because they have none.",
};

const RUN: &About = &About {
    what: "Calls of Context.run in which coroutines are suspended, and that end in the order in which they began; and one context that two sides try to enter.",
    rule: "Each call is left with the context with which it was entered. A context is entered once at a time, also while whoever entered it is suspended.",
    why: "Frameworks run every callback within Context.run; with coroutines in them, such calls overlap all the time.",
    shows: "RuntimeError: cannot exit context, thread state references a different context object; a call that ends in somebody else's context.",
    bug: "greenlet 0.4.16 and older left the context alone, and so failed here.",
    cause: "what Context.run has entered does not go with the coroutine that is in it",
    fix: "Exchange the context with each switch, and do not leave what is entered on the way.",
    limits: "Contexts that are entered on one thread and left on another are not tried.",
};

const WATCHERS: &About = &About {
    what: "Which context a watcher that C code has added takes for the current one after a switch.",
    rule: "\"coroutine\": a switch to another context is told like any other change. \"thread\": nothing is told, as with a switch of threads.",
    why: "Whoever mirrors context variables in another language counts on being told of each change.",
    shows: "A tracing library that goes on with the span of the coroutine that has suspended.",
    bug: "greenlet 3.5.6 and tealet 0.1.0rc4 tell nobody.",
    cause: "the context is put in place without the event that it has changed",
    fix: "Enter and leave contexts through the interpreter's own functions, or declare \"thread\" and document it.",
    limits: "One watcher, one variable, CPython only.",
};

const DECIMAL: &About = &About {
    what: "The current context of decimal arithmetic: its precision, set by setcontext and within localcontext.",
    rule: "It is kept in a context variable, before 3.7 with the thread, and goes where that goes.",
    why: "A calculation that suspends between two steps would go on with another one's precision and rounding.",
    shows: "Sums that differ in the last digits depending on what else ran.",
    bug: "No bug of its own is known to us; it follows context variables.",
    cause: "the context of decimal arithmetic does not go where it is declared to go",
    fix: "Exchange the context with each switch; where decimal keeps its own with the thread, declare \"thread\".",
    limits: "Only by setting another context: one that is changed in place may be the same object in two contexts.",
};

const WARNINGS: &About = &About {
    what: "Who catches a warning: each side is within catch_warnings and warns once.",
    rule: "With -X context_aware_warnings, filters and the list of what was caught are kept in a context variable, and go where that goes. Without it they are the process's.",
    why: "Tests and libraries silence a warning for a few lines; a switch within those lines must not silence others.",
    shows: "Warnings that are missing in one place and reported in another.",
    bug: "No bug of its own is known to us; before 3.14 catch_warnings was global, for threads too.",
    cause: "the context variable with the filters of warnings does not go where it is declared to go",
    fix: "Exchange the context with each switch.",
    limits: "The probe switches on what -X context_aware_warnings does; that interpreters start without it is not judged.",
};

const REPR: &About = &About {
    what: "The list of objects whose repr is being made, by which a list in itself is shown as [...].",
    rule: "\"coroutine\": repr of a list is whole although another coroutine is suspended in the middle of showing it. \"thread\": there is one list for all coroutines of a thread.",
    why: "A __repr__ that asks a server suspends, and a log line of another coroutine shows the same object meanwhile.",
    shows: "[...] in place of a list that does not contain itself.",
    bug: "greenlet and tealet show it, and it is the interpreter's: the list is kept with the thread.",
    cause: "the list of objects that are being shown is kept with the thread and stays there",
    fix: "Declare \"thread\"; or exchange the entry Py_Repr of the thread state's dictionary with each switch.",
    limits: "One list; what reprlib keeps by thread identifier is not looked at.",
};

const IMPORT: &About = &About {
    what: "The lock of a module that is being imported by a coroutine that has suspended, when main imports it too.",
    rule: "\"coroutine\": main waits until the import is over. \"thread\": main passes for the importer itself and gets the module as far as it is.",
    why: "A module that opens a connection while it is imported suspends there, with half of its names defined.",
    shows: "An ImportError or AttributeError for a name that is defined further down in the module.",
    bug: "greenlet and tealet give half a module, as one thread that imports in the middle of its own import gets it.",
    cause: "the lock of a module that is being imported belongs to the thread",
    fix: "Declare \"thread\", and import what may suspend before coroutines run.",
    limits: "One module and two sides. A signal ends main's wait, so the probe has to run in the main thread.",
};

const LOCKS: &About = &About {
    what: "Who owns a threading.RLock that a coroutine has taken before it suspended.",
    rule: "\"coroutine\": others are refused until it has released it. \"thread\": every coroutine of the thread may take it.",
    why: "What is held over a suspension protects something, and two coroutines in one critical section undo that.",
    shows: "A data structure that is changed in the middle of a change, on one thread and without any error.",
    bug: "greenlet and tealet let main take it, as does everything that keeps coroutines on one thread; gevent replaces the class by one of its own.",
    cause: "the owner of a reentrant lock is the thread",
    fix: "Declare \"thread\", and offer locks whose owner is a coroutine.",
    limits: "RLock only: Lock has no owner, so it refuses everybody.",
};

#[rustfmt::skip]
const PROBES: &[crate::Probe] = &[
    probe("context.variable", "Does each side keep what it has set in a context variable?", "1 sets a variable and suspends, main sets it too and resumes 1, which sets it again and returns", Family::Context, &["py.contextvars"], &[]),
    probe("context.initial", "With which context does a coroutine begin?", "main sets a variable, creates 1 and resumes it", Family::Context, &["py.context_start"], &[]),
    probe("context.cache", "Is what a variable gives what the context holds, also after it was read elsewhere?", "1 and main set and read one variable in turn", Family::Context, &["py.context_cache"], &[]),
    probe("context.overlapped", "Can two calls of Context.run end in the order in which they began?", "1 and 2 suspend within Context.run, main resumes 1 and then 2", Family::Context, &["py.context_run"], &[Capability::Callbacks]),
    probe("context.entered", "Is a context that a suspended coroutine is in refused to others?", "1 suspends within Context.run, main tries the same context, resumes 1, and tries again", Family::Context, &["py.context_run"], &[Capability::Callbacks]),
    probe("context.watched", "Which context does a watcher take for the current one?", "1 and main change contexts and switch, a watcher listens", Family::Context, &["py.context_watchers"], &[]),
    probe("context.precision", "Does each side keep its precision of decimal arithmetic?", "1 sets a decimal context and suspends, main sets another and resumes 1", Family::Context, &["py.decimal"], &[]),
    probe("context.localcontext", "Does decimal.localcontext hold until its own end, and no longer?", "1 suspends within localcontext, main enters another, resumes 1 to its end, and looks", Family::Context, &["py.decimal"], &[]),
    probe("context.caught_warnings", "Does each side catch its own warnings?", "1 suspends within catch_warnings, main enters another and resumes 1; both warn", Family::Context, &["py.warnings"], &[]),
    probe("holding.half_shown", "Is a list whole that another coroutine is in the middle of showing?", "1 suspends within repr of a list, main shows the same list", Family::Context, &["py.repr_guard"], &[Capability::Callbacks]),
    probe("holding.half_imported", "Who gets a module that another coroutine is in the middle of importing?", "1 suspends within an import, main imports the same module", Family::Context, &["py.import_lock"], &[Capability::Callbacks]),
    probe("holding.reentrant", "Who owns a lock that its owner may take again?", "1 takes a lock and suspends, main tries to take it", Family::Context, &["py.locks"], &[]),
];

#[rustfmt::skip]
const MUTANTS: &[super::Mutant] = &[
    made_on(VARIABLES, mutant("context.SharesVariables", "py.contextvars")),
    made_on(VARIABLES, mutant("context.InheritsContext", "py.context_start")),
    made_on(OF_C, mutant("context.BelievesOldReadings", "py.context_cache")),
    made_on(OF_C, mutant("context.ComesBackElsewhere", "py.context_run")),
    made_on(OF_C, mutant("context.LeavesContexts", "py.context_run")),
    made_on(OF_C, harmless("context.Runs")),
    made_on(WATCHED, mutant("context.TellsWatchers", "py.context_watchers")),
    mutant("context.SharesDecimal", "py.decimal"),
    made_on(WATCHED, mutant("context.SharesWarnings", "py.warnings")),
    made_on(WITH_C, mutant("holding.SharesReprGuard", "py.repr_guard")),
    made_on(MODULES, mutant("holding.SharesImports", "py.import_lock")),
    mutant("holding.SharesLocks", "py.locks"),
];
