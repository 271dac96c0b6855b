/* An event loop wholly in C over the core: ready tasks in a ring, sleeping ones in a heap.
 *
 *     import loop
 *     loop.spawn(function, *arguments)     a task: a coroutine that runs it
 *     loop.run()                           until all tasks have ended
 *     loop.pause()                         in a task: others first
 *     loop.sleep(seconds)                  in a task
 *
 * A task is any Python code, and so is what it calls: `pause` can be called from anywhere, such
 * as the key function of a sort. Between two tasks, no Python code runs. `loop_twin.py` is the
 * same in Python.
 */
#define PY_SSIZE_T_CLEAN
#include "unscathed_core.h"

#include <string.h>
#include <time.h>

static const unscathed_core_api *core;

/* ---- ready tasks: a ring ---- */

static PyObject **ring;
static size_t ring_first, ring_used, ring_room;

/* Takes over the reference, unless there is no memory. */
static int
make_ready(PyObject *task)
{
    if (ring_used == ring_room) {
        size_t room = ring_room ? ring_room * 2 : 64;
        PyObject **larger = PyMem_Malloc(room * sizeof *larger);
        if (larger == NULL) {
            PyErr_NoMemory();
            return -1;
        }
        for (size_t i = 0; i < ring_used; i++)
            larger[i] = ring[(ring_first + i) % ring_room];
        PyMem_Free(ring);
        ring = larger;
        ring_first = 0;
        ring_room = room;
    }
    ring[(ring_first + ring_used++) % ring_room] = task;
    return 0;
}

static PyObject *
next_ready(void)
{
    PyObject *task = ring[ring_first];
    ring_first = (ring_first + 1) % ring_room;
    ring_used--;
    return task;
}

/* ---- sleeping tasks: a heap by the time at which they wake ---- */

typedef struct {
    double at;
    unsigned long long number; /* those of one time wake in the order in which they fell asleep */
    PyObject *task;
} sleeper;

static sleeper *heap;
static size_t heap_used, heap_room;
static unsigned long long sleepers;

static int
sooner(const sleeper *a, const sleeper *b)
{
    return a->at < b->at || (a->at == b->at && a->number < b->number);
}

static int
fall_asleep(PyObject *task, double at)
{
    if (heap_used == heap_room) {
        size_t room = heap_room ? heap_room * 2 : 64;
        sleeper *larger = PyMem_Realloc(heap, room * sizeof *larger);
        if (larger == NULL) {
            PyErr_NoMemory();
            return -1;
        }
        heap = larger;
        heap_room = room;
    }
    sleeper new = {at, sleepers++, task};
    size_t place = heap_used++;
    while (place > 0 && sooner(&new, &heap[(place - 1) / 2])) {
        heap[place] = heap[(place - 1) / 2];
        place = (place - 1) / 2;
    }
    heap[place] = new;
    return 0;
}

static PyObject *
wake(void)
{
    PyObject *task = heap[0].task;
    sleeper last = heap[--heap_used];
    size_t place = 0;
    for (;;) {
        size_t child = 2 * place + 1;
        if (child >= heap_used)
            break;
        if (child + 1 < heap_used && sooner(&heap[child + 1], &heap[child]))
            child++;
        if (!sooner(&heap[child], &last))
            break;
        heap[place] = heap[child];
        place = child;
    }
    heap[place] = last;
    return task;
}

static double
now(void)
{
    struct timespec time;
    clock_gettime(CLOCK_MONOTONIC, &time);
    return time.tv_sec + time.tv_nsec * 1e-9;
}

/* ---- tasks ---- */

/* What the body of a task is given: the function, and its arguments. */
static PyObject *
run_task(PyObject *self, PyObject *first, void *data)
{
    PyObject *function = PyTuple_GET_ITEM(first, 0);
    PyObject *arguments = PyTuple_GetSlice(first, 1, PyTuple_GET_SIZE(first));
    if (arguments == NULL)
        return NULL;
    PyObject *result = PyObject_CallObject(function, arguments);
    Py_DECREF(arguments);
    return result;
}

static PyObject *
loop_spawn(PyObject *module, PyObject *what)
{
    if (PyTuple_GET_SIZE(what) == 0) {
        PyErr_SetString(PyExc_TypeError, "spawn needs a function");
        return NULL;
    }
    PyObject *task = core->coroutine_new(run_task, NULL, NULL, 0);
    if (task == NULL)
        return NULL;
    /* The first value of a task is what it runs. */
    PyObject *entry = PyTuple_Pack(2, task, what);
    Py_DECREF(task);
    if (entry == NULL)
        return NULL;
    if (make_ready(entry) < 0) {
        Py_DECREF(entry);
        return NULL;
    }
    Py_RETURN_NONE;
}

/* Runs a task until it leaves. What it leaves with says what it wants: None, to go on later, or
 * the time at which it is to be woken. Takes over the reference. */
static int
step(PyObject *task)
{
    PyObject *wish;
    if (PyTuple_CheckExact(task)) {
        PyObject *co = PyTuple_GET_ITEM(task, 0);
        Py_INCREF(co);
        wish = core->resume(co, PyTuple_GET_ITEM(task, 1));
        Py_DECREF(task);
        task = co;
    }
    else
        wish = core->resume(task, Py_None);
    if (wish == NULL) {
        Py_DECREF(task);
        return -1;
    }
    int status = 0, done = core->done(task);
    if (done) {
        Py_DECREF(task);
        status = done < 0 ? -1 : 0;
    }
    else if (PyFloat_CheckExact(wish))
        status = fall_asleep(task, PyFloat_AS_DOUBLE(wish));
    else
        status = make_ready(task);
    Py_DECREF(wish);
    return status;
}

static PyObject *
loop_run(PyObject *module, PyObject *nothing)
{
    while (ring_used > 0 || heap_used > 0) {
        while (heap_used > 0 && (ring_used == 0 || heap[0].at <= now())) {
            double left = heap[0].at - now();
            if (left > 0) {
                struct timespec pause = {(time_t)left, (long)((left - (time_t)left) * 1e9)};
                Py_BEGIN_ALLOW_THREADS
                nanosleep(&pause, NULL);
                Py_END_ALLOW_THREADS
                if (PyErr_CheckSignals() < 0)
                    return NULL;
                continue;
            }
            if (make_ready(wake()) < 0)
                return NULL;
        }
        for (size_t turn = ring_used; turn > 0; turn--)
            if (step(next_ready()) < 0)
                return NULL;
    }
    Py_RETURN_NONE;
}

static PyObject *
loop_pause(PyObject *module, PyObject *nothing)
{
    return core->suspend(Py_None);
}

static PyObject *
loop_sleep(PyObject *module, PyObject *seconds)
{
    double length = PyFloat_AsDouble(seconds);
    if (length == -1.0 && PyErr_Occurred())
        return NULL;
    PyObject *at = PyFloat_FromDouble(now() + length);
    if (at == NULL)
        return NULL;
    PyObject *answer = core->suspend(at);
    Py_DECREF(at);
    return answer;
}

static PyMethodDef methods[] = {
    {"spawn", loop_spawn, METH_VARARGS, "Begin a task: a function and its arguments."},
    {"run", loop_run, METH_NOARGS, "Run until all tasks have ended."},
    {"pause", loop_pause, METH_NOARGS, "Have the other tasks run first."},
    {"sleep", loop_sleep, METH_O, "Have the other tasks run for so many seconds."},
    {NULL, NULL, 0, NULL},
};

static PyModuleDef definition = {PyModuleDef_HEAD_INIT, "loop", NULL, -1, methods, NULL, NULL, NULL, NULL};

PyMODINIT_FUNC
PyInit_loop(void)
{
    core = unscathed_core_import();
    return core == NULL ? NULL : PyModule_Create(&definition);
}
