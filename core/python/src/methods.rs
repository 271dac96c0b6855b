//! What Python code calls: the methods of a coroutine, and the functions of the module.

use core::ffi::{CStr, c_int};
use core::ptr;

use pyo3::ffi;

use crate::coroutine::Coroutine;
use crate::ending;
use crate::error::{self, Kind, Set, raise_static};
use crate::object::{Object, none, returned};
use crate::switch::{self, Message};
use crate::thread::{self, Thread};

type Arguments = *mut *mut ffi::PyObject;

/// The one argument of a function, or None where there is none.
///
/// # Safety
///
/// The arguments are those of a call.
#[inline]
unsafe fn optional(arguments: Arguments, count: ffi::Py_ssize_t) -> Result<Object, Set> {
    match count {
        0 => Ok(none()),
        1 => {
            // SAFETY: there is one.
            let argument = unsafe { *arguments };
            // SAFETY: the caller keeps it alive.
            Ok(unsafe { Object::borrowed(argument) })
        }
        _ => Err(raise_static(Kind::Type, c"at most one value can be passed")),
    }
}

/// What a method answers.
#[inline]
fn answer(result: Result<Object, Set>) -> *mut ffi::PyObject {
    returned(result.ok())
}

/// The object of a method.
///
/// # Safety
///
/// The interpreter has looked at its type, and whoever calls keeps it alive.
#[inline]
unsafe fn this<'a>(this: *mut ffi::PyObject) -> &'a Coroutine {
    // SAFETY: the caller vouches for it.
    unsafe { &*this.cast() }
}

unsafe extern "C" fn resume(
    co: *mut ffi::PyObject,
    arguments: Arguments,
    count: ffi::Py_ssize_t,
) -> *mut ffi::PyObject {
    // SAFETY: a method of that type.
    let co = unsafe { this(co) };
    // SAFETY: the arguments of this call.
    let value = unsafe { optional(arguments, count) };
    answer(value.and_then(|value| switch::enter(co, Message::Value(value))))
}

unsafe extern "C" fn suspend(
    co: *mut ffi::PyObject,
    arguments: Arguments,
    count: ffi::Py_ssize_t,
) -> *mut ffi::PyObject {
    // SAFETY: a method of that type.
    let co = unsafe { this(co) };
    // SAFETY: the arguments of this call.
    let value = unsafe { optional(arguments, count) };
    answer(value.and_then(|value| switch::leave(co, value)))
}

unsafe extern "C" fn transfer(
    co: *mut ffi::PyObject,
    arguments: Arguments,
    count: ffi::Py_ssize_t,
) -> *mut ffi::PyObject {
    // SAFETY: a method of that type.
    let co = unsafe { this(co) };
    if count == 0 {
        raise_static(Kind::Type, c"transfer needs a coroutine to go to");
        return ptr::null_mut();
    }
    // SAFETY: there is an argument.
    let to = unsafe { *arguments };
    // SAFETY: the arguments keep it alive, and then the switch does.
    let Ok(to) = (unsafe { Coroutine::of(to) }) else { return ptr::null_mut() };
    // SAFETY: what comes after it.
    let value = unsafe { optional(arguments.wrapping_add(1), count - 1) };
    answer(value.and_then(|value| switch::transfer(co, to, value)))
}

unsafe extern "C" fn throw(
    co: *mut ffi::PyObject,
    exception: *mut ffi::PyObject,
) -> *mut ffi::PyObject {
    // SAFETY: a method of that type.
    let co = unsafe { this(co) };
    answer(error::instance(exception).and_then(|exception| ending::throw(co, exception)))
}

unsafe extern "C" fn close(co: *mut ffi::PyObject, _: *mut ffi::PyObject) -> *mut ffi::PyObject {
    // SAFETY: a method of that type.
    let co = unsafe { this(co) };
    answer(ending::close(co).map(|()| none()))
}

unsafe extern "C" fn suspend_current(
    _: *mut ffi::PyObject,
    arguments: Arguments,
    count: ffi::Py_ssize_t,
) -> *mut ffi::PyObject {
    // SAFETY: the arguments of this call.
    let value = unsafe { optional(arguments, count) };
    answer(value.and_then(leave_current))
}

/// Leaves whichever coroutine runs.
pub(crate) fn leave_current(value: Object) -> Result<Object, Set> {
    let thread = Thread::existing();
    match thread.as_ref().and_then(|thread| thread.current()) {
        // The thread's record is kept by the coroutine, and both by whoever runs.
        Some(co) => switch::leave(co, value),
        None => {
            Err(raise_static(Kind::Runtime, c"there is no coroutine to suspend: none is running"))
        }
    }
}

unsafe extern "C" fn current(_: *mut ffi::PyObject, _: *mut ffi::PyObject) -> *mut ffi::PyObject {
    let thread = Thread::existing();
    let co = thread.as_ref().and_then(|thread| thread.current());
    co.map_or_else(none, |co| co.handle().into_object()).into_ptr()
}

unsafe extern "C" fn leaked(_: *mut ffi::PyObject, _: *mut ffi::PyObject) -> *mut ffi::PyObject {
    // SAFETY: a number.
    unsafe { ffi::PyLong_FromSize_t(ending::leaked()) }
}

unsafe extern "C" fn at_exit(_: *mut ffi::PyObject, _: *mut ffi::PyObject) -> *mut ffi::PyObject {
    if let Some(thread) = Thread::existing() {
        thread.unwind_all();
    }
    thread::interpreter_ends();
    none().into_ptr()
}

/// Leaves out of every switch what the names say.
#[cfg(feature = "fault-mask")]
unsafe extern "C" fn leave_out(
    _: *mut ffi::PyObject,
    names: *mut ffi::PyObject,
) -> *mut ffi::PyObject {
    // SAFETY: an object; what is no text gives an error.
    let text = unsafe { ffi::PyUnicode_AsUTF8(names) };
    if text.is_null() {
        return ptr::null_mut();
    }
    // SAFETY: a string that its object keeps.
    let text = unsafe { CStr::from_ptr(text) };
    match text.to_str().ok().and_then(crate::state::leave_out) {
        Some(()) => none().into_ptr(),
        None => {
            let known = crate::state::FAULTS.join(", ");
            error::raise(Kind::Value, &format!("what can be left out is {known}"));
            ptr::null_mut()
        }
    }
}

const fn row(
    name: &'static CStr,
    method: ffi::PyMethodDefPointer,
    flags: c_int,
    doc: &'static CStr,
) -> ffi::PyMethodDef {
    ffi::PyMethodDef {
        ml_name: name.as_ptr(),
        ml_meth: method,
        ml_flags: flags,
        ml_doc: doc.as_ptr(),
    }
}

/// A list of methods. It is not changed.
#[repr(transparent)]
struct Rows<const N: usize>([ffi::PyMethodDef; N]);

// SAFETY: it is only read, and points to constants.
unsafe impl<const N: usize> Sync for Rows<N> {}

const FAST: c_int = ffi::METH_FASTCALL;

#[rustfmt::skip]
static METHODS: Rows<6> = Rows([
    row(c"resume", ffi::PyMethodDefPointer { PyCFunctionFast: resume }, FAST,
        c"resume($self, value=None, /)\n--\n\nRun until it suspends or ends, and return what it suspends with or returns.\n\nAn exception that leaves the body comes out of here."),
    row(c"suspend", ffi::PyMethodDefPointer { PyCFunctionFast: suspend }, FAST,
        c"suspend($self, value=None, /)\n--\n\nLeave the coroutine, which must be the one that is running, and return what the next resume passes."),
    row(c"transfer", ffi::PyMethodDefPointer { PyCFunctionFast: transfer }, FAST,
        c"transfer($self, to, value=None, /)\n--\n\nLeave the coroutine, which must be the one that is running, and run another one in its place.\n\nWhoever waits for this one then waits for the other. Return what this one is next resumed with."),
    row(c"throw", ffi::PyMethodDefPointer { PyCFunction: throw }, ffi::METH_O,
        c"throw($self, exception, /)\n--\n\nAs resume, but raise the exception where the coroutine is suspended.\n\nOne that has not begun ends, and the exception comes out of here."),
    row(c"close", ffi::PyMethodDefPointer { PyCFunction: close }, ffi::METH_NOARGS,
        c"close($self, /)\n--\n\nEnd the coroutine: raise CoroutineExit where it is suspended, so that finally blocks run."),
    row_end(),
]);

const fn row_end() -> ffi::PyMethodDef {
    ffi::PyMethodDef::zeroed()
}

#[cfg(feature = "fault-mask")]
const FUNCTION_COUNT: usize = 6;
#[cfg(not(feature = "fault-mask"))]
const FUNCTION_COUNT: usize = 5;

#[rustfmt::skip]
static FUNCTIONS: Rows<FUNCTION_COUNT> = Rows([
    row(c"suspend", ffi::PyMethodDefPointer { PyCFunctionFast: suspend_current }, FAST,
        c"suspend(value=None, /)\n--\n\nLeave the coroutine that is running, and return what the next resume passes."),
    row(c"current", ffi::PyMethodDefPointer { PyCFunction: current }, ffi::METH_NOARGS,
        c"current()\n--\n\nThe coroutine that is running on this thread, or None."),
    row(c"leaked", ffi::PyMethodDefPointer { PyCFunction: leaked }, ffi::METH_NOARGS,
        c"leaked()\n--\n\nHow many suspended coroutines were given up with their stacks: abandoned or orphaned."),
    row(c"_at_exit", ffi::PyMethodDefPointer { PyCFunction: at_exit }, ffi::METH_NOARGS,
        c"_at_exit()\n--\n\nEnd all coroutines of this thread, and unwind none from now on."),
    #[cfg(feature = "fault-mask")]
    row(c"_leave_out", ffi::PyMethodDefPointer { PyCFunction: leave_out }, ffi::METH_O,
        c"_leave_out(names, /)\n--\n\nLeave what the names say, with commas between them, out of every switch from now on."),
    row_end(),
]);

/// The methods of a coroutine.
pub(crate) fn of_coroutine() -> &'static [ffi::PyMethodDef] {
    &METHODS.0
}

/// The functions of the module.
pub(crate) fn of_module() -> &'static [ffi::PyMethodDef] {
    &FUNCTIONS.0
}

/// The arguments of a call from C, which may be null for None.
///
/// # Safety
///
/// It is null or alive.
pub(crate) unsafe fn given(value: *mut ffi::PyObject) -> Object {
    if value.is_null() {
        return none();
    }
    // SAFETY: the caller vouches for it.
    unsafe { Object::borrowed(value) }
}
