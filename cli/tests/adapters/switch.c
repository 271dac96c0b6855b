/* A correct adapter with a switch of its own. A test may replace a fragment of it: -DPOP_R12=... */
#include "unscathed.h"
#include <stdlib.h>

#ifndef LOAD_MXCSR
#define LOAD_MXCSR "ldmxcsr (%rsp)\n"
#endif
#ifndef LOAD_X87
#define LOAD_X87 "fldcw 4(%rsp)\n"
#endif
#ifndef POP_R12
#define POP_R12 "pop %r12\n"
#endif
#ifndef LAST /* before the switch returns, with the value in rax */
#define LAST ""
#endif
#ifndef SLIP /* bytes by which the stack of a body is out of line */
#define SLIP 0
#endif

/* Parks the caller at *save and goes on where `load` was parked. */
__attribute__((visibility("hidden"))) void *swap_stacks(void **save, void *load, void *value);
__attribute__((visibility("hidden"))) void first_steps(void);

__asm__(
    ".text\n"
    ".hidden swap_stacks\n.type swap_stacks, @function\n.globl swap_stacks\n"
    "swap_stacks:\n"
    "push %rbp\npush %rbx\npush %r12\npush %r13\npush %r14\npush %r15\n"
    "sub $8, %rsp\nstmxcsr (%rsp)\nfnstcw 4(%rsp)\n"
    "mov %rsp, (%rdi)\n"
    "mov %rsi, %rsp\n"
    LOAD_MXCSR LOAD_X87
    "add $8, %rsp\n"
    "pop %r15\npop %r14\npop %r13\n" POP_R12 "pop %rbx\npop %rbp\n"
    "mov %rdx, %rax\n"
    LAST
    "ret\n"
    ".hidden first_steps\n.type first_steps, @function\n.globl first_steps\n"
    "first_steps:\n" /* rbx: the coroutine, rax: the first value */
    "mov %rbx, %rdi\nmov %rax, %rsi\n"
    "call run_body\n"
    "ud2\n"
    ".section .note.GNU-stack, \"\", @progbits\n"
    ".text\n");

struct unscathed_co {
    void *inside, *outside;
    unscathed_body body;
    int done;
};

__attribute__((visibility("hidden"), used)) void run_body(unscathed_co *co, void *value) {
    value = co->body(co, value);
    co->done = 1;
    swap_stacks(&co->inside, co->outside, value);
}

static unscathed_co *create(size_t bytes, unscathed_body body) {
    unscathed_co *co = malloc(sizeof *co + bytes);
    if (!co) return NULL;
    /* What swap_stacks parks, lowest first: control words, r15, r14, r13, r12, rbx, rbp, where to go on. */
    uintptr_t top = ((uintptr_t)(co + 1) + bytes) / 16 * 16 - 64 - SLIP;
    uintptr_t *parked = (uintptr_t *)top - 8;
    uint32_t mxcsr;
    uint16_t x87;
    __asm__ volatile("stmxcsr %0\nfnstcw %1" : "=m"(mxcsr), "=m"(x87));
    parked[0] = mxcsr | (uintptr_t)x87 << 32;
    parked[5] = (uintptr_t)co;
    parked[6] = 0;
    parked[7] = (uintptr_t)first_steps;
    *co = (unscathed_co){parked, NULL, body, 0};
    return co;
}

static void *resume(unscathed_co *co, void *value) { return swap_stacks(&co->outside, co->inside, value); }
static void *suspend(unscathed_co *self, void *value) { return swap_stacks(&self->inside, self->outside, value); }
static int done(const unscathed_co *co) { return co->done; }
static void destroy(unscathed_co *co) { free(co); }

#include "table.h"
