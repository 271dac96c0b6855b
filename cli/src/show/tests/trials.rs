//! The suite on trial.

use unscathed_verdict::report::NotRun;

use super::made::{host, tool};
use super::pin;
use crate::show::Style;
use crate::show::trial::{Defects, Harmless, SelfTest, Wrong};

fn self_test() -> SelfTest {
    let defects = |class, planted| Defects { class, found: planted, planted, missed: 0, blamed: 0 };
    let harmless = |class, made| Harmless { class, flagged: 0, made };
    SelfTest {
        tool: tool(),
        host: host(),
        seed: 1,
        jobs: 2,
        defects: vec![
            defects("forgotten", 13),
            defects("only after the n-th switch", 13),
            defects("by hand", 34),
        ],
        harmless: vec![harmless("nothing changed", 1), harmless("volatile registers", 64)],
        wrong: vec![],
        not_on_trial: vec![NotRun {
            what: "shadow stack".into(),
            why: "the kernel does not offer it".into(),
        }],
        elapsed_ms: 21_050,
    }
}

/// Totals under both tables, and what this machine could not try.
#[test]
fn all_found() {
    let test = self_test();
    assert!(test.passed());
    pin("self-test", &test.page(0, Style::PLAIN));
}

/// What was judged wrongly is named, and the last line runs one of them.
#[test]
fn one_missed_and_one_flagged() {
    let mut test = self_test();
    test.defects[0].found = 11;
    test.defects[0].missed = 1;
    test.defects[0].blamed = 1;
    test.harmless[1].flagged = 1;
    let wrong = [
        ("mutant/forgotten/mxcsr.ftz", "convicted of nothing"),
        ("mutant/forgotten/gpr.r12", "convicted of gpr.r13"),
        ("harmless/volatile/vec.xmm6", "convicted of x87.stack"),
    ];
    let wrong = wrong.map(|(id, said)| Wrong {
        id: id.into(),
        said: said.into(),
        again: format!("unscathed audit native:{id}"),
    });
    test.wrong = wrong.into();
    assert!(!test.passed());
    pin("self-test-miss", &test.page(1, Style::PLAIN));
}
