//! The rows of frames and tracebacks, explained.

use crate::element::About;

pub(super) const FRAMES: &About = &About {
    what: "The frames of a coroutine, from the innermost outward: their functions, lines and variables, as debuggers, profilers, warnings and tracebacks read them.",
    rule: "While a coroutine is suspended its frames can be read and not cleared, they are those of its own calls and no others, and whoever resumed it once is not among them.",
    why: "A frame that leads to a caller who has gone on is a reference to memory that is used for something else.",
    shows: "The stack of a suspended task ends in a function that has nothing to do with it; at worst a program crashes when it prints a traceback.",
    bug: "No release that was tried loses it (greenlet 0.4.17 to 3.5.6, tealet 0.1.0rc4). On CPython 3.10 to 3.12 a structure between frames lies on the C stack, which cores that slice the stack had to learn in greenlet 1.1 and 2.0.",
    cause: "The chain of frames is linked over a switch and not unlinked when the resumer goes on",
    fix: "Start the chain of a new coroutine at nothing, and save and restore its head with every switch.",
    limits: "Profilers that read the memory of a process from outside are not looked at.",
};

pub(super) const END: &About = &About {
    what: "The end of the chain of frames: the frame whose f_back is None.",
    rule: "A walk from any frame of a coroutine outward comes to an end, whether the coroutine is running or not.",
    why: "Every tool that prints stacks walks to the end.",
    shows: "A program hangs, or fills its memory, when it prints the stack of a suspended coroutine.",
    bug: "On PyPy 7.3 and 8.0 the outermost frame of a suspended continulet is its own f_back, and so it is with the greenlets built on them: traceback.extract_stack of such a frame does not return.",
    cause: "The outermost frame of a suspended coroutine leads to itself, or to one inside of it",
    fix: "Cut the link behind the outermost frame when the coroutine is suspended.",
    limits: "Walks are given up after 10000 frames.",
};

pub(super) const CURRENT: &About = &About {
    what: "sys._current_frames(): for each thread, the frame in which it is.",
    rule: "It shows the frame of whoever is running on the thread, and never that of a coroutine which is suspended.",
    why: "Watchdogs print it when a program hangs.",
    shows: "The report of a hanging program names a function that waits, and not the one that is busy.",
    bug: "None is known in a release that was tried.",
    cause: "The current frame of the thread is not replaced by the switch",
    fix: "Save and restore the current frame with every switch, at the resumer's side, too.",
    limits: "It is asked from the thread itself, not from another one.",
};

pub(super) const LOCALS: &About = &About {
    what: "Variables of a suspended body that are written through f_locals.",
    rule: "The body finds the new value when it goes on.",
    why: "Debuggers change variables of tasks that are waiting.",
    shows: "A value that was set in a debugger is the old one again after the task has been resumed.",
    bug: "None is known; before Python 3.13 f_locals was a copy, and writing to it had no effect of this kind at all.",
    cause: "The memory of a suspended frame is copied, and the copy put back over what was written",
    fix: "Leave frames where they are; where a stack is copied, exempt frames from it.",
    limits: "Only a plain local variable is written, not one that functions within share.",
};

pub(super) const LINK: &About = &About {
    what: "What stands behind the outermost frame of a running coroutine: nothing, or the frame that resumed it.",
    rule: "Nothing, so that a coroutine looks the same whoever resumes it; a subject may declare that its frames go on to the resumer, and then they must, to the present one.",
    why: "Stack depth, warnings with a stack level and tools that look for a caller depend on it.",
    shows: "A warning is attributed to whoever happened to resume the coroutine, or a tool no longer finds the caller that it looks for.",
    bug: "Generators and PyPy's continulets go on to the resumer; greenlet and tealet do not. Neither is wrong.",
    cause: "The frames of a coroutine are linked to those of its resumer, or are not, against what the subject declares",
    fix: "Declare py.frame_link = \"thread\" where the frames go on to the resumer.",
    limits: "Only the functions of the probe are looked at; an adapter's own frames in between do not count.",
};

pub(super) const TRACEBACK: &About = &About {
    what: "The traceback of an exception that crosses a resume, of one that is on its way or handled while its coroutine is suspended, and of one that is thrown in.",
    rule: "It names every frame that the exception has come through, from the one that catches it to the one that raised it, on both sides of the switch.",
    why: "It is what a person reads first when a program has failed.",
    shows: "A traceback ends at the resume, and does not tell where in the coroutine the error was.",
    bug: "Schedulers that pass an exception on by type and value lose it; greenlet and tealet keep it.",
    cause: "The traceback does not cross the switch with the exception",
    fix: "Pass on type, value and traceback, and restore them together.",
    limits: "Frames of the subject in between are not counted, whether they are shown or hidden.",
};

pub(super) const THROWN: &About = &About {
    what: "The traceback that an exception has when it is thrown into a coroutine: of where it was raised first.",
    rule: "It follows the frames of the coroutine that the exception then comes through, as it does after a raise statement or generator.throw().",
    why: "Futures hand an error to whoever waits: without it nobody learns where the error was.",
    shows: "The traceback of a failed wait shows the wait, and not the failure.",
    bug: "greenlet.throw(error) forgets it up to 3.5.6, and so does PyPy's continulet.throw(error); both keep it where it is passed as the third argument. tealet keeps it.",
    cause: "An exception that is thrown in starts with an empty traceback",
    fix: "Where no traceback is given, take the one that the exception carries.",
    limits: "One level of throwing is looked at.",
};

pub(super) const OBJECTS: &About = &About {
    what: "Frame objects and tracebacks that somebody still holds when their coroutine has ended, failed, been killed or been dropped.",
    rule: "They can be read as those of any function: the variables and the functions are what they were.",
    why: "Error reporters keep tracebacks for later, and read the variables then.",
    shows: "Variables are missing from an error report, or reading them crashes.",
    bug: "None is known in a release that was tried; a core that frees the memory of frames with the stack has it at once.",
    cause: "The memory of frames is freed with the coroutine while frame objects still refer to it",
    fix: "Let every frame end as frames do, by return or unwinding, and never free the memory of one that a frame object may refer to.",
    limits: "What the frames of a coroutine lead to after its end is not looked at, nor frames of generators that are closed: the interpreter may empty those.",
};
