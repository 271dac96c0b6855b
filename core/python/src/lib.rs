//! Coroutines for CPython that leave everything else as it was.
//!
//! A coroutine has a stack of its own, and everything of the interpreter's thread state that
//! belongs to a stack. What that is, is known by `shim/state.c` alone, once for each version
//! from 3.9 to 3.15; it is compiled against the headers of the one that this is built for,
//! and nobody else can import the result.
//!
//! - `state` is the pair of saving and restoring, which knows nothing of stacks.
//! - `switcher` switches stacks, which knows nothing of the interpreter.
//! - `switch` puts the two in order, `coroutine` and `thread` are what they work on, and
//!   `ending` sees to those that do not end by themselves.
//! - `gate` looks who imports, `trial` whether it works there, and `methods` and `api` are what is called from Python and C.

mod api;
mod coroutine;
mod ending;
mod error;
mod gate;
mod methods;
mod object;
mod state;
mod switch;
mod switcher;
mod thread;
mod trial;

use core::cell::UnsafeCell;
use core::ffi::{CStr, c_int, c_void};
use core::mem;
use core::ptr;

use pyo3::ffi;

use crate::error::Set;
use crate::object::Object;

/// A structure that the interpreter fills in.
struct Shared<T>(UnsafeCell<T>);

// SAFETY: the interpreter uses it with the GIL held.
unsafe impl<T> Sync for Shared<T> {}

static MODULE: Shared<ffi::PyModuleDef> = Shared(UnsafeCell::new(ffi::PyModuleDef {
    m_base: ffi::PyModuleDef_HEAD_INIT,
    m_name: c"unscathed_core".as_ptr(),
    m_doc: c"Coroutines that leave everything else as it was.".as_ptr(),
    m_size: 0,
    m_methods: ptr::null_mut(),
    m_slots: ptr::null_mut(),
    m_traverse: None,
    m_clear: None,
    m_free: None,
}));

static SLOTS: Shared<[ffi::PyModuleDef_Slot; 2]> = Shared(UnsafeCell::new([
    ffi::PyModuleDef_Slot { slot: ffi::Py_mod_exec, value: execute as *mut c_void },
    ffi::PyModuleDef_Slot { slot: 0, value: ptr::null_mut() },
]));

/// What the interpreter calls to import the module.
///
/// # Safety
///
/// Only the interpreter calls it.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn PyInit_unscathed_core() -> *mut ffi::PyObject {
    // Before anything that differs between versions.
    if gate::admit().is_err() {
        return ptr::null_mut();
    }
    let module = MODULE.0.get();
    // SAFETY: the GIL is held, and nobody has a reference to it.
    unsafe { (*module).m_slots = SLOTS.0.get().cast() };
    // SAFETY: the interpreter leaves them as they are.
    unsafe { (*module).m_methods = methods::of_module().as_ptr().cast_mut() };
    // SAFETY: a definition that stays.
    unsafe { ffi::PyModuleDef_Init(module) }
}

unsafe extern "C" fn execute(module: *mut ffi::PyObject) -> c_int {
    match fill(module) {
        Ok(()) => 0,
        Err(Set) => -1,
    }
}

/// Gives the module its names. What there is once for the process is made the first time.
fn fill(module: *mut ffi::PyObject) -> Result<(), Set> {
    let first = coroutine::class().is_null();
    if first {
        ending::make_exit()?;
        thread::make_type()?;
        coroutine::make_type(methods::of_coroutine())?;
        at_exit(module)?;
    }
    // SAFETY: a type that stays.
    let class = unsafe { Object::borrowed(coroutine::class().cast()) };
    // SAFETY: as above.
    let exit = unsafe { Object::borrowed(ending::exit_class()) };
    let build = state::build();
    add(module, c"Coroutine", class)?;
    add(module, c"CoroutineExit", exit)?;
    add(module, c"LEAST_STACK_SIZE", number(build.least_stack)?)?;
    add(module, c"DEFAULT_STACK_SIZE", number(build.default_stack)?)?;
    add(module, c"SWITCHERS", words(&switcher::Way::ALL.map(switcher::Way::name))?)?;
    add(module, c"__version__", text(concat!(env!("CARGO_PKG_VERSION"), "\0"))?)?;
    add(module, c"_C_API", api::capsule()?)?;
    // For whoever imports all, such as the package into which an installer puts this.
    let all = [
        c"Coroutine",
        c"CoroutineExit",
        c"DEFAULT_STACK_SIZE",
        c"LEAST_STACK_SIZE",
        c"SWITCHERS",
        c"current",
        c"leaked",
        c"suspend",
        c"_C_API",
        c"__version__",
    ];
    add(module, c"__all__", words(&all)?)?;
    if first {
        choose_switcher()?;
        trial::run(module)?;
        take_faults()?;
    }
    Ok(())
}

/// The switcher of whoever asks for none may be chosen by the environment.
fn choose_switcher() -> Result<(), Set> {
    let Some(word) = std::env::var_os("UNSCATHED_CORE_SWITCHER") else { return Ok(()) };
    let known = switcher::Way::ALL.into_iter().find(|way| *word == *way.name().to_string_lossy());
    match known {
        Some(way) => {
            switcher::set_default(way);
            Ok(())
        }
        None => {
            let text = format!("UNSCATHED_CORE_SWITCHER is '{}', which is none", word.display());
            Err(error::raise(error::Kind::Import, &text))
        }
    }
}

fn add(module: *mut ffi::PyObject, name: &CStr, value: Object) -> Result<(), Set> {
    // SAFETY: a module, a name and an object.
    let status = unsafe { ffi::PyObject_SetAttrString(module, name.as_ptr(), value.as_ptr()) };
    drop(value);
    if status == 0 { Ok(()) } else { Err(Set) }
}

fn number(value: u64) -> Result<Object, Set> {
    // SAFETY: a number.
    let made = unsafe { ffi::PyLong_FromUnsignedLongLong(value) };
    // SAFETY: a new reference, or null with an exception set.
    unsafe { Object::owned(made) }.ok_or(Set)
}

fn text(value: &'static str) -> Result<Object, Set> {
    // SAFETY: a string that ends with a null.
    let made = unsafe { ffi::PyUnicode_FromString(value.as_ptr().cast()) };
    // SAFETY: a new reference, or null with an exception set.
    unsafe { Object::owned(made) }.ok_or(Set)
}

/// A tuple of strings.
fn words(words: &[&CStr]) -> Result<Object, Set> {
    // SAFETY: a size.
    let made = unsafe { ffi::PyTuple_New(words.len().cast_signed()) };
    // SAFETY: a new reference, or null with an exception set.
    let made = unsafe { Object::owned(made) }.ok_or(Set)?;
    for (place, word) in words.iter().enumerate() {
        // SAFETY: a string.
        let word = unsafe { ffi::PyUnicode_FromString(word.as_ptr()) };
        if word.is_null() {
            return Err(Set);
        }
        // SAFETY: a tuple that nobody has seen, and a place in it.
        unsafe { ffi::PyTuple_SetItem(made.as_ptr(), place.cast_signed(), word) };
    }
    Ok(made)
}

/// Has the interpreter say when it is about to end.
fn at_exit(module: *mut ffi::PyObject) -> Result<(), Set> {
    // SAFETY: a name.
    let atexit = unsafe { ffi::PyImport_ImportModule(c"atexit".as_ptr()) };
    // SAFETY: a new reference, or null with an exception set.
    let atexit = unsafe { Object::owned(atexit) }.ok_or(Set)?;
    // SAFETY: a module, which has its functions.
    let function = unsafe { ffi::PyObject_GetAttrString(module, c"_at_exit".as_ptr()) };
    // SAFETY: as above.
    let function = unsafe { Object::owned(function) }.ok_or(Set)?;
    let null: *mut ffi::PyObject = ptr::null_mut();
    // SAFETY: a module, a name and a terminated list of arguments.
    let done = unsafe {
        ffi::PyObject_CallMethod(
            atexit.as_ptr(),
            c"register".as_ptr(),
            c"O".as_ptr(),
            function.as_ptr(),
            null,
        )
    };
    // SAFETY: a new reference, or null with an exception set.
    unsafe { Object::owned(done) }.ok_or(Set).map(mem::drop)
}

/// Leaves out of every switch what the environment says.
#[cfg(feature = "fault-mask")]
fn take_faults() -> Result<(), Set> {
    let Some(names) = std::env::var_os("UNSCATHED_CORE_LEAVE_OUT") else { return Ok(()) };
    names.to_str().and_then(state::leave_out).ok_or_else(|| {
        let known = state::FAULTS.join(", ");
        error::raise(error::Kind::Import, &format!("UNSCATHED_CORE_LEAVE_OUT: there are {known}"))
    })
}

#[cfg(not(feature = "fault-mask"))]
#[expect(clippy::unnecessary_wraps, reason = "the same signature as with the feature")]
fn take_faults() -> Result<(), Set> {
    Ok(())
}
