//! Frames and tracebacks.

mod about;

use super::{Mutant, Topic, made_on, mutant, on, probe, row};
use crate::element::{Group, Interpreted, Level};
use crate::probe::{Capability, Family};
use about::{CURRENT, END, FRAMES, LINK, LOCALS, OBJECTS, THROWN, TRACEBACK};

pub(super) const TOPIC: Topic = Topic { rows: ROWS, probes: PROBES, mutants: MUTANTS };

const FRAMES_OF: (Group, Family) = (Group::Frames, Family::Frames);

/// Exceptions carry their traceback.
const CARRIED: &Interpreted = &Interpreted { first: (3, 0), ..Interpreted::ALL };
/// The variables of a frame can be written through `f_locals`.
const WRITTEN: &Interpreted = &Interpreted { first: (3, 13), ..Interpreted::ALL };

#[rustfmt::skip]
const ROWS: &[crate::Element] = &[
    row("py.frames", FRAMES_OF, Level::Must, "2 Frames and tracebacks: the frames of a suspended coroutine can be read, and lead to nobody else's", FRAMES),
    row("py.frames.end", FRAMES_OF, Level::Must, "2 Frames and tracebacks: the chain of frames of a coroutine ends", END),
    row("py.frames.current", FRAMES_OF, Level::Must, "2 Frames and tracebacks: the current frame of a thread is that of the coroutine that is running on it", CURRENT),
    on(WRITTEN, row("py.frame_locals", FRAMES_OF, Level::Must, "2 Frames and tracebacks: what is written to a variable of a suspended frame is found when it goes on", LOCALS)),
    row("py.frame_link", FRAMES_OF, Level::Policy, "2 Frames and tracebacks: the outermost frame of a running coroutine has no caller, unless a subject says that it is its resumer", LINK),
    row("py.traceback", FRAMES_OF, Level::Must, "2 Frames and tracebacks: a traceback tells all frames that an exception has come through", TRACEBACK),
    on(CARRIED, row("py.traceback.thrown", FRAMES_OF, Level::Must, "2 Frames and tracebacks: what is thrown in brings the traceback that it has", THROWN)),
    row("py.frame_objects", FRAMES_OF, Level::Must, "2 Frames and tracebacks: frame objects and tracebacks outlive the coroutine", OBJECTS),
];

#[rustfmt::skip]
const PROBES: &[crate::Probe] = &[
    probe("frames.suspended", "Can the line and the variables of a suspended body be read, and is clearing them refused?", "1 suspends twice in a loop, main reads its frame", Family::Frames, &["py.frames"], &[]),
    probe("frames.stale", "Do the frames of a coroutine lead to nobody who resumed it before?", "one function starts 1, another one resumes it twice", Family::Frames, &["py.frames"], &[]),
    probe("frames.linked", "Do the frames of a running coroutine end with its body, or go on to its resumer?", "one function starts 1, another one resumes it", Family::Frames, &["py.frame_link"], &[]),
    probe("frames.ending", "Does a walk along the frames of a coroutine end, while it runs and while it is suspended?", "1 is resumed twice and looks, main looks between", Family::Frames, &["py.frames.end"], &[]),
    probe("frames.innermost", "Does the subject show the frame in which a coroutine is suspended?", "1 suspends in one function, then in another", Family::Frames, &["py.frames"], &[Capability::Frame]),
    probe("frames.callback", "Are the frames on both sides of a C function in the chain?", "1 suspends twice in the key function of a sort", Family::Frames, &["py.frames"], &[Capability::Callbacks]),
    probe("frames.nested", "Do two suspended coroutines have frames of their own?", "1 starts 2, which suspends, then 1 suspends", Family::Frames, &["py.frames"], &[Capability::Nest]),
    probe("frames.current", "Does sys._current_frames() show where the thread is?", "1 suspends and is resumed, main looks between", Family::Frames, &["py.frames.current"], &[]),
    probe("frames.tools", "Do warnings and tracebacks find the coroutine's own stack?", "one function starts 1, another one resumes it; both sides use the library", Family::Frames, &["py.frames"], &[]),
    probe("frames.written", "Is a variable that was written from outside found when the coroutine goes on?", "1 suspends, main writes to its frame and resumes it", Family::Frames, &["py.frame_locals"], &[]),
    probe("tracebacks.leaving", "Does a traceback have the frames on both sides of a resume?", "1 suspends, then fails in a function, main catches that", Family::Frames, &["py.traceback"], &[]),
    probe("tracebacks.nested", "Does a traceback have the frames of every coroutine that an exception has crossed?", "2 fails into 1, and 1 into main", Family::Frames, &["py.traceback"], &[Capability::Nest]),
    probe("tracebacks.final", "Does a traceback survive a suspension on the way?", "1 fails and suspends in a finally block", Family::Frames, &["py.traceback"], &[]),
    probe("tracebacks.kept", "Does an exception that is being handled keep its traceback over a switch?", "1 handles an exception and suspends, main handles another and resumes 1", Family::Frames, &["py.traceback"], &[]),
    probe("tracebacks.arriving", "Does the traceback of what is thrown in begin where the coroutine is suspended?", "main throws an exception into 1, which raises it again", Family::Frames, &["py.traceback"], &[Capability::Throw]),
    probe("tracebacks.thrown", "Does an exception that has been raised before bring its traceback when it is thrown in?", "main catches an exception and throws it into 1", Family::Frames, &["py.traceback.thrown"], &[Capability::Throw]),
    probe("outliving.finished", "Can the frames of a body that has returned be read?", "1 ends, main drops it, collects and reads two of its frames", Family::Frames, &["py.frame_objects"], &[]),
    probe("outliving.failed", "Can the frames in a traceback be read when the coroutine is gone?", "1 fails, main drops it, collects and reads the frames of the traceback", Family::Frames, &["py.frame_objects"], &[]),
    probe("outliving.dropped", "Can a frame of a coroutine be read that was dropped while it was suspended?", "1 suspends, main drops it, collects and reads its frame", Family::Frames, &["py.frame_objects"], &[]),
    probe("outliving.killed", "Can a frame of a coroutine be read that was killed?", "1 suspends, main kills it, drops it, collects and reads its frame", Family::Frames, &["py.frame_objects"], &[Capability::Kill]),
];

/// Defects that are made in the frame objects of this implementation.
const C: Interpreted = Interpreted { only: Some("CPython"), ..Interpreted::ALL };
/// Frames can be cleared.
const CLEARED: Interpreted = Interpreted { first: (3, 4), ..C };

#[rustfmt::skip]
const MUTANTS: &[Mutant] = &[
    made_on(C, mutant("frames.KeepsStarter", "py.frames")),
    made_on(C, mutant("frames.OverwritesVariables", "py.frames")),
    mutant("frames.ShowsOuter", "py.frames"),
    made_on(C, mutant("frames.Rings", "py.frames.end")),
    mutant("frames.ShowsSuspended", "py.frames.current"),
    made_on(*WRITTEN, mutant("frames.UndoesWrites", "py.frame_locals")),
    made_on(C, mutant("frames.LinksResumer", "py.frame_link")),
    mutant("frames.ForgetsTraceback", "py.traceback"),
    mutant("frames.ForgetsHandledTraceback", "py.traceback"),
    made_on(*CARRIED, mutant("frames.ThrowsBare", "py.traceback.thrown")),
    made_on(CLEARED, mutant("frames.ClearsFrames", "py.frame_objects")),
];
