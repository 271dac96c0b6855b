/* Adapter: Boost.Context as a subject, reached from C. Stacks come from malloc, as Boost's do by default. */
#include "unscathed.h"
#include <boost/version.hpp>
#include <stdio.h>
#include <stdlib.h>
typedef struct { void *fctx, *data; } transfer_t;
transfer_t jump_fcontext(void *to, void *data);
void *make_fcontext(void *top, size_t bytes, void (*entry)(transfer_t));
struct unscathed_co { void *peer; unscathed_body body; int done; };  /* its stack follows */

static void *jump(unscathed_co *co, void *value) {  /* resume and suspend alike: to the other side */
    transfer_t from = jump_fcontext(co->peer, value);
    co->peer = from.fctx;
    return from.data;
}
static void entry(transfer_t from) {
    unscathed_co *co = from.data;
    co->peer = from.fctx;
    void *value = co->body(co, jump(co, NULL));
    co->done = 1;
    jump(co, value);
}
static unscathed_co *create(size_t bytes, unscathed_body body) {
    unscathed_co *co = malloc(sizeof *co + bytes);
    if (!co) return NULL;
    *co = (unscathed_co){make_fcontext((char *)(co + 1) + bytes, bytes, entry), body, 0};
    jump(co, co);  /* as in Boost's own fiber: entry comes straight back, ready for the first value */
    return co;
}
static int done(const unscathed_co *co) { return co->done; }
static void destroy(unscathed_co *co) { free(co); }
const unscathed_subject *unscathed_subject_v1(void) {
    static char version[16];
    static const unscathed_subject subject = {UNSCATHED_ABI, sizeof subject, "boost-context", version,
        UNSCATHED_CAP_MIGRATE | UNSCATHED_CAP_DESTROY | UNSCATHED_CAP_NEST,
        create, jump, jump, done, destroy, NULL, NULL, NULL};
    snprintf(version, sizeof version, "%d.%d.%d",
             BOOST_VERSION / 100000, BOOST_VERSION / 100 % 1000, BOOST_VERSION % 100);
    return &subject;
}
