//! The interpreter for native subjects.

pub(crate) mod control;
mod cross;
mod play;
mod stage;
mod thread;

use core::marker::PhantomData;
use core::ptr;
use std::panic;
use std::sync::Once;

use unscathed_core::subject::Table;

use self::play::Raised;
use self::stage::Stage;
use crate::contract::Contract;
use crate::divergence::Divergence;
use crate::reached::Reached;
use crate::schedule::Schedule;

/// Stack of each coroutine.
pub const STACK_BYTES: usize = if cfg!(feature = "asan") { 4 << 20 } else { 512 << 10 };

/// Plays schedules on one subject, on the thread that made it.
///
/// A subject that is wrong may do anything to the process. Who does not know that
/// it is right runs this in a child, and has [`on_divergence`](Self::on_divergence)
/// write down what was seen before anything else is tried.
pub struct Runner {
    stage: Box<Stage>,
    table: &'static Table,
    /// A subject knows its threads, and so does the interpreter.
    here: PhantomData<*mut ()>,
}

impl Runner {
    /// Makes this thread the one that runs schedules on the subject.
    ///
    /// # Errors
    ///
    /// A sentence, if the table lacks a required function or the subject refuses
    /// the thread.
    ///
    /// # Safety
    ///
    /// The table's functions are what the contract says, as far as memory safety
    /// is to be had from this: see above.
    pub unsafe fn new(table: &'static Table, contract: Contract) -> Result<Self, String> {
        quiet();
        let mut stage = Box::new(Stage::new(table, contract)?);
        if let Some(enter) = table.thread_enter {
            // SAFETY: the first call on this thread; the caller vouches for the table.
            let refused = unsafe { enter() };
            if refused != 0 {
                return Err(format!("`thread_enter` returned {refused}"));
            }
        }
        let pointer = ptr::from_mut(&mut *stage);
        stage.pointer = pointer;
        Ok(Self { stage, table, here: PhantomData })
    }

    /// Has this function called at the first divergence, where it is found. It may
    /// end the process.
    pub fn on_divergence(&mut self, tell: fn(&Divergence)) {
        self.stage.tell = Some(tell);
    }

    /// Plays a schedule.
    ///
    /// # Errors
    ///
    /// The first divergence. The runner goes no further after one: what the subject
    /// has left behind is nobody's to know.
    pub fn check(&mut self, schedule: &Schedule) -> Result<(), Box<Divergence>> {
        let stage = self.stage.pointer;
        // SAFETY: the runner's own, which nobody else uses before it returns.
        unsafe { play::run(stage, schedule) };
        self.stage.divergence.take().map_or(Ok(()), Err)
    }

    /// What all schedules so far have reached.
    #[must_use]
    pub fn reached(&self) -> &Reached {
        self.stage.play.reached()
    }
}

impl Drop for Runner {
    fn drop(&mut self) {
        if let Some(leave) = self.table.thread_leave {
            // SAFETY: the last call on this thread; `new`'s caller vouches.
            unsafe { leave() };
        }
    }
}

/// Plays one schedule on a subject that is built in.
///
/// # Errors
///
/// The first divergence.
///
/// # Panics
///
/// If the table is none.
pub fn check(table: &'static Table, schedule: &Schedule) -> Result<Reached, Box<Divergence>> {
    // SAFETY: static tables of this process are adapters', who vouch for them.
    let mut runner = unsafe { Runner::new(table, Contract::of(table)) }.expect("a table is whole");
    runner.check(schedule).map(|()| runner.reached().clone())
}

/// Keeps the panics of schedules from the panic hook that was there before, which
/// gets all others.
fn quiet() {
    static ONCE: Once = Once::new();
    ONCE.call_once(|| {
        let before = panic::take_hook();
        panic::set_hook(Box::new(move |info| {
            if !info.payload().is::<Raised>() {
                before(info);
            }
        }));
    });
}
