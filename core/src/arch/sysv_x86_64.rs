//! System V on x86-64.
//!
//! A parked context is nothing but a stack pointer. What has to come back lies
//! *below* it, in the 128 bytes that the ABI calls the red zone: no signal
//! handler writes there while the context runs, and nobody at all while it is
//! parked. So the stack pointer is not moved to save anything.
//!
//! ```text
//!          higher addresses
//!        +---------------------+
//!        | the caller's frame  |  <- parked stack pointer
//!        +---------------------+
//! -0x08  | where to go on      |
//! -0x10  | rbx                 |
//! -0x18  | rbp                 |
//! -0x1a  | (two unused bytes)  |
//! -0x1c  | x87 control word    |
//! -0x20  | MXCSR               |
//!        +---------------------+
//!          lower addresses: nothing of ours
//! ```
//!
//! The switch is inlined where it is called, and tells the compiler that every
//! other register is lost. So `r12` to `r15` are saved where they are in use, by
//! the compiler, in the caller's frame; it does not let go of `rbx` and `rbp`, and
//! these are saved here. The rest need not be: the direction flag is clear and the
//! x87 stack is empty at every call, and both hold at a switch.
//!
//! Between the change of the stack pointer and the load of `rbp`, a few
//! instructions see one context's stack and the other's frame pointer. A profiler's
//! signal that falls between them, in a function compiled with frame pointers,
//! gets a wrong backtrace; nothing else asks for one there.
//!
//! No `ret` leaves a switch, so the processor's own stack of return addresses
//! stays in step, and a shadow stack would have nothing to refuse. But it would
//! have to be switched, too. Linux turns one on only for programs whose objects
//! are all marked for it; these are not.

use core::arch::{asm, naked_asm};
use core::ffi::c_void;
use core::ptr;

use super::{Launch, Word};

/// How far the diagram reaches below the stack pointer.
pub(crate) const BELOW: usize = 0x20;

/// The low byte of an x87 control word under which no exception can trap.
const MASKED: u8 = 0x7f;

/// Added to that byte in the frame of a context that is to look closer. It is a
/// reserved bit of the register, which has no meaning there.
const MARK: u8 = 0x80;

/// What a context finds when it is gone to.
#[derive(Clone, Copy)]
pub(crate) struct Arrival {
    /// Where whoever left for this context is parked.
    pub(crate) parked: *mut u8,
    /// What it brings.
    pub(crate) word: Word,
    /// This context's own x87 control word, and the mark.
    control: u32,
}

impl Arrival {
    /// Whether `word` and `parked` say everything. One comparison answers for two
    /// rare cases; [`settle`](Self::settle) tells them apart.
    #[inline(always)]
    pub(crate) fn is_plain(self) -> bool {
        self.control as u8 == MASKED
    }

    /// Sees to what is not plain, and returns whether there was a mark.
    ///
    /// The x87 status word stays with the thread. A flag that one context raised
    /// under its mask must not trap in another that has no such mask: so it is
    /// cleared, before any instruction that waits.
    #[inline]
    pub(crate) fn settle(self) -> bool {
        if self.control as u8 != MASKED | MARK {
            return settle(self.control, self.word).1;
        }
        unmark(self.control);
        true
    }

    /// The same, for where it is rarer. The word goes there and back, so that nobody
    /// has to keep it meanwhile: this costs the caller's frame nothing.
    #[inline]
    pub(crate) fn settle_rarely(self) -> (Word, bool) {
        settle(self.control, self.word)
    }
}

#[cold]
#[inline(never)]
fn settle(control: u32, word: Word) -> (Word, bool) {
    if control as u8 & !MARK != MASKED {
        clear_pending();
    }
    let marked = control as u8 & MARK != 0;
    if marked {
        unmark(control);
    }
    (word, marked)
}

/// The control word was loaded with the mark, which nobody is to find there.
#[inline(always)]
fn unmark(control: u32) {
    let word = control as u16 & !u16::from(MARK);
    // SAFETY: loads what this context had.
    unsafe { asm!("fldcw [{}]", in(reg) &raw const word, options(nostack, readonly)) };
}

#[cold]
fn clear_pending() {
    // SAFETY: clears exceptions that are pending, and nothing that is kept.
    unsafe {
        asm!(
            "fnstsw ax",
            "test al, al",
            "jns 2f",
            "fnclex",
            "2:",
            out("ax") _,
            options(nomem, nostack),
        );
    }
}

/// A switch. `$between` the two halves, the stack pointer changes.
///
/// The first half writes the diagram. The control words are saved with their
/// status bits, which come along for nothing and so belong to the context that
/// raised them. The second half, from the label on, is run by whoever comes back,
/// and reads it: so what is entered for the first time, and has no label, finds
/// the control words of the thread, as a called function would.
macro_rules! cross {
    ([$($between:literal),+], $($operand:tt)+) => {
        asm!(
            "lea rax, [rip + 2f]",
            "mov [rsp - 0x08], rax",
            "mov [rsp - 0x10], rbx",
            "mov [rsp - 0x18], rbp",
            "stmxcsr [rsp - 0x20]",
            "fnstcw [rsp - 0x1c]",
            $($between,)+
            "jmp [rsp - 0x08]",
            "2:",
            "ldmxcsr [rsp - 0x20]",
            "fldcw [rsp - 0x1c]",
            "mov rbx, [rsp - 0x10]",
            "mov rbp, [rsp - 0x18]",
            "movzx eax, word ptr [rsp - 0x1c]",
            $($operand)+,
            lateout("r12") _,
            lateout("r13") _,
            lateout("r14") _,
            lateout("r15") _,
            clobber_abi("sysv64"),
        )
    };
}

/// Parks the caller, and goes on from `parked`.
///
/// # Safety
///
/// `parked` is where a context is parked: it came from [`prepare`], with an
/// [`Arrival`], or [`exchange`] left it, and nobody has gone on from it since. Its
/// stack is mapped. A context that goes on in another thread can bear that.
#[inline(always)]
pub(crate) unsafe fn switch(parked: *mut u8, word: Word) -> Arrival {
    let (mut other, mut word) = (parked, word);
    let control: u32;
    // SAFETY: the caller vouches for the other side. Of this one, the compiler
    // keeps what it needs, but for what is saved here.
    unsafe {
        cross!(["xchg rsp, rdx"], inout("rdx") other, inout("rsi") word, out("eax") control);
    }
    Arrival { parked: other, word, control }
}

/// As [`switch`], and what arrives is not plain: [`Arrival::settle`] says so.
///
/// # Safety
///
/// As for [`switch`], and `parked` has been switched away from.
#[inline(never)]
pub(crate) unsafe fn switch_marked(parked: *mut u8, word: Word) -> Arrival {
    // SAFETY: the caller vouches for what is parked there, and so for its frame.
    unsafe { mark(parked) };
    // SAFETY: the caller vouches for it.
    unsafe { switch(parked, word) }
}

/// Tells a parked context to look closer.
///
/// # Safety
///
/// It is parked there, and has not just been prepared.
#[inline(always)]
unsafe fn mark(parked: *mut u8) {
    // The whole word, as it was stored and will be loaded: a processor forwards a
    // store to a load only if nothing smaller is in between.
    // SAFETY: the caller vouches for the frame; the control word is in it.
    unsafe {
        asm!(
            "or word ptr [{parked} - 0x1c], {mark}",
            parked = in(reg) parked,
            mark = const MARK as u16,
            options(nostack),
        );
    }
}

/// As [`switch`] to `load`; where the caller is parked is written to `*save`.
/// Returns the word of whoever comes back, and there is nothing more to know.
///
/// # Safety
///
/// As for [`switch`], and `save` can be written.
#[inline(always)]
pub(crate) unsafe fn exchange(save: *mut *mut u8, load: *mut u8, word: Word) -> Word {
    let mut word = word;
    let control: u32;
    // SAFETY: as for `switch`.
    unsafe {
        cross!(
            ["mov [rdi], rsp", "mov rsp, rdx"],
            inout("rdi") save => _,
            inout("rdx") load => _,
            inout("rsi") word,
            out("eax") control
        );
    }
    if control as u8 != MASKED {
        clear_pending();
    }
    word
}

/// Takes on the control words of a context that has left, as if it had called.
///
/// # Safety
///
/// It is parked there, and has not just been prepared.
#[inline(always)]
pub(crate) unsafe fn adopt(parked: *mut u8) {
    // SAFETY: the caller vouches for the frame; the control words are in it.
    unsafe {
        asm!(
            "ldmxcsr [{parked} - 0x20]",
            "fldcw [{parked} - 0x1c]",
            parked = in(reg) parked,
            options(nostack, readonly, preserves_flags),
        );
    }
}

/// Goes on from `parked`, for good.
///
/// # Safety
///
/// As for [`switch`]. Nothing above the caller on its stack is needed any more,
/// but for what `word` points to.
#[inline(always)]
pub(crate) unsafe fn exit_marked(parked: *mut u8, word: Word) -> ! {
    // SAFETY: as in `switch_marked`.
    unsafe { mark(parked) };
    // SAFETY: the caller vouches for both sides.
    unsafe {
        asm!(
            "mov rsp, rdx",
            "jmp [rsp - 0x08]",
            in("rdx") parked,
            in("rsi") word,
            options(noreturn),
        );
    }
}

/// The outermost frame of every coroutine: the first switch goes here.
#[unsafe(naked)]
unsafe extern "C" fn root() -> ! {
    naked_asm!(
        ".cfi_startproc",
        // There is no caller. Without this line an unwinder would look for one
        // above the top, in memory that is not this stack's.
        ".cfi_undefined rip",
        // A chain of frame pointers ends where the unwinder's frames do.
        "xor ebp, ebp",
        "mov rdi, [rsp + 0x08]",
        // The word is in rsi, and where its sender is parked in rdx.
        "call [rsp]",
        "ud2",
        ".cfi_endproc",
    )
}

/// Lays out the stack that ends at `top`, and returns where it is parked.
///
/// # Safety
///
/// `top` is a multiple of 16, and a page below it can be written.
#[inline(always)]
pub(crate) unsafe fn prepare(top: *mut u8, launch: Launch, argument: *mut c_void) -> *mut u8 {
    let parked = top.wrapping_sub(0x10);
    let root: unsafe extern "C" fn() -> ! = root;
    // SAFETY: the caller vouches for the memory; the words are aligned.
    unsafe { ptr::write(parked.wrapping_sub(0x08).cast(), root) };
    // SAFETY: as above.
    unsafe { ptr::write(parked.cast(), launch) };
    // SAFETY: as above.
    unsafe { ptr::write(parked.wrapping_add(0x08).cast(), argument) };
    parked
}

/// Whether what is parked there has been prepared, and nobody has gone there yet.
///
/// # Safety
///
/// Something is parked there.
pub(crate) unsafe fn is_prepared(parked: *mut u8) -> bool {
    let root: unsafe extern "C" fn() -> ! = root;
    // SAFETY: the caller vouches for the frame. Only `prepare` puts the root there.
    let goes_on_at: usize = unsafe { ptr::read(parked.wrapping_sub(0x08).cast()) };
    goes_on_at == root as usize
}

/// How far the caller's stack pointer is below `top`.
#[inline(always)]
pub(crate) fn depth(top: *mut u8) -> usize {
    let mut depth = top.addr();
    // SAFETY: reads a register.
    unsafe {
        asm!("sub {}, rsp", inout(reg) depth, options(nomem, nostack));
    }
    depth
}

/// One switch, and what the compiler saves around it: for tests that read its
/// machine code, and never called.
///
/// # Safety
///
/// As for `switch`.
#[inline(never)]
pub unsafe extern "C" fn one_switch(parked: *mut u8, word: *mut c_void) -> *mut c_void {
    // SAFETY: the caller vouches for it.
    let arrival = unsafe { switch(parked, Word::new(word)) };
    // SAFETY: both sides pass whole words.
    unsafe { arrival.word.assume_init() }
}
