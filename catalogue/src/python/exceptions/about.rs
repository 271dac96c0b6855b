//! The rows of exceptions, explained.

use crate::element::About;

pub(super) const HANDLED: &About = &About {
    what: "The exception that an except block is handling: sys.exc_info(), what a bare raise raises again, and what a new exception remembers as its context.",
    rule: "Each coroutine has a chain of handled exceptions of its own; a switch brings back the chain of whoever goes on.",
    why: "A bare raise in one coroutine would raise what another one was handling, and logging would show the wrong traceback.",
    shows: "sys.exc_info() names an exception that this code never saw; a new exception has a stranger as its context.",
    bug: "No release of greenlet or tealet that was tried loses it (greenlet 0.4.17 to 3.5.6, tealet 0.1.0rc4); a core that leaves one field of the thread state behind does at once.",
    cause: "exc_info of the thread state is not put away and brought back by the switch",
    fix: "Give each coroutine a root item of its own and let exc_info point at it; on older interpreters save and restore the three fields.",
    limits: "Exceptions that C code holds in its own variables are not looked at.",
};

pub(super) const EMPTY: &About = &About {
    what: "That nothing is being handled: at the start of a body, in a body outside of its own except blocks, and in main.",
    rule: "The chain of handled exceptions of a coroutine is empty when its body begins, and holds nothing but what the coroutine itself is handling.",
    why: "A server that starts or resumes tasks from an error handler would chain every later error of those tasks to it.",
    shows: "A bare raise raises something instead of complaining; every new exception says that it came up during the handling of another one.",
    bug: "A body of greenlet 0.3.1 that was started in an except block saw its exception; 0.4.0 clears it. Generators and async functions see what their resumer is handling, by design of the language.",
    cause: "The chain of handled exceptions of a coroutine is linked to that of its resumer",
    fix: "Start the root item of a new coroutine without a predecessor, and take the resumer's chain off when control comes back.",
    limits: "An interpreter that walks the chain of the caller for generators does so within one coroutine, too; that is right and not looked at here. For the same reason whoever cannot suspend in callbacks is not started or resumed from an except block: it has no stack of its own.",
};

pub(super) const CONTEXT: &About = &About {
    what: "__context__, __cause__ and the flag that hides the context, of an exception that leaves a body or is thrown into one.",
    rule: "Crossing a switch is no raise statement: what the other side happens to be handling does not become the context of what arrives. Whether that of the receiving block does, when something is thrown into it, is left open.",
    why: "A report of an error would tell of a second error that has nothing to do with it, and hide the one that has.",
    shows: "A traceback says that the error of one task came up during the handling of that of another.",
    bug: "Adapters written in Python do it wherever they catch an exception on one side and raise it on the other; the thread oracle of this suite did it until its first run.",
    cause: "What crosses a switch is raised anew, in the midst of what the other side is handling",
    fix: "Restore the exception in flight as it was instead of raising it again; in Python put its context back after the raise.",
    limits: "Notes that are added to an exception travel with the object, and are not looked at.",
};

pub(super) const FLIGHT: &About = &About {
    what: "An exception on its way out: through finally blocks that suspend, out of a body into whoever resumed it, past a coroutine that dies.",
    rule: "It goes on when its side goes on, and arrives as the object that was raised.",
    why: "An error that is swallowed or replaced in a finally block leaves a program that believes it has succeeded.",
    shows: "A finally block that waits for something swallows the error; an except clause with the exact object does not recognise it.",
    bug: "Killing what is suspended while an exception is in flight is the classic: the exit exception of the victim overwrites the one on its way.",
    cause: "The exception in flight is not put away before other code runs",
    fix: "Move the exception out of the thread state before anything else runs, and back when its side goes on.",
    limits: "Finalizers that run by themselves while an exception is in flight are looked at in the probes of finalizers.",
};

pub(super) const THROW: &About = &About {
    what: "An exception that is thrown into a coroutine from outside.",
    rule: "It is raised where the coroutine is suspended, as the object that was thrown; what leaves the body comes out of throw, and before the start nothing runs at all.",
    why: "Time limits and cancellation are made of it.",
    shows: "A cancelled task catches a copy, or nothing; a task that was cancelled before its start runs nevertheless.",
    bug: "Libraries that pass type and value apart make the exception anew when only the type is looked at; none that was tried loses the object.",
    cause: "What is thrown is made anew, or dropped, on its way into the coroutine",
    fix: "Hand over the exception object itself, and restore it where suspend would return.",
    limits: "Exceptions thrown asynchronously by another thread are not looked at here.",
};

pub(super) const GENERATOR: &About = &About {
    what: "The exception that a generator, or an asynchronous one, is handling while it is at rest, or while it is running and its coroutine is suspended.",
    rule: "It belongs to the generator, on whichever stack that is advanced; one that is running is refused to everybody else.",
    why: "Interpreters link the item of a running generator into the chain of the thread: a pointer into the chain of another coroutine outlives it.",
    shows: "sys.exc_info() in a generator names the exception of another coroutine; at worst the interpreter follows a link to freed memory.",
    bug: "No release that was tried loses it. CPython 3.6 and older keep the handled exceptions of generators by exchange, which is wrong for generators that are thrown into, without any coroutine.",
    cause: "The chain of handled exceptions is moved without the items of the generators that are in it",
    fix: "Save the pointer to the top of the chain and leave the items where they are.",
    limits: "Async generators are advanced by hand, without an event loop.",
};

pub(super) const GROUP: &About = &About {
    what: "The parts of an exception group that the except* blocks of a statement have not handled yet.",
    rule: "They are handled by the following blocks, or raised after them, however often a block suspends.",
    why: "What is lost here is an error of a task that nobody hears of.",
    shows: "A later except* block does not run, or runs for a part that was handled before; the rest is not raised.",
    bug: "None is known; the parts live on the stack of values of the frame, which a core with overlapping frames overwrites.",
    cause: "Values that a frame keeps for the end of its except* blocks are lost",
    fix: "Give each coroutine frames of its own, and bring back the chain of handled exceptions as a whole.",
    limits: "Nested groups are not looked at.",
};
