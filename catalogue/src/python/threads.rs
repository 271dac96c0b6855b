//! OS threads beside coroutines.

use super::{Topic, made_on, mutant, on, probe, row};
use crate::element::{About, Group, Interpreted, Level};
use crate::probe::Family;

pub(super) const TOPIC: Topic = Topic { rows: ROWS, probes: PROBES, mutants: MUTANTS };

const THREADS: (Group, Family) = (Group::Threads, Family::Threads);

/// Exceptions are sent to a thread through the C interface.
const WITH_C: Interpreted = Interpreted { only: Some("CPython"), ..Interpreted::ALL };
/// They arrive at the first step that the thread does, not some steps later.
const AT_ONCE: Interpreted = Interpreted { first: (3, 6), ..WITH_C };
/// The end of a thread frees what was its own, without waiting for a collection.
const COUNTING: Interpreted = WITH_C;

#[rustfmt::skip]
const ROWS: &[crate::Element] = &[
    row("py.migrate", THREADS, Level::Must, "8 Threads: a resume on another thread is refused with an exception, or goes on where \"migrate\" is claimed", MIGRATE),
    row("py.handover", THREADS, Level::Policy, "8 Threads: whether what has not begun may begin on another thread than its creator's is declared", HANDOVER),
    row("py.thread_death", THREADS, Level::Must, "8 Threads: what a thread leaves suspended at its end harms nobody who comes later", DEATH),
    row("py.orphans", THREADS, Level::Policy, "8 Threads: whether a suspended coroutine outlives its thread with all that it holds is declared", ORPHANS),
    row("py.threads", THREADS, Level::Must, "8 Threads: coroutines of different threads have nothing of each other", CROWD),
    row("py.thread_local", THREADS, Level::Policy, "8 Threads: whether thread-locals are the thread's or the coroutine's is declared", LOCAL),
    row("py.thread_identity", THREADS, Level::Policy, "8 Threads: whether a coroutine has the identity of the thread that resumes it is declared", IDENTITY),
    row("py.gc_enabled", THREADS, Level::Must, "8 Threads: switches leave the collector switched on or off, as it was", COLLECTOR),
    on(&WITH_C, row("py.async_exc", THREADS, Level::Policy, "8 Threads: who gets an exception that is sent to the thread of a suspended coroutine is declared", SENT)),
];

const MIGRATE: &About = &About {
    what: "A resume on another thread than the one on which the coroutine has suspended.",
    rule: "It goes on there with all its own, which has to be claimed; or it is refused with an exception, and goes on at home as if nobody had tried.",
    why: "Frames hold the address of their thread's state, so a resume that is neither refused nor prepared for ends in memory that belongs to another thread.",
    shows: "A crash some time after a queue handed a coroutine to a worker thread; a resume that does nothing.",
    bug: "No release is known to us that crashes here: greenlet 0.4.17, 1.1.3 and 3.5.6 and tealet 0.1.0rc4 refuse.",
    cause: "a resume on another thread is neither refused before anything changes nor carried out",
    fix: "Compare the thread's state and its number with those of the first resume, and raise before the coroutine is touched.",
    limits: "One thread that has nothing else to do. Whether what may go on there finds that thread's own is py.thread_identity.",
};

const HANDOVER: &About = &About {
    what: "The first resume of a coroutine, on another thread than the one that has created it.",
    rule: "\"coroutine\": it begins on whichever thread resumes it first. \"thread\": it belongs to its creator's, and others are refused.",
    why: "A pool that creates its workers in one thread and starts them in others counts on it.",
    shows: "An exception about threads from a coroutine that has never run.",
    bug: "No bug: greenlet 3.5.6 lets it begin, tealet 0.1.0rc4 refuses.",
    cause: "whether a coroutine that has not begun belongs to a thread is not as declared",
    fix: "Declare what is done; binding to a thread is needed at the first resume, not at creation.",
    limits: "One coroutine, created in main and resumed once.",
};

const DEATH: &About = &About {
    what: "A thread that ends while a coroutine of its own is suspended, and what then happens in later threads, in main, and with the handle that is left.",
    rule: "Asking for its state and dropping the handle are safe. A resume is refused or right. Later coroutines, on threads that may have the same number, have only their own.",
    why: "Worker threads come and go, and whatever they leave must not be taken for a newcomer's.",
    shows: "A crash at the exit of a thread; a new worker that continues an old one's job.",
    bug: "No release that we tried fails; that thread states are made again at the same address is why they could.",
    cause: "what a dead thread leaves is found again by a thread that has its number or address",
    fix: "Keep the number of the thread state, which is never used twice, beside its address, and compare both.",
    limits: "One orphan at a time; whether its number is used again is the operating system's choice.",
};

const ORPHANS: &About = &About {
    what: "What a suspended coroutine holds when its thread has ended, while its handle is kept.",
    rule: "\"coroutine\": it is still there. \"thread\": the end of the thread unwinds the coroutine and frees it.",
    why: "What is never freed is a leak in each worker that ends; what is freed early is a connection closed under somebody's hands.",
    shows: "Memory that grows with the number of threads that have ended; files that stay open.",
    bug: "greenlet 0.4.17, 1.1.3 and 3.5.6 and tealet 0.1.0rc4 keep it, and do not free it when the handle is dropped either.",
    cause: "what the end of a thread does to its suspended coroutines is not as declared",
    fix: "Keep a guard among the thread's own locals: it runs on the dying thread, which can still unwind everything.",
    limits: "What happens when the handle is dropped is told in a note and not judged: another thread may be unable to free it.",
};

const CROWD: &About = &About {
    what: "Four threads with four coroutines each that switch all the time, with threads that take turns as often as they can: exceptions that are handled, and values passed both ways.",
    rule: "Whatever a coroutine handles, gets or gives is its own thread's.",
    why: "A lock that a switch holds too short, or a variable of the whole process, goes unnoticed until a second thread uses the library.",
    shows: "A handler that sees another thread's exception; answers that reach the wrong thread.",
    bug: "Not known of the releases that we tried.",
    cause: "something that belongs to one thread's switch is kept in one place for the whole process",
    fix: "Keep the current coroutine and what is on its way with the thread state.",
    limits: "A look at chance: threads meet where they meet. Exceptions are compared by thread; by coroutine they are py.exc_info.",
};

const LOCAL: &About = &About {
    what: "An attribute of a threading.local that both sides set.",
    rule: "\"thread\": there is one for all coroutines of a thread. \"coroutine\": each has its own.",
    why: "Database sessions and request objects are kept there by programs that knew threads before they knew coroutines.",
    shows: "A session that two requests use at once; or a setting that a coroutine misses.",
    bug: "No bug: one for a thread is what most subjects do; gevent replaces the class where it is asked to.",
    cause: "thread-locals are not where they are declared to be",
    fix: "Declare \"thread\", and point users to context variables.",
    limits: "One attribute; what C extensions keep for a thread is not looked at.",
};

const IDENTITY: &About = &About {
    what: "The thread's identifier and the current thread object, within a coroutine and outside.",
    rule: "\"thread\": both are the resumer's. \"coroutine\": each coroutine has its own.",
    why: "Locks, registries and log lines tell threads apart by them.",
    shows: "A lock that refuses its owner; log lines of one job under two names.",
    bug: "No bug: coroutines that are threads differ here by their nature.",
    cause: "the identity of the thread is not what it is declared to be",
    fix: "Declare what is done.",
    limits: "Looked at when the body begins and after one suspension.",
};

const COLLECTOR: &About = &About {
    what: "Whether the collector is switched on, after four threads have switched all the time.",
    rule: "As it was before: on where it was on, off where it was off.",
    why: "A switch that turns the collector off for its own time and lets another thread in between can leave it off for ever.",
    shows: "Memory that grows for days, with gc.isenabled() false in a program that never called gc.disable().",
    bug: "python-greenlet/greenlet#529: up to 3.5.5 it was asked and switched off in two steps, seen on free-threaded interpreters",
    cause: "the state of the collector is read and changed in two steps that another thread can come between",
    fix: "Use the one call that switches it off and says what it was; or leave the collector alone.",
    limits: "A look at chance; with the interpreter lock the window may not exist.",
};

const SENT: &About = &About {
    what: "An exception that PyThreadState_SetAsyncExc sends to the thread on which a coroutine was running when it suspended.",
    rule: "\"coroutine\": that coroutine gets it when it goes on. \"thread\": whoever runs next on the thread gets it.",
    why: "Watchdogs stop a job that takes too long this way, and stop another one if coroutines share the thread.",
    shows: "A timeout that is raised in code that has just begun.",
    bug: "greenlet and tealet give it to whoever runs, which is what the interpreter promises of threads.",
    cause: "an exception that is sent to a thread reaches whichever coroutine runs on it",
    fix: "Declare \"thread\", and throw into a coroutine by its handle.",
    limits: "Sent by main itself while 1 is suspended; not from a third thread.",
};

#[rustfmt::skip]
const PROBES: &[crate::Probe] = &[
    probe("threading_state.migration", "Is a resume on another thread refused, or right?", "main starts 1, another thread resumes it, then main does", Family::Threads, &["py.migrate"], &[]),
    probe("threading_state.handover", "May a coroutine begin on another thread than its creator's?", "main creates 1, another thread is the first to resume it", Family::Threads, &["py.handover"], &[]),
    probe("threading_state.owner_died", "Is what a dead thread leaves suspended harmless for all who come later?", "a thread resumes 1 and ends, a later one lives through 2, main resumes 1, drops it and lives through 3", Family::Threads, &["py.thread_death"], &[]),
    probe("threading_state.orphans", "Does a suspended coroutine outlive its thread?", "a thread resumes 1 and ends, main looks at what 1 holds", Family::Threads, &["py.orphans"], &[]),
    probe("contention.crowded", "Have coroutines of different threads nothing of each other?", "four threads resume four coroutines each in turn, which all handle exceptions", Family::Threads, &["py.threads"], &[]),
    probe("threading_state.locals_of_thread", "Whose are thread-locals?", "1 sets an attribute and suspends, main sets it and resumes 1", Family::Threads, &["py.thread_local"], &[]),
    probe("threading_state.identity", "Which thread does a coroutine say that it runs on?", "1 asks at its beginning and after a suspension", Family::Threads, &["py.thread_identity"], &[]),
    probe("contention.collecting", "Do switches of several threads leave the collector as it was?", "four threads create, resume and finish coroutines at once", Family::Threads, &["py.gc_enabled"], &[]),
    probe("threading_state.interruption", "Who gets an exception that is sent while a coroutine is suspended?", "1 suspends, main sends an exception to the thread of 1, runs on, and resumes 1", Family::Threads, &["py.async_exc"], &[]),
];

#[rustfmt::skip]
const MUTANTS: &[super::Mutant] = &[
    mutant("threading_state.SwallowsForeign", "py.migrate"),
    mutant("threading_state.RefusesHandover", "py.handover"),
    mutant("threading_state.TakesOrphansForOwn", "py.thread_death"),
    made_on(COUNTING, mutant("threading_state.EndsOrphans", "py.orphans")),
    mutant("contention.CrossesThreads", "py.threads"),
    mutant("threading_state.SharesThreadLocals", "py.thread_local"),
    mutant("threading_state.PassesForMain", "py.thread_identity"),
    mutant("contention.ForgetsCollector", "py.gc_enabled"),
    made_on(AT_ONCE, mutant("threading_state.HandsInterruptionsOn", "py.async_exc")),
];
