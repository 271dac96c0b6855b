/* The table of a native subject. C99 and C++; needs nothing but the C library. */
#ifndef UNSCATHED_H
#define UNSCATHED_H

#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

#define UNSCATHED_ABI 1u

typedef struct unscathed_co unscathed_co;              /* the subject's own handle */
typedef void *(*unscathed_body)(unscathed_co *self, void *first);

enum {                                                 /* what the subject can do */
    UNSCATHED_CAP_MIGRATE = 1u << 0,  /* a suspended coroutine may be resumed on another thread      */
    UNSCATHED_CAP_DESTROY = 1u << 1,  /* destroy() may be called on a suspended coroutine            */
    UNSCATHED_CAP_NEST    = 1u << 2,  /* a coroutine may resume another one                          */
    UNSCATHED_CAP_UNWIND  = 1u << 3,  /* a C++ exception thrown out of body comes out of resume()    */
    UNSCATHED_CAP_GUARD   = 1u << 4,  /* running off the stack faults on a guard page                */
    UNSCATHED_CAP_SIGMASK = 1u << 5,  /* the same as the policy signal.mask = "coroutine"            */
    UNSCATHED_CAP_PANIC   = 1u << 6   /* a Rust panic out of body comes out of resume()              */
};

typedef struct unscathed_subject {
    uint32_t    abi;                       /* UNSCATHED_ABI                                          */
    uint32_t    size;                      /* sizeof(unscathed_subject)                              */
    const char *name;                      /* "boost-context"                                        */
    const char *version;                   /* "1.74.0"                                               */
    uint64_t    caps;
    unscathed_co *(*create)(size_t stack_bytes, unscathed_body body);  /* NULL: out of resources     */
    void         *(*resume)(unscathed_co *co, void *value);  /* runs co; returns what it suspended
                                                                with, or what body returned          */
    void         *(*suspend)(unscathed_co *self, void *value);  /* on co; returns resume's value     */
    int           (*done)(const unscathed_co *co);           /* body has returned                    */
    void          (*destroy)(unscathed_co *co);
    int           (*thread_enter)(void);   /* may be NULL; once on each thread before any other call; 0: fine */
    void          (*thread_leave)(void);   /* may be NULL                                            */
    void         *(*transfer)(unscathed_co *self, unscathed_co *to, void *value);  /* may be NULL     */
} unscathed_subject;

const unscathed_subject *unscathed_subject_v1(void);

#ifdef __cplusplus
}
#endif

#endif
