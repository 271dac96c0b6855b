//! Adapters that mean well: exactly what they get wrong fails, and the report
//! says whose the found value is.
//!
//! Probes that are no schedules are left out: a stack out of line crashes some of
//! them, and rightly.

use std::collections::BTreeSet;

use unscathed_catalogue::Capability;
use unscathed_verdict::report::{Finding, Report, Verdict};

use crate::adapter::Adapter;
use crate::command::{audit, otherwise, probe_of, scheduled, spoiled};

const AMPLE: [&str; 2] = ["--timeout", "30"];

fn audited(source: &str, flags: &[&str], status: i32) -> Report {
    let adapter = Adapter::new(source, flags);
    let (ended, report) = audit(&adapter.id(), &AMPLE);
    assert_eq!(ended.status, Some(status), "{flags:?}: {:?}", ended.stderr);
    report
}

/// The elements that were lost anywhere, and are not in a correct adapter.
fn lost(report: &Report) -> BTreeSet<&str> {
    let lost = scheduled(report).filter(|finding| finding.verdict != otherwise(finding));
    lost.map(|finding| finding.element.as_str()).collect()
}

fn in_probe<'a>(report: &'a Report, probe: &str, element: &str) -> &'a Finding {
    let mut findings = report.results.iter();
    findings
        .find(|finding| finding.probe == probe && finding.element == element)
        .expect("the probe observes the element")
}

fn owner(finding: &Finding) -> &str {
    finding.owner.as_deref().unwrap_or_default()
}

/// A value that leaked is another party's than the one that found it.
fn never_its_own(report: &Report) {
    for finding in scheduled(report).filter(|finding| finding.verdict == Verdict::Leaked) {
        let finder = finding.place.as_deref().and_then(|place| place.split(',').next());
        let owner = owner(finding).split(',').next();
        assert!(owner.is_some_and(|owner| !owner.is_empty()) && owner != finder, "{finding:?}");
    }
}

#[test]
fn correct_adapters_are_clean() {
    for source in ["swap.c", "switch.c"] {
        let report = audited(source, &[], 0);
        assert_eq!(lost(&report), BTreeSet::new(), "{source}");
        let schedules = scheduled(&report);
        for finding in schedules {
            assert_eq!(finding.verdict, Verdict::Preserved, "{source}: {finding:?}");
        }
    }
}

/// They are the callee's to change.
#[test]
fn caller_saved_registers_may_be_clobbered() {
    let general = ["rcx", "rdx", "rsi", "rdi", "r8", "r9", "r10", "r11"]
        .map(|register| format!("mov $-1, %{register}\\n"));
    let vector: Vec<_> = (0..16).map(|n| format!("pcmpeqd %xmm{n}, %xmm{n}\\n")).collect();
    let last = format!("-DLAST=\"{}{}\"", general.concat(), vector.concat());
    let report = audited("switch.c", &[&last], 0);
    assert_eq!(lost(&report), BTreeSet::new());
    // All but rax, which has the value, and the upper halves of the vectors.
    assert!(report.summary.controls.changed >= 24, "{:?}", report.summary.controls);
}

#[test]
fn a_register_that_is_forgotten_leaks_both_ways() {
    let report = audited("switch.c", &["-DPOP_R12=\"add $8, %rsp\\n\""], 1);
    assert_eq!(lost(&report), ["gpr.r12"].into());
    never_its_own(&report);
    for finding in scheduled(&report).filter(|finding| finding.element == "gpr.r12") {
        assert_eq!(finding.verdict, Verdict::Leaked, "{finding:?}");
        assert!(finding.fails && finding.runs == "3 of 3", "{finding:?}");
    }
    let resume = in_probe(&report, "regs.resume", "gpr.r12");
    assert!(owner(resume).starts_with("coroutine 1, step "), "{resume:?}");
    assert_eq!(resume.place.as_deref(), Some("main, when resume returns"));
    let suspend = in_probe(&report, "regs.suspend", "gpr.r12");
    assert!(owner(suspend).starts_with("main, step "), "{suspend:?}");
    assert_eq!(suspend.place.as_deref(), Some("coroutine 1, when suspend returns"));
}

const MXCSR: [&str; 4] = ["mxcsr.daz", "mxcsr.ftz", "mxcsr.masks", "mxcsr.rc"];

#[test]
fn an_mxcsr_that_is_forgotten_leaks() {
    let report = audited("switch.c", &["-DLOAD_MXCSR=\"\""], 1);
    assert_eq!(lost(&report), MXCSR.into());
    never_its_own(&report);
    assert_eq!(report.summary.corrupted, 0);
    // Its resumer's word is one that a body may begin with.
    let entry = in_probe(&report, "fp.entry", "mxcsr.rc");
    assert_eq!(entry.verdict, Verdict::Preserved, "{entry:?}");
    assert!(owner(in_probe(&report, "fp.suspend", "mxcsr.rc")).starts_with("main, step "));
    assert!(owner(in_probe(&report, "fp.resume", "mxcsr.rc")).starts_with("coroutine 1, step "));
}

/// The word of a new process is nobody's. Where a body has returned it is the
/// one that the body had, and passes for the coroutine's.
#[test]
fn an_mxcsr_that_is_reset_is_corrupted() {
    let reset = "-DLOAD_MXCSR=\"movl $0x1f80, -8(%rsp)\\nldmxcsr -8(%rsp)\\n\"";
    let report = audited("switch.c", &[reset], 1);
    assert_eq!(lost(&report), MXCSR.into());
    let rounding = scheduled(&report).filter(|finding| finding.element == "mxcsr.rc");
    for finding in rounding {
        match finding.probe.as_str() {
            "fp.entry" => assert_eq!(finding.verdict, Verdict::Preserved, "{finding:?}"),
            "fp.finish" => assert!(finding.verdict.is_loss(), "{finding:?}"),
            _ => {
                assert_eq!(finding.verdict, Verdict::Corrupted, "{finding:?}");
                assert_eq!(finding.owner, None, "{finding:?}");
                assert_eq!(finding.observed.as_deref(), Some("nearest (0x1f80)"));
            }
        }
    }
}

macro_rules! corrupted {
    ($($test:ident: $source:literal $flag:literal => $element:literal;)*) => {
        $(#[test]
        fn $test() {
            let report = audited($source, &[$flag], 1);
            assert_eq!(lost(&report), [$element].into());
            for finding in scheduled(&report).filter(|finding| finding.element == $element) {
                assert_eq!(finding.verdict, Verdict::Corrupted, "{finding:?}");
                assert!(finding.fails, "{finding:?}");
            }
        })*
    };
}

corrupted! {
    a_stack_out_of_line:           "switch.c" "-DSLIP=8" => "stack.align";
    a_direction_flag_that_is_set:  "switch.c" "-DLAST=\"std\\n\"" => "flags.df";
    an_x87_value_that_is_left:     "switch.c" "-DLAST=\"fldz\\n\"" => "x87.stack";
    resume_values_cut_to_32_bits:  "wrong.c" "-DRESUME=narrow_resume" => "value.resume";
    suspend_values_cut_to_32_bits: "wrong.c" "-DSUSPEND=narrow_suspend" => "value.suspend";
    done_before_the_end:           "wrong.c" "-DDONE=done_early" => "life.done";
    done_never:                    "wrong.c" "-DDONE=done_never" => "life.done";
}

#[test]
fn what_done_says_is_in_words() {
    let early = audited("wrong.c", &["-DDONE=done_early"], 1);
    let early = in_probe(&early, "life.many", "life.done");
    let words = |finding: &Finding| (finding.expected.clone(), finding.observed.clone());
    assert_eq!(words(early), (Some("not done".into()), Some("done".into())));
    let never = audited("wrong.c", &["-DDONE=done_never"], 1);
    let never = in_probe(&never, "life.many", "life.done");
    assert_eq!(words(never), (Some("done".into()), Some("not done".into())));
}

macro_rules! no_experiment {
    ($($test:ident: $flag:literal => $says:literal;)*) => {
        $(#[test]
        fn $test() {
            let report = audited("wrong.c", &[$flag], 2);
            spoiled(&report, Verdict::Error, |_| true);
            for finding in scheduled(&report) {
                assert!(!finding.fails && finding.detail.contains($says), "{finding:?}");
            }
        })*
    };
}

no_experiment! {
    resume_that_does_not_run_the_coroutine: "-DRESUME=lazy_resume" => "resume or suspend did not lead where it must";
    create_without_a_result: "-DCREATE=create_nothing" => "create returned a null pointer";
    thread_enter_that_refuses: "-DENTER=enter_refuses" => "thread_enter returned 7";
}

#[test]
fn nothing_is_asked_of_what_cannot_nest() {
    let report = audited("swap.c", &["-DCAPS=0"], 0);
    for finding in scheduled(&report) {
        let nests = probe_of(finding).needs.contains(&Capability::Nest);
        let expected = if nests { Verdict::Unsupported } else { otherwise(finding) };
        assert_eq!(finding.verdict, expected, "{finding:?}");
        assert_eq!(nests, finding.detail.contains("UNSCATHED_CAP_NEST"), "{finding:?}");
    }
    assert!(report.subject.capabilities.is_empty());
}
