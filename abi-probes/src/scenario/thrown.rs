//! C++ exceptions that leave a body: do they come out of the resume that ran it?

use core::ffi::c_void;
use core::ptr::{self, NonNull};
use core::sync::atomic::{AtomicPtr, Ordering};

use unscathed_catalogue::Event;
use unscathed_catalogue::canary::Canary;
use unscathed_catalogue::exceptions::{FOREIGN, NONE, Thrown};
use unscathed_core::subject::Co;

use crate::cxx;
use crate::scene::Scene;

const STACK_BYTES: usize = 256 << 10;

/// At once, after a suspension, and with two that wait at the same time.
pub(super) fn out(scene: Scene) {
    begin(scene);
    let [at_once, later, first, second] =
        [1, 2, 3, 4].map(|party| (party, scene.create(STACK_BYTES, cxx::THROWING_BODY)));
    throws(scene, at_once, Event::First);
    for waiting in [later, first, second] {
        waits(scene, waiting);
    }
    throws(scene, later, Event::Finished);
    throws(scene, second, Event::Finished);
    throws(scene, first, Event::Finished);
}

/// Out of a coroutine, through the body that resumed it, and out of that.
pub(super) fn nested(scene: Scene) {
    /// Passes everything on to a body that throws.
    unsafe extern "C-unwind" fn relay(me: *mut Co, first: *mut c_void) -> *mut c_void {
        // SAFETY: `nested` set it, and it is never freed.
        let scene = unsafe { *SCENE.load(Ordering::Relaxed) };
        let inner = scene.create(STACK_BYTES, cxx::THROWING_BODY);
        let mut value = first.addr() as u64;
        loop {
            // SAFETY: it is new or suspended.
            unsafe { scene.resume(inner, value) };
            // SAFETY: this is the body of `me`.
            value = unsafe { scene.suspend(me, 0) };
        }
    }

    static SCENE: AtomicPtr<Scene> = AtomicPtr::new(ptr::null_mut());
    SCENE.store(Box::leak(Box::new(scene)), Ordering::Relaxed);
    begin(scene);
    let [at_once, later] = [1, 2].map(|party| (party, scene.create(STACK_BYTES, relay)));
    throws(scene, at_once, Event::First);
    waits(scene, later);
    throws(scene, later, Event::Finished);
}

fn begin(scene: Scene) {
    // SAFETY: bodies suspend only themselves.
    unsafe { cxx::unscathed_cxx_suspend_with(scene.subject.suspend) };
}

/// Resumes a body that suspends.
fn waits(scene: Scene, (party, co): (u16, NonNull<Co>)) {
    scene.step(party.into());
    // SAFETY: it is new, and begins by a suspension.
    unsafe { scene.resume(co, NONE) };
}

/// Resumes a body that throws, and looks at what comes out.
fn throws(scene: Scene, (party, co): (u16, NonNull<Co>), event: Event) {
    let step = 10 * party;
    let number = Canary { party, row: 0, step }.encode();
    scene.step(step.into());
    let before = cxx::unscathed_cxx_bodies_unwound();
    let value = number as usize as *mut c_void;
    // SAFETY: it is new or suspended, and what it throws is caught there.
    let came = unsafe { cxx::unscathed_cxx_resume(scene.subject.resume, co.as_ptr(), value) };
    let thrown = match came {
        NONE => Thrown::Swallowed,
        FOREIGN => Thrown::Replaced,
        came if came != number => Thrown::AnotherOnes,
        _ if cxx::unscathed_cxx_bodies_unwound() != before + 1 => Thrown::Skipped,
        _ => Thrown::Arrived,
    };
    scene.expect("cxx.unwind", party, step, event, thrown as u64);
}
