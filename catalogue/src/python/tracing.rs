//! Tracers, profilers and monitoring tools.

mod about;

use self::about::{
    BALANCE, EFFECT, LINES, MONITORING, PROFILER_SCOPE, TRACER_COUNTER, TRACER_SCOPE,
};
use super::{Mutant, Topic, harmless, made_on, mutant, on, probe, row};
use crate::element::{Element, Group, Interpreted, Known, Level};
use crate::probe::{Capability, Family, Probe};

pub(super) const TOPIC: Topic = Topic { rows: ROWS, probes: PROBES, mutants: MUTANTS };

const TRACING: (Group, Family) = (Group::Tracing, Family::Tracing);

/// The fragment under which reports gather what the counter of running tracers does.
pub(super) const COUNTER: &str =
    "the thread's count of running tracers is left in place by the switch";

/// Who leaves it there.
pub(super) const COUNTER_LOST: &[Known] = &[
    Known {
        package: "greenlet",
        bad: "3.5.6",
        good: None,
        remark: "CPython 2.7 to 3.14, releases since 0.4.17 at least",
    },
    Known { package: "tealet", bad: "0.1.0rc4", good: None, remark: "CPython 3.10 to 3.13" },
];

const COUNTED: Interpreted = Interpreted { known: COUNTER_LOST, ..Interpreted::ALL };
const EFFECTIVE: Interpreted = Interpreted {
    known: &[Known {
        package: "tealet",
        bad: "0.1.0rc4",
        good: None,
        remark: "CPython 3.10 and 3.11",
    }],
    ..Interpreted::ALL
};
const MONITORED: Interpreted = Interpreted {
    first: (3, 12),
    only: Some("CPython"),
    known: &[
        Known { package: "greenlet", bad: "3.5.6", good: None, remark: "CPython 3.12 to 3.14" },
        Known { package: "tealet", bad: "0.1.0rc4", good: None, remark: "CPython 3.12 and 3.13" },
    ],
    ..Interpreted::ALL
};

#[rustfmt::skip]
const ROWS: &[Element] = &[
    row("py.tracing", TRACING, Level::Policy, "5 Tracing: a tracer is installed for a thread or for a coroutine, as the subject declares", TRACER_SCOPE),
    row("py.profiling", TRACING, Level::Policy, "5 Tracing: a profiler is installed for a thread or for a coroutine, as the subject declares", PROFILER_SCOPE),
    on(&COUNTED, row("py.trace_counter", TRACING, Level::Must, "5 Tracing: only who is inside a tracer is not traced", TRACER_COUNTER)),
    on(&EFFECTIVE, row("py.use_tracing", TRACING, Level::Must, "5 Tracing: calls are told to the tracer that the interpreter names, and to no other", EFFECT)),
    row("py.profile_balance", TRACING, Level::Must, "5 Tracing: for each coroutine, calls and returns that a profiler is told of nest", BALANCE),
    on(&MONITORED, row("py.monitoring", TRACING, Level::Must, "5 Tracing: only who is inside a callback of sys.monitoring is not monitored", MONITORING)),
    on(&MONITORED, row("py.line_events", TRACING, Level::Must, "5 Tracing: events that are switched on or off take effect in every frame, suspended or not", LINES)),
];

#[rustfmt::skip]
const PROBES: &[Probe] = &[
    probe("tracing.scope", "Does sys.settrace() set the tracer of a thread or of a coroutine?", "main, 1, main install a tracer in turn and look for their own", Family::Tracing, &["py.tracing"], &[]),
    probe("tracing.profile_scope", "Does sys.setprofile() set the profiler of a thread or of a coroutine?", "main, 1, main install a profiler in turn and look for their own", Family::Tracing, &["py.profiling"], &[]),
    probe("tracing.installed_meanwhile", "Is the tracer that the interpreter names the one that is told of calls?", "1 is suspended while main installs and removes a tracer, and the other way round", Family::Tracing, &["py.use_tracing"], &[]),
    probe("tracing.profiler_installed_meanwhile", "Is the profiler that the interpreter names the one that is told of calls?", "1 is suspended while main installs and removes a profiler, and the other way round", Family::Tracing, &["py.use_tracing"], &[]),
    probe("tracing.started_inside", "Is a coroutine traced that a tracer starts?", "the tracer of main starts 1, which installs its own and calls a function", Family::Tracing, &["py.trace_counter"], &[Capability::Callbacks]),
    probe("tracing.started_inside_profiler", "Is a coroutine profiled that a profiler starts?", "the profiler of main starts 1, which installs its own and calls a function", Family::Tracing, &["py.trace_counter"], &[Capability::Callbacks]),
    probe("tracing.suspended_inside", "Are others traced while a coroutine is suspended inside its tracer?", "1 suspends inside its tracer, main and 2 install their own and call a function, 1 goes on", Family::Tracing, &["py.trace_counter"], &[Capability::Callbacks]),
    probe("tracing.suspended_inside_profiler", "Are others profiled while a coroutine is suspended inside its profiler?", "1 suspends inside its profiler, main and 2 install their own and call a function, 1 goes on", Family::Tracing, &["py.trace_counter"], &[Capability::Callbacks]),
    probe("tracing.profile_balance", "Does a profiler see calls and returns of each coroutine nest?", "1 and 2 suspend in turn two calls down, both profiled", Family::Tracing, &["py.profile_balance"], &[Capability::Callbacks]),
    probe("monitoring.suspended_inside", "Are others monitored while a coroutine is suspended inside a callback?", "1 suspends inside a callback of sys.monitoring, main and 2 call a function, 1 goes on", Family::Tracing, &["py.monitoring"], &[Capability::Callbacks]),
    probe("monitoring.started_inside", "Is a coroutine monitored that a callback starts?", "a callback of sys.monitoring starts 1, which calls a function", Family::Tracing, &["py.monitoring"], &[Capability::Callbacks]),
    probe("monitoring.enabled_meanwhile", "Are the lines of a coroutine reported that were asked for while it was suspended?", "1 suspends, main switches line events on, 1 goes on", Family::Tracing, &["py.line_events"], &[]),
    probe("monitoring.enabled_by_coroutine", "Are the lines of a resumer reported that the coroutine asked for?", "main resumes 1, which switches line events on and ends", Family::Tracing, &["py.line_events"], &[]),
    probe("monitoring.disabled_meanwhile", "Do line events end that were switched off while a coroutine was suspended?", "1 suspends, main switches line events off, 1 goes on", Family::Tracing, &["py.line_events"], &[]),
];

const SINCE_3_12: Interpreted =
    Interpreted { first: (3, 12), only: Some("CPython"), ..Interpreted::ALL };

const MUTANTS: &[Mutant] = &[
    mutant("tracing.SharesTracer", "py.tracing"),
    mutant("tracing.SharesProfiler", "py.profiling"),
    mutant("tracing.CountsForAll", "py.trace_counter"),
    mutant("tracing.DeafensTracer", "py.use_tracing"),
    mutant("tracing.DeafensProfiler", "py.use_tracing"),
    mutant("tracing.CallsAgain", "py.profile_balance"),
    made_on(SINCE_3_12, mutant("tracing.MonitorsOne", "py.monitoring")),
    made_on(SINCE_3_12, mutant("tracing.MissesLines", "py.line_events")),
    made_on(SINCE_3_12, mutant("tracing.KeepsLines", "py.line_events")),
    harmless("tracing.Reinstalls"),
];
