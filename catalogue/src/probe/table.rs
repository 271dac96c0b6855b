//! All probes, a line each.

use super::{Capability, Event, Experiment, Family, Probe};

use Event::{Entry, Finished, First, Frame, Resumed, Suspended};
use Experiment::{Deep, Enter, Extremes, Finish, Long, Nested, Nothing, Pair, Several};

/// What a thread has one of, and every machine can show.
const STATES: &[&str] = &["tls.errno", "signal.mask", "signal.altstack"];

/// Every look at registers.
const SWITCHES: &[Event] = &[First, Resumed, Finished, Suspended];

const PAIR: &str = "main resumes 1, 1 suspends, main resumes 1, again and again";
const ENTER: &str = "main creates and resumes several coroutines, each suspends at once";
const FINISH: &str = "main resumes 1, 1 suspends, main resumes 1, 1 returns from its body";
const TWO: &str = "main resumes 1 and 2 in turn, each suspends";
const THREE: &str = "main resumes 1, 2 and 3 in changing order, each suspends";
const MANY: &str = "main resumes 64 coroutines in changing order, each suspends";
const LONG: &str = "main resumes 1, 1 suspends, over 10 000 switches";
const NESTED: &str =
    "main resumes 1, 1 resumes 2, 2 resumes 3, and back by suspensions and returns";
const DEEP: &str = "main and 1 switch below 24 frames of 1 KiB each, and leave them again";
const TRANSFER: &str = "main resumes 1, 1 transfers to 2, 2 to 3, 3 suspends, in changing order";
const HANDED: &str =
    "4 threads hand 16 coroutines on, one thread running at a time: created here, resumed there";
const AT_ONCE: &str =
    "2 threads resume coroutines of their own, first both inside one and out in turn, then freely";
const STRUCK: &str = "main resumes 1, 1 suspends, over up to a million switches, while a timer sends signals at random instants";
const STATE_PAIR: &str =
    "main resumes 1, 1 suspends, again and again; each sets its own before it leaves";
const STATE_THREE: &str =
    "main resumes 1, 2 and 3 in an order of the seed; each sets its own before it leaves";
const STATE_NESTED: &str =
    "main resumes 1, 1 resumes 2, and back; each sets its own before it leaves";
const EXTREMES: &str = "main and 1 pass words of which only some bytes are set, both ways";

const fn probe(
    id: &'static str,
    title: &'static str,
    schedule: &'static str,
    family: Family,
    experiment: Experiment,
    events: &'static [Event],
) -> Probe {
    let needs: &[Capability] = match experiment {
        Nested => &[Capability::Nest],
        Experiment::Transfer => &[Capability::Transfer],
        _ => &[],
    };
    Probe { id, title, schedule, family, rows: None, experiment, events, needs }
}

/// An experiment of its own, by the name of its scenario, on these rows.
const fn scenario(
    id: &'static str,
    title: &'static str,
    schedule: &'static str,
    (family, name): (Family, &'static str),
    rows: &'static [&'static str],
    needs: &'static [Capability],
) -> Probe {
    let probe = probe(id, title, schedule, family, Experiment::Scenario(name), &[]);
    Probe { rows: Some(rows), needs, ..probe }
}

/// Exceptions that are handled, and exceptions on their way.
const BOTH: &[&str] = &["cxx.caught", "cxx.uncaught"];

/// All probes, in the order of `list probes`.
#[rustfmt::skip]
pub const PROBES: &[Probe] = &[
    probe("regs.first",   "Does the first resume bring back the resumer's registers?",   ENTER,  Family::Regs, Enter,       &[First]),
    probe("regs.resume",  "Does a resume bring back the resumer's registers?",           PAIR,   Family::Regs, Pair,        &[Resumed]),
    probe("regs.suspend", "Does a suspend bring back the coroutine's registers?",        PAIR,   Family::Regs, Pair,        &[Suspended]),
    probe("regs.finish",  "Are the resumer's registers back when a body has returned?",  FINISH, Family::Regs, Finish,      &[Finished]),
    probe("regs.two",     "Do two coroutines keep their registers apart?",               TWO,    Family::Regs, Several(2),  SWITCHES),
    probe("regs.three",   "Do three coroutines keep their registers apart?",             THREE,  Family::Regs, Several(3),  SWITCHES),
    probe("regs.many",    "Do 64 coroutines keep their registers apart?",                MANY,   Family::Regs, Several(64), SWITCHES),
    probe("regs.long",    "Do registers survive over 10 000 switches?",                  LONG,   Family::Regs, Long(10_000), SWITCHES),
    probe("regs.nested",  "Do registers survive when coroutines resume coroutines?",     NESTED, Family::Regs, Nested,      SWITCHES),
    probe("regs.deep",    "Do registers survive switches below deep frames?",            DEEP,   Family::Regs, Deep,        SWITCHES),
    probe("fp.entry",     "Does a body begin under control words that somebody chose?",  ENTER,  Family::Fp, Enter,         &[Entry]),
    probe("fp.first",     "Does the first resume bring back the control words?",         ENTER,  Family::Fp, Enter,         &[First]),
    probe("fp.resume",    "Does a resume bring back the resumer's control words?",       PAIR,   Family::Fp, Pair,          &[Resumed]),
    probe("fp.suspend",   "Does a suspend bring back the coroutine's control words?",    PAIR,   Family::Fp, Pair,          &[Suspended]),
    probe("fp.finish",    "Are the control words back when a body has returned?",        FINISH, Family::Fp, Finish,        &[Finished]),
    probe("fp.two",       "Do two coroutines keep their control words apart?",           TWO,    Family::Fp, Several(2),    SWITCHES),
    probe("fp.three",     "Do three coroutines keep their control words apart?",         THREE,  Family::Fp, Several(3),    SWITCHES),
    probe("fp.many",      "Do 64 coroutines keep their control words apart?",            MANY,   Family::Fp, Several(64),   SWITCHES),
    probe("fp.long",      "Do control words survive over 10 000 switches?",              LONG,   Family::Fp, Long(10_000),  SWITCHES),
    probe("fp.nested",    "Do control words survive when coroutines resume coroutines?", NESTED, Family::Fp, Nested,        SWITCHES),
    probe("fp.deep",      "Do control words survive switches below deep frames?",        DEEP,   Family::Fp, Deep,          SWITCHES),
    probe("state.entry",  "Does a body begin with clean flags and an empty x87 stack?",  ENTER,  Family::State, Enter,      &[Entry]),
    probe("state.resume", "Does a resume return with clean flags and an empty x87 stack?", PAIR, Family::State, Pair,       &[First, Resumed]),
    probe("state.suspend","Does a suspend return with clean flags and an empty x87 stack?", PAIR, Family::State, Pair,      &[Suspended]),
    probe("state.finish", "Are flags and x87 stack clean when a body has returned?",     FINISH, Family::State, Finish,     &[Finished]),
    probe("state.nested", "Are flags and x87 stack clean when coroutines nest?",         NESTED, Family::State, Nested,     SWITCHES),
    probe("state.long",   "Do flags and x87 stack stay clean over 10 000 switches?",     LONG,   Family::State, Long(10_000), SWITCHES),
    probe("entry.align",  "Is the stack aligned where a body begins?",                   ENTER,  Family::Entry, Enter,      &[Entry]),
    probe("entry.nested", "Is the stack aligned where a nested body begins?",            NESTED, Family::Entry, Nested,     &[Entry]),
    probe("entry.many",   "Is the stack aligned where each of 64 bodies begins?",        MANY,   Family::Entry, Several(64), &[Entry]),
    probe("stack.pair",   "Do the caller's stack words survive a switch?",               PAIR,   Family::Stack, Pair,       SWITCHES),
    probe("stack.many",   "Do 64 coroutines keep their stacks apart?",                   MANY,   Family::Stack, Several(64), SWITCHES),
    probe("stack.nested", "Do stack words survive when coroutines resume coroutines?",   NESTED, Family::Stack, Nested,     SWITCHES),
    probe("stack.deep",   "Do deep frames survive switches?",                            DEEP,   Family::Stack, Deep,       &[First, Resumed, Finished, Suspended, Frame]),
    probe("value.pair",   "Do values arrive whole, both ways?",                          PAIR,   Family::Value, Pair,       &[]),
    probe("value.extremes","Do values with few bits set arrive whole?",                  EXTREMES, Family::Value, Extremes, &[]),
    probe("value.many",   "Do the values of 64 coroutines stay apart?",                  MANY,   Family::Value, Several(64), &[]),
    probe("value.nested", "Do values arrive when coroutines resume coroutines?",         NESTED, Family::Value, Nested,     &[]),
    probe("value.finish", "Does the result of a body come out of resume?",               FINISH, Family::Value, Finish,     &[]),
    probe("life.finish",    "Is a coroutine done when its body has returned, and not before?", FINISH, Family::Life, Finish,  &[]),
    probe("life.many",    "Is each of 64 coroutines done only when it is?",              MANY,   Family::Life, Several(64), &[]),
    probe("life.nested",  "Is a nested coroutine done only when it is?",         NESTED, Family::Life, Nested,      &[]),
    probe("regs.transfer", "Do registers survive a direct transfer?",                    TRANSFER, Family::Regs, Experiment::Transfer, SWITCHES),
    probe("fp.transfer",  "Do control words survive a direct transfer?",                 TRANSFER, Family::Fp, Experiment::Transfer, SWITCHES),
    probe("state.transfer","Are flags and x87 stack clean after a direct transfer?",     TRANSFER, Family::State, Experiment::Transfer, SWITCHES),
    probe("stack.transfer","Do stack words survive a direct transfer?",                  TRANSFER, Family::Stack, Experiment::Transfer, SWITCHES),
    probe("value.transfer","Do values arrive by a direct transfer?",                     TRANSFER, Family::Value, Experiment::Transfer, &[]),
    probe("life.transfer","Is a coroutine done only when it is, after transfers?",       TRANSFER, Family::Life, Experiment::Transfer, &[]),
    scenario("thread.pair",   "Does state of the thread stay or follow, as declared?", STATE_PAIR, (Family::Thread, "thread-state"), STATES, &[]),
    scenario("thread.three",  "Does it do so among three coroutines?",               STATE_THREE, (Family::Thread, "thread-state"), STATES, &[]),
    scenario("thread.nested", "Does it do so when coroutines resume coroutines?", STATE_NESTED, (Family::Thread, "thread-state"), STATES, &[Capability::Nest]),
    scenario("signal.normal",    "Does a switch survive signals handled on its stack?", STRUCK, (Family::Signal, "signals"), &["signal.switch"], &[]),
    scenario("signal.alternate", "Does it survive signals handled on the alternate stack?", STRUCK, (Family::Signal, "signals"), &["signal.switch"], &[]),
    scenario("migrate.values", "Does a coroutine survive being handed from thread to thread?", HANDED, (Family::Migration, "migration"), &["value.resume", "value.suspend", "stack.contents", "life.done"], &[Capability::Migrate]),
    scenario("migrate.tls", "Does it find thread-locals and errno of the thread that resumed it?", HANDED, (Family::Migration, "migration"), &["tls.migrated"], &[Capability::Migrate]),
    scenario("threads.apart", "Do two threads switch at once without knowing of each other?", AT_ONCE, (Family::Migration, "apart"), &["life.threads"], &[]),
    scenario("thread.locale", "Does the thread's locale stay or follow, as declared?", STATE_THREE, (Family::Thread, "thread-state"), &["tls.locale"], &[]),
    probe("shadow.pointer","Does the shadow stack follow the coroutine?",                PAIR,   Family::Shadow, Nothing,   &[]),
    scenario("rust.panic",  "Does a panic out of the body come out of resume?",        "a body panics at once, or after suspensions, or in a coroutine that it resumed", (Family::Rust, "rust.panic"), &["rust.unwind"], &[Capability::Panic]),
    scenario("rust.catch",  "Does a body that was suspended still catch its own panic?", "1 and 2 suspend inside catch_unwind, and panic when they are resumed", (Family::Rust, "rust.catch"), &["rust.unwind"], &[]),
    scenario("rust.both",   "Do panics stay apart that are under way at once?",         "1 and 2 panic, suspend in a destructor, and are resumed in either order", (Family::Rust, "rust.both"), &["rust.unwind"], &[]),
    scenario("rust.forced", "Does a destroyed coroutine go, whole and quietly?",        "1 is destroyed where it suspended, below two frames, or where it catches whatever comes", (Family::Rust, "rust.forced"), &["rust.unwind"], &[Capability::Destroy]),
    scenario("rust.count",  "Is a panic that unwinds one coroutine taken for everybody's?", "1 panics and suspends in a destructor; main, 2 and 3 ask panicking()", (Family::Rust, "rust.count"), &["rust.panic_count"], &[]),
    scenario("cxx.entry",    "Does a new coroutine begin without an exception?",        "main resumes 1 and then 2 for the first time from a handler", (Family::Cxx, "exceptions"), &["cxx.caught"], &[]),
    scenario("cxx.two",      "Do two that suspended in handlers keep their exceptions?", "main resumes 1 and 2 in either order; each suspends in a handler and a destructor", (Family::Cxx, "exceptions"), BOTH, &[]),
    scenario("cxx.three",    "Do three that suspended in handlers keep theirs?",        "main resumes 1, 2 and 3 in each order; each suspends in a handler and a destructor", (Family::Cxx, "exceptions"), BOTH, &[]),
    scenario("cxx.rethrow",  "Does a rethrow after a switch throw the own exception?",  "main resumes 1 and 2 in either order; each rethrows in its handler, and suspends there", (Family::Cxx, "exceptions"), BOTH, &[]),
    scenario("cxx.nested",   "Do they keep their exceptions when coroutines nest?",     "1 resumes 2 and 2 resumes 3, each from a handler and a destructor", (Family::Cxx, "exceptions"), BOTH, &[Capability::Nest]),
    scenario("cxx.transfer", "Do they keep their exceptions across transfers?",         "1 transfers to 2 and 2 to 3, each from a handler and a destructor", (Family::Cxx, "exceptions"), BOTH, &[Capability::Transfer]),
    scenario("cxx.catch",    "Is the count right when an exception is caught after a switch?", "1 and 2 suspend in destructors while exceptions are on their way, and leave them when they are resumed", (Family::Cxx, "exceptions"), &["cxx.uncaught"], &[]),
    scenario("cxx.destroy",  "Is the count right when a suspended coroutine was destroyed?", "2 is destroyed where it suspended in a handler, while an exception of 1 is on its way", (Family::Cxx, "exceptions"), &["cxx.uncaught"], &[Capability::Destroy]),
    scenario("cxx.throw",    "Does an exception out of a body come out of resume?",     "four bodies throw, one at once and three after a suspension, not in the order in which they suspended", (Family::Cxx, "exceptions-thrown"), &["cxx.unwind"], &[Capability::Unwind]),
    scenario("cxx.through",  "Does it come out of two coroutines?",                     "1 resumes 2, 2 throws, and 1 does not catch it", (Family::Cxx, "exceptions-nested"), &["cxx.unwind"], &[Capability::Unwind, Capability::Nest]),
    scenario("unwind.body",   "Does a backtrace in a body end?",                     "1 walks its stack at its entry and after suspensions; main resumes it from changing depths", (Family::Unwind, "backtrace"), &["unwind.backtrace"], &[]),
    scenario("unwind.nested", "Does a backtrace in nested coroutines end?",          "main resumes 1, 1 resumes 2, 2 resumes 3, and each walks its stack", (Family::Unwind, "backtrace-nested"), &["unwind.backtrace"], &[Capability::Nest]),
    scenario("unwind.signal", "Does a backtrace in a signal handler end?",           "1 sends itself a signal, and the handler walks the stack, on the body's stack and on the alternate one", (Family::Unwind, "backtrace-signal"), &["unwind.backtrace"], &[]),
    scenario("memory.guard",      "Does running off the stack fault in its guard, and nowhere else?", "2 runs off its stack in frames of 48 bytes, and of a page, between 1 and 3", (Family::Memory, "memory.guard"), &["stack.guard"], &[Capability::Guard]),
    scenario("memory.size",       "Can as much of a stack be used as was asked for?",      "1 writes to all of its stack, for four sizes", (Family::Memory, "memory.size"), &["stack.size"], &[]),
    scenario("memory.neighbours", "Are stacks left alone when others are used to their ends?", "six coroutines in turn write to all of their stacks, and suspend", (Family::Memory, "memory.neighbours"), &["stack.contents"], &[]),
    scenario("memory.reuse",      "Is a stack in use never given to somebody else?",       "eight coroutines; in changing numbers they finish, are destroyed and are followed by new ones", (Family::Memory, "memory.reuse"), &["stack.contents"], &[]),
    scenario("memory.destroy",    "Do others go on when a suspended coroutine is destroyed?", "six coroutines suspend; four are destroyed, one of them by another, and the rest go on", (Family::Memory, "memory.destroy"), &["life.destroy"], &[Capability::Destroy]),
    scenario("memory.finished",   "Is memory given back when coroutines have finished?",   "10 000 coroutines, one after the other, run or never start, and are destroyed", (Family::Memory, "memory.finished"), &["life.leak"], &[]),
    scenario("memory.suspended",  "Is memory given back when suspended coroutines are destroyed?", "10 000 coroutines, one after the other, suspend and are destroyed", (Family::Memory, "memory.suspended"), &["life.leak"], &[Capability::Destroy]),
    scenario("misuse.finished",   "Is the resume of a finished coroutine refused?",        "1 finishes, and main resumes it once more", (Family::Misuse, "misuse.finished"), &["misuse.resume_finished"], &[]),
    scenario("misuse.running",    "Is the resume of the running coroutine refused?",       "main resumes 1, and 1 resumes itself", (Family::Misuse, "misuse.running"), &["misuse.resume_running"], &[]),
    scenario("misuse.resumer",    "Is the resume of one's own resumer refused?",           "main resumes 1, 1 resumes 2, and 2 resumes 1", (Family::Misuse, "misuse.resumer"), &["misuse.resume_resumer"], &[Capability::Nest]),
    scenario("misuse.outside",    "Is a suspend from outside the coroutine refused?",      "1 is suspended, and main suspends it once more", (Family::Misuse, "misuse.outside"), &["misuse.suspend_outside"], &[]),
    scenario("misuse.itself",     "Is it refused that a coroutine destroys itself?",       "main resumes 1, and 1 destroys itself", (Family::Misuse, "misuse.itself"), &["misuse.destroy_running"], &[]),
    scenario("misuse.twice",      "Is a second destroy refused?",                          "1 finishes, and main destroys it twice", (Family::Misuse, "misuse.twice"), &["misuse.destroy_twice"], &[]),
    scenario("misuse.zero",       "Is a stack of 0 bytes refused, or made large enough?",  "main creates 1 and 2 with 0 bytes, and resumes them in turn", (Family::Misuse, "misuse.zero"), &["misuse.create_zero"], &[]),
    scenario("misuse.huge",       "Is a stack refused that no address space has room for?", "main creates 1 with three sizes beyond any address space", (Family::Misuse, "misuse.huge"), &["misuse.create_huge"], &[]),
];
