//! Whether another party's panic is taken for one's own.
//!
//! Only who does not panic can tell: who does finds that somebody panics, whether
//! the count is kept for coroutines or for the thread.

use core::ffi::c_void;
use core::ptr;
use core::sync::atomic::{AtomicU16, Ordering::SeqCst};
use std::panic::panic_any;
use std::thread::panicking;

use unscathed_catalogue::Event;
use unscathed_core::subject::Co;

use super::panics::{STACK, begin, catch, resume, scene, step, suspend};
use crate::scene::{Scene, Sight};

/// Who is unwinding.
static RIVAL: AtomicU16 = AtomicU16::new(0);

/// The party that looks does not panic; its rival does.
fn look(party: u16, event: Event) {
    let seen = panicking().into();
    let rival = RIVAL.load(SeqCst);
    let sight = Sight { party, step: step(), event, rival, planted: 0, rival_value: 1, seen };
    scene().see("rust.panic_count", &sight);
}

/// Looks while a coroutine is suspended in a destructor that a panic runs, then
/// from coroutines that main resumes in such a destructor.
pub(super) fn play(scene: Scene) {
    let scene = begin(scene);
    let before = scene.create(STACK, looks);
    resume(before, 2);

    let unwinding = scene.create(STACK, unwinds);
    RIVAL.store(1, SeqCst);
    resume(unwinding, 1);
    look(0, Event::First);
    resume(before, 0);
    let during = scene.create(STACK, looks_at_once);
    resume(during, 3);
    resume(unwinding, 0);

    RIVAL.store(0, SeqCst);
    let main = catch::<()>(|| {
        let _resumes = OnDrop(|| {
            resume(before, 0);
            let during = scene.create(STACK, looks_at_once);
            resume(during, 4);
        });
        panic_any(())
    });
    if main.is_ok() {
        scene.fail("main did not catch its own panic");
    }
}

/// Runs a function when it is dropped.
struct OnDrop<F: FnMut()>(F);

impl<F: FnMut()> Drop for OnDrop<F> {
    fn drop(&mut self) {
        (self.0)();
    }
}

/// Panics, and suspends on the way.
unsafe extern "C-unwind" fn unwinds(me: *mut Co, _: *mut c_void) -> *mut c_void {
    let _ = catch::<()>(|| {
        let _suspends = OnDrop(|| suspend(me));
        panic_any(())
    });
    ptr::null_mut()
}

/// Looks whenever it is resumed again.
unsafe extern "C-unwind" fn looks(me: *mut Co, party: *mut c_void) -> *mut c_void {
    loop {
        suspend(me);
        look(party.addr() as u16, Event::Suspended);
    }
}

/// Looks when it is entered.
unsafe extern "C-unwind" fn looks_at_once(_: *mut Co, party: *mut c_void) -> *mut c_void {
    look(party.addr() as u16, Event::Entry);
    ptr::null_mut()
}
