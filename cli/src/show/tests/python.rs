//! Pages of Python subjects.

use unscathed_catalogue::abi;
use unscathed_catalogue::probe;
use unscathed_verdict::report::{Finding, Report, Verdict};

use super::made::finding;
use super::pin;
use super::reports::wisp;
use crate::show::Style;
use crate::show::human::document;

/// A probe with the element that it observes here.
const LOOKS: [(&str, &str); 8] = [
    ("exc.handled", "py.exc_info"),
    ("recursion.limit_set_inside", "py.recursion.limit"),
    ("context.variable", "py.contextvars"),
    ("trash.suspends", "py.delete_later"),
    ("collector.busy", "py.gc_busy"),
    ("callbacks.sorted_key", "py.callback.sorted_key"),
    ("native.callback", "gpr.rbx"),
    ("native.callback", "mxcsr.rc"),
];

const ORACLE: &str = "OS threads in place of coroutines, same interpreter";

fn kelp(id: &str, version: &str, runtime: &str) -> Report {
    let found = |(probe, row): (&str, &str)| {
        let probe = probe::find(probe).expect("a probe");
        finding(probe, abi::element(row).expect("a row"))
    };
    let mut report = wisp()
        .with(|it| {
            it.subject.id = id.into();
            it.subject.name = "kelp".into();
            it.subject.version = version.into();
            it.subject.kind = "python".into();
            it.subject.runtime = Some(runtime.into());
            it.subject.interpreter = Some("python3.13".into());
            it.subject.capabilities = ["throw", "kill"].map(str::to_owned).into();
            it.subject.policies = vec![("py.contextvars".into(), "coroutine".into())];
            it.results = LOOKS.map(found).into();
            it.run.not_run.clear();
        })
        .done();
    of(&mut report, "py.contextvars", |it| it.declared = Some("coroutine".into()));
    of(&mut report, "py.gc_busy", |it| {
        it.verdict = Verdict::Skipped;
        it.detail = "OS threads show the same on this interpreter: busy".into();
        it.oracle = Some(format!("{ORACLE}: lost too"));
    });
    report
}

fn of(report: &mut Report, element: &str, change: impl Fn(&mut Finding)) {
    report.results.iter_mut().filter(|it| it.element == element).for_each(change);
}

fn loses(report: &mut Report, element: &str, verdict: Verdict) {
    of(report, element, |it| {
        it.verdict = verdict;
        it.fails = true;
        it.runs = "3 of 3".into();
        it.oracle = Some(format!("{ORACLE}: kept"));
    });
}

/// Must beside policy, what is the interpreter's own, a death with what it points at.
#[test]
fn one_interpreter() {
    let mut report = kelp("python:kelp", "1.2", "CPython 3.13.0");
    loses(&mut report, "py.delete_later", Verdict::Crashed);
    of(&mut report, "py.delete_later", |it| {
        it.detail = "the process of the probe died: SIGSEGV, address 0x18, after: finalizer 2 below 9943 tuples suspends; rip=0x1".into();
    });
    loses(&mut report, "py.exc_info", Verdict::Leaked);
    of(&mut report, "py.exc_info", |it| {
        it.expected = Some("KeyError('coroutine 1, step 1')".into());
        it.observed = Some("ValueError('main, step 2')".into());
        it.owner = Some("main, step 2".into());
        it.place = Some("coroutine 1, when suspend returns".into());
        it.detail = "wrong in 1 of 2 looks".into();
    });
    pin("python-one", &document(&[report], 1, Style::PLAIN));
}

/// A row for each run; what is as above is said in one sign.
#[test]
fn several_interpreters() {
    let (old, new) = ("python:kelp==1.1", "python:kelp==1.2");
    let mut first = kelp(old, "1.1", "CPython 3.12.1");
    loses(&mut first, "py.exc_info", Verdict::Leaked);
    let mut refused = kelp(old, "", "CPython 3.13.0");
    refused.results.clear();
    refused.refused = Some("kelp 1.1 does not build on CPython 3.13.0".into());
    let mut third = kelp(new, "1.2", "CPython 3.12.1");
    loses(&mut third, "py.exc_info", Verdict::Leaked);
    let mut fourth = kelp(new, "1.2", "CPython 3.13.0");
    loses(&mut fourth, "py.exc_info", Verdict::Leaked);
    loses(&mut fourth, "py.delete_later", Verdict::Crashed);
    let reports = [first, refused, third, fourth];
    pin("python-several", &document(&reports, 2, Style::PLAIN));
}
