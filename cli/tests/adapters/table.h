/* The table. Every entry is a macro, so that a test can replace one: -DRESUME=NULL. */
#ifndef ABI
#define ABI UNSCATHED_ABI
#endif
#ifndef SIZE
#define SIZE sizeof(unscathed_subject)
#endif
#ifndef NAME
#define NAME "adapter"
#endif
#ifndef VERSION
#define VERSION "1"
#endif
#ifndef CAPS
#define CAPS UNSCATHED_CAP_NEST
#endif
#ifndef CREATE
#define CREATE create
#endif
#ifndef RESUME
#define RESUME resume
#endif
#ifndef SUSPEND
#define SUSPEND suspend
#endif
#ifndef DONE
#define DONE done
#endif
#ifndef DESTROY
#define DESTROY destroy
#endif
#ifndef ENTER
#define ENTER NULL
#endif
#ifndef TABLE
#define TABLE &subject
#endif

const unscathed_subject *unscathed_subject_v1(void) {
    static const unscathed_subject subject = {
        ABI, SIZE, NAME, VERSION, CAPS, CREATE, RESUME, SUSPEND, DONE, DESTROY, ENTER, NULL, NULL};
    (void)subject;
    return TABLE;
}
