//! A trial at import: what would go wrong for the first coroutine goes wrong here.

use core::ffi::CStr;

use pyo3::ffi;

use crate::error::Set;
use crate::object::Object;

/// The trial, as a C string.
const TEXT: &CStr =
    match CStr::from_bytes_with_nul(concat!(include_str!("trial.py"), "\0").as_bytes()) {
        Ok(text) => text,
        Err(_) => panic!("a text has no null in it"),
    };

/// Runs the trial on the names of the module. What fails is an ImportError.
pub(crate) fn run(module: *mut ffi::PyObject) -> Result<(), Set> {
    // SAFETY: a file's name, its text, and how it is to be read.
    let code = unsafe {
        ffi::Py_CompileString(
            TEXT.as_ptr(),
            c"<trial of unscathed_core>".as_ptr(),
            ffi::Py_file_input,
        )
    };
    // SAFETY: a new reference, or null with an exception set.
    let code = unsafe { Object::owned(code) }.ok_or(Set)?;
    // SAFETY: a module; its names are borrowed.
    let names = unsafe { ffi::PyModule_GetDict(module) };
    // A copy: the names of the trial are none of the module's.
    // SAFETY: a dictionary.
    let names = unsafe { ffi::PyDict_Copy(names) };
    // SAFETY: a new reference, or null with an exception set.
    let names = unsafe { Object::owned(names) }.ok_or(Set)?;
    // SAFETY: borrowed, and alive as long as the interpreter is.
    let builtins = unsafe { ffi::PyEval_GetBuiltins() };
    // SAFETY: a dictionary, a name and an object.
    let status =
        unsafe { ffi::PyDict_SetItemString(names.as_ptr(), c"__builtins__".as_ptr(), builtins) };
    if status != 0 {
        return Err(Set);
    }
    // SAFETY: code and the names that it uses.
    let done = unsafe { ffi::PyEval_EvalCode(code.as_ptr(), names.as_ptr(), names.as_ptr()) };
    // What the trial has made refers to its names.
    // SAFETY: a dictionary that nobody else has.
    unsafe { ffi::PyDict_Clear(names.as_ptr()) };
    // SAFETY: a new reference, or null with an exception set.
    unsafe { Object::owned(done) }.ok_or(Set).map(drop)
}
