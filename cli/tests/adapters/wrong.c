/* Adapters that mean well and get one thing wrong: -DRESUME=narrow_resume, and so on. */
#include "swap.h"

static void *narrow_resume(unscathed_co *co, void *value) {
    return resume(co, (void *)(uintptr_t)(uint32_t)(uintptr_t)value);
}

static void *narrow_suspend(unscathed_co *self, void *value) {
    return suspend(self, (void *)(uintptr_t)(uint32_t)(uintptr_t)value);
}

/* Done as soon as it has run once. */
static int done_early(const unscathed_co *co) { return co->outside.uc_mcontext.gregs[REG_RSP] != 0; }

static int done_never(const unscathed_co *co) { return co->done & 0; }

/* Every fifth resume says that the coroutine ran, and it did not. */
static void *lazy_resume(unscathed_co *co, void *value) {
    static int calls;
    return ++calls % 5 ? resume(co, value) : value;
}

static unscathed_co *create_nothing(size_t bytes, unscathed_body body) {
    (void)bytes, (void)body;
    return NULL;
}

static int enter_refuses(void) { return 7; }

#include "table.h"
