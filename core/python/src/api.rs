//! The table for C: `shim/unscathed_core.h`, seen from Rust.

use core::ffi::{CStr, c_int, c_void};
use core::mem::size_of;
use core::ptr;

use pyo3::ffi;

use crate::coroutine::{self, Body, Coroutine, Native, Phase};
use crate::ending;
use crate::error::{self, Kind, Set, raise_static};
use crate::methods::{given, leave_current};
use crate::object::{Object, returned};
use crate::state::{self, State};
use crate::switch::{self, Message};
use crate::thread::Thread;

/// The version of the table.
const API: u32 = 1;

/// Where modules look for it.
const NAME: &CStr = c"unscathed_core._C_API";

type Place = *mut ffi::PyObject;

#[repr(C)]
struct Table {
    api: u32,
    size: u32,
    python: u32,
    unused: u32,
    state_thread: unsafe extern "C" fn(*const State, *mut c_void, usize) -> c_int,
    state_new: unsafe extern "C" fn(*const State, *mut c_void, usize, Place, c_int) -> c_int,
    state_swap: unsafe extern "C" fn(*const State, *const State) -> c_int,
    state_finish: unsafe extern "C" fn(*const State, *const State) -> c_int,
    state_arrived: unsafe extern "C" fn() -> c_int,
    state_release: unsafe extern "C" fn(*const State) -> c_int,
    state_visit: unsafe extern "C" fn(*const State, ffi::visitproc, *mut c_void) -> c_int,
    state_frame: unsafe extern "C" fn(*const State) -> Place,
    coroutine_type: *mut ffi::PyTypeObject,
    coroutine_exit: Place,
    coroutine_new: unsafe extern "C" fn(Option<Native>, *mut c_void, Place, usize) -> Place,
    resume: unsafe extern "C" fn(Place, Place) -> Place,
    suspend: unsafe extern "C" fn(Place) -> Place,
    transfer: unsafe extern "C" fn(Place, Place) -> Place,
    throw_into: unsafe extern "C" fn(Place, Place) -> Place,
    close: unsafe extern "C" fn(Place) -> c_int,
    done: unsafe extern "C" fn(Place) -> c_int,
    current: unsafe extern "C" fn() -> Place,
}

unsafe extern "C" fn coroutine_new(
    native: Option<Native>,
    data: *mut c_void,
    callable: Place,
    stack_size: usize,
) -> Place {
    let body = match native {
        Some(native) => Body::Native(native, data),
        None if callable.is_null() => {
            raise_static(Kind::Value, c"a coroutine needs a body");
            return ptr::null_mut();
        }
        // SAFETY: the caller keeps it alive.
        None => Body::Method(unsafe { Object::borrowed(callable) }),
    };
    // What does not fit is refused as too small.
    let size = (stack_size != 0).then(|| isize::try_from(stack_size).unwrap_or(0));
    let made =
        coroutine::chosen(size, None).and_then(|(size, way)| Coroutine::make(body, size, way));
    returned(made.ok().map(coroutine::Handle::into_object))
}

unsafe extern "C" fn resume(co: Place, value: Place) -> Place {
    // SAFETY: the caller keeps it alive.
    let Ok(co) = (unsafe { Coroutine::of(co) }) else { return ptr::null_mut() };
    // SAFETY: as above.
    let value = unsafe { given(value) };
    returned(switch::enter(co, Message::Value(value)).ok())
}

unsafe extern "C" fn suspend(value: Place) -> Place {
    // SAFETY: the caller keeps it alive.
    let value = unsafe { given(value) };
    returned(leave_current(value).ok())
}

unsafe extern "C" fn transfer(to: Place, value: Place) -> Place {
    // SAFETY: the caller keeps it alive, and then the switch does.
    let Ok(to) = (unsafe { Coroutine::of(to) }) else { return ptr::null_mut() };
    // SAFETY: as above.
    let value = unsafe { given(value) };
    let thread = Thread::existing();
    let Some(co) = thread.as_ref().and_then(|thread| thread.current()) else {
        raise_static(Kind::Runtime, c"there is no coroutine to leave: none is running");
        return ptr::null_mut();
    };
    returned(switch::transfer(co, to, value).ok())
}

unsafe extern "C" fn throw_into(co: Place, exception: Place) -> Place {
    // SAFETY: the caller keeps it alive.
    let Ok(co) = (unsafe { Coroutine::of(co) }) else { return ptr::null_mut() };
    let thrown = error::instance(exception).and_then(|exception| ending::throw(co, exception));
    returned(thrown.ok())
}

unsafe extern "C" fn close(co: Place) -> c_int {
    // SAFETY: the caller keeps it alive.
    match unsafe { Coroutine::of(co) }.and_then(ending::close) {
        Ok(()) => 0,
        Err(Set) => -1,
    }
}

unsafe extern "C" fn done(co: Place) -> c_int {
    // SAFETY: the caller keeps it alive.
    match unsafe { Coroutine::of(co) } {
        Ok(co) => c_int::from(co.phase.get() == Phase::Finished),
        Err(Set) => -1,
    }
}

unsafe extern "C" fn current() -> Place {
    let thread = Thread::existing();
    thread.as_ref().and_then(|thread| thread.current()).map_or(ptr::null_mut(), |co| co.as_ptr())
}

/// The capsule with the table.
pub(crate) fn capsule() -> Result<Object, Set> {
    let table = Box::new(Table {
        api: API,
        size: size_of::<Table>() as u32,
        python: state::build().python,
        unused: 0,
        state_thread: state::unscathed_state_thread,
        state_new: state::unscathed_state_new,
        state_swap: state::unscathed_state_swap,
        state_finish: state::unscathed_state_finish,
        state_arrived: state::unscathed_state_arrived,
        state_release: state::unscathed_state_release,
        state_visit: state::unscathed_state_visit,
        state_frame: state::unscathed_state_frame,
        coroutine_type: coroutine::class(),
        coroutine_exit: ending::exit_class(),
        coroutine_new,
        resume,
        suspend,
        transfer,
        throw_into,
        close,
        done,
        current,
    });
    // Modules keep its address for as long as the process lives.
    let table: *mut Table = Box::into_raw(table);
    // SAFETY: a table that stays, and a name that does.
    let capsule = unsafe { ffi::PyCapsule_New(table.cast(), NAME.as_ptr(), None) };
    // SAFETY: a new reference, or null with an exception set.
    unsafe { Object::owned(capsule) }.ok_or(Set)
}
