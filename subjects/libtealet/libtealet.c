/* Adapter: libtealet as a subject. It slices the thread's own stack, so sizes of stacks mean nothing to it. */
#include "unscathed.h"
#include <stdlib.h>
#include <tealet.h>
struct unscathed_co { tealet_t *own, *back; unscathed_body body; int begun, done; };  /* lies in its tealet */
static _Thread_local tealet_t *thread;  /* coroutines belong to the thread that made them */

static int enter(void) {
    tealet_alloc_t alloc = TEALET_ALLOC_INIT_MALLOC;
    thread = tealet_initialize(&alloc, sizeof(unscathed_co));
    return thread ? 0 : TEALET_ERR_MEM;
}
static void leave(void) { tealet_finalize(thread); }
static tealet_t *run(tealet_t *own, void *first) {
    unscathed_co *co = own->extra;
    void *value = co->body(co, first);
    co->done = 1;
    tealet_exit(co->back, value, TEALET_XFER_DEFAULT);  /* does not return, and leaves the tealet to destroy */
    abort();
}
static void *go_to(unscathed_co *co, tealet_t *back, void *value) {
    co->back = back;
    int status = co->begun++ ? tealet_switch(co->own, &value, TEALET_XFER_DEFAULT)
                             : tealet_run(co->own, run, &value, NULL, TEALET_START_SWITCH);
    return status ? NULL : value;
}
static void *resume(unscathed_co *co, void *value) { return go_to(co, tealet_current(thread), value); }
static void *suspend(unscathed_co *co, void *value) { return tealet_switch(co->back, &value, 0) ? NULL : value; }
static void *transfer(unscathed_co *co, unscathed_co *to, void *value) { return go_to(to, co->back, value); }
static unscathed_co *create(size_t bytes, unscathed_body body) {
    tealet_t *own = tealet_new(((void)bytes, thread));
    return own ? *(unscathed_co *)own->extra = (unscathed_co){own, NULL, body, 0, 0}, own->extra : NULL;
}
static int done(const unscathed_co *co) { return co->done; }
static void destroy(unscathed_co *co) { tealet_delete(co->own); }
const unscathed_subject *unscathed_subject_v1(void) {
    static const unscathed_subject subject = {UNSCATHED_ABI, sizeof subject, "libtealet", TEALET_VERSION,
        UNSCATHED_CAP_DESTROY | UNSCATHED_CAP_NEST, create, resume, suspend, done, destroy, enter, leave, transfer};
    return &subject;
}
