//! What real libraries lose, by element, as their sources say.

use std::collections::BTreeSet;
use std::process::Command;

use serde_json::Value;

/// Both control words, field by field.
const CONTROL_WORDS: [&str; 7] = [
    "mxcsr.daz",
    "mxcsr.ftz",
    "mxcsr.masks",
    "mxcsr.rc",
    "x87.masks",
    "x87.pc",
    "x87.rc",
];

/// Elements that an audit says were lost, with the word for it.
fn lost(subject: &str, seed: &str) -> BTreeSet<(String, String)> {
    let output = Command::new(env!("CARGO_BIN_EXE_unscathed"))
        .args(["audit", subject, "--level", "policy", "--seed", seed, "--format", "json"])
        .output()
        .expect("the command starts");
    let report: Value = serde_json::from_slice(&output.stdout).expect("one report");
    let results = report["results"].as_array().expect("results");
    let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
    let lost: BTreeSet<_> = results
        .iter()
        .filter(|finding| !["preserved", "skipped"].contains(&&*text(&finding["verdict"])))
        .map(|finding| (text(&finding["element"]), text(&finding["verdict"])))
        .collect();
    assert_eq!(output.status.code(), Some(i32::from(!lost.is_empty())), "{subject}");
    lost
}

/// Their switches save MXCSR and the x87 control word: core/src/arch, glibc's
/// swapcontext.S, and the assembly that the crate context took from Boost.
#[test]
fn what_saves_the_control_words_loses_nothing() {
    for subject in ["reference", "swapcontext", "context"] {
        for seed in ["1", "2"] {
            assert_eq!(lost(subject, seed), BTreeSet::new(), "{subject}, seed {seed}");
        }
    }
}

/// No instruction of their switches names MXCSR or the x87 control word:
/// corosensei's src/arch/x86_64.rs, generator's asm_x86_64_sysv_elf.S, wasmtime's
/// stackswitch/x86_64.rs. All general registers are there.
#[test]
fn what_leaves_the_control_words_out_leaks_them_and_nothing_else() {
    let leaked: BTreeSet<_> =
        CONTROL_WORDS.map(|id| (id.to_owned(), "leaked".to_owned())).into_iter().collect();
    for subject in ["corosensei", "generator", "wasmtime-fiber"] {
        for seed in ["1", "2"] {
            assert_eq!(lost(subject, seed), leaked, "{subject}, seed {seed}");
        }
    }
}
