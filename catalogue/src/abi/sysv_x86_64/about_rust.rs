//! Rust panics.

use crate::element::About;

pub(super) const UNWIND: &About = &About {
    what: "A Rust panic on its way: through the frames of a body, to whoever catches it.",
    rule: "A panic that leaves a body comes out of the resume that ran it, with the same payload; one that the body catches arrives there, wherever the body was suspended meanwhile; and where destroy unwinds, it unwinds everything, once, and nothing comes out.",
    why: "Whoever resumes a coroutine handles its failure, and destructors give back what its frames hold.",
    shows: "A failure that nobody hears of; a handler that gets a payload it does not know; locks and files that a destroyed coroutine keeps.",
    bug: "Amanieu/corosensei#57: a panic came out of destroying a coroutine that had caught the unwinding (mended in 0.3.1 by #62); zonyitoo/coio-rs#53: what was unwound was never freed",
    cause: "the payload is not carried over the switch, or destroy neither unwinds nor leaves the stack alone",
    fix: "Catch at the root of the body, keep the payload in the coroutine, and throw it again with resume_unwind after the switch back; to destroy, throw a private payload from the suspension and stop it at the root.",
    limits: "With panic = \"unwind\" and the standard library of the probe. A destroy that frees the stack and runs no destructor at all is taken for a choice: the contract does not ask for it.",
};

pub(super) const PANIC_COUNT: &About = &About {
    what: "The standard library's count of panics under way on a thread, which std::thread::panicking() reads.",
    rule: "The count belongs to the thread. A coroutine that is suspended in a destructor, while a panic unwinds it, leaves it raised for everybody else, unless the library keeps one for each coroutine.",
    why: "A mutex that is unlocked while panicking() says yes is poisoned, and destructors take other ways.",
    shows: "A mutex is poisoned by a coroutine that never panicked.",
    bug: "zonyitoo/coio-rs#70: a yield while unwinding, and a second panic elsewhere",
    cause: "the count is a thread-local of the standard library, which offers no way to exchange it",
    fix: "Do not suspend inside destructors that a panic may run; or say that it stays with the thread: declare rust.panic_count = \"thread\".",
    limits: "Only whether the count is zero can be seen. A panic hook that suspends is not tried.",
};
