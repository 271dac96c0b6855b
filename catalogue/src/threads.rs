//! What belongs to a thread, and several threads at once: values of rows, in words.

/// Signals that a probe may block without harm: nobody sends them to it.
pub const HARMLESS_SIGNALS: [(u32, &str); 7] = [
    (10, "SIGUSR1"),
    (12, "SIGUSR2"),
    (17, "SIGCHLD"),
    (18, "SIGCONT"),
    (23, "SIGURG"),
    (28, "SIGWINCH"),
    (29, "SIGIO"),
];

/// The value of a row of this subject in words; `None`: it is none of these rows.
pub(crate) fn describe(id: &str, word: u64) -> Option<String> {
    Some(match id {
        "tls.errno" => format!("errno {}", word as u32 as i32),
        "signal.mask" => format!("{} ({word:#x})", blocked(word)),
        "signal.altstack" => match word {
            0 => "no alternate stack".into(),
            address => format!("the stack at {address:#x}"),
        },
        "tls.locale" => format!("the locale at {word:#x}"),
        _ => return None,
    })
}

/// The harmless signals among those that a mask blocks.
fn blocked(mask: u64) -> String {
    let names = HARMLESS_SIGNALS.iter().filter(|(number, _)| mask >> (number - 1) & 1 == 1);
    let names: Vec<_> = names.map(|(_, name)| *name).collect();
    match &*names {
        [] => "nothing of ours blocked".into(),
        [name] => format!("{name} blocked"),
        [names @ .., last] => format!("{} and {last} blocked", names.join(", ")),
    }
}
