/* Adapters that do harm: -DMISDEED=spin -DPLACE=RESUMING -DWHEN=nested. */
#include "swap.h"
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <setjmp.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/file.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/ptrace.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

enum place { LOADING, UNLOADING, CREATING, RESUMING, SUSPENDING, DESTROYING };

/* What WHEN may ask. */
static int created, resumed, depth;
#define always 1
#define at_first (resumed <= 1)
#define nested (depth > 0)
#define at_the_tenth (created == 10)

#ifndef MARK /* a file that whoever should not live on keeps locked */
#define MARK "/dev/null"
#endif

static void spin(void) {
    for (;;) __asm__ volatile("pause");
}

static void linger(void) {
    for (;;) pause();
}

static void mark(void) { flock(open(MARK, O_RDWR), LOCK_SH); }

/* Ways to die. */
static void segfault(void) { *(volatile int *)8 = 0; }
static void abort_it(void) { abort(); }
static void exit_0(void) { exit(0); }
static void quick_exit_0(void) { _exit(0); }
static void kill_itself(void) { kill(getpid(), SIGKILL); }
static void kill_its_group(void) { kill(0, SIGKILL); }
static void breakpoint(void) {
    static int met;
    if (!met++) __asm__ volatile("int3"); /* whoever handles it goes on behind it */
}
static void lose_the_stack(void) { __asm__ volatile("xor %esp, %esp\npush %rax"); }

__attribute__((noinline)) static void smash(void) {
    volatile char here = 0;
    for (volatile char *byte = &here; byte < &here + (48 << 10); byte++) *byte = 0x5a;
}

/* Ways to hang. */
static void stop(void) { kill(getpid(), SIGSTOP); }

static void turn_deaf(void) {
    sigset_t all;
    sigfillset(&all);
    sigprocmask(SIG_BLOCK, &all, NULL);
    for (int number = 1; number < NSIG; number++) signal(number, SIG_IGN);
    spin();
}

static void mark_and_hang(void) {
    mark();
    turn_deaf();
}

/* Whoever ends a process group does not end us now. */
static void change_sides(void) {
    setpgid(0, getpgid(getppid()));
    linger();
}

/* Handlers of its own. */
static sigjmp_buf back;
static void spin_on(int number) { (void)number, spin(); }
static void exit_on(int number) { (void)number, _exit(0); }
static void jump_on(int number) { (void)number, siglongjmp(back, 1); }
static void loop_in_a_handler(void) { signal(SIGSEGV, spin_on), segfault(); }
static void exit_in_a_handler(void) { signal(SIGSEGV, exit_on), segfault(); }
static void jump_out_of_a_handler(void) {
    signal(SIGSEGV, jump_on);
    if (!sigsetjmp(back, 1)) segfault();
}

static void drop_the_signal_stack(void) {
    stack_t none = {.ss_flags = SS_DISABLE};
    sigaltstack(&none, NULL);
    lose_the_stack();
}

static void poison_the_signal_stack(void) {
    stack_t nowhere = {.ss_sp = (void *)(1l << 40), .ss_size = 1 << 20};
    sigaltstack(&nowhere, NULL);
    segfault();
}

/* Processes and threads. */
static void fork_both_go_on(void) { fork(); }
static void fork_child_hangs(void) { if (fork() == 0) linger(); }
static void fork_parent_hangs(void) { if (fork() != 0) linger(); }

static void fork_a_session(void) {
    if (fork() != 0) return;
    setsid();
    /* Another one behind it, which shows only when the first is gone. */
    if (fork() == 0) setsid();
    mark();
    linger();
}

/* Whoever is traced cannot be reaped, and perhaps not even die, while the tracer lives.
   Returns whether this machine lets us be traced. */
static int be_traced_with(long options) {
    int ready[2];
    char traced = 0;
    if (pipe(ready)) abort();
    prctl(PR_SET_PTRACER, PR_SET_PTRACER_ANY);
    if (fork() == 0) {
        setsid();
        traced = ptrace(PTRACE_SEIZE, getppid(), 0, options) == 0;
        if (write(ready[1], &traced, 1) < 0) abort();
        linger();
    }
    if (read(ready[0], &traced, 1) < 0) abort();
    return traced;
}
static void be_traced(void) { be_traced_with(0), quick_exit_0(); }
static void be_traced_to_the_end(void) {
    if (be_traced_with(PTRACE_O_TRACEEXIT)) quick_exit_0();
    linger();
}

static void *spin_thread(void *nothing) { return spin(), nothing; }
static void start_a_thread(void) {
    pthread_t thread;
    pthread_create(&thread, NULL, spin_thread, NULL);
}

/* The record. */
static void on_the_record(void act(char *begin, size_t bytes)) {
    char line[512];
    FILE *maps = fopen("/proc/self/maps", "r");
    while (fgets(line, sizeof line, maps)) {
        unsigned long begin, end;
        if (strstr(line, "memfd:unscathed-record") && sscanf(line, "%lx-%lx", &begin, &end) == 2)
            act((char *)begin, end - begin);
    }
    fclose(maps);
}
static void fill_with_ones(char *begin, size_t bytes) { memset(begin, 0xff, bytes); }
static void fill_with_zeros(char *begin, size_t bytes) { memset(begin, 0, bytes); }
static void lock_away(char *begin, size_t bytes) { mprotect(begin, bytes, PROT_NONE); }
static void unmap(char *begin, size_t bytes) { munmap(begin, bytes); }
static void hide(char *begin, size_t bytes) {
    mmap(begin, bytes, PROT_READ | PROT_WRITE, MAP_FIXED | MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
}
static void overwrite_the_record(void) { on_the_record(fill_with_ones); }
static void clear_the_record(void) { on_the_record(fill_with_zeros); }
static void protect_the_record(void) { on_the_record(lock_away); }
static void unmap_the_record(void) { on_the_record(unmap); }
static void replace_the_record(void) { on_the_record(hide); }

/* Things that it may do to itself. */
static void close_everything(void) {
    for (int number = 0; number < 4096; number++) close(number);
}

static void shout(void) {
    static char noise[1 << 16];
    memset(noise, '#', sizeof noise);
    for (int count = 0; count < 2 * 64; count++)
        if (write(1 + count % 2, noise, sizeof noise) < 0 && errno != EBADF) abort();
}

static void starve(void) {
    static const int limits[] = {RLIMIT_NOFILE, RLIMIT_FSIZE, RLIMIT_NPROC, RLIMIT_CORE, RLIMIT_MEMLOCK};
    for (size_t at = 0; at < sizeof limits / sizeof *limits; at++)
        setrlimit(limits[at], &(struct rlimit){0, 0});
    if (chdir("/proc")) abort();
}

static void eat_all_memory(void) {
    setrlimit(RLIMIT_AS, &(struct rlimit){256 << 20, 256 << 20});
    for (size_t bytes = 16 << 20; bytes >= 16; bytes /= 2)
        for (void *block; (block = malloc(bytes));) *(volatile char *)block = 1;
}

#ifndef MISDEED
#error name one: -DMISDEED=spin
#endif
static void here(enum place place) {
    if (place == PLACE && WHEN) MISDEED();
}

__attribute__((constructor)) static void load(void) { here(LOADING); }
__attribute__((destructor)) static void unload(void) { here(UNLOADING); }

static unscathed_co *hostile_create(size_t bytes, unscathed_body body) {
    created++;
    here(CREATING);
    return create(bytes, body);
}

static void *hostile_resume(unscathed_co *co, void *value) {
    resumed++;
    here(RESUMING);
    depth++;
    value = resume(co, value);
    depth--;
    return value;
}

static void *hostile_suspend(unscathed_co *self, void *value) {
    here(SUSPENDING);
    return suspend(self, value);
}

static void hostile_destroy(unscathed_co *co) {
    here(DESTROYING);
    destroy(co);
}

#define CREATE hostile_create
#define RESUME hostile_resume
#define SUSPEND hostile_suspend
#define DESTROY hostile_destroy
#include "table.h"
