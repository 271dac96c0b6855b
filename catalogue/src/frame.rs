//! Registers, and where the bracket keeps them in memory.
//!
//! A party (main, or one coroutine) has one [site](self#site): static memory in
//! which its bracket finds what to plant and leaves what it found. Assembly and
//! Rust both take the offsets from here.
//!
//! # Site
//!
//! ```text
//! planted   frame      what every register is loaded with
//! seen      frame      what every register held when the call came back
//! entry     frame      what the body's entry found, the same layout
//! home      10 words   the caller's own callee-saved state
//! target    1 word     the function to call
//! site      1 word     where the bracket of this party calls it
//! words     33 words   canaries for the stack above the call
//! found     33 words   the same words after the call
//! scratch   74 words   a stack for the return site, until it has its own back
//! ```

/// What kind of register, which decides the instructions that move it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Class {
    /// A general register.
    General,
    /// The stack pointer: noted, never loaded.
    StackPointer,
    /// SSE control and status.
    Mxcsr,
    /// A 16-bit word of the x87 environment, at this offset of its image.
    X87(u16),
    /// RFLAGS.
    Flags,
    /// The thread pointer: noted, and put back after the look.
    FsBase,
    /// Vector register of this number.
    Vector(u8),
    /// Mask register of this number.
    Opmask(u8),
    /// Not a register: a word that the harness itself plants and reads.
    Cell,
    /// A register that this project has no instructions for yet.
    Absent,
}

/// A register, with its place in a frame.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Register {
    /// Name in assembly, or of the cell.
    pub name: &'static str,
    /// How it is moved.
    pub class: Class,
    /// Offset in a frame, in bytes; 0 for those without a place.
    pub offset: u16,
    /// Size in bytes.
    pub bytes: u16,
}

/// Size of a vector slot.
const VECTOR: u16 = 64;
/// First mask register.
const OPMASKS: u16 = 32 * VECTOR;
/// First general register.
const GENERAL: u16 = OPMASKS + 8 * 8;
/// MXCSR.
const MXCSR: u16 = GENERAL + 16 * 8;
/// RFLAGS.
const FLAGS: u16 = MXCSR + 8;
/// FS base.
const FS_BASE: u16 = FLAGS + 8;
/// The x87 environment, as `fnstenv` writes it (28 bytes).
pub const X87_ENV: u16 = FS_BASE + 8;

/// Bytes of a frame.
pub const FRAME: usize = 2304;
/// Words of a frame.
pub const FRAME_WORDS: usize = FRAME / 8;
/// Canary words on the stack above a call. Odd, so that the call is aligned.
pub const STACK_WORDS: usize = 33;
/// Words of [`home`](self#site).
pub const HOME_WORDS: usize = 10;
/// Words of [`scratch`](self#site).
pub const SCRATCH_WORDS: usize = 74;
/// Parties with a site of their own: main and 64 coroutines.
pub const PARTIES: usize = 65;

/// Offset of `planted` in a site.
pub const PLANTED: usize = 0;
/// Offset of `seen`.
pub const SEEN: usize = FRAME;
/// Offset of `entry`.
pub const ENTRY: usize = 2 * FRAME;
/// Offset of `home`.
pub const HOME: usize = 3 * FRAME;
/// Offset of `target`.
pub const TARGET: usize = HOME + 8 * HOME_WORDS;
/// Offset of the address of the call.
pub const CALL_SITE: usize = TARGET + 8;
/// Offset of the stack canaries.
pub const WORDS: usize = CALL_SITE + 8;
/// Offset of what became of them.
pub const FOUND: usize = WORDS + 8 * STACK_WORDS;
/// Offset of the scratch stack.
pub const SCRATCH: usize = FOUND + 8 * STACK_WORDS;
/// Bytes of a site.
pub const SITE: usize = SCRATCH + 8 * SCRATCH_WORDS;

const _: () = assert!(X87_ENV as usize + 32 <= FRAME && SITE.is_multiple_of(64));

/// The general register of this name, at this place among the sixteen.
#[must_use]
pub const fn general(name: &'static str, place: u16) -> Register {
    Register { name, class: Class::General, offset: GENERAL + 8 * place, bytes: 8 }
}

/// The stack pointer.
#[must_use]
pub const fn stack_pointer(name: &'static str, place: u16) -> Register {
    Register { name, class: Class::StackPointer, offset: GENERAL + 8 * place, bytes: 8 }
}

/// MXCSR.
#[must_use]
pub const fn mxcsr(name: &'static str) -> Register {
    Register { name, class: Class::Mxcsr, offset: MXCSR, bytes: 4 }
}

/// A word of the x87 environment.
#[must_use]
pub const fn x87(name: &'static str, at: u16) -> Register {
    Register { name, class: Class::X87(at), offset: X87_ENV + at, bytes: 2 }
}

/// RFLAGS.
#[must_use]
pub const fn flags(name: &'static str) -> Register {
    Register { name, class: Class::Flags, offset: FLAGS, bytes: 8 }
}

/// The thread pointer.
#[must_use]
pub const fn fs_base(name: &'static str) -> Register {
    Register { name, class: Class::FsBase, offset: FS_BASE, bytes: 8 }
}

/// A vector register, at its full width.
#[must_use]
pub const fn vector(name: &'static str, number: u8) -> Register {
    let offset = VECTOR * number as u16;
    Register { name, class: Class::Vector(number), offset, bytes: VECTOR }
}

/// A mask register.
#[must_use]
pub const fn opmask(name: &'static str, number: u8) -> Register {
    let offset = OPMASKS + 8 * number as u16;
    Register { name, class: Class::Opmask(number), offset, bytes: 8 }
}

/// A word of the harness.
#[must_use]
pub const fn cell(name: &'static str) -> Register {
    Register { name, class: Class::Cell, offset: 0, bytes: 8 }
}

/// A register without instructions yet.
#[must_use]
pub const fn absent(name: &'static str, bytes: u16) -> Register {
    Register { name, class: Class::Absent, offset: 0, bytes }
}
