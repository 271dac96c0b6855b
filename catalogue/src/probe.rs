//! The probes: which experiment, which rows, which looks.

use crate::abi::Abi;
use crate::element::Element;

/// Rows that are observed together.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Family {
    /// General registers.
    Regs,
    /// Floating-point control.
    Fp,
    /// Flags, the x87 register stack, the thread pointer: never planted.
    State,
    /// The stack at the entry of a body.
    Entry,
    /// Words on the stack.
    Stack,
    /// Values passed.
    Value,
    /// Whether a body has returned.
    Life,
    /// The shadow stack.
    Shadow,
    /// C++ exceptions.
    Cxx,
    /// Rust panics.
    Rust,
    /// Backtraces.
    Unwind,
    /// The stack as memory: guard, size, return to the system.
    Memory,
    /// What stays with a thread or follows a coroutine.
    Thread,
    /// Several threads at once.
    Migration,
    /// Signals that arrive during switches.
    Signal,
    /// From coroutine to coroutine without a resumer between.
    Transfer,
    /// What the contract forbids.
    Misuse,
}

impl Family {
    /// In sentences: "4 of 9 register probes".
    #[must_use]
    pub const fn noun(self) -> &'static str {
        match self {
            Self::Regs => "register",
            Self::Fp => "control-word",
            Self::State => "state",
            Self::Entry => "entry",
            Self::Stack => "stack",
            Self::Value => "value",
            Self::Life => "life",
            Self::Shadow => "shadow-stack",
            Self::Cxx => "C++",
            Self::Rust => "Rust panic",
            Self::Unwind => "unwinding",
            Self::Memory => "memory",
            Self::Thread => "thread-state",
            Self::Migration => "migration",
            Self::Signal => "signal",
            Self::Transfer => "transfer",
            Self::Misuse => "misuse",
        }
    }
}

/// Where in a schedule a party looks.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Event {
    /// The body has just been entered.
    Entry,
    /// The first resume of a coroutine came back, by a suspension.
    First,
    /// A later resume came back, by a suspension.
    Resumed,
    /// A resume came back because the body returned.
    Finished,
    /// A suspend, or a transfer, came back.
    Suspended,
    /// A frame on the stack is left again.
    Frame,
    /// A destroy came back.
    Destroyed,
}

impl Event {
    /// All of them; the number of an event in records is its place here.
    pub const ALL: [Self; 7] = [
        Self::Entry,
        Self::First,
        Self::Resumed,
        Self::Finished,
        Self::Suspended,
        Self::Frame,
        Self::Destroyed,
    ];

    /// Where it was seen: "wrong ...".
    #[must_use]
    pub const fn phrase(self) -> &'static str {
        match self {
            Self::Entry => "at the entry of the body",
            Self::First => "when the first resume returns",
            Self::Resumed => "when resume returns",
            Self::Finished => "when the resume of a finishing body returns",
            Self::Suspended => "when suspend returns",
            Self::Frame => "when the frame is left",
            Self::Destroyed => "when destroy returns",
        }
    }
}

/// How coroutines are interleaved.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Experiment {
    /// One coroutine, resumed and suspended in turn.
    Pair,
    /// Several coroutines, each entered, suspended once and finished.
    Enter,
    /// One coroutine after another runs to its end.
    Finish,
    /// This many coroutines, resumed in turn or in an order of the seed.
    Several(u16),
    /// One coroutine over this many switches.
    Long(u32),
    /// Coroutines that resume coroutines.
    Nested,
    /// Suspension and resumption below many frames.
    Deep,
    /// Coroutines that hand over to each other, past their resumer.
    Transfer,
    /// Values whose halves are easily lost.
    Extremes,
    /// No schedule: the machine offers nothing to observe.
    Nothing,
    /// An experiment of its own, by this name.
    Scenario(&'static str),
}

/// Something that a subject may say that it can do.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Capability {
    /// Resume on another thread.
    Migrate,
    /// Destroy what is suspended.
    Destroy,
    /// Resume from within a coroutine.
    Nest,
    /// C++ exceptions out of the body.
    Unwind,
    /// A guard page.
    Guard,
    /// A signal mask for each coroutine.
    SignalMask,
    /// Rust panics out of the body.
    Panic,
    /// Direct transfer: a function of the table, not a bit.
    Transfer,
}

impl Capability {
    /// Its bit in a record: the contract's, and one more for what is no bit there.
    #[must_use]
    pub const fn bit(self) -> u64 {
        match self {
            Self::Transfer => 1 << 63,
            _ => 1 << self as u64,
        }
    }

    /// What a probe needs: "a subject that sets UNSCATHED_CAP_NEST".
    #[must_use]
    pub fn claim(self) -> String {
        match self {
            Self::Transfer => "a subject with a `transfer`".into(),
            _ => {
                let bit = self.absence().rsplit(' ').next().unwrap_or_default();
                format!("a subject that sets {bit}")
            }
        }
    }

    /// Why a probe that needs it is not run.
    #[must_use]
    pub const fn absence(self) -> &'static str {
        match self {
            Self::Migrate => "the adapter does not set UNSCATHED_CAP_MIGRATE",
            Self::Destroy => "the adapter does not set UNSCATHED_CAP_DESTROY",
            Self::Nest => "the adapter does not set UNSCATHED_CAP_NEST",
            Self::Unwind => "the adapter does not set UNSCATHED_CAP_UNWIND",
            Self::Guard => "the adapter does not set UNSCATHED_CAP_GUARD",
            Self::SignalMask => "the adapter does not set UNSCATHED_CAP_SIGMASK",
            Self::Panic => "the adapter does not set UNSCATHED_CAP_PANIC",
            Self::Transfer => "the adapter's `transfer` is a null pointer",
        }
    }
}

/// One experiment on one subject, as it is listed and explained.
#[derive(Clone, Copy, Debug)]
pub struct Probe {
    /// Id in reports and on the command line; never reused.
    pub id: &'static str,
    /// The question, in one sentence.
    pub title: &'static str,
    /// The schedule, as the fragment that reports show after `when`.
    pub schedule: &'static str,
    /// What it is about; it observes the rows of this family.
    pub family: Family,
    /// The rows that it observes, where they are not those of its family.
    pub rows: Option<&'static [&'static str]>,
    /// How coroutines are interleaved.
    pub experiment: Experiment,
    /// The looks that count.
    pub events: &'static [Event],
    /// What the subject must claim; else the probe is `unsupported`.
    pub needs: &'static [Capability],
}

impl Probe {
    /// Whether it takes tens of milliseconds and not a few: it switches, creates or
    /// is struck by signals thousands of times.
    #[must_use]
    pub fn is_heavy(&self) -> bool {
        const HEAVY: [&str; 4] =
            ["memory.finished", "memory.suspended", "signal.alternate", "signal.normal"];
        matches!(self.experiment, Experiment::Long(_)) || HEAVY.contains(&self.id)
    }

    /// Whether it is an experiment of its own, not a schedule of the bracket.
    #[must_use]
    pub const fn is_scenario(&self) -> bool {
        matches!(self.experiment, Experiment::Scenario(_))
    }

    /// Whether it observes a row.
    #[must_use]
    pub fn observes(&self, row: &Element) -> bool {
        match self.rows {
            Some(ids) => ids.contains(&row.id),
            None => row.family == Some(self.family),
        }
    }

    /// The rows that this probe observes.
    pub fn elements(&self, abi: &Abi) -> impl Iterator<Item = (usize, &'static Element)> {
        let probe = *self;
        abi.elements.iter().enumerate().filter(move |(_, row)| probe.observes(row))
    }
}

/// The probe with this id.
#[must_use]
pub fn find(id: &str) -> Option<&'static Probe> {
    PROBES.iter().find(|probe| probe.id == id)
}

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

/// An experiment of its own, on these rows of its family.
const fn rows_of(
    rows: &'static [&'static str],
    needs: &'static [Capability],
    probe: Probe,
) -> Probe {
    Probe { rows: Some(rows), needs, ..probe }
}

/// An experiment with panics, which has the probe's id for its name.
const fn rust(
    id: &'static str,
    title: &'static str,
    schedule: &'static str,
    rows: &'static [&'static str],
    needs: &'static [Capability],
) -> Probe {
    rows_of(rows, needs, probe(id, title, schedule, Family::Rust, Experiment::Scenario(id), &[]))
}

/// The stack as memory, seen in these rows.
const fn memory(
    id: &'static str,
    title: &'static str,
    schedule: &'static str,
    rows: &'static [&'static str],
    needs: &'static [Capability],
) -> Probe {
    rows_of(rows, needs, probe(id, title, schedule, Family::Memory, Experiment::Scenario(id), &[]))
}

/// One call that the contract forbids, which is one row.
const fn misuse(
    id: &'static str,
    title: &'static str,
    schedule: &'static str,
    rows: &'static [&'static str],
    needs: &'static [Capability],
) -> Probe {
    rows_of(rows, needs, probe(id, title, schedule, Family::Misuse, Experiment::Scenario(id), &[]))
}

/// Exceptions that are handled, and exceptions on their way.
const BOTH: &[&str] = &["cxx.caught", "cxx.uncaught"];

/// C++ exceptions, of which no probe observes all rows.
const fn cxx(
    id: &'static str,
    title: &'static str,
    schedule: &'static str,
    scenario: &'static str,
    rows: &'static [&'static str],
    needs: &'static [Capability],
) -> Probe {
    let scenario = Experiment::Scenario(scenario);
    rows_of(rows, needs, probe(id, title, schedule, Family::Cxx, scenario, &[]))
}

/// Walks over the stack.
const fn unwind(
    id: &'static str,
    title: &'static str,
    schedule: &'static str,
    scenario: &'static str,
    needs: &'static [Capability],
) -> Probe {
    let scenario = Experiment::Scenario(scenario);
    Probe { needs, ..probe(id, title, schedule, Family::Unwind, scenario, &[]) }
}

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
    rows_of(STATES, &[], probe("thread.pair",   "Does state of the thread stay or follow, as declared?", STATE_PAIR, Family::Thread, Experiment::Scenario("thread-state"), &[])),
    rows_of(STATES, &[], probe("thread.three",  "Does it do so among three coroutines?",               STATE_THREE, Family::Thread, Experiment::Scenario("thread-state"), &[])),
    rows_of(STATES, &[Capability::Nest], probe("thread.nested", "Does it do so when coroutines resume coroutines?", STATE_NESTED, Family::Thread, Experiment::Scenario("thread-state"), &[])),
    probe("signal.normal",    "Does a switch survive signals handled on its stack?", STRUCK, Family::Signal, Experiment::Scenario("signals"), &[]),
    probe("signal.alternate", "Does it survive signals handled on the alternate stack?", STRUCK, Family::Signal, Experiment::Scenario("signals"), &[]),
    rows_of(&["value.resume", "value.suspend", "stack.contents", "life.done"], &[Capability::Migrate], probe("migrate.values", "Does a coroutine survive being handed from thread to thread?", HANDED, Family::Migration, Experiment::Scenario("migration"), &[])),
    rows_of(&["tls.migrated"], &[Capability::Migrate], probe("migrate.tls", "Does it find thread-locals and errno of the thread that resumed it?", HANDED, Family::Migration, Experiment::Scenario("migration"), &[])),
    rows_of(&["life.threads"], &[], probe("threads.apart", "Do two threads switch at once without knowing of each other?", AT_ONCE, Family::Migration, Experiment::Scenario("apart"), &[])),
    rows_of(&["tls.locale"], &[], probe("thread.locale", "Does the thread's locale stay or follow, as declared?", STATE_THREE, Family::Thread, Experiment::Scenario("thread-state"), &[])),
    probe("shadow.pointer","Does the shadow stack follow the coroutine?",                PAIR,   Family::Shadow, Nothing,   &[]),
    rust("rust.panic",  "Does a panic out of the body come out of resume?",        "a body panics at once, or after suspensions, or in a coroutine that it resumed", &["rust.unwind"], &[Capability::Panic]),
    rust("rust.catch",  "Does a body that was suspended still catch its own panic?", "1 and 2 suspend inside catch_unwind, and panic when they are resumed", &["rust.unwind"], &[]),
    rust("rust.both",   "Do panics stay apart that are under way at once?",         "1 and 2 panic, suspend in a destructor, and are resumed in either order", &["rust.unwind"], &[]),
    rust("rust.forced", "Does a destroyed coroutine go, whole and quietly?",        "1 is destroyed where it suspended, below two frames, or where it catches whatever comes", &["rust.unwind"], &[Capability::Destroy]),
    rust("rust.count",  "Is a panic that unwinds one coroutine taken for everybody's?", "1 panics and suspends in a destructor; main, 2 and 3 ask panicking()", &["rust.panic_count"], &[]),
    cxx("cxx.entry",    "Does a new coroutine begin without an exception?",        "main resumes 1 and then 2 for the first time from a handler", "exceptions", &["cxx.caught"], &[]),
    cxx("cxx.two",      "Do two that suspended in handlers keep their exceptions?", "main resumes 1 and 2 in either order; each suspends in a handler and a destructor", "exceptions", BOTH, &[]),
    cxx("cxx.three",    "Do three that suspended in handlers keep theirs?",        "main resumes 1, 2 and 3 in each order; each suspends in a handler and a destructor", "exceptions", BOTH, &[]),
    cxx("cxx.rethrow",  "Does a rethrow after a switch throw the own exception?",  "main resumes 1 and 2 in either order; each rethrows in its handler, and suspends there", "exceptions", BOTH, &[]),
    cxx("cxx.nested",   "Do they keep their exceptions when coroutines nest?",     "1 resumes 2 and 2 resumes 3, each from a handler and a destructor", "exceptions", BOTH, &[Capability::Nest]),
    cxx("cxx.transfer", "Do they keep their exceptions across transfers?",         "1 transfers to 2 and 2 to 3, each from a handler and a destructor", "exceptions", BOTH, &[Capability::Transfer]),
    cxx("cxx.catch",    "Is the count right when an exception is caught after a switch?", "1 and 2 suspend in destructors while exceptions are on their way, and leave them when they are resumed", "exceptions", &["cxx.uncaught"], &[]),
    cxx("cxx.destroy",  "Is the count right when a suspended coroutine was destroyed?", "2 is destroyed where it suspended in a handler, while an exception of 1 is on its way", "exceptions", &["cxx.uncaught"], &[Capability::Destroy]),
    cxx("cxx.throw",    "Does an exception out of a body come out of resume?",     "four bodies throw, one at once and three after a suspension, not in the order in which they suspended", "exceptions-thrown", &["cxx.unwind"], &[Capability::Unwind]),
    cxx("cxx.through",  "Does it come out of two coroutines?",                     "1 resumes 2, 2 throws, and 1 does not catch it", "exceptions-nested", &["cxx.unwind"], &[Capability::Unwind, Capability::Nest]),
    unwind("unwind.body",   "Does a backtrace in a body end?",                     "1 walks its stack at its entry and after suspensions; main resumes it from changing depths", "backtrace", &[]),
    unwind("unwind.nested", "Does a backtrace in nested coroutines end?",          "main resumes 1, 1 resumes 2, 2 resumes 3, and each walks its stack", "backtrace-nested", &[Capability::Nest]),
    unwind("unwind.signal", "Does a backtrace in a signal handler end?",           "1 sends itself a signal, and the handler walks the stack, on the body's stack and on the alternate one", "backtrace-signal", &[]),
    memory("memory.guard",      "Does running off the stack fault in its guard, and nowhere else?", "2 runs off its stack in frames of 48 bytes, and of a page, between 1 and 3", &["stack.guard"], &[Capability::Guard]),
    memory("memory.size",       "Can as much of a stack be used as was asked for?",      "1 writes to all of its stack, for four sizes", &["stack.size"], &[]),
    memory("memory.neighbours", "Are stacks left alone when others are used to their ends?", "six coroutines in turn write to all of their stacks, and suspend", &["stack.contents"], &[]),
    memory("memory.reuse",      "Is a stack in use never given to somebody else?",       "eight coroutines; in changing numbers they finish, are destroyed and are followed by new ones", &["stack.contents"], &[]),
    memory("memory.destroy",    "Do others go on when a suspended coroutine is destroyed?", "six coroutines suspend; four are destroyed, one of them by another, and the rest go on", &["life.destroy"], &[Capability::Destroy]),
    memory("memory.finished",   "Is memory given back when coroutines have finished?",   "10 000 coroutines, one after the other, run or never start, and are destroyed", &["life.leak"], &[]),
    memory("memory.suspended",  "Is memory given back when suspended coroutines are destroyed?", "10 000 coroutines, one after the other, suspend and are destroyed", &["life.leak"], &[Capability::Destroy]),
    misuse("misuse.finished",   "Is the resume of a finished coroutine refused?",        "1 finishes, and main resumes it once more", &["misuse.resume_finished"], &[]),
    misuse("misuse.running",    "Is the resume of the running coroutine refused?",       "main resumes 1, and 1 resumes itself", &["misuse.resume_running"], &[]),
    misuse("misuse.resumer",    "Is the resume of one's own resumer refused?",           "main resumes 1, 1 resumes 2, and 2 resumes 1", &["misuse.resume_resumer"], &[Capability::Nest]),
    misuse("misuse.outside",    "Is a suspend from outside the coroutine refused?",      "1 is suspended, and main suspends it once more", &["misuse.suspend_outside"], &[]),
    misuse("misuse.itself",     "Is it refused that a coroutine destroys itself?",       "main resumes 1, and 1 destroys itself", &["misuse.destroy_running"], &[]),
    misuse("misuse.twice",      "Is a second destroy refused?",                          "1 finishes, and main destroys it twice", &["misuse.destroy_twice"], &[]),
    misuse("misuse.zero",       "Is a stack of 0 bytes refused, or made large enough?",  "main creates 1 and 2 with 0 bytes, and resumes them in turn", &["misuse.create_zero"], &[]),
    misuse("misuse.huge",       "Is a stack refused that no address space has room for?", "main creates 1 with three sizes beyond any address space", &["misuse.create_huge"], &[]),
];
