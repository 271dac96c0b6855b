//! The same of the reference, whose backtraces are native: what a walk of the stack finds,
//! innermost first.

use std::cell::RefCell;
use std::fmt::Write as _;
use std::hint::black_box;
use std::path::Path;
use std::rc::Rc;

use unscathed_core::{Coroutine, Step, Suspender};

use super::snapshot::text;

/// The file of the snapshot.
pub(crate) const FILE: &str = "backtrace@reference.snap";

/// Stands for frames of the core, of the standard library and of the harness.
const ELSEWHERE: &str = "...";

const STACK: usize = 256 << 10;

/// This file, whose lines are shown.
const TEXT: &str = include_str!("native.rs");

/// The lowest frame of a coroutine.
const ROOT: &str = "root";
/// What the test does, and no coroutine: below it is the harness.
const TEST: &str = "let found = play();";

/// What all walks found.
type Walks = Rc<RefCell<String>>;
/// A coroutine that nothing is passed to.
type Nothing = Coroutine<(), (), ()>;

/// Writes down the frames from its caller outward, ours by the text of their lines: names
/// of functions are not the same in every build.
#[inline(never)]
fn walk(walks: &Walks, title: &str) {
    let mut lines: Vec<&str> = Vec::new();
    backtrace::trace(|frame| {
        // The unwinder's own mark for the end of every stack.
        if frame.ip().is_null() {
            return false;
        }
        let before = lines.len();
        backtrace::resolve_frame(frame, |symbol| lines.push(line(symbol)));
        if lines.len() == before {
            lines.push("unknown");
        }
        true
    });
    // Those of this function come first, and what they call.
    let own = lines.iter().position(|line| line.starts_with("backtrace::trace"));
    lines.drain(..=own.expect("it walks itself"));
    if let Some(test) = lines.iter().position(|line| *line == TEST) {
        lines.splice(test + 1.., [ELSEWHERE]);
    }
    lines.dedup();
    let mut text = walks.borrow_mut();
    let gap = if text.is_empty() { "" } else { "\n" };
    let _ = writeln!(text, "{gap}== {title}\n{}", lines.join("\n"));
}

/// What a frame is shown as.
fn line(symbol: &backtrace::Symbol) -> &'static str {
    let file = symbol.filename().and_then(Path::file_name);
    if file.is_some_and(|file| file == "native.rs") {
        let number = symbol.lineno().unwrap_or_default() as usize;
        return TEXT.lines().nth(number.wrapping_sub(1)).map_or("unknown", str::trim);
    }
    let name = symbol.name().map(|name| format!("{name:#}")).unwrap_or_default();
    if name.ends_with("::root") { ROOT } else { ELSEWHERE }
}

/// Walks when it goes out of scope.
struct Guard(Walks);

impl Drop for Guard {
    #[inline(never)]
    fn drop(&mut self) {
        walk(&self.0, "in a destructor, while a suspended coroutine is destroyed");
        // What is called last would replace this frame.
        black_box(());
    }
}

#[inline(never)]
fn inner(walks: Walks) -> Nothing {
    let body = move |suspender: &Suspender<(), ()>, ()| {
        walk(&walks, "in a coroutine that a coroutine resumed");
        suspender.suspend(());
        walk(&walks, "in the same one, resumed by main");
        let _guard = Guard(walks);
        suspender.suspend(());
    };
    Coroutine::new(STACK, body).expect("a stack")
}

#[inline(never)]
fn outer(walks: Walks) -> Coroutine<(), (), Nothing> {
    let body = move |_: &Suspender<(), ()>, ()| {
        let mut inside = inner(walks.clone());
        begin(&mut inside);
        walk(&walks, "in the one that had resumed it");
        inside
    };
    Coroutine::new(STACK, body).expect("a stack")
}

#[inline(never)]
fn begin(coroutine: &mut Nothing) {
    assert!(matches!(black_box(coroutine.resume(())), Step::Suspended(())));
}

/// What main does: the outer coroutine begins the inner one, and main resumes and drops it.
#[inline(never)]
fn play() -> String {
    let walks = Walks::default();
    let Step::Finished(mut inside) = outer(walks.clone()).resume(()) else {
        panic!("the outer one has suspended")
    };
    begin(&mut inside);
    drop(inside);
    walk(&walks, "in main");
    walks.take()
}

#[test]
fn of_nested_coroutines() {
    let found = play();
    insta::with_settings!({
        snapshot_path => "../../../snapshots/tracebacks",
        prepend_module_to_snapshot => false,
        omit_expression => true,
        snapshot_suffix => "reference",
    }, { insta::assert_snapshot!("backtrace", found) });
}

/// The section of the chapter.
pub(crate) fn section() -> String {
    format!("{OPENING}\n```text\n{}\n```\n", text(FILE).trim_end())
}

const OPENING: &str = "
## A native backtrace

The reference coroutines of this project are made for Rust. What stands here is what a walk of the
stack finds, innermost first, each frame by the text of its line, as
`pytests/tests/tracebacks/native.rs` runs it: a coroutine begins another one and ends, and main
goes on with the other one and drops it. A walk ends at `root`, as the stack of a coroutine does:
whoever resumed it is on another stack, and is never shown. That is how these differ from all
tracebacks above, which are put together while an exception passes from stack to stack. `...`
stands for frames of the core, of the standard library and of what runs the test; the brace is
where the destructor is called.
";
