/* Switching coroutines in CPython from C: what an extension module includes.
 *
 * Two layers. `PyState` moves everything of a thread state that belongs to a coroutine out of
 * the interpreter and back, and knows nothing of stacks: whoever has a switch of their own
 * uses that. `Coroutine` is the whole: stacks, switch and objects.
 *
 * A module imports the table once, and calls through it:
 *
 *     const unscathed_core_api *core = unscathed_core_import();
 *     if (core == NULL) return NULL;
 *     PyObject *co = core->coroutine_new(body, data, NULL, 0);
 *     PyObject *answer = core->resume(co, Py_None);
 *
 * Every function needs the GIL, and one that fails says so with an exception set.
 * Nothing here is for builds of CPython without a GIL, nor for subinterpreters.
 */
#ifndef UNSCATHED_CORE_H
#define UNSCATHED_CORE_H

#include <Python.h>
#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

#define UNSCATHED_CORE_CAPSULE "unscathed_core._C_API"
#define UNSCATHED_CORE_API 1u

/* The side of a switch that does not run. Its memory is the caller's, and stays in place from
 * `state_thread` or `state_new` until `state_release`. It cannot be copied: it owns what was
 * moved out, and what is in it refers to it. */
typedef struct unscathed_state {
    void *opaque[48];
} unscathed_state;

/* What a coroutine made in C runs. Both arguments are borrowed; `data` is what it was made with.
 * Returns a new reference, or null with an exception set, which comes out of the resume. */
typedef PyObject *(*unscathed_body)(PyObject *self, PyObject *first, void *data);

typedef struct unscathed_core_api {
    uint32_t api;       /* UNSCATHED_CORE_API */
    uint32_t size;      /* sizeof(unscathed_core_api) */
    uint32_t python;    /* PY_VERSION_HEX that the module was built for */
    uint32_t unused;

    /* ---- the pair ----
     *
     * A state is bound to the thread state that is current when it is made, and is used with
     * that one only. The order of a switch is fixed:
     *
     *     state_swap(from, to);       moves the current side to `from`, installs `to`
     *     your_switch(...);           at once: no other call of Python's in between
     *     state_arrived();            on the other stack, before anything else
     *
     * 0 is success. A refusal is -1 with a RuntimeError, and has done nothing. */

    /* The side that is running now, on the thread's own stack or on one that is nobody's:
     * the first `from` of a thread. `low` and `bytes` say which stack it runs on, and are 0
     * for the one that the thread was started with. */
    int (*state_thread)(unscathed_state *, void *low, size_t bytes);
    /* A side that has not begun, and will on the stack from `low` to `low + bytes`. It has the
     * given context of variables, which may be null for an empty one. `moves` says that what
     * is on that stack lies elsewhere while the side does not run. */
    int (*state_new)(unscathed_state *, void *low, size_t bytes, PyObject *context, int moves);
    /* `from` is running, `to` is not, and no exception is set. */
    int (*state_swap)(unscathed_state *from, unscathed_state *to);
    /* The same, where `from` has ended: no frame of Python's is left on it. */
    int (*state_finish)(unscathed_state *from, unscathed_state *to);
    /* Called by whoever arrives. */
    int (*state_arrived)(void);
    /* Lets go of what an ended state, or one that never began, still owns. Runs finalizers. */
    int (*state_release)(unscathed_state *);
    /* What a garbage collector may know of a state that is not running. */
    int (*state_visit)(unscathed_state *, visitproc, void *);
    /* The innermost frame of a state that is not running: a new reference, or None. */
    PyObject *(*state_frame)(unscathed_state *);

    /* ---- coroutines ---- */

    PyTypeObject *coroutine_type;
    PyObject *coroutine_exit;   /* the exception that ends a coroutine nobody wants any more */
    /* A coroutine with a body in C, or, if that is null, with `callable` as `Coroutine()` makes
     * it. `stack_size` 0 is the default. */
    PyObject *(*coroutine_new)(unscathed_body, void *data, PyObject *callable, size_t stack_size);
    /* These return a new reference to what the other side passed. `value` is borrowed. */
    PyObject *(*resume)(PyObject *co, PyObject *value);
    PyObject *(*suspend)(PyObject *value);
    PyObject *(*transfer)(PyObject *to, PyObject *value);
    PyObject *(*throw_into)(PyObject *co, PyObject *exception);
    /* 0, or -1 with what a finally block raised. */
    int (*close)(PyObject *co);
    /* Whether the body has returned or raised: 0 or 1. */
    int (*done)(PyObject *co);
    /* The one that runs, borrowed, or null. It sets no exception. */
    PyObject *(*current)(void);
} unscathed_core_api;

/* The table, or null with an ImportError. */
static inline const unscathed_core_api *
unscathed_core_import(void)
{
    const unscathed_core_api *core =
        (const unscathed_core_api *)PyCapsule_Import(UNSCATHED_CORE_CAPSULE, 0);
    if (core == NULL)
        return NULL;
    if (core->api != UNSCATHED_CORE_API || core->size < sizeof *core) {
        PyErr_Format(PyExc_ImportError,
                     "unscathed_core offers version %u of its interface for C (%u bytes); this "
                     "module was compiled for version %u (%u bytes)",
                     (unsigned)core->api, (unsigned)core->size, (unsigned)UNSCATHED_CORE_API,
                     (unsigned)sizeof *core);
        return NULL;
    }
    return core;
}

#ifdef __cplusplus
}
#endif

#endif
