//! The two words that the C++ runtime keeps for each thread: the exceptions that
//! are being handled, and how many are on their way.

use core::ffi::{c_uint, c_void};
use core::ptr;
use core::sync::atomic::{AtomicPtr, Ordering};

use unscathed_catalogue::mutant::MutantClass;
use unscathed_core::subject::{Co, Table};

use super::{Wrapped, healthy};

/// Those words, as the Itanium C++ ABI lays them out.
#[repr(C)]
struct Globals {
    caught: *mut c_void,
    uncaught: c_uint,
}

unsafe extern "C" {
    /// This thread's.
    safe fn __cxa_get_globals() -> *mut Globals;
}

/// One of the two.
trait Word {
    /// What it holds.
    type Value: Copy;
    /// What it holds where there is no exception.
    const NONE: Self::Value;

    fn place() -> *mut Self::Value;

    fn get() -> Self::Value {
        // SAFETY: the runtime keeps it for as long as the thread lives.
        unsafe { *Self::place() }
    }

    fn set(value: Self::Value) {
        // SAFETY: as above; the value was there before, or means that there is none.
        unsafe { *Self::place() = value };
    }
}

struct Caught;

impl Word for Caught {
    type Value = *mut c_void;
    const NONE: *mut c_void = ptr::null_mut();

    fn place() -> *mut *mut c_void {
        // SAFETY: the address of a field.
        unsafe { &raw mut (*__cxa_get_globals()).caught }
    }
}

struct Uncaught;

impl Word for Uncaught {
    type Value = c_uint;
    const NONE: c_uint = 0;

    fn place() -> *mut c_uint {
        // SAFETY: the address of a field.
        unsafe { &raw mut (*__cxa_get_globals()).uncaught }
    }
}

unsafe extern "C-unwind" fn resume<W: Word>(co: *mut Co, value: *mut c_void) -> *mut c_void {
    let own = W::get();
    // For a new coroutine; any other has its own, and puts it there.
    W::set(W::NONE);
    // SAFETY: the caller vouches for the call.
    let value = unsafe { plain_resume(co, value) };
    W::set(own);
    value
}

/// Lets a new coroutine begin with what its resumer has.
unsafe extern "C-unwind" fn resume_into<W: Word>(co: *mut Co, value: *mut c_void) -> *mut c_void {
    let own = W::get();
    // SAFETY: as above.
    let value = unsafe { plain_resume(co, value) };
    W::set(own);
    value
}

unsafe extern "C-unwind" fn suspend<W: Word>(co: *mut Co, value: *mut c_void) -> *mut c_void {
    let own = W::get();
    // SAFETY: as above.
    let value = unsafe { plain_suspend(co, value) };
    W::set(own);
    value
}

unsafe extern "C-unwind" fn transfer<W: Word>(
    co: *mut Co,
    to: *mut Co,
    value: *mut c_void,
) -> *mut c_void {
    let own = W::get();
    W::set(W::NONE);
    let transfer = healthy().transfer.expect("the healthy one has it");
    // SAFETY: as above.
    let value = unsafe { transfer(co, to, value) };
    W::set(own);
    value
}

/// Has one place for all coroutines, beside each resumer's.
unsafe extern "C-unwind" fn suspend_in_one_slot(co: *mut Co, value: *mut c_void) -> *mut c_void {
    static SLOT: AtomicPtr<c_void> = AtomicPtr::new(ptr::null_mut());
    SLOT.store(Caught::get(), Ordering::Relaxed);
    // SAFETY: as above.
    let value = unsafe { plain_suspend(co, value) };
    Caught::set(SLOT.load(Ordering::Relaxed));
    value
}

/// Counts an exception as caught that was never counted as thrown.
unsafe extern "C-unwind" fn destroy(co: *mut Co) {
    let destroy = healthy().destroy.expect("it is required");
    // SAFETY: as above.
    unsafe { destroy(co) };
    Uncaught::set(Uncaught::get().wrapping_sub(1));
}

unsafe fn plain_resume(co: *mut Co, value: *mut c_void) -> *mut c_void {
    let resume = healthy().resume.expect("it is required");
    // SAFETY: the caller vouches for the call.
    unsafe { resume(co, value) }
}

unsafe fn plain_suspend(co: *mut Co, value: *mut c_void) -> *mut c_void {
    let suspend = healthy().suspend.expect("it is required");
    // SAFETY: the caller vouches for the call.
    unsafe { suspend(co, value) }
}

/// Exchanges a word on every path.
fn keep<W: Word>(table: &mut Table) {
    table.resume = Some(resume::<W>);
    table.suspend = Some(suspend::<W>);
    table.transfer = Some(transfer::<W>);
}

/// Leaves both to the thread, as the healthy subject does.
fn leave(_: &mut Table) {}

macro_rules! coroutine {
    ($id:literal) => {
        concat!("[policy]\n\"", $id, "\" = \"coroutine\"\n")
    };
}

macro_rules! thread {
    ($id:literal) => {
        concat!("[policy]\n\"", $id, "\" = \"thread\"\n")
    };
}

/// The ways of either word: kept for each coroutine and left to the thread, both
/// against what is declared, and kept for resumers only.
macro_rules! ways {
    ($id:literal, $word:ty, $($more:expr,)*) => {
        &[
            Wrapped {
                id: concat!("harmless/policy/", $id, "/coroutine"),
                class: MutantClass::Policies,
                element: None,
                change: keep::<$word>,
                policies: Some(coroutine!($id)),
            },
            Wrapped {
                id: concat!("harmless/policy/", $id, "/thread"),
                class: MutantClass::Policies,
                element: None,
                change: leave,
                policies: Some(thread!($id)),
            },
            mutant(concat!("mutant/hand/", $id, "/left-behind"), $id, leave, coroutine!($id)),
            mutant(concat!("mutant/hand/", $id, "/taken-along"), $id, keep::<$word>, thread!($id)),
            mutant(
                concat!("mutant/hand/", $id, "/one-way"),
                $id,
                |table| {
                    keep::<$word>(table);
                    table.suspend = healthy().suspend;
                },
                coroutine!($id),
            ),
            $($more,)*
        ]
    };
}

const fn mutant(
    id: &'static str,
    element: &'static str,
    change: fn(&mut Table),
    policies: &'static str,
) -> Wrapped {
    let (element, policies) = (Some(element), Some(policies));
    Wrapped { id, class: MutantClass::ByHand, element, change, policies }
}

pub(super) const CAUGHT: &[Wrapped] = ways! {
    "cxx.caught", Caught,
    mutant(
        "mutant/hand/cxx.caught/inherited",
        "cxx.caught",
        |table| {
            keep::<Caught>(table);
            table.resume = Some(resume_into::<Caught>);
        },
        coroutine!("cxx.caught"),
    ),
    mutant(
        "mutant/hand/cxx.caught/one-slot",
        "cxx.caught",
        |table| {
            keep::<Caught>(table);
            table.suspend = Some(suspend_in_one_slot);
        },
        coroutine!("cxx.caught"),
    ),
};

pub(super) const UNCAUGHT: &[Wrapped] = ways! {
    "cxx.uncaught", Uncaught,
    mutant(
        "mutant/hand/cxx.uncaught/after-destroy",
        "cxx.uncaught",
        |table| {
            keep::<Uncaught>(table);
            table.destroy = Some(destroy);
        },
        coroutine!("cxx.uncaught"),
    ),
};
