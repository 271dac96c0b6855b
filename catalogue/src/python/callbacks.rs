//! Switches below C code that called back.

mod about;

use self::about::{
    COLLECTOR, COLLECTOR_LISTS, FINALIZERS, GUARDS, HANDLERS, IMPORTS, LIBRARIES, STACK, TRACE,
};
use super::{Mutant, Topic, mutant, on, probe, row, without_oracle};
use crate::element::{Element, Group, Interpreted, Known, Level};
use crate::probe::{Capability, Family, Probe};

pub(super) const TOPIC: Topic = Topic { rows: ROWS, probes: PROBES, mutants: MUTANTS };

const CALLBACKS: (Group, Family) = (Group::Callbacks, Family::Callbacks);

const TOGETHER: &str = "1 and 2 suspend inside a callback each, main makes such a call, each is resumed in both orders until its call is over";
const IN_TURN: &str = "1 suspends inside a callback and is resumed until its call is over, 2 does the same, then main";

const ALL: Interpreted = Interpreted::ALL;
/// Where modules are loaded under a lock of their own, and garbage with finalizers
/// is collected.
const SINCE_3_4: Interpreted = Interpreted { first: (3, 4), ..ALL };
/// Where the C interface is the interpreter's own.
const NATIVE: Interpreted = Interpreted { only: Some("CPython"), ..ALL };
const COUNTED: Interpreted = Interpreted { first: (3, 4), ..NATIVE };
const TRACED: Interpreted = Interpreted { known: super::tracing::COUNTER_LOST, ..ALL };
const LISTED: Interpreted = Interpreted {
    known: &[
        Known {
            package: "greenlet",
            bad: "3.5.6",
            good: None,
            remark: "CPython 3.8 to 3.14, releases since 0.4.17 at least",
        },
        Known { package: "tealet", bad: "0.1.0rc4", good: None, remark: "CPython 3.10 to 3.13" },
    ],
    ..COUNTED
};

/// For each kind of callback a row, a probe and a mutant.
macro_rules! kinds {
    ($($module:literal $kind:literal $schedule:ident $interpreted:ident $about:ident $mutant:literal $what:literal;)*) => {
        const ROWS: &[Element] = &[
            $(on(&$interpreted, row(
                concat!("py.callback.", $kind),
                CALLBACKS,
                Level::Must,
                concat!("10 Callbacks: ", $what, " may suspend, and its C call goes on as if nothing had been"),
                $about,
            )),)*
            row("py.callback.guards", CALLBACKS, Level::Must, "10 Callbacks: what C code checks after a callback, it checks after a suspension too", GUARDS),
            on(&LISTED, row("py.callback.collector_lists", CALLBACKS, Level::Must, "10 Callbacks: the memory of a suspended C call stays where others refer to it", COLLECTOR_LISTS)),
            row("py.callback.signal_handler", CALLBACKS, Level::Must, "10 Callbacks: a signal handler runs on top of whatever it interrupts, and may suspend that", HANDLERS),
        ];

        const PROBES: &[Probe] = &[
            $(probe(
                concat!($module, ".", $kind),
                concat!("Can ", $what, " suspend?"),
                $schedule,
                Family::Callbacks,
                &[concat!("py.callback.", $kind)],
                &[Capability::Callbacks],
            ),)*
            probe("callbacks.iterator_guard", "Is a table that grows during a suspended iteration still noticed?", "1 and 2 suspend while they iterate, main adds to the table of 1, both go on", Family::Callbacks, &["py.callback.guards"], &[]),
            probe("callbacks.sort_guard", "Is a list that grows during a suspended sort still noticed?", "1 and 2 suspend in a sort key, main adds to the list of 1, both go on", Family::Callbacks, &["py.callback.guards"], &[Capability::Callbacks]),
            probe("interruptions.collector_lists", "May others free what a suspended collector has found?", "1 suspends inside a finalizer that its collection called, main frees parts of what was found, 1 goes on; 2 the same, deeper", Family::Callbacks, &["py.callback.collector_lists"], &[Capability::Callbacks]),
            without_oracle("signals are handled on the main thread only", probe("interruptions.signal_handler", "Can a signal handler suspend what it interrupts?", TOGETHER, Family::Callbacks, &["py.callback.signal_handler"], &[Capability::Callbacks])),
        ];

        const MUTANTS: &[Mutant] = &[
            $(super::made_on($interpreted, mutant(concat!("callbacks.", $mutant), concat!("py.callback.", $kind))),)*
            mutant("callbacks.StuckInIterating", "py.callback.guards"),
            mutant("callbacks.StuckInSorting", "py.callback.guards"),
            super::made_on(COUNTED, mutant("callbacks.StuckInCollecting", "py.callback.collector_lists")),
            mutant("callbacks.StuckInHandler", "py.callback.signal_handler"),
            super::harmless("callbacks.HandlesSignals"),
        ];
    };
}

#[rustfmt::skip]
kinds! {
    "callbacks"     "sorted_key"         TOGETHER ALL       STACK      "StuckInSortedKey"         "a key function of a sort";
    "callbacks"     "cmp_to_key"         TOGETHER ALL       STACK      "StuckInCmpToKey"          "a comparison of a sort";
    "callbacks"     "map_function"       TOGETHER ALL       STACK      "StuckInMapFunction"       "a function that map() calls";
    "callbacks"     "generator"          TOGETHER ALL       STACK      "StuckInGenerator"         "a generator that C code advances";
    "callbacks"     "hash_and_eq"        TOGETHER ALL       STACK      "StuckInHashAndEq"         "__hash__ or __eq__ of a key that a table looks up";
    "callbacks"     "getattr_hook"       TOGETHER ALL       STACK      "StuckInGetattrHook"       "__getattr__ of an object";
    "callbacks"     "metaclass"          TOGETHER ALL       STACK      "StuckInMetaclass"         "a metaclass that makes a class and an instance";
    "callbacks"     "context_enter"      TOGETHER ALL       STACK      "StuckInContextEnter"      "__enter__ of a context manager";
    "callbacks"     "context_exit"       TOGETHER ALL       STACK      "StuckInContextExit"       "__exit__ of a context manager that swallows an exception";
    "callbacks"     "trace_function"     TOGETHER TRACED    TRACE      "StuckInTraceFunction"     "a trace function";
    "callbacks"     "import_finder"      IN_TURN  ALL       IMPORTS    "StuckInImportFinder"      "a finder of modules";
    "callbacks"     "import_loader"      TOGETHER SINCE_3_4 IMPORTS    "StuckInImportLoader"      "a loader of modules";
    "callbacks"     "finalizer"          TOGETHER ALL       FINALIZERS "StuckInFinalizer"         "a finalizer";
    "callbacks"     "weakref_callback"   TOGETHER ALL       FINALIZERS "StuckInWeakrefCallback"   "a callback of a weak reference";
    "extensions"    "re_sub"             TOGETHER ALL       STACK      "StuckInReSub"             "a function that makes the replacements of re.sub()";
    "extensions"    "json_default"       TOGETHER ALL       STACK      "StuckInJsonDefault"       "a function that encodes what JSON does not know";
    "extensions"    "json_object_hook"   TOGETHER ALL       STACK      "StuckInJsonObjectHook"    "a hook for the objects that a JSON decoder finds";
    "extensions"    "pickle_reduce"      TOGETHER ALL       STACK      "StuckInPickleReduce"      "__reduce__ of an object that is pickled";
    "extensions"    "raw_readinto"       TOGETHER ALL       STACK      "StuckInRawReadinto"       "readinto() of the raw file below a buffered one";
    "extensions"    "expat_handler"      TOGETHER ALL       LIBRARIES  "StuckInExpatHandler"      "a handler of the XML parser";
    "extensions"    "sqlite_function"    TOGETHER ALL       LIBRARIES  "StuckInSqliteFunction"    "an SQL function";
    "extensions"    "sqlite_progress"    TOGETHER ALL       LIBRARIES  "StuckInSqliteProgress"    "a progress handler of a data base";
    "extensions"    "qsort_released"     TOGETHER ALL       LIBRARIES  "StuckInQsortReleased"     "a callback through ctypes below a call that released the interpreter";
    "extensions"    "qsort_held"         TOGETHER NATIVE    LIBRARIES  "StuckInQsortHeld"         "a callback through ctypes below a call that kept the interpreter";
    "interruptions" "collector"          IN_TURN  SINCE_3_4 COLLECTOR  "StuckInCollector"         "a finalizer that the collector calls";
    "interruptions" "collector_callback" IN_TURN  COUNTED   COLLECTOR  "StuckInCollectorCallback" "a function in gc.callbacks";
}
