/* A switch of one's own over the pair of saving and restoring: no stack and no switch of the
 * core's is used here, only `state_*` of its table.
 *
 *     import pair
 *     side = pair.Side(function)      # function(first) runs on a stack of its own
 *     side.resume(first)              # what it leaves with, or returns
 *     pair.leave(value)               # in it: what resume passes next
 *     pair.rounds(n)                  # nanoseconds of a round trip between two bodies in C
 *
 * The stacks are switched by the C library's `swapcontext`.
 */
#define PY_SSIZE_T_CLEAN
#include "unscathed_core.h"

#include <sys/mman.h>
#include <time.h>
#include <ucontext.h>

#define STACK (8u << 20)

static const unscathed_core_api *core;

typedef struct {
    PyObject_HEAD
    PyObject *function;
    void *stack;
    ucontext_t own, resumer;
    unscathed_state state;
    /* What is passed, as a new reference; null says that an exception is. */
    PyObject *word, *raised;
    int begun, ended;
} Side;

/* One thread uses this example, so there is one of each. */
static unscathed_state thread;
static int has_thread;
static Side *running;

static void
take_exception(Side *side)
{
    PyObject *type, *traceback;
    PyErr_Fetch(&type, &side->raised, &traceback);
    PyErr_NormalizeException(&type, &side->raised, &traceback);
    if (traceback != NULL)
        PyException_SetTraceback(side->raised, traceback);
    Py_XDECREF(type);
    Py_XDECREF(traceback);
}

/* What runs on the other stack. */
static void
body(unsigned high, unsigned low)
{
    Side *side = (Side *)((uintptr_t)high << 32 | low);
    core->state_arrived();
    PyObject *first = side->word;
    side->word = PyObject_CallFunctionObjArgs(side->function, first, NULL);
    Py_DECREF(first);
    if (side->word == NULL)
        take_exception(side);
    side->ended = 1;
    /* From here to the switch, nothing of Python's is called. */
    core->state_finish(&side->state, &thread);
    setcontext(&side->resumer);
}

static PyObject *
side_resume(Side *side, PyObject *value)
{
    if (side->ended || running != NULL) {
        PyErr_SetString(PyExc_RuntimeError, "this side cannot be resumed");
        return NULL;
    }
    if (!side->begun) {
        if (core->state_new(&side->state, side->stack, STACK, NULL, 0) < 0)
            return NULL;
        getcontext(&side->own);
        side->own.uc_stack.ss_sp = side->stack;
        side->own.uc_stack.ss_size = STACK;
        makecontext(&side->own, (void (*)(void))body, 2, (unsigned)((uintptr_t)side >> 32),
                    (unsigned)(uintptr_t)side);
        side->begun = 1;
    }
    if (core->state_swap(&thread, &side->state) < 0)
        return NULL;
    Py_INCREF(value);
    Py_INCREF(side);
    side->word = value;
    running = side;
    swapcontext(&side->resumer, &side->own);
    core->state_arrived();
    running = NULL;
    PyObject *word = side->word, *raised = side->raised;
    side->word = side->raised = NULL;
    if (side->ended) {
        core->state_release(&side->state);
        munmap(side->stack, STACK);
        side->stack = NULL;
    }
    Py_DECREF(side);
    if (word == NULL) {
        Py_INCREF(Py_TYPE(raised));
        PyErr_Restore((PyObject *)Py_TYPE(raised), raised, PyException_GetTraceback(raised));
    }
    return word;
}

/* Leaves whichever side runs. Takes over the reference. */
static PyObject *
leave(PyObject *value)
{
    Side *side = running;
    if (side == NULL) {
        Py_DECREF(value);
        PyErr_SetString(PyExc_RuntimeError, "no side is running");
        return NULL;
    }
    if (core->state_swap(&side->state, &thread) < 0) {
        Py_DECREF(value);
        return NULL;
    }
    side->word = value;
    swapcontext(&side->own, &side->resumer);
    core->state_arrived();
    value = side->word;
    side->word = NULL;
    return value;
}

static PyObject *
side_new(PyTypeObject *type, PyObject *arguments, PyObject *keywords)
{
    PyObject *function;
    if (!PyArg_ParseTuple(arguments, "O:Side", &function))
        return NULL;
    if (!has_thread) {
        if (core->state_thread(&thread, NULL, 0) < 0)
            return NULL;
        has_thread = 1;
    }
    Side *side = (Side *)type->tp_alloc(type, 0);
    if (side == NULL)
        return NULL;
    side->stack = mmap(NULL, STACK, PROT_READ | PROT_WRITE,
                       MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE | MAP_STACK, -1, 0);
    if (side->stack == MAP_FAILED) {
        side->stack = NULL;
        Py_DECREF(side);
        return PyErr_NoMemory();
    }
    Py_INCREF(function);
    side->function = function;
    return (PyObject *)side;
}

static void
side_dealloc(Side *side)
{
    /* One that is suspended is leaked with its stack: an example has no manners. */
    if (!side->begun && side->stack != NULL)
        munmap(side->stack, STACK);
    Py_XDECREF(side->function);
    PyTypeObject *type = Py_TYPE(side);
    type->tp_free(side);
}

static PyMethodDef side_methods[] = {
    {"resume", (PyCFunction)side_resume, METH_O, "Run it until it leaves or ends."},
    {NULL, NULL, 0, NULL},
};

static PyTypeObject Side_Type = {
    PyVarObject_HEAD_INIT(NULL, 0)
    .tp_name = "pair.Side",
    .tp_basicsize = sizeof(Side),
    .tp_dealloc = (destructor)side_dealloc,
    .tp_flags = Py_TPFLAGS_DEFAULT,
    .tp_methods = side_methods,
    .tp_new = side_new,
};

static PyObject *
pair_leave(PyObject *module, PyObject *value)
{
    Py_INCREF(value);
    return leave(value);
}

/* ---- two bodies in C, with no Python code in between ---- */

static PyObject *
echo(PyObject *self, PyObject *first, void *rounds)
{
    Py_INCREF(first);
    PyObject *value = first;
    for (long left = *(long *)rounds; left > 0 && value != NULL; left--) {
        PyObject *next = core->suspend(value);
        Py_DECREF(value);
        value = next;
    }
    return value;
}

static PyObject *
pair_rounds(PyObject *module, PyObject *argument)
{
    long rounds = PyLong_AsLong(argument);
    if (rounds == -1 && PyErr_Occurred())
        return NULL;
    PyObject *co = core->coroutine_new(echo, &rounds, NULL, 0);
    if (co == NULL)
        return NULL;
    struct timespec before, after;
    clock_gettime(CLOCK_THREAD_CPUTIME_ID, &before);
    for (long i = 0; i <= rounds; i++) {
        PyObject *value = core->resume(co, argument);
        if (value == NULL) {
            Py_DECREF(co);
            return NULL;
        }
        Py_DECREF(value);
    }
    clock_gettime(CLOCK_THREAD_CPUTIME_ID, &after);
    int done = core->done(co);
    Py_DECREF(co);
    if (done != 1) {
        PyErr_SetString(PyExc_AssertionError, "the coroutine has not ended");
        return NULL;
    }
    double elapsed = (after.tv_sec - before.tv_sec) * 1e9 + (after.tv_nsec - before.tv_nsec);
    return PyFloat_FromDouble(elapsed / (rounds + 1));
}

static PyMethodDef methods[] = {
    {"leave", pair_leave, METH_O, "Leave the side that runs."},
    {"rounds", pair_rounds, METH_O, "Nanoseconds of a round trip between two bodies in C."},
    {NULL, NULL, 0, NULL},
};

static PyModuleDef definition = {PyModuleDef_HEAD_INIT, "pair", NULL, -1, methods, NULL, NULL, NULL, NULL};

PyMODINIT_FUNC
PyInit_pair(void)
{
    core = unscathed_core_import();
    if (core == NULL || PyType_Ready(&Side_Type) < 0)
        return NULL;
    PyObject *module = PyModule_Create(&definition);
    if (module == NULL)
        return NULL;
    Py_INCREF(&Side_Type);
    if (PyModule_AddObject(module, "Side", (PyObject *)&Side_Type) < 0) {
        Py_DECREF(module);
        return NULL;
    }
    return module;
}
