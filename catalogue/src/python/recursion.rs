//! Depth, its limits, and the memory of frames.

use super::{Topic, made_on, mutant, on, probe, row};
use crate::element::{About, Group, Interpreted, Known, Level};
use crate::probe::{Capability, Family};

pub(super) const TOPIC: Topic = Topic { rows: ROWS, probes: PROBES, mutants: MUTANTS };

const RECURSION: (Group, Family) = (Group::Recursion, Family::Recursion);

#[rustfmt::skip]
const ROWS: &[crate::Element] = &[
    row("py.recursion.depth", RECURSION, Level::Must, "3 Recursion and the memory of frames: levels are counted for whoever has gone down them", DEPTH),
    row("py.recursion.start", RECURSION, Level::Policy, "3 Recursion and the memory of frames: it is declared whether a coroutine begins at depth zero or at its first resumer's", START),
    on(&LIMIT_LOST, row("py.recursion.limit", RECURSION, Level::Must, "3 Recursion and the memory of frames: the limit is the interpreter's, and a change of it holds for everybody", LIMIT)),
    row("py.recursion.overflow", RECURSION, Level::Must, "3 Recursion and the memory of frames: endless recursion ends in an exception, in time, in every coroutine and after every other", OVERFLOW),
    row("py.recursion.c", RECURSION, Level::Must, "3 Recursion and the memory of frames: recursion through C is refused before the stack of a coroutine ends, and ordinary work fits on it", C),
    row("py.datastack", RECURSION, Level::Must, "3 Recursion and the memory of frames: variables and half-computed expressions of a suspended frame are its own", FRAMES),
    on(&FRAMES_LEFT, row("py.datastack_leak", RECURSION, Level::Must, "3 Recursion and the memory of frames: what a coroutine took for its frames is given back when it ends", LEFT)),
    row("py.jit", RECURSION, Level::Must, "3 Recursion and the memory of frames: code that runs often, and is specialized or compiled for that, suspends as any other", HOT),
];

const LIMIT_LOST: Interpreted = Interpreted {
    known: &[Known {
        package: "tealet",
        bad: "0.1.0rc4",
        good: None,
        remark: "on CPython 3.12 and newer, where the thread state holds a copy of the limit; seen on 3.12.1 and 3.13.0",
    }],
    ..Interpreted::ALL
};

/// Other implementations move objects, and give memory back when they see fit.
const FRAMES_LEFT: Interpreted = Interpreted {
    only: Some("CPython"),
    known: &[Known {
        package: "tealet",
        bad: "0.1.0rc4",
        good: None,
        remark: "what ends by an exception that was thrown into it keeps its frames; seen on 3.10.13 to 3.13.0",
    }],
    ..Interpreted::ALL
};

const DEPTH: &About = &About {
    what: "How many levels the running code has gone down, of which the recursion limit allows so many.",
    rule: "A switch puts the depth of one side away and brings back that of the other; a coroutine that ends leaves nothing of its depth behind.",
    why: "Shallow code would be refused for the recursion of others, or deep code would run past the limit.",
    shows: "RecursionError in code that calls three functions, more often the more coroutines are suspended.",
    bug: "No release is known to lose it; it is the first thing that a switch between two C stacks loses where nothing puts it away.",
    cause: "the depth counter of the thread state is not put away and brought back by the switch",
    fix: "Save the depth, which is the limit less what remains, and restore what remains from the limit that is then in force.",
    limits: "Where the limit is one of bytes, as on PyPy, levels cannot be counted and the probes are skipped.",
};

const START: &About = &About {
    what: "The depth at which the body of a coroutine begins.",
    rule: "Declared as the coroutine's: zero, whoever resumes it first. Declared as the thread's: that of its first resumer.",
    why: "Under the second policy, coroutines that are begun inside each other share one limit though each has a stack.",
    shows: "RecursionError 600 levels down in a coroutine that was begun 600 levels down, under a limit of 1000.",
    bug: "greenlet begins at the depth of whoever switches to it first, tealet at zero; neither is wrong.",
    cause: "the depth at which a coroutine begins is not the one that is declared",
    fix: "Set the depth when the coroutine first runs, or declare what it is.",
    limits: "Frames that the subject itself has below the body are not counted.",
};

const LIMIT: &About = &About {
    what: "The limit that sys.setrecursionlimit sets.",
    rule: "It belongs to the interpreter: what is set anywhere holds in each coroutine, suspended or running, and in whoever resumed it.",
    why: "A program raises the limit before deep work; if some coroutines never hear of it, the work fails there only.",
    shows: "sys.getrecursionlimit() reports the new limit while calls are refused at the old one, or are not refused at the new one.",
    bug: "tealet 0.1.0rc4 saves the limit with what remains of it on CPython 3.12 and newer, so each switch undoes a change.",
    cause: "the recursion limit, or what remained of it, is restored by the switch as it was",
    fix: "Never write the limit. Save the depth alone, and compute what remains when the coroutine goes on.",
    limits: "A limit that is set by another thread in the middle of a switch is not tried.",
};

const OVERFLOW: &About = &About {
    what: "What becomes of endless recursion in a coroutine, and what it leaves behind.",
    rule: "It ends in RecursionError (RuntimeError in Python 2) at the limit, again and again, and whoever runs next has the same limit as before.",
    why: "Endless recursion is an ordinary mistake. It must not cost the process, nor the protection of whoever comes next.",
    shows: "A process that dies of SIGSEGV or of `Cannot recover from stack overflow`, or recursion far beyond the limit.",
    bug: "No release is known to lose it on the interpreters that it was built for.",
    cause: "the limit is not in force in a coroutine, or what is reserved for recovery is not given back",
    fix: "Save the flag or the headroom of recovery with the depth: both grow and shrink with the C stack.",
    limits: "The limit is left as it is; where it is raised beyond what a stack holds, CPython up to 3.10 dies without coroutines, too.",
};

const C: &About = &About {
    what: "The C stack of a coroutine, as far as the interpreter knows where it ends.",
    rule: "Imports, compilation and formatting fit on it; recursion through representations, sorts, encoders and compilers ends in an exception.",
    why: "Unlike recursion of Python functions, that of C code ends in a fault when nobody counts, and no handler runs.",
    shows: "SIGSEGV in a coroutine for data or code that gives RecursionError or MemoryError outside of it.",
    bug: "Switches onto small stacks of their own meet this: the counters of CPython up to 3.13 are meant for the stack of a thread.",
    cause: "the budget of C calls is larger than the stack of the coroutine, or is not put away with it",
    fix: "Give a coroutine a megabyte at least; before 3.12 start deeper, on 3.12 and 3.13 set the budget from the size, from 3.14 on tell the interpreter the bounds.",
    limits: "C extensions with large frames of their own, and stack sizes other than the subject's usual one, are not tried.",
};

const FRAMES: &About = &About {
    what: "The memory in which frames keep their variables and what an expression has computed so far; from CPython 3.11 on it is a stack of chunks.",
    rule: "Frames of a suspended coroutine stay as they are, whatever others call and return from meanwhile.",
    why: "Values of one coroutine in variables of another are the worst that can happen: the program goes on.",
    shows: "Variables that change by themselves, fatal errors in the evaluation loop, SIGSEGV after a deep call.",
    bug: "No release that can be built for CPython 3.11 or newer is known to lose it; a switch written for 3.10 does not know these pointers.",
    cause: "the chunk, top and limit of the stack of frames are not put away and brought back by the switch",
    fix: "Save and restore the three pointers, and let a new coroutine begin with none, so that it allocates a chunk of its own.",
    limits: "Looks at variables and at results of expressions, not at the chunks.",
};

const LEFT: &About = &About {
    what: "The memory that a coroutine took for its frames.",
    rule: "When a coroutine has returned, failed or been killed, nothing of it is left in the process.",
    why: "Four kibibytes for each request that was ever served are gibibytes a day.",
    shows: "A process that grows by a page for each coroutine, without an object that anybody could find.",
    bug: "tealet 0.1.0rc4 keeps the frames of a coroutine that ends by an exception that was thrown into it.",
    cause: "the first chunk of the stack of frames, or an exception with its frames, is not freed when a coroutine ends",
    fix: "Walk the chunks when a coroutine ends, and give each back to the arena allocator with its own size.",
    limits: "Less than half a page for each of a few hundred coroutines is taken for the allocator's own.",
};

const HOT: &About = &About {
    what: "What specialized and compiled code keeps outside of frames while it runs: values in registers, the executor that it came from.",
    rule: "A hot loop gives the same result whether or not others run hot loops between its iterations.",
    why: "Such code runs only after thousands of iterations, so tests that are short never see it.",
    shows: "Sums that are wrong after a long run and right after a short one, or SIGSEGV at a side exit.",
    bug: "No release is known to lose it. CPython 3.13 and newer keep the current executor in the thread state, where a switch finds it.",
    cause: "state of compiled or specialized code is shared between coroutines",
    fix: "Save and clear the executor of the thread state where it has one.",
    limits: "CPython compiles only where it was built to, and where it was told to; elsewhere this looks at specialized code.",
};

const NEST: &[Capability] = &[Capability::Nest];
const KILL: &[Capability] = &[Capability::Kill];
const CALLBACKS: &[Capability] = &[Capability::Callbacks];

#[rustfmt::skip]
const PROBES: &[crate::Probe] = &[
    probe("recursion.charged", "Is main charged for the levels of suspended coroutines?", "1, 2 and 3 are suspended 100, 200 and 400 levels down, then return", Family::Recursion, &["py.recursion.depth"], &[]),
    probe("recursion.resumed_deep", "Is a coroutine charged for the levels of main?", "main begins and resumes a coroutine at different depths", Family::Recursion, &["py.recursion.depth"], &[]),
    probe("recursion.resumed_inside", "Is a coroutine charged for the levels of another one that resumes it?", "2 resumes 1 from 200 levels down", Family::Recursion, &["py.recursion.depth"], NEST),
    probe("recursion.ended", "Is anybody charged for the levels of a coroutine that has ended?", "1 returns from 100 levels down, an exception ends 2 at 200", Family::Recursion, &["py.recursion.depth"], &[]),
    probe("recursion.thrown", "The same where the exception was thrown in from outside?", "main throws an exception into 1, 200 levels down", Family::Recursion, &["py.recursion.depth"], &[Capability::Throw]),
    probe("recursion.killed", "The same where the coroutine was killed?", "main kills 1, 200 levels down", Family::Recursion, &["py.recursion.depth"], KILL),
    probe("recursion.drift", "Does depth drift over many switches and many coroutines?", "1 is suspended 200 times, then 100 coroutines run", Family::Recursion, &["py.recursion.depth"], &[]),
    probe("recursion.start", "At which depth does a coroutine begin that main begins?", "main begins 1 where it stands, and 2 from 300 levels down", Family::Recursion, &["py.recursion.start"], &[]),
    probe("recursion.start_inside", "At which depth does a coroutine begin that another one begins?", "1 begins 2 where it stands, and 3 from 300 levels down", Family::Recursion, &["py.recursion.start"], NEST),
    probe("recursion.limit_set_outside", "Does a coroutine follow a limit that main sets while it is suspended?", "main raises the limit, resumes 1, lowers it, resumes 1", Family::Recursion, &["py.recursion.limit"], &[]),
    probe("recursion.limit_set_inside", "Do main and other coroutines follow a limit that a coroutine sets?", "1 raises the limit and suspends, 2 raises it and returns", Family::Recursion, &["py.recursion.limit"], &[]),
    probe("recursion.limit_below", "Is a coroutine refused whose depth is beyond a limit that was lowered meanwhile?", "1 is suspended 500 levels down, main lowers the limit below that and resumes 1", Family::Recursion, &["py.recursion.limit"], &[]),
    probe("overflow.twice", "Does endless recursion in a coroutine end in an exception, each time?", "1 recurses without end twice, suspends, and does it again", Family::Recursion, &["py.recursion.overflow"], &[]),
    probe("overflow.uncaught", "Is main protected as before when a coroutine has overflowed?", "RecursionError leaves 1, main recurses without end, the same with 2, then 3", Family::Recursion, &["py.recursion.overflow"], &[]),
    probe("overflow.inside", "Is the outer coroutine protected as before when the inner one has overflowed?", "1 resumes 2, which overflows, and then overflows itself", Family::Recursion, &["py.recursion.overflow"], NEST),
    probe("overflow.beside_thread", "Is another thread protected while a coroutine that has overflowed is suspended?", "1 overflows and suspends, another thread overflows, 1 does it again", Family::Recursion, &["py.recursion.overflow"], &[]),
    probe("overflow.handled", "Is main protected while a coroutine is suspended in the handling of its RecursionError?", "1 suspends at the edge of the limit, main overflows twice and resumes 1", Family::Recursion, &["py.recursion.overflow"], &[]),
    probe("cstack.calls", "Does endless recursion through special methods end in an exception?", "1 recurses without end, one way in each process", Family::Recursion, &["py.recursion.c"], &[]),
    probe("cstack.sorting", "Does endless recursion through sorts end in an exception?", "1 sorts in the key, then in the comparison, of a sort", Family::Recursion, &["py.recursion.c"], &[]),
    probe("cstack.containers", "Do containers that are nested too deep end in an exception?", "1 shows, compares, encodes and decodes nested lists", Family::Recursion, &["py.recursion.c"], &[]),
    probe("cstack.compilers", "Does source that is nested too deep end in an exception?", "1 compiles regular expressions and source, one in each process", Family::Recursion, &["py.recursion.c"], &[]),
    probe("cstack.room", "Does ordinary work fit on the stack of a coroutine?", "1 imports, compiles, formats and encodes", Family::Recursion, &["py.recursion.c"], &[]),
    probe("cstack.charged", "Is main charged for calls of C functions that suspended coroutines are in?", "1 and 2 are suspended below 500 nested comparisons, main compares", Family::Recursion, &["py.recursion.c"], CALLBACKS),
    probe("datastack.separate", "Do frames stay whole while others go down over them?", "eight coroutines are suspended 40 levels down, main goes down 300, all go back up", Family::Recursion, &["py.datastack"], &[]),
    probe("datastack.interleaved", "Do frames stay whole where coroutines grow and shrink in turns?", "four coroutines go down 100 levels and up again, twenty at a time", Family::Recursion, &["py.datastack"], &[]),
    probe("datastack.expressions", "Does a half-computed expression keep what it has?", "1 and 2 suspend in the middle of lists and between uses of a variable", Family::Recursion, &["py.datastack"], &[]),
    probe("datastack.finished", "Is the memory of frames given back by coroutines that return?", "hundreds of coroutines run, one after the other", Family::Recursion, &["py.datastack_leak"], &[]),
    probe("datastack.finished_deep", "The same for coroutines that went down deep?", "hundreds of coroutines go down 100 levels, one after the other", Family::Recursion, &["py.datastack_leak"], &[]),
    probe("datastack.failed", "The same for coroutines that an exception ends?", "hundreds of coroutines suspend and then fail, one after the other", Family::Recursion, &["py.datastack_leak"], &[]),
    probe("datastack.killed", "The same for coroutines that are killed?", "hundreds of coroutines are killed 20 levels down, one after the other", Family::Recursion, &["py.datastack_leak"], KILL),
    probe("hot.loops", "Do hot loops keep their sums?", "five coroutines add up in turns, suspended every 97 iterations", Family::Recursion, &["py.jit"], &[]),
    probe("hot.calls", "The same with methods and generators?", "five coroutines call methods in turns, suspended every 97 iterations", Family::Recursion, &["py.jit"], &[]),
    probe("hot.exceptions", "The same with exceptions?", "five coroutines raise and catch in turns, suspended in the handling", Family::Recursion, &["py.jit"], &[]),
    probe("hot.below", "The same where the suspension is in a called function?", "five coroutines call, in turns, a function that suspends", Family::Recursion, &["py.jit"], &[]),
];

/// Defects that are made in the record that CPython keeps of a thread.
const CPYTHON: Interpreted = Interpreted { only: Some("CPython"), ..Interpreted::ALL };
/// Where calls of C functions are counted, for a stack of the usual size.
const COUNTED: Interpreted = Interpreted { last: Some((3, 13)), ..CPYTHON };
/// The same where calls of Python functions need none of that stack.
const COUNTED_APART: Interpreted = Interpreted { first: (3, 11), ..COUNTED };
/// The same where they have a counter of their own.
const COUNTER_OF_C: Interpreted = Interpreted { first: (3, 12), ..COUNTED };

#[rustfmt::skip]
const MUTANTS: &[super::Mutant] = &[
    made_on(CPYTHON, mutant("recursion.ChargesResumer", "py.recursion.depth")),
    made_on(CPYTHON, mutant("recursion.ChargesResumed", "py.recursion.depth")),
    made_on(CPYTHON, mutant("recursion.KeepsDepthOfEnded", "py.recursion.depth")),
    made_on(CPYTHON, mutant("recursion.LosesALevel", "py.recursion.depth")),
    made_on(CPYTHON, mutant("recursion.Inherits", "py.recursion.start")),
    made_on(CPYTHON, mutant("recursion.KeepsLimit", "py.recursion.limit")),
    made_on(CPYTHON, mutant("recursion.KeepsLimitOfResumer", "py.recursion.limit")),
    made_on(CPYTHON, mutant("recursion.OverflowsLate", "py.recursion.overflow")),
    made_on(CPYTHON, mutant("recursion.KeepsHeadroom", "py.recursion.overflow")),
    made_on(COUNTED, mutant("recursion.SmallStack", "py.recursion.c")),
    made_on(COUNTED_APART, mutant("recursion.TinyStack", "py.recursion.c")),
    made_on(COUNTER_OF_C, mutant("recursion.ChargesResumerInC", "py.recursion.c")),
    made_on(CPYTHON, mutant("recursion.OverwritesFrames", "py.datastack")),
    made_on(CPYTHON, mutant("recursion.KeepsMemory", "py.datastack_leak")),
    made_on(CPYTHON, mutant("recursion.LosesHotState", "py.jit")),
    made_on(CPYTHON, super::harmless("recursion.Levels")),
    made_on(CPYTHON, super::harmless("recursion.Frames")),
];
