//! The object: what a coroutine is to the interpreter.

use core::cell::{Cell, OnceCell, UnsafeCell};
use core::ffi::{CStr, c_char, c_int, c_void};
use core::mem::{self, offset_of, size_of};
use core::ops::Deref;
use core::ptr;
use core::sync::atomic::{AtomicPtr, Ordering};
use std::rc::Rc;

use pyo3::ffi;

use crate::ending;
use crate::error::{Kind, Set, raise, raise_static};
use crate::object::Object;
use crate::state::{self, State};
use crate::switcher::{self, Switcher, Way};
use crate::thread::Thread;

/// What a coroutine is doing.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Phase {
    /// It waits for its first resume.
    Created,
    /// It is the one that runs on its thread.
    Running,
    /// It waits for another one that it resumed.
    Waiting,
    /// It waits to be resumed.
    Suspended,
    /// Its body has returned or raised.
    Finished,
    /// It suspended instead of ending, and is left as it was.
    Abandoned,
    /// Its thread has ended before it.
    Orphaned,
}

impl Phase {
    fn name(self) -> &'static CStr {
        match self {
            Self::Created => c"created",
            Self::Running => c"running",
            Self::Waiting => c"waiting",
            Self::Suspended => c"suspended",
            Self::Finished => c"finished",
            Self::Abandoned => c"abandoned",
            Self::Orphaned => c"orphaned",
        }
    }
}

/// A body in C: the coroutine and the first value in, both borrowed, and what it was made
/// with; a new reference out.
pub(crate) type Native =
    unsafe extern "C" fn(*mut ffi::PyObject, *mut ffi::PyObject, *mut c_void) -> *mut ffi::PyObject;

/// What a coroutine runs.
pub(crate) enum Body {
    /// Called with the coroutine and the first value.
    Method(Object),
    /// Called with the first value.
    Function(Object),
    Native(Native, *mut c_void),
}

/// The object. It is used with the GIL held.
#[repr(C)]
pub(crate) struct Coroutine {
    base: ffi::PyObject,
    pub(crate) phase: Cell<Phase>,
    pub(crate) way: Way,
    pub(crate) stack_size: usize,
    /// Whose it is, from its first resume on.
    thread: OnceCell<Rc<Thread>>,
    switcher: UnsafeCell<Switcher>,
    /// Who waits for it while it runs; nobody for the side that is no coroutine.
    pub(crate) resumer: Cell<Option<Handle>>,
    body: UnsafeCell<Option<Body>>,
    /// The context that it begins with.
    context: Cell<Option<Object>>,
    /// Its neighbours on its thread's list.
    pub(crate) next: Cell<*const Self>,
    pub(crate) previous: Cell<*const Self>,
    weak_references: *mut ffi::PyObject,
    pub(crate) state: State,
}

/// A reference to a coroutine that is owned.
#[repr(transparent)]
pub(crate) struct Handle(Object);

impl Deref for Handle {
    type Target = Coroutine;

    #[inline]
    fn deref(&self) -> &Coroutine {
        // SAFETY: it is made of nothing else, and keeps it alive.
        unsafe { &*self.0.as_ptr().cast() }
    }
}

impl Handle {
    /// Gives the reference to whoever takes the pointer.
    pub(crate) fn into_object(self) -> Object {
        self.0
    }
}

/// The type.
static TYPE: AtomicPtr<ffi::PyTypeObject> = AtomicPtr::new(ptr::null_mut());

/// The type.
#[inline]
pub(crate) fn class() -> *mut ffi::PyTypeObject {
    TYPE.load(Ordering::Relaxed)
}

impl Coroutine {
    /// Makes one.
    pub(crate) fn make(body: Body, stack_size: usize, way: Way) -> Result<Handle, Set> {
        let least = state::build().least_stack as usize;
        if stack_size < least {
            let text = format!("a stack of {stack_size} bytes is below the least, {least} bytes");
            return Err(raise(Kind::Value, &text));
        }
        let context = context_of_creator()?;
        // SAFETY: the type has been made, and takes no items.
        let made = unsafe { ffi::PyType_GenericAlloc(class(), 0) };
        // SAFETY: a new reference, or null with an exception set.
        let made = unsafe { Object::owned(made) }.ok_or(Set)?;
        let this: *mut Self = made.as_ptr().cast();
        // SAFETY: memory of this type, which begins with what has been made.
        let base = unsafe { ptr::read(this.cast::<ffi::PyObject>()) };
        let whole = Self {
            base,
            phase: Cell::new(Phase::Created),
            way,
            stack_size,
            thread: OnceCell::new(),
            switcher: UnsafeCell::new(Switcher::None),
            resumer: Cell::new(None),
            body: UnsafeCell::new(Some(body)),
            context: Cell::new(context),
            next: Cell::new(ptr::null()),
            previous: Cell::new(ptr::null()),
            weak_references: ptr::null_mut(),
            state: State::new(),
        };
        // SAFETY: as above; a collector cannot have seen it.
        unsafe { ptr::write(this, whole) };
        Ok(Handle(made))
    }

    /// The coroutine that an object is.
    ///
    /// # Safety
    ///
    /// The object is alive, and used only as long as it is.
    pub(crate) unsafe fn of<'a>(object: *mut ffi::PyObject) -> Result<&'a Self, Set> {
        // SAFETY: an object and a type.
        if unsafe { ffi::Py_TYPE(object) } != class() {
            return Err(raise_static(Kind::Type, c"a Coroutine is needed here"));
        }
        // SAFETY: that is what it is.
        Ok(unsafe { &*object.cast() })
    }

    /// The object.
    #[inline]
    pub(crate) fn as_ptr(&self) -> *mut ffi::PyObject {
        ptr::from_ref(self).cast_mut().cast()
    }

    /// A reference to it.
    #[inline]
    pub(crate) fn handle(&self) -> Handle {
        // SAFETY: whoever has the reference keeps it alive.
        Handle(unsafe { Object::borrowed(self.as_ptr()) })
    }

    /// Whether it has a thread and a stack.
    pub(crate) fn has_begun(&self) -> bool {
        self.thread.get().is_some()
    }

    /// Whose it is. It has begun.
    #[inline]
    pub(crate) fn thread(&self) -> &Thread {
        self.thread.get().expect("a coroutine that has begun has a thread")
    }

    pub(crate) fn set_thread(&self, thread: Rc<Thread>) {
        assert!(self.thread.set(thread).is_ok(), "a coroutine begins once");
    }

    /// How it is switched.
    #[inline]
    pub(crate) fn switcher(&self) -> &Switcher {
        // SAFETY: it changes where nobody is switching: before the first switch, and after
        // the last one.
        unsafe { &*self.switcher.get() }
    }

    /// Gives it its stack, before the first switch.
    pub(crate) fn set_switcher(&self, switcher: Switcher) {
        // SAFETY: as above.
        unsafe { *self.switcher.get() = switcher };
    }

    /// Takes its stack away, after the last switch.
    pub(crate) fn take_switcher(&self) -> Switcher {
        // SAFETY: as above.
        mem::replace(unsafe { &mut *self.switcher.get() }, Switcher::None)
    }

    /// The context that it begins with.
    pub(crate) fn context(&self) -> Option<Object> {
        self.context.take()
    }

    /// Whether it waits to be resumed, having begun.
    #[inline]
    pub(crate) fn is_suspended(&self) -> bool {
        self.phase.get() == Phase::Suspended
    }

    /// Runs the body. Nothing comes back if it raised.
    pub(crate) fn run(&self, first: &Object) -> Option<Object> {
        // SAFETY: it stays until the coroutine has finished.
        let body = unsafe { &*self.body.get() };
        let mut arguments = [ptr::null_mut(), self.as_ptr(), first.as_ptr()];
        let flag = ffi::PY_VECTORCALL_ARGUMENTS_OFFSET;
        let result = match body {
            Some(Body::Method(callable)) => {
                let place = arguments[1..].as_mut_ptr();
                // SAFETY: two arguments, and a place before them that may be used.
                unsafe {
                    ffi::PyObject_Vectorcall(callable.as_ptr(), place, 2 | flag, ptr::null_mut())
                }
            }
            Some(Body::Function(callable)) => {
                let place = arguments[2..].as_mut_ptr();
                // SAFETY: one argument, and a place before it that may be used.
                unsafe {
                    ffi::PyObject_Vectorcall(callable.as_ptr(), place, 1 | flag, ptr::null_mut())
                }
            }
            &Some(Body::Native(function, data)) => {
                // SAFETY: whoever made the coroutine vouches for the function.
                unsafe { function(self.as_ptr(), first.as_ptr(), data) }
            }
            None => unreachable!("a coroutine has a body until it has finished"),
        };
        // SAFETY: a new reference, or null with an exception set.
        unsafe { Object::owned(result) }
    }

    /// Lets go of the body and what it would begin with. Python code may run.
    pub(crate) fn drop_body(&self) {
        // SAFETY: it does not run any more, and never will.
        let body = unsafe { (*self.body.get()).take() };
        drop(body);
        drop(self.context.take());
    }
}

/// A copy of the creator's context; nothing, if that has no variables yet.
fn context_of_creator() -> Result<Option<Object>, Set> {
    // SAFETY: the GIL is held.
    let context = unsafe { ffi::PyContext_CopyCurrent() };
    // SAFETY: a new reference, or null with an exception set.
    unsafe { Object::owned(context) }.ok_or(Set).map(Some)
}

/// The size and the way that somebody asks for.
pub(crate) fn chosen(size: Option<isize>, way: Option<&CStr>) -> Result<(usize, Way), Set> {
    let size = match size {
        None => state::build().default_stack as usize,
        // What is too small is refused by its number, whatever its sign.
        Some(size) => usize::try_from(size).unwrap_or(0),
    };
    let Some(word) = way else { return Ok((size, switcher::default())) };
    let Some(way) = Way::ALL.into_iter().find(|way| way.name() == word) else {
        let known = Way::ALL.map(|way| way.name().to_string_lossy()).join(", ");
        let text = format!("there is no switcher '{}'; there are: {known}", word.to_string_lossy());
        return Err(raise(Kind::Value, &text));
    };
    Ok((size, way))
}

unsafe extern "C" fn new(
    _: *mut ffi::PyTypeObject,
    arguments: *mut ffi::PyObject,
    keywords: *mut ffi::PyObject,
) -> *mut ffi::PyObject {
    let mut names = [
        c"body".as_ptr().cast_mut(),
        c"stack_size".as_ptr().cast_mut(),
        c"switcher".as_ptr().cast_mut(),
        c"handle".as_ptr().cast_mut(),
        ptr::null_mut(),
    ];
    let (mut body, mut size): (*mut ffi::PyObject, ffi::Py_ssize_t) = (ptr::null_mut(), isize::MIN);
    let (mut way, mut handle): (*const c_char, c_int) = (ptr::null(), 1);
    // SAFETY: a format, and a place for each thing in it.
    let parsed = unsafe {
        ffi::PyArg_ParseTupleAndKeywords(
            arguments,
            keywords,
            c"O|$nzp:Coroutine".as_ptr(),
            names.as_mut_ptr().cast(),
            &raw mut body,
            &raw mut size,
            &raw mut way,
            &raw mut handle,
        )
    };
    if parsed == 0 {
        return ptr::null_mut();
    }
    // SAFETY: an object.
    if unsafe { ffi::PyCallable_Check(body) } == 0 {
        raise_static(Kind::Type, c"the body of a coroutine must be callable");
        return ptr::null_mut();
    }
    let size = (size != isize::MIN).then_some(size);
    // SAFETY: null, or a string that its object keeps.
    let way = (!way.is_null()).then(|| unsafe { CStr::from_ptr(way) });
    let Ok((size, way)) = chosen(size, way) else { return ptr::null_mut() };
    // SAFETY: the arguments keep it alive.
    let body = unsafe { Object::borrowed(body) };
    let body = if handle != 0 { Body::Method(body) } else { Body::Function(body) };
    match Coroutine::make(body, size, way) {
        Ok(made) => made.into_object().into_ptr(),
        Err(Set) => ptr::null_mut(),
    }
}

unsafe extern "C" fn finalize(this: *mut ffi::PyObject) {
    // SAFETY: an object of this type.
    ending::finalize(unsafe { &*this.cast() });
}

unsafe extern "C" fn dealloc(this: *mut ffi::PyObject) {
    // SAFETY: the interpreter lets go of an object of this type.
    if unsafe { ffi::PyObject_CallFinalizerFromDealloc(this) } < 0 {
        // Somebody has a reference again.
        return;
    }
    // SAFETY: it is tracked from its beginning on.
    unsafe { ffi::PyObject_GC_UnTrack(this.cast()) };
    let place: *mut Coroutine = this.cast();
    // SAFETY: an object of this type.
    let co = unsafe { &*place };
    if !co.weak_references.is_null() {
        // SAFETY: it can be referred to weakly.
        unsafe { ffi::PyObject_ClearWeakRefs(this) };
    }
    match co.phase.get() {
        // Nothing is unwound any more: the interpreter ends.
        Phase::Suspended => ending::orphan(co),
        Phase::Created => ending::cancel(co),
        _ => {}
    }
    // SAFETY: an object of this type.
    let class = unsafe { ffi::Py_TYPE(this) };
    // SAFETY: nobody refers to it.
    unsafe { ptr::drop_in_place(place) };
    // SAFETY: memory of an object that a collector knew.
    unsafe { ffi::PyObject_GC_Del(this.cast()) };
    // SAFETY: an object of a type that was made at run time has a reference to it.
    unsafe { ffi::Py_DECREF(class.cast()) };
}

/// What a suspended stack refers to is unknown: no collector can take it apart.
unsafe extern "C" fn traverse(
    this: *mut ffi::PyObject,
    visit: ffi::visitproc,
    arg: *mut c_void,
) -> c_int {
    // SAFETY: an object of this type.
    let co = unsafe { &*this.cast::<Coroutine>() };
    // SAFETY: nobody changes them while a collector looks.
    let resumer = unsafe { &*co.resumer.as_ptr() };
    // SAFETY: as above.
    let context = unsafe { &*co.context.as_ptr() };
    // SAFETY: as above.
    let body = unsafe { &*co.body.get() };
    let body = match body {
        Some(Body::Method(callable) | Body::Function(callable)) => Some(callable),
        Some(Body::Native(..)) | None => None,
    };
    // SAFETY: an object has a type.
    let class = unsafe { ffi::Py_TYPE(this) };
    let owned = [
        class.cast(),
        resumer.as_ref().map_or(ptr::null_mut(), |resumer| resumer.as_ptr()),
        context.as_ref().map_or(ptr::null_mut(), Object::as_ptr),
        body.map_or(ptr::null_mut(), Object::as_ptr),
    ];
    for object in owned.into_iter().filter(|object| !object.is_null()) {
        // SAFETY: the collector's own function, and an object.
        let status = unsafe { visit(object, arg) };
        if status != 0 {
            return status;
        }
    }
    // SAFETY: the arguments are the collector's.
    unsafe { co.state.visit(visit, arg) }
}

unsafe extern "C" fn clear(this: *mut ffi::PyObject) -> c_int {
    // SAFETY: an object of this type.
    let co = unsafe { &*this.cast::<Coroutine>() };
    if co.phase.get() == Phase::Created {
        ending::cancel(co);
    }
    0
}

unsafe extern "C" fn repr(this: *mut ffi::PyObject) -> *mut ffi::PyObject {
    // SAFETY: an object of this type.
    let co = unsafe { &*this.cast::<Coroutine>() };
    let format = c"<unscathed_core.Coroutine at %p, %s>";
    // SAFETY: a format, and what is in it.
    unsafe { ffi::PyUnicode_FromFormat(format.as_ptr(), this, co.phase.get().name().as_ptr()) }
}

unsafe extern "C" fn state_word(this: *mut ffi::PyObject, _: *mut c_void) -> *mut ffi::PyObject {
    // SAFETY: an object of this type.
    let co = unsafe { &*this.cast::<Coroutine>() };
    // SAFETY: a string.
    unsafe { ffi::PyUnicode_InternFromString(co.phase.get().name().as_ptr()) }
}

unsafe extern "C" fn switcher_word(this: *mut ffi::PyObject, _: *mut c_void) -> *mut ffi::PyObject {
    // SAFETY: an object of this type.
    let co = unsafe { &*this.cast::<Coroutine>() };
    // SAFETY: a string.
    unsafe { ffi::PyUnicode_InternFromString(co.way.name().as_ptr()) }
}

unsafe extern "C" fn stack_size(this: *mut ffi::PyObject, _: *mut c_void) -> *mut ffi::PyObject {
    // SAFETY: an object of this type.
    let co = unsafe { &*this.cast::<Coroutine>() };
    // SAFETY: a number.
    unsafe { ffi::PyLong_FromSize_t(co.stack_size) }
}

unsafe extern "C" fn frame(this: *mut ffi::PyObject, _: *mut c_void) -> *mut ffi::PyObject {
    // SAFETY: an object of this type.
    let co = unsafe { &*this.cast::<Coroutine>() };
    crate::object::returned(co.state.frame())
}

fn getter(name: &'static CStr, get: ffi::getter, doc: &'static CStr) -> ffi::PyGetSetDef {
    ffi::PyGetSetDef {
        name: name.as_ptr(),
        get: Some(get),
        set: None,
        doc: doc.as_ptr(),
        closure: ptr::null_mut(),
    }
}

const DOC: &CStr = c"Coroutine(body, *, stack_size=..., switcher='separate', handle=True)
--

A body that runs on a stack of its own, and can be left from anywhere in it.

The first resume calls `body(coroutine, first)`, or `body(first)` with handle=False: a
suspended body that holds its own coroutine is not freed when everybody else lets go.
What the body returns or raises comes out of the last resume.

stack_size is in bytes; a stack that is too small for what CPython needs is refused with a
ValueError. switcher is 'separate' (a stack for each), 'slicing' (one stack, copied in and
out) or 'ucontext' (the C library's switch).";

/// Makes the type.
pub(crate) fn make_type(methods: &'static [ffi::PyMethodDef]) -> Result<(), Set> {
    let getters: &'static mut [ffi::PyGetSetDef] = Box::leak(Box::new([
        getter(c"state", state_word, c"What it is doing: 'created', 'running', 'waiting' (for one that it resumed), 'suspended', 'finished', 'abandoned' or 'orphaned'."),
        getter(c"frame", frame, c"The innermost frame while it is suspended, or None."),
        getter(c"stack_size", stack_size, c"Bytes of stack that were asked for."),
        getter(c"switcher", switcher_word, c"How its stack is switched."),
        // SAFETY: all zero is how a list of these ends.
        unsafe { mem::zeroed() },
    ]));
    let members: &'static mut [ffi::PyMemberDef] = Box::leak(Box::new([
        ffi::PyMemberDef {
            name: c"__weaklistoffset__".as_ptr(),
            type_code: ffi::Py_T_PYSSIZET,
            offset: offset_of!(Coroutine, weak_references).cast_signed(),
            flags: ffi::Py_READONLY,
            doc: ptr::null(),
        },
        // SAFETY: all zero is how a list of these ends.
        unsafe { mem::zeroed() },
    ]));
    let slot = |slot, pfunc| ffi::PyType_Slot { slot, pfunc };
    let mut slots = [
        slot(ffi::Py_tp_doc, DOC.as_ptr().cast_mut().cast()),
        slot(ffi::Py_tp_new, new as *mut c_void),
        slot(ffi::Py_tp_dealloc, dealloc as *mut c_void),
        slot(ffi::Py_tp_finalize, finalize as *mut c_void),
        slot(ffi::Py_tp_traverse, traverse as *mut c_void),
        slot(ffi::Py_tp_clear, clear as *mut c_void),
        slot(ffi::Py_tp_repr, repr as *mut c_void),
        slot(ffi::Py_tp_methods, methods.as_ptr().cast_mut().cast()),
        slot(ffi::Py_tp_getset, getters.as_mut_ptr().cast()),
        slot(ffi::Py_tp_members, members.as_mut_ptr().cast()),
        slot(0, ptr::null_mut()),
    ];
    let mut spec = ffi::PyType_Spec {
        name: c"unscathed_core.Coroutine".as_ptr(),
        basicsize: size_of::<Coroutine>() as c_int,
        itemsize: 0,
        flags: (ffi::Py_TPFLAGS_DEFAULT | ffi::Py_TPFLAGS_HAVE_GC) as u32,
        slots: slots.as_mut_ptr(),
    };
    // SAFETY: a specification with terminated lists.
    let class = unsafe { ffi::PyType_FromSpec(&raw mut spec) };
    if class.is_null() {
        return Err(Set);
    }
    TYPE.store(class.cast(), Ordering::Relaxed);
    Ok(())
}
