//! What real libraries lose, by element, as their sources say.

use std::collections::BTreeSet;
use std::process::Command;

use serde_json::Value;

/// Both control words, field by field.
const CONTROL_WORDS: [&str; 7] =
    ["mxcsr.daz", "mxcsr.ftz", "mxcsr.masks", "mxcsr.rc", "x87.masks", "x87.pc", "x87.rc"];

/// What belongs to a thread, in the C library and in the runtimes of two languages:
/// who does not exchange it leaves it with the thread, and declares nothing.
const THREADS_OWN: [&str; 7] = [
    "cxx.caught",
    "cxx.uncaught",
    "rust.panic_count",
    "signal.altstack",
    "signal.mask",
    "tls.errno",
    "tls.locale",
];

/// Elements that an audit says were lost, with the word for it. What comes of
/// misuse is another question: it need not come twice.
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
        .map(|finding| (text(&finding["element"]), text(&finding["verdict"])))
        .filter(|(_, verdict)| !["preserved", "skipped", "unsupported"].contains(&&**verdict))
        .collect();
    assert_eq!(output.status.code(), Some(i32::from(!lost.is_empty())), "{subject}");
    lost.into_iter().filter(|(element, _)| !element.starts_with("misuse.")).collect()
}

/// Audits a subject on two seeds: it must lose exactly this.
fn loses<'a>(subject: &str, elements: impl IntoIterator<Item = (&'a str, &'a str)>) {
    let pair = |(element, verdict): (&str, &str)| (element.to_owned(), verdict.to_owned());
    let expected: BTreeSet<_> = elements.into_iter().map(pair).collect();
    for seed in ["1", "2"] {
        assert_eq!(lost(subject, seed), expected, "{subject}, seed {seed}");
    }
}

fn leaked(elements: &[&'static str]) -> impl Iterator<Item = (&'static str, &'static str)> {
    elements.iter().map(|&element| (element, "leaked"))
}

/// They keep everything, and declare what stays with the thread.
#[test]
fn the_references_lose_nothing() {
    for subject in ["reference", "reference-slicing", "reference-ucontext"] {
        loses(subject, []);
    }
}

/// Their switches save MXCSR and the x87 control word: glibc's swapcontext.S, and
/// the assembly that the crate context took from Boost. Of what a thread has one
/// of, glibc exchanges the signal mask.
#[test]
fn what_saves_the_control_words_loses_nothing_that_is_owed() {
    loses("context", leaked(&THREADS_OWN));
    let but_the_mask = leaked(&THREADS_OWN).filter(|(element, _)| *element != "signal.mask");
    loses("swapcontext", but_the_mask);
}

/// No instruction of their switches names MXCSR or the x87 control word:
/// corosensei's src/arch/x86_64.rs, generator's asm_x86_64_sysv_elf.S, wasmtime's
/// stackswitch/x86_64.rs. All general registers are there.
#[test]
fn what_leaves_the_control_words_out_leaks_them_and_nothing_else() {
    for subject in ["corosensei", "generator", "wasmtime-fiber"] {
        loses(subject, leaked(&CONTROL_WORDS).chain(leaked(&THREADS_OWN)));
    }
}

/// Nor does minicoro's `_mco_switch` in minicoro.h. Below the first frame of a body
/// it leaves 0xdeaddeaddeaddead for a return address, which the unwinder of GCC's
/// runtime follows: it looks there for the code of a signal's return.
#[test]
fn minicoro_leaks_the_control_words_and_ends_backtraces_in_a_fault() {
    let lost = leaked(&CONTROL_WORDS).chain(leaked(&THREADS_OWN));
    loses("minicoro", lost.chain([("unwind.backtrace", "crashed")]));
}
