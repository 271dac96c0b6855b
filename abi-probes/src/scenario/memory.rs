//! The stack as memory: where it ends, how much of it there is, whose it is, and
//! whether it is given back.

mod destroy;
mod edge;
mod leak;
mod maps;
mod neighbours;
mod reuse;
mod size;
mod touch;

use core::hint::black_box;
use core::ptr;
use core::sync::atomic::{AtomicPtr, Ordering};

use unscathed_catalogue::Event;

pub(super) use self::destroy::play as destroy;
pub(super) use self::edge::play as edge;
pub(super) use self::leak::{finished, suspended};
pub(super) use self::neighbours::play as neighbours;
pub(super) use self::reuse::play as reuse;
pub(super) use self::size::play as size;
pub(super) use self::touch::{catch_faults, down_to};
use crate::scene::{Scene, Sight};
use crate::stage::frame_word;

/// Bytes above the first frame of a body that a library may have for itself.
const RESERVE: usize = 4 << 10;

static SCENE: AtomicPtr<Scene> = AtomicPtr::new(ptr::null_mut());

/// Makes the scene known to bodies, which are plain functions.
fn begin(scene: Scene) -> Scene {
    SCENE.store(Box::into_raw(Box::new(scene)), Ordering::Release);
    scene
}

/// For bodies: the scene that [`begin`] was given.
fn scene() -> Scene {
    // SAFETY: set before anything is created, and never freed.
    unsafe { *SCENE.load(Ordering::Acquire) }
}

/// Fills a frame with words that name the party, the step and the place.
fn plant(frame: &mut [u64], party: u16, step: u16) {
    for (place, word) in frame.iter_mut().enumerate() {
        *word = frame_word(party, step, place);
    }
    black_box(frame);
}

/// The first word of a frame that is not as it was planted; its first word, where
/// all are.
fn differing(frame: &[u64], party: u16, step: u16) -> (u64, u64) {
    let frame = black_box(frame);
    let pairs =
        || frame.iter().enumerate().map(|(place, &seen)| (frame_word(party, step, place), seen));
    pairs().find(|(planted, seen)| planted != seen).or(pairs().next()).unwrap_or_default()
}

/// Looks whether a frame is as `party` planted it at `step`, while `rival` ran last.
fn look(frame: &[u64], party: u16, step: u16, rival: u16) {
    let (planted, seen) = differing(frame, party, step);
    let event = Event::Suspended;
    let sight = Sight { party, step, event, rival, planted, rival_value: !planted, seen };
    scene().see("stack.contents", &sight);
}
