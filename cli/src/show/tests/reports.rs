//! Reports of one subject and of several.

use unscathed_catalogue::Event;
use unscathed_verdict::report::{Report, Verdict};

use super::made::{IN_COROUTINE, IN_MAIN, Look, Made, family, made};
use super::{ASCII, COLOR, pin};
use crate::show::Style;
use crate::show::human::document;
use crate::show::json;

const CONTROL: &[&str] =
    &["mxcsr.rc", "mxcsr.ftz", "mxcsr.daz", "mxcsr.masks", "x87.rc", "x87.pc", "x87.masks"];

/// The imaginary library of the design, reached through its own adapter.
pub(super) fn wisp() -> Made {
    made("lib:./wisp-unscathed.so", "wisp", "0.3.0")
        .with(|it| it.subject.loaded = vec!["libwisp.so.0".into()])
}

/// One lost register, all control fields lost both ways, and no nesting.
fn wisp_with_two_causes() -> Report {
    wisp()
        .leaks(&["regs.many", "regs.three"], &["gpr.r12"], &IN_MAIN)
        .leaks(&family("fp."), CONTROL, &IN_COROUTINE)
        .leaks(&["fp.resume", "fp.first", "fp.finish"], CONTROL, &IN_MAIN)
        .with(|it| {
            it.subject.capabilities = vec!["destroy".into()];
            let flaky = it.results.iter_mut().find(|it| it.probe == "regs.many" && it.fails);
            flaky.expect("it leaks").runs = "1 of 3".into();
            let entry = it.results.iter_mut().filter(|it| it.probe == "fp.entry");
            for finding in entry {
                finding.verdict = Verdict::Preserved;
                finding.fails = false;
            }
        })
        .gap(
            |it| it.probe.ends_with(".nested"),
            Verdict::Unsupported,
            "the adapter does not set UNSCATHED_CAP_NEST",
        )
        .done()
}

/// Every line of the page but the groups' is one that identifies the run or
/// answers; no group has a remark but those that the machine cannot show and the
/// flag that nobody declares anything about.
#[test]
fn clean() {
    let report = made("native:reference", "reference", "0.1.0").done();
    pin("clean", &document(&[report], 0, Style::PLAIN));
}

/// Eight lost elements are two entries. The control words are decoded, field by
/// field. What needs nesting is unsupported, by probe, and stays on the page; the
/// probe that failed in one run of three is named with that.
#[test]
fn two_causes() {
    pin("two-causes", &document(&[wisp_with_two_causes()], 1, Style::PLAIN));
}

/// The same page, column for column: only dots and arrows differ.
#[test]
fn ascii() {
    let text = document(&[wisp_with_two_causes()], 1, ASCII);
    assert!(text.is_ascii());
    pin("two-causes-ascii", &text);
}

/// Colour adds nothing to read: without it the text is the same.
#[test]
fn color_carries_no_meaning() {
    let reports = [wisp_with_two_causes()];
    let (colored, plain) = (document(&reports, 1, COLOR), document(&reports, 1, Style::PLAIN));
    assert!(colored.contains("\u{1b}[31mleaked\u{1b}[0m"), "{colored}");
    assert!(colored.contains("\u{1b}[1m2  gpr.r12\u{1b}[0m"), "{colored}");
    assert_eq!(anstream::adapter::strip_str(&colored).to_string(), plain);
    let clean = [made("native:reference", "reference", "0.1.0").done()];
    assert!(document(&clean, 0, COLOR).contains("\u{1b}[32mexit 0"));
}

/// What died in the same way is one entry, whatever it was looking at; addresses
/// and registers do not tell deaths apart. The hang comes last. An undeclared
/// policy that died with the rest is measured, not judged.
#[test]
fn deaths() {
    let crash = |address: u32| {
        format!(
            "the process of the probe died: SIGSEGV, address {address:#x}, after step 4; rip=0x1 rsp=0x2"
        )
    };
    let report = wisp()
        .dies(&["regs.deep"], Verdict::Crashed, &crash(0x18))
        .dies(&["fp.deep", "state.long"], Verdict::Crashed, &crash(0x20))
        .dies(&["stack.deep"], Verdict::Hung, "no end within 5 s (--timeout), after step 7")
        .done();
    pin("deaths", &document(&[report], 1, Style::PLAIN));
}

/// Under `--level policy` what nobody declared fails, and says so.
#[test]
fn policy_level() {
    let report = wisp()
        .with(|it| it.run.level = "policy".into())
        .corrupts(&family("state."), "flags.ac", &IN_MAIN, [0, 0x40202])
        .done();
    pin("policy-level", &document(&[report], 1, Style::PLAIN));
}

/// Undeclared, at the default level: measured, not judged, and nothing failed.
#[test]
fn policy_measured() {
    let report =
        wisp().corrupts(&["state.resume", "state.long"], "flags.ac", &IN_MAIN, [0, 0x40202]).done();
    pin("policy-measured", &document(&[report], 0, Style::PLAIN));
}

/// A declared policy that is kept counts as any other element, without a remark.
#[test]
fn policy_declared() {
    let report = wisp().declares("flags.ac", "thread").done();
    pin("policy-declared", &document(&[report], 0, Style::PLAIN));
}

/// A broken declaration fails at every level; the entry says what was declared.
#[test]
fn policy_broken() {
    let report = wisp()
        .declares("flags.ac", "coroutine")
        .corrupts(&["state.resume"], "flags.ac", &IN_MAIN, [0, 0x40202])
        .done();
    pin("policy-broken", &document(&[report], 1, Style::PLAIN));
}

/// Values that belong to nobody: no owner is made up for them. The stack pointer
/// at entry is owed, not planted, and its entry has no `whose`.
#[test]
fn nobodys_values() {
    let at_entry = Look { party: 1, rival: 0, event: Event::Entry };
    let report = wisp()
        .corrupts(&family("entry."), "stack.align", &at_entry, [0, 0x7ffd_1008])
        .corrupts(
            &["value.many"],
            "value.resume",
            &IN_COROUTINE,
            [0x5ca7_0000_0014_0002, 0x0014_0002],
        )
        .done();
    pin("nobodys-values", &document(&[report], 1, Style::PLAIN));
}

/// A value of the right owner from the wrong row is named with that row.
#[test]
fn another_rows_value() {
    let report = wisp()
        .leaks(&family("regs."), &["gpr.r12"], &IN_MAIN)
        .with(|it| {
            for finding in it.results.iter_mut().filter(|it| it.fails) {
                finding.verdict = Verdict::Corrupted;
                finding.observed = Some("5ca7 0000 0005 0002 (main, step 2)".into());
                finding.owner = Some("main itself, step 2".into());
            }
        })
        .done();
    let text = document(&[report], 1, Style::PLAIN);
    assert!(text.contains("r12 of main holds the value that main itself planted in r15 at step 2"));
    pin("another-rows-value", &text);
}

/// A probe that first saw a loss and then died says both, and is no crash: what
/// was seen before stands.
#[test]
fn a_loss_and_then_a_death() {
    let death = "; then the process of the probe died: SIGSEGV, address 0x8, after step 3; rip=0x1";
    let report = wisp()
        .leaks(&["regs.two"], &["gpr.rbx"], &IN_MAIN)
        .dies(&["regs.two"], Verdict::Leaked, death)
        .with(|it| it.results.retain(|it| it.element == "gpr.rbx"))
        .done();
    let text = document(&[report], 1, Style::PLAIN);
    assert!(text.contains("1  gpr.rbx  leaked  must"));
    let found =
        "\n             then the process of the probe died: SIGSEGV, address 0x8, after step 3";
    assert!(text.contains(found), "{text}");
    assert!(text.contains("; registers in") && !text.contains("rip="), "{text}");
}

/// Six causes: five in full, the sixth on one line. A token is the next command,
/// with the path that it does not name.
#[test]
fn many_causes() {
    let report = wisp()
        .leaks(&["regs.two"], &["gpr.r12"], &IN_MAIN)
        .leaks(&["fp.two"], CONTROL, &IN_MAIN)
        .leaks(&["stack.many"], &["stack.contents"], &IN_MAIN)
        .leaks(&["value.many"], &["value.resume"], &IN_COROUTINE)
        .leaks(&["value.nested"], &["value.suspend"], &IN_MAIN)
        .corrupts(&["life.finish"], "life.done", &IN_MAIN, [0, 1])
        .with(|it| {
            for finding in it.results.iter_mut().filter(|it| it.fails) {
                finding.replay = Some(format!("u1:{}/1-7d3c", finding.probe));
            }
        })
        .done();
    let text = document(&[report], 1, Style::PLAIN);
    assert_eq!(text.matches("\n   seen ").count(), 5);
    pin("many-causes", &text);
}

/// Experiments that could not be made are named by probe, with the reason, and
/// the command ends in 2 although an element was lost.
#[test]
fn errors() {
    let why = "no child process can be started: Resource temporarily unavailable";
    let report = wisp()
        .leaks(&["regs.two"], &["gpr.rbx"], &IN_MAIN)
        .gap(|it| it.probe == "regs.many", Verdict::Error, why)
        .gap(|it| it.element == "tls.fs_base", Verdict::Error, "nobody looked at it")
        .done();
    pin("errors", &document(&[report], 2, Style::PLAIN));
}

/// What was not asked for is said beside what was, and the last line leads there.
#[test]
fn chosen() {
    let report = wisp()
        .with(|it| {
            it.results.retain(|it| it.probe.starts_with("regs."));
            it.run.chosen = vec!["regs.*".into()];
            it.run.planned = family("regs.").len();
        })
        .done();
    pin("chosen", &document(&[report], 0, Style::PLAIN));
}

/// What a baseline accepts is counted as lost, and stays on the page.
#[test]
fn expected() {
    let report = wisp()
        .leaks(&family("fp."), CONTROL, &IN_COROUTINE)
        .with(|it| {
            for finding in it.results.iter_mut().filter(|it| it.fails) {
                finding.fails = false;
                finding.baseline = Some("shared on purpose".into());
            }
        })
        .done();
    pin("expected", &document(&[report], 0, Style::PLAIN));
}

/// One row each, the entries of those that lost something below, and what was not
/// shown once for all whom it concerns. A refused subject has a row of its own.
#[test]
fn several() {
    let reports = [
        made("native:reference", "reference", "0.1.0").done(),
        made("native:generator", "generator", "0.8.11")
            .with(|it| it.subject.capabilities = vec!["destroy".into()])
            .leaks(&family("fp."), CONTROL, &IN_COROUTINE)
            .gap(
                |it| it.probe.ends_with(".nested"),
                Verdict::Unsupported,
                "the adapter does not set UNSCATHED_CAP_NEST",
            )
            .done(),
        refused(),
        wisp_with_two_causes(),
    ];
    pin("several", &document(&reports, 2, Style::PLAIN));
    let clean = |name| made(&format!("native:{name}"), name, "1").done();
    pin("several-clean", &document(&[clean("a"), clean("b")], 0, Style::PLAIN));
}

/// As the command makes it: nothing is known but what was asked for.
fn refused() -> Report {
    made("lib:./other.so", "lib:./other.so", "")
        .with(|it| {
            it.results.clear();
            it.subject.capabilities.clear();
            it.refused =
                Some("`size` is 0, expected 96: set `.size = sizeof(unscathed_subject)`".into());
        })
        .done()
}

/// A refusal was said on standard error; the page is its last line.
#[test]
fn a_refusal_is_no_report() {
    let text = document(&[refused()], 2, Style::PLAIN);
    assert_eq!(text, "exit 2: could not run\n");
}

/// An empty run is not a clean one.
#[test]
fn nothing_ran() {
    let report = wisp()
        .with(|it| {
            it.results.clear();
            it.run.chosen = vec!["regz.*".into()];
            it.run.planned = 0;
        })
        .done();
    pin("nothing-ran", &document(&[report], 4, Style::PLAIN));
}

/// A report of another version may have elements, probes and gaps that this one
/// does not know. They are shown under their ids, and nothing is said of them that
/// the report does not say.
#[test]
fn unknown_elements() {
    let report = wisp()
        .leaks(&["regs.two"], &["gpr.rbx"], &IN_MAIN)
        .with(|it| {
            let unknown = it.results.iter_mut().filter(|it| it.fails);
            for finding in unknown {
                finding.element = "py.not_yet_known".into();
                finding.probe = "exc.not_yet_known".into();
                finding.expected = Some("ValueError 1".into());
                finding.observed = Some("ValueError 2".into());
            }
            let gap = &mut it.run.not_run[1];
            gap.what = "CPython 3.14".into();
            gap.why = "not found".into();
        })
        .done();
    pin("unknown-elements", &document(&[report], 1, Style::PLAIN));
}

/// What a subject calls itself cannot move the cursor or end a line.
#[test]
fn names_are_only_names() {
    let report = made("native:x", "wi\u{1b}[2Jsp\n", "1\r0").done();
    let text = document(&[report], 0, Style::PLAIN);
    assert!(text.contains("wi [2Jsp  1 0 · native:x"), "{text}");
    assert!(!text.contains(['\u{1b}', '\r']));
}

/// One line, and the same report when it is read again.
#[test]
fn json_is_one_line_with_everything() {
    let report = wisp_with_two_causes();
    let line = json::line(&report);
    assert!(!line.contains('\n'));
    assert_eq!(serde_json::from_str::<Report>(&line).unwrap(), report);
}
