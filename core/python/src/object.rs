//! References to Python objects, where the GIL is held and nobody asks whether it is.
//!
//! pyo3's own references count on a token that is bound to a scope of the C stack. A
//! coroutine leaves such scopes in any order, so none may be open across a switch:
//! whatever can be alive then is one of these.

use core::mem;
use core::ptr::NonNull;

use pyo3::ffi;

/// A reference that is owned. It is made and dropped with the GIL held.
#[repr(transparent)]
pub(crate) struct Object(NonNull<ffi::PyObject>);

impl Object {
    /// A reference that the caller owns; null gives nothing.
    ///
    /// # Safety
    ///
    /// It is null or a reference that is the caller's to give. The GIL is held, and will
    /// be when this is dropped.
    #[inline]
    pub(crate) unsafe fn owned(object: *mut ffi::PyObject) -> Option<Self> {
        NonNull::new(object).map(Self)
    }

    /// Another reference to an object.
    ///
    /// # Safety
    ///
    /// The object is alive. The GIL is held, and will be when this is dropped.
    #[inline]
    pub(crate) unsafe fn borrowed(object: *mut ffi::PyObject) -> Self {
        // SAFETY: the caller vouches for the object.
        unsafe { ffi::Py_INCREF(object) };
        // SAFETY: an object that is alive has an address.
        Self(unsafe { NonNull::new_unchecked(object) })
    }

    /// The object, for as long as this reference lives.
    #[inline]
    pub(crate) fn as_ptr(&self) -> *mut ffi::PyObject {
        self.0.as_ptr()
    }

    /// Gives the reference to whoever takes the pointer.
    #[inline]
    pub(crate) fn into_ptr(self) -> *mut ffi::PyObject {
        let object = self.0.as_ptr();
        mem::forget(self);
        object
    }
}

impl Clone for Object {
    #[inline]
    fn clone(&self) -> Self {
        // SAFETY: the reference keeps it alive, and holds the GIL.
        unsafe { Self::borrowed(self.as_ptr()) }
    }
}

impl Drop for Object {
    #[inline]
    fn drop(&mut self) {
        // SAFETY: the reference is owned, and whoever made it vouches for the GIL.
        unsafe { ffi::Py_DECREF(self.as_ptr()) };
    }
}

/// The null pointer or a new reference, as the interpreter's functions return it.
#[inline]
pub(crate) fn returned(object: Option<Object>) -> *mut ffi::PyObject {
    object.map_or(core::ptr::null_mut(), Object::into_ptr)
}

/// None.
pub(crate) fn none() -> Object {
    // SAFETY: the address of a static of the interpreter.
    let none = unsafe { ffi::Py_None() };
    // SAFETY: it is alive as long as the interpreter is.
    unsafe { Object::borrowed(none) }
}
