//! Exceptions: what is raised here, and what is carried past a switch.

use core::ffi::CStr;
use core::ptr;

use pyo3::ffi;

use crate::object::Object;

/// That an exception has been set.
#[derive(Debug)]
pub(crate) struct Set;

/// The kinds of exceptions that are raised here.
#[derive(Clone, Copy)]
pub(crate) enum Kind {
    Import,
    Memory,
    Runtime,
    Type,
    Value,
}

impl Kind {
    fn class(self) -> *mut ffi::PyObject {
        let place = match self {
            Self::Import => &raw const ffi::PyExc_ImportError,
            Self::Memory => &raw const ffi::PyExc_MemoryError,
            Self::Runtime => &raw const ffi::PyExc_RuntimeError,
            Self::Type => &raw const ffi::PyExc_TypeError,
            Self::Value => &raw const ffi::PyExc_ValueError,
        };
        // SAFETY: a static of the interpreter, which is initialized.
        unsafe { *place }
    }
}

/// Sets an exception.
#[cold]
pub(crate) fn raise(kind: Kind, text: &str) -> Set {
    let length = text.len().cast_signed();
    // SAFETY: the text is UTF-8 of that length.
    let text = unsafe { ffi::PyUnicode_FromStringAndSize(text.as_ptr().cast(), length) };
    // SAFETY: a new reference, or null with an exception set.
    if let Some(text) = unsafe { Object::owned(text) } {
        // SAFETY: a class and an object.
        unsafe { ffi::PyErr_SetObject(kind.class(), text.as_ptr()) };
    }
    Set
}

/// As [`raise`], for a text that is known before.
#[cold]
pub(crate) fn raise_static(kind: Kind, text: &CStr) -> Set {
    // SAFETY: a class and a string.
    unsafe { ffi::PyErr_SetString(kind.class(), text.as_ptr()) };
    Set
}

/// An exception that has been taken out of the thread state, with its traceback.
#[cfg(Py_3_12)]
pub(crate) struct Raised(Object);

#[cfg(Py_3_12)]
impl Raised {
    /// Takes the exception that is set, if there is one.
    pub(crate) fn take() -> Option<Self> {
        // SAFETY: the GIL is held by whoever can be here.
        let raised = unsafe { ffi::PyErr_GetRaisedException() };
        // SAFETY: a new reference, or null.
        unsafe { Object::owned(raised) }.map(Self)
    }

    /// Sets it as it was.
    pub(crate) fn set(self) {
        // SAFETY: the function takes over the reference.
        unsafe { ffi::PyErr_SetRaisedException(self.0.into_ptr()) };
    }
}

/// An exception that has been taken out of the thread state, with its traceback.
#[cfg(not(Py_3_12))]
pub(crate) struct Raised([Option<Object>; 3]);

#[cfg(not(Py_3_12))]
impl Raised {
    /// Takes the exception that is set, if there is one.
    pub(crate) fn take() -> Option<Self> {
        let mut parts = [ptr::null_mut(); 3];
        let [class, value, traceback] = &mut parts;
        // SAFETY: three places that can be written.
        unsafe { ffi::PyErr_Fetch(class, value, traceback) };
        // SAFETY: each is a new reference, or null.
        let parts = parts.map(|part| unsafe { Object::owned(part) });
        parts[0].is_some().then_some(Self(parts))
    }

    /// Sets it as it was.
    pub(crate) fn set(self) {
        let [class, value, traceback] = self.0.map(crate::object::returned);
        // SAFETY: the function takes over the references.
        unsafe { ffi::PyErr_Restore(class, value, traceback) };
    }
}

/// Raises an instance as a statement would: with its traceback so far, and what is
/// being handled here as its context.
pub(crate) fn raise_instance(exception: &Object) -> Set {
    // SAFETY: an object has a type.
    let class = unsafe { ffi::Py_TYPE(exception.as_ptr()) };
    // SAFETY: an exception and its class.
    unsafe { ffi::PyErr_SetObject(class.cast(), exception.as_ptr()) };
    Set
}

/// Whether the exception that is set is of this class.
pub(crate) fn is_set(class: *mut ffi::PyObject) -> bool {
    // SAFETY: an exception is set, and this is a class.
    unsafe { ffi::PyErr_ExceptionMatches(class) != 0 }
}

/// Forgets the exception that is set.
pub(crate) fn clear() {
    // SAFETY: the GIL is held by whoever can be here.
    unsafe { ffi::PyErr_Clear() };
}

/// Reports the exception that is set, and forgets it.
pub(crate) fn report(about: *mut ffi::PyObject) {
    // SAFETY: an object that is alive, or null.
    unsafe { ffi::PyErr_WriteUnraisable(about) };
}

/// An instance of what somebody wants to throw: an exception, or the class of one.
pub(crate) fn instance(thrown: *mut ffi::PyObject) -> Result<Object, Set> {
    // SAFETY: an object.
    if unsafe { ffi::PyExceptionInstance_Check(thrown) } != 0 {
        // SAFETY: the caller keeps it alive.
        return Ok(unsafe { Object::borrowed(thrown) });
    }
    // SAFETY: an object.
    if unsafe { ffi::PyExceptionClass_Check(thrown) } == 0 {
        return Err(raise_static(
            Kind::Type,
            c"what is thrown must be an exception, or the class of one",
        ));
    }
    // SAFETY: a class, called without arguments.
    let made = unsafe { ffi::PyObject_CallObject(thrown, ptr::null_mut()) };
    // SAFETY: a new reference, or null with an exception set.
    let made = unsafe { Object::owned(made) }.ok_or(Set)?;
    // SAFETY: an object.
    if unsafe { ffi::PyExceptionInstance_Check(made.as_ptr()) } == 0 {
        return Err(raise_static(Kind::Type, c"a class of exceptions made something else"));
    }
    Ok(made)
}
