//! The explanations. Rows that fail alike share one.

use crate::element::About;

pub(super) const GENERAL: &About = &About {
    what: "A general register that a function must hand back as it got it.",
    rule: "Whoever calls resume or suspend finds in it, on return, what it held at the call.",
    why: "Compilers keep loop counters, pointers and frame pointers there across calls. A switch is a call to them.",
    shows: "A variable changes in a function that did nothing but resume; a crash far from the switch; only in optimised builds.",
    bug: "greenlet before 0.3.2 did not save rbp on amd64; lunatic-solutions/async-wormhole#3 (rbx)",
    cause: "a register left out of the save or restore list, or a save slot that two coroutines share",
    fix: "Push rbx, rbp and r12 to r15 before the stack pointer is exchanged, and pop them after it, on every path: resume, suspend, first entry and finish.",
    limits: "Another compiler, optimisation level or inlining decision may use a path that was not run here.",
};

pub(super) const RSP: &About = &About {
    what: "The stack pointer of whoever called resume or suspend.",
    rule: "After the call it is what it was before the call.",
    why: "All locals and the return address are found through it.",
    shows: "A crash at the next return, or locals that hold other locals' values.",
    bug: "Tencent/libco#90: the switch used rsp as a plain pointer, and a signal wrote there",
    cause: "a frame layout that save and restore do not agree on, or a return that pops too much",
    fix: "Let save and restore use one frame layout, written down once, and return with a plain ret.",
    limits: "The value at returns only: what the switch does with the stack in between is stack.contents.",
};

/// Control fields get lost together, so they share a cause and are one entry of
/// a report.
const CONTROL_CAUSE: &str =
    "no stmxcsr/ldmxcsr and fnstcw/fldcw in the switch; some leave them out for speed";
const CONTROL_FIX: &str = "Store MXCSR and the x87 control word with the other saved registers and load them with those. It costs about eight nanoseconds a round trip on current processors.";

const CONTROL_WORD: About = About {
    what: "",
    rule: "Control bits are callee-saved: a call that changes them for its caller must put them back.",
    why: "",
    shows: "",
    bug: "",
    cause: CONTROL_CAUSE,
    fix: CONTROL_FIX,
    limits: "Fields are planted together, with one value on even steps and another on odd ones; combinations of fields are not tried.",
};

pub(super) const ROUNDING: &About = &About {
    what: "The rounding mode: to nearest, down, up or toward zero.",
    why: "A coroutine that sets a rounding mode for interval arithmetic changes the arithmetic of all others.",
    shows: "Results that differ in the last digit, by who ran before.",
    bug: "JuliaLang/julia#51277 (tasks shared the rounding mode); Tencent/libco#84; greenlet before 0.3.2",
    ..CONTROL_WORD
};

pub(super) const TINY: &About = &About {
    what: "Whether tiny results become zero (flush-to-zero) and tiny operands are taken for zero (denormals).",
    why: "A library that was built for speed sets both; every coroutine that runs after it computes with other numbers.",
    shows: "Differences of small numbers that become zero; iterations that stop too early.",
    bug: "Not known from a coroutine library; zephyrproject-rtos/zephyr#38646 had it in threads",
    ..CONTROL_WORD
};

pub(super) const MASKS: &About = &About {
    what: "Which floating-point exceptions are masked, and so give a value in place of a signal.",
    why: "Who unmasks an exception wants a signal for its own division by zero, not for somebody else's.",
    shows: "SIGFPE in code that never unmasked anything, or silence where a signal was asked for.",
    bug: "Apich-Organization/bincode#91 (a new fiber began with MXCSR zero, all unmasked); cloudius-systems/osv#9",
    limits: "Precision and invalid-operation masks are never planted: a subject's own arithmetic could raise them.",
    ..CONTROL_WORD
};

pub(super) const PRECISION: &About = &About {
    what: "The precision to which the x87 unit rounds: single, double or extended.",
    why: "long double code is wrong in a coroutine that inherits somebody's double precision.",
    shows: "long double results that are right only to 53 or 24 bits.",
    bug: "greenlet before 0.3.2 did not keep the x87 control word; boostorg/context#98 (i386: it was overwritten)",
    ..CONTROL_WORD
};

pub(super) const X87_STACK: &About = &About {
    what: "The register stack of the x87 unit, which MMX instructions share.",
    rule: "It is empty at every call and return that passes no long double.",
    why: "Each value left behind takes one of eight places. When they run out, x87 arithmetic gives NaN.",
    shows: "long double results that are NaN after some number of switches.",
    bug: "cloudius-systems/osv#1020, found by thought: one thread would see the other's x87 stack",
    cause: "MMX or x87 instructions in the switch or at entry without emms or fninit",
    fix: "Do not touch x87 or MMX registers in a switch; where it cannot be avoided, end with emms.",
    limits: "Looked at when calls return and bodies begin, not inside the switch.",
};

pub(super) const DF: &About = &About {
    what: "The direction flag, which decides whether string instructions go up or down.",
    rule: "Clear when a function is entered and when it returns.",
    why: "Compilers and memcpy rely on it without looking.",
    shows: "memcpy and memset overwrite what lies below their target.",
    bug: "Not known from a coroutine library; cloudius-systems/osv#154 asks it for signal handlers",
    cause: "std without cld, or flags restored from a frame that nobody filled",
    fix: "Do not save and restore RFLAGS; where it is restored, fill the first frame with 0x202.",
    limits: "The flag is observed and never set: no caller may call with it set.",
};

pub(super) const AC: &About = &About {
    what: "The alignment-check flag, which makes unaligned accesses fault.",
    rule: "The ABI says nothing of it. This project asks that it is clear when a body begins and when calls return.",
    why: "With it set, ordinary library code dies of SIGBUS.",
    shows: "SIGBUS in memcpy or printf some time after a switch.",
    bug: "No coroutine bug is known to us",
    cause: "flags restored from a frame that nobody filled",
    fix: "Do not save and restore RFLAGS; where it is restored, fill the first frame with 0x202.",
    limits: "Observed, never planted: with it set the probe's own calls would fault.",
};

pub(super) const ALIGN: &About = &About {
    what: "The stack pointer at the entry of a body.",
    rule: "Just after the call, rsp + 8 is a multiple of 16.",
    why: "Compilers spill vector registers with instructions that fault on a stack that is off by eight.",
    shows: "SIGSEGV on movaps in a body, often only in optimised builds or in printf.",
    bug: "Tencent/phxsql#40 (libco entered bodies off by eight); rubinius/rubinius#1751",
    cause: "one word too many or too few below the entry function; SSE spills fault later",
    fix: "Lay out the first frame so that the entry function is reached by a call from a 16-byte boundary.",
    limits: "Alignments above 16, which only calls with vector arguments on the stack need, are not asked for.",
};

pub(super) const CONTENTS: &About = &About {
    what: "Words on the stack above the call: the caller's locals, down to its return address.",
    rule: "A switch leaves the frames of all callers alone.",
    why: "They are live. Whoever copies stacks, or parks data on them, must put every byte back.",
    shows: "Locals change across a resume; return addresses lead nowhere.",
    bug: "bytecodealliance/wasmtime#13943 (riscv64): data stored below the stack pointer, lost to a signal in mid-switch",
    cause: "a frame that is written above its base, stacks that overlap, or a slice that is copied short",
    fix: "Write only below the stack pointer that you were called with, lower it before you store, and give each stack bounds that you check.",
    limits: "The words next to the call, 24 frames of 1 KiB, and 40 KiB of a stack of 64 KiB. Running off the end is stack.guard.",
};

pub(super) const FS: &About = &About {
    what: "The FS base, which is the thread pointer: errno, thread-locals and the stack protector's canary lie there.",
    rule: "A switch on one thread leaves it alone.",
    why: "Everything that a thread owns is found through it.",
    shows: "errno and thread-locals of another thread; stack smashing detected where nothing was smashed.",
    bug: "Near: rcore-os/trapframe-rs#25, a host that lost its FS base to a guest",
    cause: "FS saved with one thread's context and restored on another",
    fix: "Leave FS out of the context.",
    limits: "One thread only. Migration between threads is another question.",
};

pub(super) const VALUE_RESUME: &About = &About {
    what: "The pointer-sized value that resume passes into the coroutine.",
    rule: "The body, or the suspend that it waits in, gets all 64 bits.",
    why: "It is a pointer to somebody.",
    shows: "Pointers that lost their upper half; a body that gets its predecessor's value.",
    bug: "riscvarchive/riscv-fesvr#15: a pointer lost its upper half in makecontext, which takes ints",
    cause: "an int somewhere between resume and the body, or a value slot that coroutines share",
    fix: "Pass the value in one register, or in the coroutine's own memory.",
    limits: "Words only: C++ and Rust values that own something are not moved through it here.",
};

pub(super) const VALUE_SUSPEND: &About = &About {
    what: "The pointer-sized value that suspend passes out, or that the body returns.",
    rule: "The resume that runs the coroutine returns all 64 bits of it.",
    why: "It is a pointer to somebody.",
    shows: "Pointers that lost their upper half; results of another coroutine.",
    bug: "riscvarchive/riscv-fesvr#15: a pointer lost its upper half in makecontext, which takes ints",
    cause: "an int somewhere between suspend and resume, or a value slot that coroutines share",
    fix: "Pass the value in one register, or in the coroutine's own memory.",
    limits: "Words only: C++ and Rust values that own something are not moved through it here.",
};

pub(super) const DONE: &About = &About {
    what: "Whether a coroutine says that its body has returned.",
    rule: "False before the first resume and while it is suspended; true once its body has returned.",
    why: "Schedulers free what is done, and resume what is not.",
    shows: "A coroutine that is freed while it waits; a finished one that is resumed.",
    bug: "tonbit/coroutine#6: the finish was told one resume too late",
    cause: "the flag is set on the way into the last suspension and not after the body's return",
    fix: "Set the flag on one path: after the body has returned, before the last switch.",
    limits: "Asked on one thread, of coroutines that are not running: some libraries do not let anybody ask a running one, and the contract leaves its answer open.",
};

pub(super) const SSP: &About = &About {
    what: "The shadow stack pointer, where the processor keeps second copies of return addresses.",
    rule: "Each stack has a shadow stack of its own, and a switch exchanges both.",
    why: "Where the kernel enforces it, a switch that forgets it dies on the next ret.",
    shows: "SIGSEGV with code 10 at a ret after the first switch, on machines with shadow stacks on.",
    bug: "php/php-src#9283: most fiber tests failed on a machine with shadow stacks",
    cause: "a switch that was written before shadow stacks",
    fix: "Allocate one with map_shadow_stack, and exchange it with rstorssp and saveprevssp.",
    limits: "Nothing was shown on a machine that does not offer it.",
};

pub(super) const VOLATILE: &About = &About {
    what: "A register or flag that any call may change.",
    rule: "Nothing is owed. It is planted as a negative control, counted, and never judged.",
    why: "A suite that convicts a library of losing it has misread the ABI.",
    shows: "Nothing: correct programs do not notice.",
    bug: "False alarms: apache/brpc#3472 (xmm6 to xmm15), PhotonLibOS#243 (r8)",
    cause: "none: any function may use it",
    fix: "Nothing to repair. A switch that saves it does needless work.",
    limits: "It says nothing about the registers that are owed.",
};

pub(super) const AMX: &About = &About {
    what: "Tile registers and their configuration.",
    rule: "Nothing is owed: calls may change them.",
    why: "A library that saves eight kilobytes at each switch does so for nobody.",
    shows: "Nothing: correct programs do not notice.",
    bug: "No coroutine bug is known to us",
    cause: "none: any function may use it",
    fix: "Nothing to repair.",
    limits: "Not planted yet: this project has no machine that offers them.",
};
