/* Coroutines over swapcontext, correct; the adapters in this folder do something to them. */
#define _GNU_SOURCE
#include "unscathed.h"
#include <stdlib.h>
#include <ucontext.h>

struct unscathed_co {
    ucontext_t inside, outside;
    unscathed_body body;
    void *value;
    int done;
    char *stack;
};

static unscathed_co *starting; /* makecontext passes int only */

static void begin(void) {
    unscathed_co *co = starting;
    co->value = co->body(co, co->value);
    co->done = 1; /* uc_link leads back to the resumer */
}

static unscathed_co *create(size_t bytes, unscathed_body body) {
    unscathed_co *co = calloc(1, sizeof *co);
    if (!co || !(co->stack = malloc(bytes)) || getcontext(&co->inside)) return NULL;
    co->body = body;
    co->inside.uc_stack.ss_sp = co->stack;
    co->inside.uc_stack.ss_size = bytes;
    co->inside.uc_link = &co->outside;
    makecontext(&co->inside, begin, 0);
    return co;
}

static void *resume(unscathed_co *co, void *value) {
    co->value = value;
    starting = co;
    swapcontext(&co->outside, &co->inside);
    return co->value;
}

static void *suspend(unscathed_co *self, void *value) {
    self->value = value;
    swapcontext(&self->inside, &self->outside);
    return self->value;
}

static int done(const unscathed_co *co) { return co->done; }

static void destroy(unscathed_co *co) {
    free(co->stack);
    free(co);
}
