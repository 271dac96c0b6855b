//! The threads of a play: main's, and one other.

use core::cell::Cell;
use core::ffi::{c_int, c_void};
use core::ptr;
use std::any::Any;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::mpsc::{Receiver, SyncSender, sync_channel};
use std::thread::JoinHandle;

use super::control;
use super::stage::Stage;

thread_local! {
    static STAGE: Cell<*mut Stage> = const { Cell::new(ptr::null_mut()) };
    static HELPS: Cell<bool> = const { Cell::new(false) };
}

/// The stage of the play that this thread takes part in.
///
/// Never inlined, like all that is here: the address of a thread local must not be
/// kept across a switch that may come back on another thread.
#[inline(never)]
pub(super) fn stage() -> *mut Stage {
    STAGE.get()
}

#[inline(never)]
pub(super) fn set_stage(stage: *mut Stage) {
    STAGE.set(stage);
}

/// Whether this is the other thread.
#[inline(never)]
pub(super) fn is_helper() -> bool {
    HELPS.get()
}

type Ended = Result<Word, Box<dyn Any + Send>>;

/// A word that goes from thread to thread.
struct Word(*mut c_void);

// SAFETY: a number.
unsafe impl Send for Word {}

/// What the other thread is to do, while this one waits.
struct Job(Box<dyn FnOnce() -> *mut c_void>);

// SAFETY: made for the other thread, from a table whose subject says that its
// coroutines may go there.
unsafe impl Send for Job {}

/// The other thread.
pub(super) struct Helper {
    jobs: Option<SyncSender<Job>>,
    ended: Receiver<Ended>,
    thread: Option<JoinHandle<()>>,
}

/// The functions with which a subject learns of threads.
#[derive(Clone, Copy)]
pub(super) struct Doors {
    pub(super) enter: Option<unsafe extern "C-unwind" fn() -> c_int>,
    pub(super) leave: Option<unsafe extern "C-unwind" fn()>,
}

impl Helper {
    fn new(stage: *mut Stage, doors: Doors) -> Self {
        let (jobs, inbox) = sync_channel::<Job>(1);
        let (outbox, ended) = sync_channel(1);
        let stage = stage.expose_provenance();
        let serve = move || {
            HELPS.set(true);
            STAGE.set(ptr::with_exposed_provenance_mut(stage));
            if let Some(enter) = doors.enter {
                // SAFETY: the first call of the subject on this thread.
                unsafe { enter() };
            }
            for Job(job) in inbox {
                control::set(0);
                let word = catch_unwind(AssertUnwindSafe(job)).map(Word);
                control::set(0);
                if outbox.send(word).is_err() {
                    break;
                }
            }
            if let Some(leave) = doors.leave {
                // SAFETY: the last call on this thread.
                unsafe { leave() };
            }
        };
        let builder = std::thread::Builder::new().name("interleave".to_owned());
        let thread = builder.spawn(serve).expect("there is room for one more thread");
        Self { jobs: Some(jobs), ended, thread: Some(thread) }
    }

    /// Has the other thread do it, and waits. What it panics with comes out.
    pub(super) fn run(
        &self,
        job: impl FnOnce() -> *mut c_void + 'static,
    ) -> Result<*mut c_void, Box<dyn Any + Send>> {
        let jobs = self.jobs.as_ref().expect("it is only closed at the end");
        jobs.send(Job(Box::new(job))).expect("the other thread serves until the end");
        let ended = self.ended.recv().expect("the other thread serves until the end");
        ended.map(|word| word.0)
    }
}

impl Drop for Helper {
    fn drop(&mut self) {
        self.jobs = None;
        if let Some(thread) = self.thread.take() {
            // It catches what it is given to do, so nothing comes out of it.
            let _ = thread.join();
        }
    }
}

impl Stage {
    /// The other thread, which begins when it is first needed.
    pub(super) fn helper(&mut self) -> &'static Helper {
        let doors = Doors { enter: self.enter, leave: self.leave };
        let helper = self.helper.get_or_insert_with(|| Helper::new(self.pointer, doors));
        // SAFETY: it lives in the stage, which lives until all is over.
        unsafe { &*ptr::from_ref(helper) }
    }
}
