//! What every column can do, and the bodies that all of them run.

/// A way to have coroutines.
pub trait Peer: Sized + 'static {
    /// Heads its column.
    const NAME: &'static str;
    /// The subject of an audit that says whether it keeps the full ABI.
    const SUBJECT: &'static str;

    /// What a body suspends with.
    type Inside;
    /// A stack that nobody uses, or what a library takes in its place.
    type Stack;

    /// A new stack.
    fn stack(bytes: usize) -> Self::Stack;

    /// A coroutine on a stack.
    fn new<B: Body>(stack: Self::Stack) -> Self;

    /// Runs it until it suspends or returns.
    fn resume(&mut self, word: usize) -> usize;

    /// Called by a body.
    fn suspend(inside: &Self::Inside, word: usize) -> usize;

    /// Destroys one that has returned, and leaves its stack.
    fn into_stack(self) -> Self::Stack;
}

/// What a coroutine runs.
pub trait Body: 'static {
    /// Runs on a coroutine of this peer.
    fn run<P: Peer>(inside: &P::Inside, first: usize) -> usize;
}

/// Suspends with whatever it is passed, for ever.
pub struct Echo;

impl Body for Echo {
    #[inline(always)]
    fn run<P: Peer>(inside: &P::Inside, first: usize) -> usize {
        let mut word = first;
        loop {
            word = P::suspend(inside, word);
        }
    }
}

/// The same, until it is passed [`STOP`].
pub struct EchoUntilStop;

/// Ends an [`EchoUntilStop`].
pub const STOP: usize = usize::MAX;

impl Body for EchoUntilStop {
    #[inline(always)]
    fn run<P: Peer>(inside: &P::Inside, first: usize) -> usize {
        let mut word = first;
        while word != STOP {
            word = P::suspend(inside, word);
        }
        word
    }
}

/// Goes down eight frames, suspends there, and comes back up, for ever.
pub struct UnderFrames;

impl Body for UnderFrames {
    #[inline(always)]
    fn run<P: Peer>(inside: &P::Inside, first: usize) -> usize {
        let mut word = first;
        loop {
            word = descend::<P>(inside, 8, word);
        }
    }
}

#[inline(never)]
fn descend<P: Peer>(inside: &P::Inside, frames: usize, word: usize) -> usize {
    if frames == 1 {
        bottom::<P>(inside, word)
    } else {
        // What is left to do in each frame cannot be put together in a loop.
        descend::<P>(inside, frames - 1, word).rotate_left(1) ^ frames
    }
}

/// The last of them. It is a function of its own, so that only one frame has to do
/// with the switch, as in a program.
#[inline(never)]
fn bottom<P: Peer>(inside: &P::Inside, word: usize) -> usize {
    P::suspend(inside, word)
}

/// Returns at once.
pub struct Identity;

impl Body for Identity {
    #[inline(always)]
    fn run<P: Peer>(_: &P::Inside, first: usize) -> usize {
        first
    }
}

/// Has `BYTES` in use, and suspends with whatever it is passed, for ever.
pub struct Holding<const BYTES: usize>;

impl<const BYTES: usize> Body for Holding<BYTES> {
    fn run<P: Peer>(inside: &P::Inside, first: usize) -> usize {
        let bytes = std::hint::black_box([0x5a_u8; BYTES]);
        let mut word = first;
        loop {
            word = P::suspend(inside, word);
            std::hint::black_box(&bytes);
        }
    }
}
