/* What has to be known of interpreter frames: how they are linked, and since 3.12 which version
 * of the instrumentation their code has. The only file that includes headers of the core.
 */
#define Py_BUILD_CORE_MODULE 1
#include "state.h"

#if SINCE(12)
#include "internal/pycore_frame.h"
#if SINCE(14)
#include "internal/pycore_interpframe_structs.h"
#endif
#if SINCE(13)
#include "internal/pycore_runtime.h"
#else
#include "internal/pycore_interp.h"
#endif

typedef struct _PyInterpreterFrame frame;

uint64_t unscathed_instrumented;

/* `sys.monitoring.restart_events`, as it was at first. */
static PyObject *restart;

#if !SINCE(13)
/* 3.12 keeps the version in the interpreter's state, the layout of which is nobody's promise. */
size_t unscathed_version_offset = offsetof(PyInterpreterState, monitoring_version);
#endif

static frame *
end_of_chain(PyThreadState *t)
{
#if SINCE(15)
    return t->base_frame;
#else
    (void)t;
    return NULL;
#endif
}

const char *
unscathed_frames_start(void)
{
    PyThreadState *t = PyThreadState_Get();
    if (restart == NULL) {
        PyObject *monitoring = PySys_GetObject("monitoring");
        restart = monitoring ? PyObject_GetAttrString(monitoring, "restart_events") : NULL;
        if (restart == NULL)
            return "it has no sys.monitoring.restart_events";
    }
    uint64_t before = INSTRUMENTATION(t);
    PyObject *nothing = PyObject_CallNoArgs(restart);
    if (nothing == NULL)
        return "sys.monitoring.restart_events fails";
    Py_DECREF(nothing);
    unscathed_instrumented = INSTRUMENTATION(t);
    if (unscathed_instrumented == before)
        return "the version of its instrumentation is not where its headers say";
    return NULL;
}

/* ---- instrumentation ---- */

/* The outermost frame of a chain, which leads nowhere yet. */
static frame *
outermost(frame *innermost, frame *end)
{
    while (innermost->previous != NULL && innermost->previous != end)
        innermost = innermost->previous;
    return innermost;
}

/* When events are turned on or off, the interpreter instruments the code of all frames that its
 * threads lead to. Those of parked sides are led to by nobody. So they are linked behind those
 * of this thread, and the interpreter is asked to do it again; nothing else runs meanwhile. */
void
unscathed_reinstrument(PyThreadState *t)
{
#if SINCE(13)
    frame **top = &t->current_frame;
#else
    frame **top = &t->cframe->current_frame;
#endif
    frame *own_top = *top, *own_end = NULL, *own_bottom = NULL;
    if (own_top != NULL && own_top != end_of_chain(t)) {
        own_bottom = outermost(own_top, end_of_chain(t));
        own_end = own_bottom->previous;
    }
    /* The chain grows at its front. */
    frame *chain = NULL;
    for (state *s = unscathed_states; s != NULL; s = s->next) {
        s->bottom = NULL;
        if (s->phase != PARKED || s->owner->interp != t->interp)
            continue;
        if (s->frame == NULL || s->frame == end_of_chain(s->owner))
            continue;
        frame *bottom = outermost(s->frame, end_of_chain(s->owner));
        s->bottom = bottom;
        s->end = bottom->previous;
        bottom->previous = chain;
        chain = s->frame;
    }
    if (chain != NULL) {
        if (own_bottom != NULL)
            own_bottom->previous = chain;
        else
            *top = chain;
    }

#if SINCE(12)
    PyObject *raised = PyErr_GetRaisedException();
#endif
    PyObject *nothing = PyObject_CallNoArgs(restart);

    for (state *s = unscathed_states; s != NULL; s = s->next) {
        if (s->bottom != NULL)
            ((frame *)s->bottom)->previous = s->end;
        s->bottom = NULL;
    }
    if (own_bottom != NULL)
        own_bottom->previous = own_end;
    *top = own_top;

    if (nothing == NULL)
        PyErr_WriteUnraisable(restart);
    Py_XDECREF(nothing);
    PyErr_SetRaisedException(raised);
    unscathed_instrumented = INSTRUMENTATION(t);
}

/* ---- stacks that move ---- */

struct link {
    frame *from, *to;
};

static int
on_stack(const state *s, const void *place)
{
    return (const char *)place >= s->low && (const char *)place < s->low + s->bytes;
}

static frame *
innermost(PyThreadState *t)
{
#if SINCE(13)
    return t->current_frame;
#else
    return t->cframe->current_frame;
#endif
}

int
unscathed_make_room_for_links(PyThreadState *t, state *s)
{
    size_t needed = 0;
    for (frame *f = innermost(t); f != NULL; f = f->previous)
        needed += on_stack(s, f->previous);
    if (needed <= s->links_room)
        return 0;
    struct link *larger = PyMem_RawRealloc(s->links, needed * 2 * sizeof *larger);
    if (larger == NULL) {
        PyErr_NoMemory();
        return -1;
    }
    s->links = larger;
    s->links_room = needed * 2;
    return 0;
}

void
unscathed_unlink(PyThreadState *t, state *s)
{
    (void)t;
    s->links_used = 0;
    for (frame *f = s->frame; f != NULL; f = f->previous) {
        frame *to = f->previous;
        if (!on_stack(s, to))
            continue;
        s->links[s->links_used++] = (struct link){f, to};
        while (to != NULL && on_stack(s, to))
            to = to->previous;
        f->previous = to;
    }
}

void
unscathed_relink(state *s)
{
    for (size_t i = 0; i < s->links_used; i++)
        s->links[i].from->previous = s->links[i].to;
    s->links_used = 0;
}

#else

const char *
unscathed_frames_start(void)
{
    return NULL;
}

#endif

/* ---- sanity checks ---- */

#if SINCE(13)
/* What the interpreter says of itself to debuggers. */
static const char *
debug_offsets(void)
{
    const _Py_DebugOffsets *said = &_PyRuntime.debug_offsets;
    if (memcmp(said->cookie, "xdebugpy", 8) != 0)
        return "the table of debug offsets";
    if (said->free_threaded)
        return "the absence of a GIL";
    if (said->thread_state.current_frame != offsetof(PyThreadState, current_frame))
        return "the offset of current_frame";
    if (said->thread_state.datastack_chunk != offsetof(PyThreadState, datastack_chunk))
        return "the offset of datastack_chunk";
    if (said->interpreter_frame.previous != offsetof(frame, previous))
        return "the offset of a frame's previous one";
    return NULL;
}
#endif

const char *
unscathed_canary(void)
{
    PyThreadState *t = PyThreadState_Get();
#if SINCE(13)
    const char *wrong = debug_offsets();
    if (wrong != NULL)
        return wrong;
#endif
    if (t->interp != PyInterpreterState_Get())
        return "the place of interp";
    if (t->thread_id != PyThread_get_thread_ident())
        return "the place of thread_id";
    if (t->id != PyThreadState_GetID(t))
        return "the place of id";
    /* It is made by the first who asks. */
    PyObject *dict = PyThreadState_GetDict();
    if (t->dict != dict)
        return "the place of dict";

    PyObject *context = PyContext_CopyCurrent();
    if (context == NULL || PyContext_Enter(context) < 0) {
        PyErr_Clear();
        return "a context of variables";
    }
    int found = t->context == context;
    uint64_t version = t->context_ver;
    if (PyContext_Exit(context) < 0) {
        PyErr_Clear();
        return "a context of variables";
    }
    found = found && t->context != context && t->context_ver != version;
    Py_DECREF(context);
    if (!found)
        return "the place of context and context_ver";

#if !SINCE(14)
#if SINCE(12)
    int *counter = &t->c_recursion_remaining;
#elif SINCE(11)
    int *counter = &t->recursion_remaining;
#else
    int *counter = &t->recursion_depth;
#endif
    int before = *counter;
    if (Py_EnterRecursiveCall(" in a sanity check"))
        return "a call that counts";
    int during = *counter;
    Py_LeaveRecursiveCall();
    if (during == before || *counter != before)
        return "the place of the depth of calls";
#endif
    return NULL;
}
