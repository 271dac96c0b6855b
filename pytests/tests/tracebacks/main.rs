//! What a user is shown when something fails inside, across, below and after switches.
//!
//! Each scenario is a program of Python that fails on purpose, run on each subject by each
//! interpreter that is here. What it prints is a snapshot, and the chapter of the book on
//! tracebacks is made of those. Of what is not here, the snapshot is left alone.
//!
//! `UNSCATHED_PYTHONS` names more interpreters than the default one, with colons between;
//! with `UNSCATHED_INSTALL` set, packages are installed below the cache where they are
//! lacking. With `UPDATE_TRACEBACKS` set, series that no snapshot has are recorded, and the
//! chapter is written from what is there; insta accepts what is new (`INSTA_UPDATE=always`).

mod edge;
mod native;
mod page;
mod snapshot;
mod stage;

use std::env;

use snapshot::Sections;

/// Set to record what is new, and to write the chapter.
const UPDATE: &str = "UPDATE_TRACEBACKS";

/// A program, and what is said of it.
struct Scenario {
    /// Its name, without the ending.
    program: &'static str,
    title: &'static str,
    /// What the reader should look for, a line each.
    look: &'static [&'static str],
    /// The oldest interpreter that can read it.
    first: (u8, u8),
    /// How subjects differ, and series where that is not of the interpreter alone.
    differ: &'static [&'static str],
}

/// What every interpreter can read.
const ANY: (u8, u8) = (2, 7);

macro_rules! scenarios {
    ($(
        $(#[doc = $look:literal])+
        $name:ident($title:literal, $first:expr, $($differ:literal)+);
    )+) => {
        const SCENARIOS: &[Scenario] = &[$(Scenario {
            program: stringify!($name),
            title: $title,
            look: &[$($look),+],
            first: $first,
            differ: &[$($differ),+],
        }),+];
        $(mod $name {
            scenarios! { @tests $name: unscathed greenlet tealet generators threads }
        })+
    };
    (@tests $name:ident: $($subject:ident)+) => {
        $(#[test]
        fn $subject() {
            super::compare(stringify!($name), stringify!($subject));
        })+
    };
}

scenarios! {
    /// Both coroutines are on the way, in the order of resumption. The line of main is that
    /// of the last resume, not the one that began the inner coroutine.
    raise_nested("A coroutine raises that another coroutine resumed", ANY,
        "All four print what nested calls of functions would.");

    /// The exception has no context: what main was handling is not the coroutine's.
    raise_in_except("A coroutine is resumed inside of an except block, and raises", ANY,
        "Generators show what main was handling as the context: they look for it in whoever"
        "resumed them, as a function would in its caller. Coroutines with a stack of their own"
        "show none of it, and PyPy 8.0.1 (3.11) is the exception: there greenlet chains as"
        "generators do, which it did not in PyPy 7.3.11 (3.9).");

    /// It is raised in the line where the coroutine is suspended. Whoever resumed the
    /// coroutine before is not on the way.
    throw("An exception is thrown into a coroutine", ANY,
        "No difference: the line of the suspension is the innermost, and `starter` is not there.");

    /// Three exceptions, chained as in a function that never was suspended. None of those
    /// that main was handling meanwhile is among them.
    chains("Contexts and causes", (3, 0),
        "No difference, not even for generators: the innermost handler that they look for is"
        "their own.");

    /// The frame of the generator is below the coroutine that advanced it last. The context is
    /// what the generator is handling, wherever it began to do so.
    generator_inside("A generator that two coroutines advance", ANY,
        "No difference. Python 2.7 shows the second exception only.");

    /// How often the line of `deeper` is repeated tells where the coroutine began to count:
    /// of 400 levels, main has used up a hundred.
    recursion("A recursion error", ANY,
        "On threads and on tealet a coroutine begins to count at zero, so it has 400 levels; on"
        "greenlet and in generators it begins where its resumer is, and has 300. PyPy limits"
        "memory, not levels.");

    /// The line of the body is that of the raise statement, although it was suspended since.
    /// The line of main is that of the last resume, and nothing that main handled is shown.
    finally_suspends("A finally block that suspends", ANY,
        "No difference: the exception that was put away is shown as if nothing had happened"
        "since.");

    /// Each part has the frames that it crossed: those of its worker, and of the collector,
    /// which waits between two parts.
    groups("A group of exceptions", (3, 11),
        "No difference.");

    /// The frame of `key` follows that of the body: `sorted` is there, but has no frame that
    /// Python could show.
    callback("A callback from C that suspends", ANY,
        "Generators cannot do this: `sorted` would have to be suspended with them.");

    /// What the coroutine was destroyed with is the context of what its finally block raises.
    destruction("A coroutine that is destroyed raises", ANY,
        "Each has its own exception for this. That of threads is our adapter's, because a thread"
        "cannot be destroyed. Python 2.7 shows the second exception only.");

    /// The thread's own frames come first, and the thread is named; the program goes on, and
    /// ends well.
    in_thread("A coroutine raises in a thread", ANY,
        "No difference between subjects. From 3.14 on, a thread runs in a context, and has"
        "another line for that.");

    /// The handler's frame follows the line that was interrupted, and the other coroutine
    /// follows the handler.
    from_signal("A signal handler resumes a coroutine, which raises", ANY,
        "Handlers run in the main thread. Where coroutines are threads, that is not where the"
        "signal was sent: the handler interrupts main, which waits, and the coroutine that was"
        "running is not shown at all.");
}

/// Runs a program on a subject wherever it can be run, and compares.
fn compare(program: &str, word: &str) {
    let scenario = SCENARIOS.iter().find(|scenario| scenario.program == program);
    let scenario = scenario.expect("the macro makes both");
    let mut sections = Sections::stored(program, word);
    for place in stage::places() {
        let known = sections.get(&place.series).is_some() || env::var_os(UPDATE).is_some();
        if place.found.kind.version < scenario.first || !known {
            continue;
        }
        if let Some(shown) = place.perform(&format!("{program}.py"), word) {
            sections.set(&place.series, &shown);
        }
    }
    if sections.is_empty() {
        return;
    }
    insta::with_settings!({
        snapshot_path => "../../../snapshots/tracebacks",
        prepend_module_to_snapshot => false,
        omit_expression => true,
        snapshot_suffix => word,
    }, { insta::assert_snapshot!(program, sections.text()) });
}
