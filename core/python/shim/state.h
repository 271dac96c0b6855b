/* What of a thread state belongs to a coroutine, as one structure.
 *
 * Each field is here because its matching decrement, pop or reset lies on a particular stack,
 * or because a coroutine has one of its own. What is derived of others is recomputed, what is
 * the thread's is left alone, and neither has a field here.
 */
#ifndef UNSCATHED_STATE_H
#define UNSCATHED_STATE_H

#include "unscathed_core.h"

/* Whether the headers are those of 3.`minor` or later. */
#define SINCE(minor) (PY_VERSION_HEX >= (0x03000000 | ((minor) << 16)))

#if !SINCE(9) || SINCE(16)
#error "unscathed_core is written for CPython 3.9 to 3.15: other versions have fields that nobody has looked at"
#endif
#ifdef Py_GIL_DISABLED
#error "unscathed_core does not support free-threaded builds of CPython: critical sections and deferred references on suspended stacks have not been proven"
#endif

/* What can be left out of a switch, to see who notices. */
enum fault {
    FAULT_EXC_INFO = 1 << 0,
    FAULT_FRAME = 1 << 1,
    FAULT_DATASTACK = 1 << 2,
    FAULT_DATASTACK_FREE = 1 << 3,
    FAULT_DEPTH = 1 << 4,
    FAULT_C_DEPTH = 1 << 5,
    FAULT_STACK_BOUNDS = 1 << 6,
    FAULT_HEADROOM = 1 << 7,
    FAULT_TRACING = 1 << 8,
    FAULT_USE_TRACING = 1 << 9,
    FAULT_CONTEXT = 1 << 10,
    FAULT_CONTEXT_VER = 1 << 11,
    FAULT_CURRENT_EXCEPTION = 1 << 12,
    FAULT_TRASH = 1 << 13,
    FAULT_EXECUTOR = 1 << 14,
    FAULT_INSTRUMENTATION = 1 << 15,
};

#ifdef UNSCATHED_FAULT_MASK
extern unsigned unscathed_faults;
#define KEEPS(fault) (!(unscathed_faults & (fault)))
#else
#define KEEPS(fault) 1
#endif

enum phase {
    UNBOUND = 0,
    PARKED,     /* it does not run, and everything of its side is here */
    INSTALLED,  /* it runs, and everything is in the thread state */
    ENDED,      /* what is left is to be released */
};

typedef struct state {
    /* The one thread state that it may be installed in. Addresses are used again, numbers not. */
    PyThreadState *owner;
    uint64_t owner_id;
    /* All that are bound, of all threads. */
    struct state *next, *previous;
    enum phase phase;
    int moves;

    /* The stack that the side runs on; null and 0 for the thread's own. */
    char *low;
    size_t bytes;

    /* Depth, and not what remains: the limit may change meanwhile. */
    int depth;
#if !SINCE(12)
    /* Until 3.11 one counter is for calls in Python and in C. A stack that has no room for as
     * many as the limit allows begins at this depth. */
    int offset;
#endif
#if SINCE(12) && !SINCE(14)
    int c_remaining;
#endif
#if SINCE(10)
    int headroom;
#else
    char overflowed, critical;
#endif

    int tracing;
#if SINCE(11)
    int what;
#endif

    _PyErr_StackItem *exc_info;
    /* The bottom of the side's own chain of handled exceptions. */
    _PyErr_StackItem root;

#if SINCE(13)
    struct _PyInterpreterFrame *frame;
#elif SINCE(11)
    /* A copy of what `cframe` points to: that one is on the stack, which may have moved. */
    struct _PyInterpreterFrame *frame;
    _PyCFrame *cframe, root_cframe;
#elif SINCE(10)
    PyFrameObject *frame;
    CFrame *cframe, root_cframe;
#else
    PyFrameObject *frame;
#endif

#if SINCE(11)
    _PyStackChunk *chunk;
    PyObject **top, **limit;
#endif

    PyObject *context;

#if SINCE(12)
    PyObject *exception;
#else
    PyObject *exception, *exception_value, *exception_traceback;
#endif

#if !SINCE(13)
    int trash_nesting;
#else
    void *executor;
#endif
#if SINCE(15)
    void *jit_exit;
#endif

    /* While frames are linked to others: the outermost one of this side, and what it led to. */
    void *bottom, *end;
    /* The links that lead to a stack which has moved. */
    struct link *links;
    size_t links_used, links_room;
} state;

_Static_assert(sizeof(state) <= sizeof(unscathed_state), "the opaque structure is too small");

/* ---- state.c ---- */

/* All that are bound. */
extern state *unscathed_states;

/* ---- frames.c: what is known of interpreter frames ---- */

/* What cannot be known before the interpreter runs; a reason, or null. */
const char *unscathed_frames_start(void);

#if SINCE(12)
/* The version of the instrumentation that all reachable code has. */
extern uint64_t unscathed_instrumented;

#if SINCE(13)
/* The low bits are requests to the evaluation loop. */
#define INSTRUMENTATION(tstate) ((uint64_t)((tstate)->eval_breaker >> 8))
#else
extern size_t unscathed_version_offset;
#define INSTRUMENTATION(tstate) (*(uint64_t *)((char *)(tstate)->interp + unscathed_version_offset))
#endif

/* Has the interpreter instrument what parked sides run, too. */
void unscathed_reinstrument(PyThreadState *);

/* Entries of the evaluation loop are linked into the chain of frames, and lie on the stack.
 * Before the stack moves away they are taken out of the chain, and put back afterwards. */
int unscathed_make_room_for_links(PyThreadState *, state *);
void unscathed_unlink(PyThreadState *, state *);
void unscathed_relink(state *);
#endif

/* The first of the sanity checks that fails, or null. */
const char *unscathed_canary(void);

#endif
