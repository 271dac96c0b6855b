//! The same contexts, by each of the three methods.

use std::cell::{Cell, RefCell};
use std::ffi::c_void;
use std::panic::{AssertUnwindSafe, catch_unwind, panic_any};
use std::ptr;
use std::rc::Rc;

use unscathed_core::StackError;
use unscathed_core::raw::{Context, Counts, Method, Separate, Sliced, State, Ucontext};

const STACK: usize = 64 << 10;

fn word(value: usize) -> *mut c_void {
    ptr::without_provenance_mut(value)
}

type Body<M> = dyn FnOnce(&Co<M>, usize) -> usize;

/// A context with a closure. It lies in the heap.
struct Co<M: Method> {
    context: Context<M>,
    body: Cell<Option<Box<Body<M>>>>,
}

impl<M: Method> Co<M> {
    fn new(body: impl FnOnce(&Self, usize) -> usize + 'static) -> Rc<Self> {
        unsafe fn run<M: Method>(co: *mut c_void, first: *mut c_void) -> *mut c_void {
            // SAFETY: `new` passed it, and it lives while its body runs.
            let co = unsafe { &*co.cast::<Co<M>>() };
            word(co.body.take().unwrap()(co, first.addr()))
        }

        let context = Context::with_method(STACK).unwrap();
        let co = Rc::new(Self { context, body: Cell::new(Some(Box::new(body))) });
        // SAFETY: the context stays in its `Rc`.
        unsafe { co.context.prepare(run::<M>, Rc::as_ptr(&co).cast_mut().cast()) };
        co
    }

    fn resume(&self, value: usize) -> usize {
        // SAFETY: one thread, and nothing on these stacks forbids it.
        unsafe { self.context.resume(word(value)) }.addr()
    }

    fn suspend(&self, value: usize) -> usize {
        // SAFETY: as above.
        unsafe { self.context.suspend(word(value)) }.addr()
    }

    fn transfer(&self, to: &Self, value: usize) -> usize {
        // SAFETY: as above.
        unsafe { self.context.transfer(&to.context, word(value)) }.addr()
    }

    fn unwind(&self) {
        // SAFETY: as above.
        unsafe { self.context.unwind() };
    }
}

/// Fills a frame of its own with values of `seed`, suspends at the bottom, and says
/// whether they are still there.
#[inline(never)]
fn deep<M: Method>(co: &Co<M>, seed: usize, levels: usize) -> bool {
    let frame: [usize; 40] = std::array::from_fn(|index| seed ^ (index << 20) ^ (levels << 40));
    let below = if levels == 0 {
        co.suspend(seed);
        true
    } else {
        deep(co, seed, levels - 1)
    };
    let same = |(index, &word): (usize, &usize)| word == seed ^ (index << 20) ^ (levels << 40);
    below && std::hint::black_box(&frame).iter().enumerate().all(same)
}

fn words_pass_both_ways<M: Method>() {
    let co = Co::<M>::new(|co, first| co.suspend(first + 1) + 2);
    assert_eq!(co.context.state(), State::Prepared);
    assert_eq!(co.resume(10), 11);
    assert_eq!(co.context.state(), State::Suspended);
    assert_eq!(co.resume(20), 22);
    assert_eq!(co.context.state(), State::Finished);
    let refused = catch_unwind(AssertUnwindSafe(|| co.resume(1))).unwrap_err();
    assert_eq!(refused.downcast_ref(), Some(&"cannot resume a coroutine that has finished"));
}

fn frames_come_back_at_every_depth<M: Method>() {
    let many: Vec<_> = (0..8)
        .map(|number| {
            Co::<M>::new(move |co, first| {
                let mut kept = true;
                for round in 0..10 {
                    kept &= deep(co, first + round, (number * 7 + round) % 30);
                }
                usize::from(kept)
            })
        })
        .collect();
    for round in 0..10 {
        for (number, co) in many.iter().enumerate() {
            assert_eq!(co.resume(1000 * number), 1000 * number + round);
        }
    }
    for co in many.iter().rev() {
        assert_eq!(co.resume(0), 1);
    }
}

fn contexts_nest<M: Method>() {
    fn nest<M: Method>(levels: usize) -> Rc<Co<M>> {
        Co::new(move |co, first| {
            let here = [first; 64];
            if levels == 0 {
                return co.suspend(first) + 1;
            }
            let inner = nest::<M>(levels - 1);
            let out = inner.resume(first + 1);
            let back = co.suspend(out);
            let end = inner.resume(back);
            assert!(std::hint::black_box(&here).iter().all(|&word| word == first));
            end + 1
        })
    }
    let outer = nest::<M>(20);
    assert_eq!(outer.resume(1), 21);
    assert_eq!(outer.resume(100), 121);
}

fn an_outer_one_is_not_suspended_from_within<M: Method>() {
    let outer = Co::<M>::new(|outer, _| {
        let outside = AssertUnwindSafe(ptr::from_ref(outer));
        let inner = Co::<M>::new(move |_, _| {
            // SAFETY: the outer one waits for this one.
            let outer = unsafe { &**outside };
            usize::from(catch_unwind(AssertUnwindSafe(|| outer.suspend(1))).is_err())
        });
        inner.resume(0)
    });
    assert_eq!(outer.resume(0), 1);
    assert_eq!(outer.context.state(), State::Finished);
}

fn transfers_go_past_the_resumer<M: Method>() {
    let b = Co::<M>::new(|b, first| {
        let here = [first; 100];
        let next = b.suspend(10 * first);
        next + usize::from(std::hint::black_box(&here).iter().all(|&word| word == first))
    });
    let to = Rc::clone(&b);
    let a = Co::<M>::new(move |a, first| {
        let here = [first; 50];
        let back = a.transfer(&to, first + 1);
        back + usize::from(std::hint::black_box(&here).iter().all(|&word| word == first))
    });
    assert_eq!(a.resume(1), 20);
    assert_eq!(a.resume(7), 8);
    assert_eq!(b.resume(3), 4);
}

fn a_transfer_goes_there_and_back_from_within_another<M: Method>() {
    let outer = Co::<M>::new(|_, _| {
        let pair: Rc<RefCell<Vec<Rc<Co<M>>>>> = Rc::default();
        let seen = Rc::clone(&pair);
        let a = Co::<M>::new(move |a, first| {
            let to = Rc::clone(&seen.borrow()[1]);
            let mut value = first;
            for _ in 0..5 {
                value = a.transfer(&to, value + 1);
            }
            value
        });
        let seen = Rc::clone(&pair);
        let b = Co::<M>::new(move |b, first| {
            let to = Rc::clone(&seen.borrow()[0]);
            let mut value = first;
            loop {
                value = b.transfer(&to, value + 10);
            }
        });
        pair.borrow_mut().extend([Rc::clone(&a), Rc::clone(&b)]);
        let end = a.resume(0);
        b.unwind();
        end
    });
    assert_eq!(outer.resume(0), 55);
}

fn panics_come_out_of_the_resume<M: Method>() {
    let co = Co::<M>::new(|co, _| {
        co.suspend(0);
        panic_any(7_u32)
    });
    co.resume(0);
    let other = Co::<M>::new(Co::suspend);
    other.resume(1);
    let payload = catch_unwind(AssertUnwindSafe(|| co.resume(0))).unwrap_err();
    assert_eq!(payload.downcast_ref(), Some(&7_u32));
    assert_eq!(other.resume(2), 2);
}

fn what_is_unwound_drops_what_it_holds<M: Method>() {
    struct Note(Rc<Cell<u32>>);
    impl Drop for Note {
        fn drop(&mut self) {
            self.0.set(self.0.get() + 1);
        }
    }
    let dropped = Rc::new(Cell::new(0));
    let many: Vec<_> = (0..3)
        .map(|_| {
            let note = Note(Rc::clone(&dropped));
            let co = Co::<M>::new(move |co, first| {
                let _on_the_stack = note;
                co.suspend(first)
            });
            co.resume(0);
            co
        })
        .collect();
    for (number, co) in many.iter().enumerate() {
        co.unwind();
        assert_eq!(dropped.get() as usize, number + 1);
        assert_eq!(co.context.state(), State::Finished);
    }
}

fn sizes_that_cannot_be_are_refused<M: Method>() {
    assert_eq!(Context::<M>::with_method(0).unwrap_err(), StackError::Zero);
    for bytes in [1 << 60, usize::MAX] {
        let error = Context::<M>::with_method(bytes).unwrap_err();
        assert!(error.to_string().contains(&bytes.to_string()), "{error}");
    }
}

macro_rules! by_each_method {
    ($($test:ident)*) => { by_each_method! { [$($test)*] separate Separate sliced Sliced ucontext Ucontext } };
    ([$($test:ident)*] $($name:ident $method:ident)*) => { by_each_method! { @ [$($name $method)*] [$($test)*] } };
    (@ [$name:ident $method:ident $($rest:tt)*] [$($test:ident)*]) => {
        mod $name {
            $( #[test] fn $test() { super::$test::<super::$method>(); } )*
        }
        by_each_method! { @ [$($rest)*] [$($test)*] }
    };
    (@ [] [$($test:ident)*]) => {};
}

by_each_method! {
    words_pass_both_ways
    frames_come_back_at_every_depth
    contexts_nest
    an_outer_one_is_not_suspended_from_within
    transfers_go_past_the_resumer
    a_transfer_goes_there_and_back_from_within_another
    panics_come_out_of_the_resume
    what_is_unwound_drops_what_it_holds
    sizes_that_cannot_be_are_refused
}

/// The control of the tests above: slices do share one place.
#[test]
fn sliced_ones_have_the_same_addresses_and_separate_ones_have_not() {
    fn addresses<M: Method>() -> [usize; 2] {
        [(); 2].map(|()| {
            let co = Co::<M>::new(|co, _| {
                let local = 0_u8;
                co.suspend(ptr::from_ref(std::hint::black_box(&local)).addr())
            });
            let address = co.resume(0);
            std::mem::forget(co);
            address
        })
    }
    let [one, other] = addresses::<Sliced>();
    assert_eq!(one, other);
    let [one, other] = addresses::<Separate>();
    assert_ne!(one, other);
}

fn cost<M: Method>(switches: impl FnOnce()) -> Counts {
    let before = M::counts();
    switches();
    let after = M::counts();
    Counts {
        bytes: after.bytes - before.bytes,
        allocations: after.allocations - before.allocations,
        system_calls: after.system_calls - before.system_calls,
    }
}

#[test]
fn slicing_counts_what_it_copies() {
    let endless = |levels: usize| {
        Co::<Sliced>::new(move |co, _| {
            loop {
                deep(co, 1, levels);
            }
        })
    };
    let (a, b) = (endless(3), endless(30));
    let alone = cost::<Sliced>(|| {
        a.resume(0);
        a.resume(0);
    });
    assert_eq!(alone, Counts::default(), "nothing is in the way of one alone");
    let first = cost::<Sliced>(|| _ = b.resume(0));
    assert!(first.bytes > 3 * 320 && first.bytes < 16 << 10, "{first:?}");
    assert_eq!((first.allocations, first.system_calls), (1, 0));
    // The first slice of each is allocated once; then there is memory for it.
    cost::<Sliced>(|| _ = a.resume(0));
    let both = cost::<Sliced>(|| {
        b.resume(0);
        a.resume(0);
    });
    assert!(both.bytes > 2 * 33 * 320, "{both:?}");
    assert_eq!((both.allocations, both.system_calls), (0, 0));
    a.unwind();
    b.unwind();
}

#[test]
fn the_others_copy_nothing() {
    fn twice<M: Method>() -> Counts {
        let co = Co::<M>::new(Co::suspend);
        cost::<M>(|| {
            co.resume(0);
            co.resume(0);
        })
    }
    assert_eq!(twice::<Separate>(), Counts::default());
    assert_eq!(twice::<Ucontext>(), Counts { system_calls: 4, ..Counts::default() });
}

#[test]
fn a_slice_stays_on_its_thread() {
    struct Travelling(Rc<Co<Sliced>>);
    // SAFETY: the other thread only tries to resume it, and is waited for.
    unsafe impl Send for Travelling {}

    let co = Co::<Sliced>::new(Co::suspend);
    co.resume(1);
    let travelling = Travelling(Rc::clone(&co));
    let travelling = std::thread::spawn(move || {
        let travelling = travelling;
        let refused = catch_unwind(AssertUnwindSafe(|| travelling.0.resume(2)));
        (travelling, refused.is_err())
    })
    .join()
    .unwrap();
    assert!(travelling.1);
    assert_eq!(co.resume(3), 3, "it was refused, and nothing else");
}

/// While one waits on the shared stack for a call that is on another, its depth is
/// not known, and so it cannot make room.
#[test]
fn a_slice_is_not_resumed_over_one_that_called_elsewhere() {
    let sliced = Co::<Sliced>::new(|_, _| {
        let elsewhere = Co::<Separate>::new(|_, _| {
            let other = Co::<Sliced>::new(|_, _| 0);
            let refused = catch_unwind(AssertUnwindSafe(|| other.resume(0)));
            assert_eq!(other.context.state(), State::Prepared);
            usize::from(refused.is_err())
        });
        elsewhere.resume(0)
    });
    assert_eq!(sliced.resume(0), 1);
}

/// The signal mask is the context's, and no other method touches it.
#[test]
fn the_mask_goes_with_the_context_by_ucontext_only() {
    fn blocked() -> bool {
        // SAFETY: all zero is an empty set.
        let mut set: libc::sigset_t = unsafe { std::mem::zeroed() };
        // SAFETY: reads the mask into a set.
        unsafe { libc::pthread_sigmask(libc::SIG_BLOCK, ptr::null(), &raw mut set) };
        // SAFETY: a set, and a signal that there is.
        unsafe { libc::sigismember(&raw const set, libc::SIGWINCH) == 1 }
    }

    fn block(how: libc::c_int) {
        // SAFETY: all zero is an empty set.
        let mut set: libc::sigset_t = unsafe { std::mem::zeroed() };
        // SAFETY: as above.
        unsafe { libc::sigaddset(&raw mut set, libc::SIGWINCH) };
        // SAFETY: changes the mask of this thread.
        unsafe { libc::pthread_sigmask(how, &raw const set, ptr::null_mut()) };
    }

    fn after_a_body_blocked_it<M: Method>() -> bool {
        let co = Co::<M>::new(|co, first| {
            block(libc::SIG_BLOCK);
            co.suspend(first)
        });
        co.resume(0);
        let now = blocked();
        co.resume(0);
        block(libc::SIG_UNBLOCK);
        now
    }

    assert!(after_a_body_blocked_it::<Separate>());
    assert!(after_a_body_blocked_it::<Sliced>());
    assert!(!after_a_body_blocked_it::<Ucontext>());
}
