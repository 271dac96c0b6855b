//! The C library's own, with as little around it as will do.

use std::cell::{Cell, UnsafeCell};
use std::ffi::c_uint;
use std::mem::{self, MaybeUninit};
use std::ptr;

use libc::ucontext_t;

use crate::peer::{Body, Peer};
use crate::stack::Stack;

type Place = UnsafeCell<MaybeUninit<ucontext_t>>;

/// Both sides, and the word that is on its way.
pub struct Sides {
    inner: Place,
    outer: Place,
    word: Cell<usize>,
}

/// A coroutine over `swapcontext`.
pub struct Swapcontext {
    sides: Box<Sides>,
    stack: Stack,
}

fn swap(save: &Place, load: &Place) {
    // SAFETY: the other side is parked in `load`.
    unsafe { libc::swapcontext(save.get().cast(), load.get().cast()) };
}

extern "C" fn start<B: Body>(high: c_uint, low: c_uint) {
    let address = (high as usize) << 32 | low as usize;
    // SAFETY: the halves of what `new` made; it outlives the body.
    let sides = unsafe { &*ptr::with_exposed_provenance::<Sides>(address) };
    let last = B::run::<Swapcontext>(sides, sides.word.get());
    sides.word.set(last);
}

impl Peer for Swapcontext {
    const NAME: &'static str = "swapcontext";
    const SUBJECT: &'static str = "swapcontext";

    type Inside = Sides;
    type Stack = Stack;

    fn stack(bytes: usize) -> Stack {
        Stack::map(bytes)
    }

    fn new<B: Body>(stack: Stack) -> Self {
        let place = || UnsafeCell::new(MaybeUninit::uninit());
        let sides = Box::new(Sides { inner: place(), outer: place(), word: Cell::new(0) });
        let inner: *mut ucontext_t = sides.inner.get().cast();
        // SAFETY: there is room for a context.
        unsafe { libc::getcontext(inner) };
        // SAFETY: it has been filled in.
        let context = unsafe { &mut *inner };
        context.uc_stack.ss_sp = stack.bottom().cast();
        context.uc_stack.ss_size = stack.bytes();
        context.uc_link = sides.outer.get().cast();
        let address = ptr::from_ref(&*sides).expose_provenance();
        // SAFETY: `makecontext` takes any function, and as many ints as it is told.
        let start =
            unsafe { mem::transmute::<extern "C" fn(c_uint, c_uint), extern "C" fn()>(start::<B>) };
        // SAFETY: the context has its stack and its link.
        unsafe { libc::makecontext(inner, start, 2, (address >> 32) as c_uint, address as c_uint) };
        Self { sides, stack }
    }

    fn resume(&mut self, word: usize) -> usize {
        self.sides.word.set(word);
        swap(&self.sides.outer, &self.sides.inner);
        self.sides.word.get()
    }

    fn suspend(inside: &Sides, word: usize) -> usize {
        inside.word.set(word);
        swap(&inside.inner, &inside.outer);
        inside.word.get()
    }

    fn into_stack(self) -> Stack {
        self.stack
    }
}
