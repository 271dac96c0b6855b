/* Saving and restoring: each field of PyThreadState that belongs to a coroutine, for 3.9 to 3.15.
 *
 * What is not mentioned here is the thread's and stays. `delete_later`, a list of objects that
 * are dead already, is so on purpose: whoever empties it empties all of it, and two sides that
 * both had it would free its objects twice.
 */
#include "state.h"

#include <dlfcn.h>

#ifdef UNSCATHED_FAULT_MASK
unsigned unscathed_faults;
#endif

state *unscathed_states;

#define UNLIKELY(condition) __builtin_expect(!!(condition), 0)

/* What the build is for; the import gate compares it with what it finds. */
const struct unscathed_build {
    uint32_t python, debug, thread_state, state, interp, thread_id, context_ver, id;
    uint64_t least_stack, default_stack;
} unscathed_build = {
    PY_VERSION_HEX,
#ifdef Py_DEBUG
    1,
#else
    0,
#endif
    sizeof(PyThreadState),
    sizeof(state),
    offsetof(PyThreadState, interp),
    offsetof(PyThreadState, thread_id),
    offsetof(PyThreadState, context_ver),
    offsetof(PyThreadState, id),
#if !SINCE(14)
    /* The parser counts its own nesting, for a stack of about this size. */
    1 << 20,
    8 << 20,
#elif defined(Py_DEBUG)
    /* On less, a debug build of 3.14 crashes on threads of its own, too, where it frees what a
     * deep recursion in its compiler has left. */
    1 << 20,
    2 << 20,
#else
    /* With less, containers would see too little room to be freed at once. */
    128 << 10,
    1 << 20,
#endif
};

/* ---- how much the C stack bears ---- */

#if !SINCE(14)
/* The most that calls through C were found to need for one unit of the counter, and a third
 * more; what the emergency headroom needs is left over, as is room for what does not count. */
static int
budget(size_t bytes)
{
    const long unit = 3072, uncounted = 32 << 10, headroom = 50;
    long levels = ((long)bytes - uncounted) / unit - headroom;
    return levels < 1 ? 1 : levels > 1000000 ? 1000000 : (int)levels;
}
#endif

#if SINCE(14)
/* What the interpreter is not told of, at the end of a stack: frames of the parser and the
 * compiler of a debug build are larger than the margin that it keeps by itself. */
#ifdef Py_DEBUG
#define UNTOLD (256 << 10)
#else
#define UNTOLD 0
#endif

/* Later patch releases have them; a module linked to them would not load in earlier ones. */
static int (*set_protection)(PyThreadState *, void *, size_t);
static void (*reset_protection)(PyThreadState *);
#endif

const char *
unscathed_state_start(void)
{
#if SINCE(14)
    set_protection = (int (*)(PyThreadState *, void *, size_t))dlsym(
        RTLD_DEFAULT, "PyUnstable_ThreadState_SetStackProtection");
    reset_protection = (void (*)(PyThreadState *))dlsym(
        RTLD_DEFAULT, "PyUnstable_ThreadState_ResetStackProtection");
    if (set_protection == NULL || reset_protection == NULL)
        return "it has no PyUnstable_ThreadState_SetStackProtection, without which CPython 3.14 "
               "and later cannot run on another stack; later patch releases have it";
#endif
    return unscathed_frames_start();
}

/* ---- data stack chunks ---- */

#if SINCE(11)
#define CHUNK (16 * 1024)
#define MOST_SPARE 64
static _PyStackChunk *spare;
static int spare_count;

/* Makes a chunk that was a root the root of another side, as the interpreter lays one out. */
static void
take_chunk(state *s)
{
    if (spare == NULL)
        return;
    _PyStackChunk *chunk = spare;
    spare = chunk->previous;
    spare_count--;
    chunk->previous = NULL;
    chunk->top = 0;
    s->chunk = chunk;
    /* The first place of a root stays unused, so that popping a frame never frees the root. */
    s->top = &chunk->data[1];
    s->limit = (PyObject **)((char *)chunk + chunk->size);
}

static void
give_chunks(state *s)
{
    _PyStackChunk *chunk = s->chunk;
    s->chunk = NULL;
    s->top = s->limit = NULL;
    if (!KEEPS(FAULT_DATASTACK_FREE))
        return;
    PyObjectArenaAllocator arenas;
    PyObject_GetArenaAllocator(&arenas);
    while (chunk != NULL) {
        _PyStackChunk *previous = chunk->previous;
        if (previous == NULL && chunk->size == CHUNK && spare_count < MOST_SPARE) {
            chunk->previous = spare;
            spare = chunk;
            spare_count++;
        }
        else
            arenas.free(arenas.ctx, chunk, chunk->size);
        chunk = previous;
    }
}
#endif

/* ---- out of the thread state, and back ---- */

#if SINCE(13)
#define EXECUTOR_FIELD(t) ((t)->SELECT_EXECUTOR)
#if SINCE(14)
#define SELECT_EXECUTOR current_executor
#else
#define SELECT_EXECUTOR previous_executor
#endif
#endif

static inline void
put_away(PyThreadState *t, state *s)
{
    if (KEEPS(FAULT_EXC_INFO))
        s->exc_info = t->exc_info;

    if (KEEPS(FAULT_FRAME)) {
#if SINCE(13)
        s->frame = t->current_frame;
#elif SINCE(11)
        s->cframe = t->cframe;
        s->frame = t->cframe->current_frame;
#else
        s->frame = t->frame;
#if SINCE(10)
        s->cframe = t->cframe;
#endif
#endif
    }

#if SINCE(11)
    if (KEEPS(FAULT_DATASTACK)) {
        s->chunk = t->datastack_chunk;
        s->top = t->datastack_top;
        s->limit = t->datastack_limit;
    }
#endif

    if (KEEPS(FAULT_DEPTH)) {
#if SINCE(12)
        s->depth = t->py_recursion_limit - t->py_recursion_remaining;
#elif SINCE(11)
        s->depth = t->recursion_limit - t->recursion_remaining - s->offset;
#else
        s->depth = t->recursion_depth - s->offset;
#endif
    }
#if SINCE(12) && !SINCE(14)
    if (KEEPS(FAULT_C_DEPTH))
        s->c_remaining = t->c_recursion_remaining;
#endif
    if (KEEPS(FAULT_HEADROOM)) {
#if SINCE(10)
        s->headroom = t->recursion_headroom;
#else
        s->overflowed = t->overflowed;
        s->critical = t->recursion_critical;
#endif
    }

    if (KEEPS(FAULT_TRACING)) {
        s->tracing = t->tracing;
#if SINCE(12)
        s->what = t->what_event;
#elif SINCE(11)
        s->what = t->tracing_what;
#endif
    }

    if (KEEPS(FAULT_CONTEXT))
        s->context = t->context;

    if (KEEPS(FAULT_CURRENT_EXCEPTION)) {
#if SINCE(12)
        s->exception = t->current_exception;
#else
        s->exception = t->curexc_type;
        s->exception_value = t->curexc_value;
        s->exception_traceback = t->curexc_traceback;
#endif
    }

#if SINCE(13)
    if (KEEPS(FAULT_EXECUTOR)) {
        s->executor = EXECUTOR_FIELD(t);
#if SINCE(15)
        s->jit_exit = t->jit_exit;
#endif
    }
#else
    if (KEEPS(FAULT_TRASH))
#if SINCE(12)
        s->trash_nesting = t->trash.delete_nesting;
#else
        s->trash_nesting = t->trash_delete_nesting;
#endif
#endif
}

#if !SINCE(12)
/* What the interpreter has a cache of: who traces may have changed meanwhile. */
static inline int
is_traced(PyThreadState *t)
{
    return t->tracing == 0 && (t->c_tracefunc != NULL || t->c_profilefunc != NULL);
}
#endif

static inline void
bring_back(PyThreadState *t, state *s)
{
    if (KEEPS(FAULT_EXC_INFO))
        t->exc_info = s->exc_info;

    if (KEEPS(FAULT_FRAME)) {
#if SINCE(13)
        t->current_frame = s->frame;
#else
#if SINCE(10)
        t->cframe = s->cframe;
#endif
#if !SINCE(11)
        t->frame = s->frame;
#endif
#endif
    }
#if SINCE(15)
    /* A cache of whoever reads the stack from outside. */
    t->last_profiled_frame = NULL;
#endif

#if SINCE(11)
    if (KEEPS(FAULT_DATASTACK)) {
        t->datastack_chunk = s->chunk;
        t->datastack_top = s->top;
        t->datastack_limit = s->limit;
    }
#endif

    if (KEEPS(FAULT_DEPTH)) {
#if SINCE(12)
        t->py_recursion_remaining = t->py_recursion_limit - s->depth;
#else
        s->offset = 0;
        int most = Py_GetRecursionLimit();
        if (s->low != NULL && KEEPS(FAULT_C_DEPTH)) {
            int room = budget(s->bytes);
            if (most > room)
                s->offset = most - room;
        }
#if SINCE(11)
        t->recursion_remaining = t->recursion_limit - s->depth - s->offset;
#else
#if !SINCE(10)
        /* Under a limit that has been lowered below it, 3.9 would end the process. */
        if (s->depth + s->offset > most)
            s->offset = most - s->depth;
#endif
        t->recursion_depth = s->depth + s->offset;
#endif
#endif
    }
#if SINCE(12) && !SINCE(14)
    if (KEEPS(FAULT_C_DEPTH))
        t->c_recursion_remaining = s->c_remaining;
#endif
    if (KEEPS(FAULT_HEADROOM)) {
#if SINCE(10)
        t->recursion_headroom = s->headroom;
#else
        t->overflowed = s->overflowed;
        t->recursion_critical = s->critical;
#endif
    }

    if (KEEPS(FAULT_TRACING)) {
        t->tracing = s->tracing;
#if SINCE(12)
        t->what_event = s->what;
#elif SINCE(11)
        t->tracing_what = s->what;
#endif
    }
#if !SINCE(10)
    if (KEEPS(FAULT_USE_TRACING))
        t->use_tracing = is_traced(t);
#endif

    if (KEEPS(FAULT_CONTEXT))
        t->context = s->context;
    /* Variables cache their value under this number: none may come twice. */
    if (KEEPS(FAULT_CONTEXT_VER))
        t->context_ver++;

    if (KEEPS(FAULT_CURRENT_EXCEPTION)) {
#if SINCE(12)
        t->current_exception = s->exception;
#else
        t->curexc_type = s->exception;
        t->curexc_value = s->exception_value;
        t->curexc_traceback = s->exception_traceback;
#endif
    }

#if SINCE(13)
    if (KEEPS(FAULT_EXECUTOR)) {
        EXECUTOR_FIELD(t) = s->executor;
#if SINCE(15)
        t->jit_exit = s->jit_exit;
#endif
    }
#else
    if (KEEPS(FAULT_TRASH))
#if SINCE(12)
        t->trash.delete_nesting = s->trash_nesting;
#else
        t->trash_delete_nesting = s->trash_nesting;
#endif
#endif
}

/* What a side that has not begun finds. Everything else of it is zero. */
static void
begin(PyThreadState *t, state *s)
{
    (void)t;
    s->exc_info = &s->root;
#if SINCE(15)
    s->frame = t->base_frame;
#elif SINCE(10) && !SINCE(13)
    s->root_cframe.previous = &t->root_cframe;
    s->cframe = &s->root_cframe;
#endif
#if SINCE(12) && !SINCE(14)
    s->c_remaining = budget(s->bytes);
#if SINCE(13)
    if (s->c_remaining > Py_C_RECURSION_LIMIT)
        s->c_remaining = Py_C_RECURSION_LIMIT;
#else
    if (s->c_remaining > C_RECURSION_LIMIT)
        s->c_remaining = C_RECURSION_LIMIT;
#endif
#endif
#if SINCE(12)
    s->what = -1;
#endif
#if SINCE(11)
    if (KEEPS(FAULT_DATASTACK))
        take_chunk(s);
#endif
}

/* The bounds by which the interpreter judges how much C stack is left. */
static inline void
set_bounds(PyThreadState *t, const state *from, const state *to)
{
#if SINCE(14)
    if (!KEEPS(FAULT_STACK_BOUNDS))
        return;
    if (to->low != NULL)
        set_protection(t, to->low + UNTOLD, to->bytes - UNTOLD);
    else if (from->low != NULL)
        reset_protection(t);
#else
    (void)t, (void)from, (void)to;
#endif
}

/* ---- the interface ---- */

static int
refuse(const char *why)
{
    PyErr_SetString(PyExc_RuntimeError, why);
    return -1;
}

static void
bind(PyThreadState *t, state *s)
{
    s->owner = t;
    s->owner_id = t->id;
    s->previous = NULL;
    s->next = unscathed_states;
    if (s->next != NULL)
        s->next->previous = s;
    unscathed_states = s;
}

static state *
cleared(unscathed_state *opaque, void *low, size_t bytes)
{
    state *s = (state *)opaque;
    memset(s, 0, sizeof *s);
    s->low = low;
    s->bytes = bytes;
    return s;
}

int
unscathed_state_thread(unscathed_state *opaque, void *low, size_t bytes)
{
    state *s = cleared(opaque, low, bytes);
    bind(PyThreadState_Get(), s);
    s->phase = INSTALLED;
    return 0;
}

int
unscathed_state_new(unscathed_state *opaque, void *low, size_t bytes, PyObject *context, int moves)
{
    PyThreadState *t = PyThreadState_Get();
    if (low == NULL || bytes < unscathed_build.least_stack) {
        PyErr_Format(PyExc_ValueError, "a stack of %zu bytes is below the least, %zu bytes", bytes,
                     (size_t)unscathed_build.least_stack);
        return -1;
    }
    state *s = cleared(opaque, low, bytes);
    s->moves = moves;
    bind(t, s);
    begin(t, s);
    Py_XINCREF(context);
    s->context = context;
    s->phase = PARKED;
    return 0;
}

/* Why a switch is refused; nothing has happened then. */
static int
object_to(PyThreadState *t, state *from, state *to)
{
    if (from->phase != INSTALLED)
        return refuse("the state to be saved is not the one that is running");
    if (to->phase == ENDED)
        return refuse("the state to be restored has ended");
    if (to->phase != PARKED)
        return refuse("the state to be restored is not suspended: a state is restored once");
    if (from->owner != t || from->owner_id != t->id)
        return refuse("the state to be saved belongs to another thread");
    return refuse("the state to be restored belongs to another thread");
}

static inline int
swap(unscathed_state *opaque_from, unscathed_state *opaque_to, enum phase left)
{
    PyThreadState *t = PyThreadState_Get();
    state *from = (state *)opaque_from, *to = (state *)opaque_to;
    if (UNLIKELY(from->phase != INSTALLED || to->phase != PARKED || from->owner != t ||
                 to->owner != t || from->owner_id != t->id || to->owner_id != t->id))
        return object_to(t, from, to);
#if SINCE(12)
    if (UNLIKELY(INSTRUMENTATION(t) != unscathed_instrumented) && KEEPS(FAULT_INSTRUMENTATION))
        unscathed_reinstrument(t);
    if (UNLIKELY(from->moves) && left == PARKED && unscathed_make_room_for_links(t, from) < 0)
        return -1;
#endif
    put_away(t, from);
    from->phase = left;
#if SINCE(12)
    if (UNLIKELY(from->moves) && left == PARKED)
        unscathed_unlink(t, from);
    if (UNLIKELY(to->moves))
        unscathed_relink(to);
#endif
    set_bounds(t, from, to);
    bring_back(t, to);
    to->phase = INSTALLED;
    return 0;
}

int
unscathed_state_swap(unscathed_state *from, unscathed_state *to)
{
    return swap(from, to, PARKED);
}

int
unscathed_state_finish(unscathed_state *from, unscathed_state *to)
{
    return swap(from, to, ENDED);
}

int
unscathed_state_arrived(void)
{
#if SINCE(10) && !SINCE(12)
    /* That cache lies on the stack, which may not have been there before the switch. */
    PyThreadState *t = PyThreadState_Get();
    if (KEEPS(FAULT_USE_TRACING))
#if SINCE(11)
        t->cframe->use_tracing = is_traced(t) ? 255 : 0;
#else
        t->cframe->use_tracing = is_traced(t);
#endif
#endif
    return 0;
}

/* No longer one of those that are bound. What it owns is leaked, as for a stack that nobody
 * will run on again. */
void
unscathed_state_forget(unscathed_state *opaque)
{
    state *s = (state *)opaque;
    if (s->phase == UNBOUND)
        return;
    if (s->previous != NULL)
        s->previous->next = s->next;
    else
        unscathed_states = s->next;
    if (s->next != NULL)
        s->next->previous = s->previous;
    s->next = s->previous = NULL;
    s->phase = UNBOUND;
}

int
unscathed_state_release(unscathed_state *opaque)
{
    state *s = (state *)opaque;
    if (s->phase == UNBOUND)
        return 0;
    if (s->phase == INSTALLED && s->low != NULL)
        return refuse("the state to be released is running");
    enum phase phase = s->phase;
    unscathed_state_forget(opaque);
    PyMem_RawFree(s->links);
    s->links = NULL;
    if (phase == INSTALLED)
        return 0;
#if SINCE(11)
    give_chunks(s);
#endif
    Py_CLEAR(s->context);
    /* Empty, unless somebody's C code has left something there. */
    Py_CLEAR(s->root.exc_value);
#if !SINCE(11)
    Py_CLEAR(s->root.exc_type);
    Py_CLEAR(s->root.exc_traceback);
#endif
    Py_CLEAR(s->exception);
#if !SINCE(12)
    Py_CLEAR(s->exception_value);
    Py_CLEAR(s->exception_traceback);
#endif
    return 0;
}

int
unscathed_state_visit(unscathed_state *opaque, visitproc visit, void *arg)
{
    state *s = (state *)opaque;
    if (s->phase != PARKED && s->phase != ENDED)
        return 0;
    Py_VISIT(s->context);
    Py_VISIT(s->root.exc_value);
#if !SINCE(11)
    Py_VISIT(s->root.exc_type);
    Py_VISIT(s->root.exc_traceback);
#endif
    Py_VISIT(s->exception);
#if !SINCE(12)
    Py_VISIT(s->exception_value);
    Py_VISIT(s->exception_traceback);
#endif
    return 0;
}

PyObject *
unscathed_state_frame(unscathed_state *opaque)
{
    state *s = (state *)opaque;
    if (s->phase != PARKED || s->frame == NULL)
        Py_RETURN_NONE;
#if SINCE(11)
    /* Only the interpreter makes frame objects, and only of the thread's own frames. */
    PyThreadState *t = PyThreadState_Get();
    int collects = PyGC_Disable();
#if SINCE(13)
    struct _PyInterpreterFrame **place = &t->current_frame;
#else
    struct _PyInterpreterFrame **place = &t->cframe->current_frame;
#endif
    struct _PyInterpreterFrame *own = *place;
    *place = s->frame;
    PyObject *frame = (PyObject *)PyThreadState_GetFrame(t);
    *place = own;
    if (collects)
        PyGC_Enable();
    if (frame == NULL) {
        if (PyErr_Occurred())
            return NULL;
        Py_RETURN_NONE;
    }
    return frame;
#else
    Py_INCREF(s->frame);
    return (PyObject *)s->frame;
#endif
}
