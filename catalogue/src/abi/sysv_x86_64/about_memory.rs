//! The explanations: the stack as memory, and what becomes of it.

use crate::element::About;

pub(super) const GUARD: &About = &About {
    what: "Memory without access that adjoins the lower end of a coroutine's stack.",
    rule: "A subject that claims a guard has one below every stack: running off the end faults there, and nowhere else.",
    why: "Without it a deep recursion writes into whatever lies below, and nobody notices until much later.",
    shows: "Values of another coroutine, or of the heap, change after a deep call; a crash far from its cause.",
    bug: "wasmfx/wasmfxtime#26 (fiber stacks from malloc, where an overflow corrupts the program); google/marl#43",
    cause: "stacks from malloc, a guard that was never protected, or one that was freed with its neighbour",
    fix: "Map each stack with a page of PROT_NONE below it: map all without access, then open the upper part.",
    limits: "Frames of more than a page are tried as compilers lay them out that probe the stack: every page is touched. A larger frame that is not probed may step over a guard of one page, and is not tried.",
};

pub(super) const SIZE: &About = &About {
    what: "How much of a stack a body can use.",
    rule: "At least what create was asked for, but for the 4 KiB above the body's first frame, which the library may have for itself.",
    why: "Users count their deepest calls and ask for that much.",
    shows: "A fault on the guard, or overwritten memory, in a body that fits by its own count.",
    bug: "Near: rust-lang/stacker#33 (guard pages were taken out of what was asked for)",
    cause: "a guard page, a control block or rounding that is taken out of the size that was asked for",
    fix: "Add the guard and whatever the library keeps on the stack to the size, and round up.",
    limits: "Four sizes, from 64 KiB to a little over 1 MiB. Without a guard only memory that is not there at all shows; memory that is somebody else's is stack.contents.",
};

pub(super) const DESTROY: &About = &About {
    what: "What other coroutines notice when a suspended one is destroyed.",
    rule: "Nothing: they go on where they were, with their own values, stacks and answers of done.",
    why: "Time-outs and cancelled requests destroy coroutines in the middle of their work.",
    shows: "A crash or another's value in a coroutine that has nothing to do with the one that was destroyed.",
    bug: "boostorg/context#303: the state of exceptions was put back wrongly after a fiber was destroyed",
    cause: "a list or a shared slot that still names the destroyed one, or the wrong stack is freed",
    fix: "Take the coroutine out of everything that names it before its stack is freed, and free that stack alone.",
    limits: "Six coroutines on one thread. Whether destructors run on the destroyed stack is rust.unwind.",
};

pub(super) const LEAK: &About = &About {
    what: "Memory that is in use after coroutines have come and gone.",
    rule: "10 000 coroutines, one after the other, need no more mappings and no more resident memory in the second half than in the first.",
    why: "Servers create a coroutine for each request, and run for months.",
    shows: "Memory that grows without end; mmap fails once there are too many mappings.",
    bug: "crystal-lang/crystal#17229 (a finished fiber's stack was kept where there was no pool); rethinkdb/rethinkdb#1670",
    cause: "a stack, a guard or a handle that destroy forgets",
    fix: "Give back in destroy all that create took, the guard with its stack, on every path: finished, suspended, never started.",
    limits: "Growth of up to 16 mappings and 128 KiB in 5000 coroutines is taken for the allocator's own. Memory that a body allocates itself is not looked at.",
};
