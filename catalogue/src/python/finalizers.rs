//! Finalizers and the collector.

use super::{Topic, made_on, mutant, on, probe, row};
use crate::element::{About, Group, Interpreted, Known, Level};
use crate::probe::{Capability, Family};

pub(super) const TOPIC: Topic = Topic { rows: ROWS, probes: PROBES, mutants: MUTANTS };

const FINALIZERS: (Group, Family) = (Group::Finalizers, Family::Finalizers);

/// Where deallocations that run too deep are counted in the thread state.
const COUNTED: Interpreted = Interpreted {
    last: Some((3, 12)),
    only: Some("CPython"),
    known: &[Known {
        package: "greenlet",
        bad: "1.1.3",
        good: Some("2.0.2"),
        remark: "CPython 2.7 to 3.10: finalizers are put off while others are suspended in finalizers",
    }],
    ..Interpreted::ALL
};

/// Where the list of deallocations that wait is the whole of that state.
const LISTED: Interpreted =
    Interpreted { first: (3, 13), only: Some("CPython"), known: WAITING_KNOWN, ..Interpreted::ALL };

/// Where the collector runs finalizers of objects that are part of a cycle.
const IN_CYCLES: Interpreted = Interpreted { first: (3, 4), ..Interpreted::ALL };

/// Where it does so before its collection has ended.
const MARKED: Interpreted = Interpreted { only: Some("CPython"), ..IN_CYCLES };

/// Where references are counted, so that the moment of a finalizer can be told.
const PROMPT_HERE: Interpreted = Interpreted { only: Some("CPython"), ..Interpreted::ALL };

const WAITING_KNOWN: &[Known] = &[
    Known {
        package: "greenlet",
        bad: "3.5.6",
        good: None,
        remark: "CPython 3.13 to 3.15: SIGSEGV when a finalizer suspends, or runs another greenlet, while deallocations wait",
    },
    Known {
        package: "tealet",
        bad: "0.1.0rc4",
        good: None,
        remark: "CPython 3.13 and 3.14: SIGSEGV when a finalizer runs another tealet to its end while deallocations wait",
    },
];

#[rustfmt::skip]
const ROWS: &[crate::Element] = &[
    row("py.finalizers", FINALIZERS, Level::Must, "6 Finalizers and the collector: a finalizer runs when the last reference is given up, once, and before the next statement", PROMPT),
    row("py.released", FINALIZERS, Level::Must, "6 Finalizers and the collector: when a body has ended, its locals are given up", RELEASED),
    on(&LISTED, row("py.delete_later", FINALIZERS, Level::Must, "6 Finalizers and the collector: deallocations that wait belong to the thread, and a switch leaves their list alone", WAITING)),
    on(&COUNTED, row("py.trash_nesting", FINALIZERS, Level::Must, "6 Finalizers and the collector: how deep deallocations are nested is counted for each stack", NESTING)),
    row("py.gc_suspended", FINALIZERS, Level::Must, "6 Finalizers and the collector: what a suspended stack refers to is alive, and garbage when that stack has ended", SPARED),
    on(&MARKED, row("py.gc_busy", FINALIZERS, Level::Policy, "6 Finalizers and the collector: whether a collection that is suspended in a finalizer keeps others from collecting", BUSY)),
    on(&IN_CYCLES, row("py.gc_recovers", FINALIZERS, Level::Must, "6 Finalizers and the collector: a collection that was suspended is brought to its end, and the next one collects", RECOVERS)),
    row("py.gc_cycle", FINALIZERS, Level::Policy, "6 Finalizers and the collector: whether a suspended coroutine that only its own stack refers to is collected", CYCLE),
];

const PROMPT: &About = &About {
    what: "The moment at which a finalizer runs, whose stack it runs on, and how often.",
    rule: "Where references are counted, the finalizer has run before the statement after the one that gives up the last reference, in a coroutine as elsewhere; and it runs once, even if it suspends.",
    why: "Files stay open and locks stay held for longer than the program says, and only where coroutines are used.",
    shows: "A finalizer runs after a later statement, after a switch, on another stack, twice or never.",
    bug: "On CPython 3.14 and newer a stack whose bounds the interpreter does not know looks exhausted, so that every nested deallocation waits; 3.13 does the same where too little C recursion is left.",
    cause: "deallocations wait for no reason on the stack of a coroutine, or the switch keeps references of its own",
    fix: "Tell the interpreter the bounds of each stack that is switched to, and keep no copy of locals or frames.",
    limits: "Interpreters that do not count references promise nothing about the moment, and are skipped.",
};

const RELEASED: &About = &About {
    what: "The locals of a body that has returned, while the handle of its coroutine is still there.",
    rule: "They are given up when the body returns, as those of any function are.",
    why: "A finished coroutine that is kept for its result would keep everything that it ever used.",
    shows: "Memory grows with each finished coroutine that somebody still refers to; finalizers run when the handle goes.",
    bug: "No release is known to; keeping the frame of the last suspension is how it would happen.",
    cause: "the handle of a finished coroutine keeps its frame",
    fix: "Drop every frame that a handle refers to when the body has returned.",
    limits: "Looked at where references are counted; a traceback that somebody keeps is not the subject's.",
};

const WAITING: &About = &About {
    what: "The list of objects whose deallocation was put off because it would have run too deep: delete_later of the thread state.",
    rule: "The list stays with the thread. Whoever works it off works all of it off, and each finalizer runs once.",
    why: "The objects in it are dead already. A switch that puts the list away and brings it back brings back objects that were freed in between, and the heap is corrupted.",
    shows: "A segmentation fault in the allocator, or in a finalizer, some time after a long chain of objects was given up; or finalizers that never run.",
    bug: "greenlet 3.5.6 and tealet 0.1.0rc4 save and restore the list on CPython 3.13 and newer, and both end in SIGSEGV.",
    cause: "delete_later of the thread state is saved and restored by the switch",
    fix: "Leave the field alone.",
    limits: "Chains of about the critical length are tried, as long as the interpreter shows where it begins to put deallocations off; from 3.14 on in a thread with a small stack.",
};

const NESTING: &About = &About {
    what: "The count of deallocations that run inside each other: trash_delete_nesting of the thread state, whose limit is 50.",
    rule: "It counts what lies on one stack, so it follows the coroutine and is 0 for a new one.",
    why: "Coroutines that are suspended in finalizers would use up the limit for everybody else, and all other finalizers would be put off.",
    shows: "Finalizers of containers run late, or never if the suspended coroutines are never resumed.",
    bug: "greenlet 0.4.17 and 1.1.3 do not save it, 2.0.2 and newer do.",
    cause: "trash_delete_nesting of the thread state is not saved and restored by the switch",
    fix: "Save it with the coroutine, and begin with 0.",
    limits: "CPython 3.13 measures the stack instead.",
};

const SPARED: &About = &About {
    what: "Objects that only the locals of a suspended coroutine refer to, cycles among them.",
    rule: "No collection takes them while the coroutine is suspended, and one takes them when it has ended and nobody else refers to them.",
    why: "A collector that does not know of a stack clears objects that are in use, or keeps garbage for ever.",
    shows: "A list that is suddenly empty, an object without attributes; or memory that grows with each coroutine that had a cycle.",
    bug: "No release is known to; a collector finds no reference from a stack and must see each as one from outside.",
    cause: "references from a suspended stack are counted as references from inside a cycle",
    fix: "Visit nothing that lies on a suspended stack, so that whatever it refers to is referred to from outside.",
    limits: "Collections that run in another OS thread at the same time are not tried.",
};

const BUSY: &About = &About {
    what: "Whether somebody else's collection collects while a coroutine is suspended in a finalizer that the collector runs.",
    rule: "`coroutine`: it does. `thread`: it collects nothing until the finalizer has ended, because the mark that the collector is busy belongs to the whole interpreter.",
    why: "A server whose coroutine waits in such a finalizer has no collector while it waits, however long that is.",
    shows: "gc.collect() returns 0, and memory grows.",
    bug: "The mark is the interpreter's: greenlet, tealet and OS threads show it alike.",
    cause: "the collector is marked as busy for as long as a finalizer that it runs is suspended",
    fix: "Nothing that a switch can do; let no finalizer wait.",
    limits: "PyPy runs finalizers after its collections and is not busy.",
};

const RECOVERS: &About = &About {
    what: "A collection that was suspended in a finalizer, and the collector after it.",
    rule: "The finalizer runs to its end, once, and later collections collect again.",
    why: "A collector that stays marked as busy collects nothing for the rest of the program.",
    shows: "Memory grows for ever after one suspension in a finalizer.",
    bug: "No release is known to.",
    cause: "a collection that was suspended is never brought to its end",
    fix: "Resume what was suspended within the collector, or unwind it.",
    limits: "One suspension, which is resumed; one that is never resumed keeps the collector busy by definition.",
};

const CYCLE: &About = &About {
    what: "A suspended coroutine to which nothing refers but its own stack.",
    rule: "`coroutine`: a collection takes it. `thread`: it stays for as long as the thread, because a stack of C frames cannot be looked through.",
    why: "A program that gives up such a coroutine by mistake leaks a whole stack each time, unless it is collected.",
    shows: "The locals of the coroutine are never given up.",
    bug: "Stacks of C frames cannot be looked through, so greenlet, tealet and OS threads keep such a coroutine; generators are collected.",
    cause: "a suspended stack cannot be looked through by the collector",
    fix: "Kill what is not resumed any more, or refer to it weakly from inside.",
    limits: "Collected means that its locals are given up; whether it was unwound is another question.",
};

#[rustfmt::skip]
const PROBES: &[crate::Probe] = &[
    probe("finalizers.prompt", "Does a finalizer run before the next statement of a coroutine?", "1 makes objects, is suspended and resumed, and gives them up", Family::Finalizers, &["py.finalizers"], &[]),
    probe("finalizers.suspended", "Do other finalizers run while one is suspended, and each of them once?", "1 suspends in a finalizer, main gives up an object of its own and resumes 1", Family::Finalizers, &["py.finalizers"], &[Capability::Callbacks]),
    probe("finalizers.released", "Are the locals of a body given up when it returns?", "1 returns while main keeps its handle", Family::Finalizers, &["py.released"], &[]),
    probe("finalizers.weak", "May the callback of a weak reference to a local run another coroutine?", "1 gives up one local and returns with another, and the callbacks of both resume 2", Family::Finalizers, &["py.finalizers", "py.released"], &[Capability::Nest]),
    probe("trash.suspends", "Does each finalizer run once when one suspends while deallocations wait?", "coroutines give up chains of about the length that is too deep, and suspend in a finalizer", Family::Finalizers, &["py.delete_later"], &[Capability::Callbacks]),
    probe("trash.starts", "Does each finalizer run once when one runs a coroutine while deallocations wait?", "coroutines give up chains of about the length that is too deep, and run another coroutine in a finalizer", Family::Finalizers, &["py.delete_later"], &[Capability::Callbacks, Capability::Nest]),
    probe("trash.nesting", "Is the depth of deallocations counted for each coroutine?", "1, 2 and 3 suspend in finalizers below 30 tuples, and main gives up an object below 30 more", Family::Finalizers, &["py.trash_nesting"], &[Capability::Callbacks]),
    probe("collector.locals_kept", "Does the collector spare what a suspended coroutine refers to, and take it afterwards?", "main collects while 1 is suspended, and again when 1 is done", Family::Finalizers, &["py.gc_suspended"], &[]),
    probe("collector.always", "Does a collection at each switch take nothing that is in use?", "four coroutines take turns while the collector runs all the time", Family::Finalizers, &["py.gc_suspended"], &[]),
    probe("collector.busy", "Does the collector collect while a finalizer that it runs is suspended?", "1 collects and suspends in a finalizer, main collects, then resumes 1 and collects", Family::Finalizers, &["py.gc_busy", "py.gc_recovers"], &[Capability::Callbacks]),
    probe("collector.cycle", "Is a suspended coroutine collected to which nobody else refers?", "1 is suspended, main gives up its handle and collects", Family::Finalizers, &["py.gc_cycle"], &[]),
];

const MUTANTS: &[super::Mutant] = &[
    made_on(PROMPT_HERE, mutant("finalizers.KeepsLocals", "py.finalizers")),
    made_on(PROMPT_HERE, mutant("finalizers.FinalizesTwice", "py.finalizers")),
    made_on(PROMPT_HERE, mutant("finalizers.KeepsFrames", "py.released")),
    made_on(LISTED, mutant("finalizers.LosesWaiting", "py.delete_later")),
    made_on(COUNTED, mutant("finalizers.AddsNesting", "py.trash_nesting")),
    mutant("finalizers.TakesCycles", "py.gc_suspended"),
    made_on(MARKED, mutant("finalizers.LeavesBusy", "py.gc_recovers")),
    made_on(MARKED, mutant("finalizers.ClaimsIdle", "py.gc_busy")),
    mutant("finalizers.ClaimsCycles", "py.gc_cycle"),
];
