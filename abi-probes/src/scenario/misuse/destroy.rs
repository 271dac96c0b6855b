//! Destroying the coroutine that runs, and destroying one twice.

use core::ffi::c_void;
use core::ptr::NonNull;

use unscathed_catalogue::misuse::Misuse;
use unscathed_core::subject::Co;

use super::{STACK_BYTES, Words, acquit, begin, convict, misuse, scene};
use crate::scene::Scene;

const VALUE: u64 = 0x2001;

/// Destroys against the rules. Whether it came back without a panic.
fn destroy_anyway(co: NonNull<Co>) {
    // SAFETY: the subject must see to it, as this is a probe of misuse.
    if misuse(|| unsafe { scene().destroy(co) }).is_some() {
        scene().remark("it went on, and nothing was wrong");
    }
}

/// Takes all sorts of memory, as a program would: what was freed wrongly is found
/// twice, or overwrites its former owner.
fn memory_is_sound() -> bool {
    let sizes = || (0..96).map(|number| 4 << (number % 12));
    let fill = |(number, words): (u64, usize)| vec![number; words];
    let blocks: Vec<Vec<u64>> = (0..).zip(sizes()).map(fill).collect();
    let blocks = core::hint::black_box(blocks);
    let whole = |(number, block): (u64, &Vec<u64>)| block.iter().all(|&word| word == number);
    (0..).zip(&blocks).all(whole)
}

pub(in super::super) fn running(scene: Scene) {
    unsafe extern "C-unwind" fn body(me: *mut Co, _: *mut c_void) -> *mut c_void {
        let words = Words::new(1);
        if let Some(me) = NonNull::new(me) {
            destroy_anyway(me);
        }
        if !memory_is_sound() || !words.are_whole(1) {
            convict(Misuse::Words);
        }
        VALUE as *mut c_void
    }

    let co = begin(scene).create(STACK_BYTES, body);
    // SAFETY: it is new.
    let found = unsafe { scene.resume(co, 0) };
    if found != VALUE {
        convict(Misuse::Value);
    }
    acquit();
}

pub(in super::super) fn twice(scene: Scene) {
    unsafe extern "C-unwind" fn body(_: *mut Co, _: *mut c_void) -> *mut c_void {
        VALUE as *mut c_void
    }

    let co = begin(scene).create(STACK_BYTES, body);
    // SAFETY: it is new.
    let found = unsafe { scene.resume(co, 0) };
    if found != VALUE {
        convict(Misuse::Value);
    }
    // SAFETY: its body has returned.
    unsafe { scene.destroy(co) };
    destroy_anyway(co);
    if !memory_is_sound() {
        convict(Misuse::Words);
    }
    acquit();
}
