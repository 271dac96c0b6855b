//! Backtraces.

use crate::element::About;

pub(super) const BACKTRACE: &About = &About {
    what: "The walk of an unwinder from inside a body to the end of the stack.",
    rule: "Who writes assembly writes its unwind tables too. From any frame of a body the walk ends: at the root of the coroutine, or by way of the resumer's frames at the end of the thread's stack; and it meets only code.",
    why: "Panics, exceptions, profilers, crash handlers and loggers walk the stack, and they do so wherever they are.",
    shows: "A crash or an endless loop in the crash handler, in a profiler or in a log line, where the program itself did nothing wrong.",
    bug: "tarantool/tarantool#6889: unwinders did not stop at a fiber's first frame and followed a return address that was garbage; zml/zml#273",
    cause: "the first frame of a coroutine has a return slot that nobody filled, or tables that do not match its instructions",
    fix: "Say in the root frame that there is no caller (.cfi_undefined rip), or put a zero where its return address would be; adjust the CFA at each push.",
    limits: "One unwinder, libgcc's, from places where a body calls something. It reads the tables and follows no chain of frame pointers, and a wrong frame that happens to lie in code is not told from a right one. Instructions of the switch itself are not interrupted here.",
};
