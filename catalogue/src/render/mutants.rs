//! The machine code of mutants: System V on x86-64.
//!
//! No compiled code stands between the caller of a mutant and its switch, or a
//! mutant that forgets rbx would lose the compiler's variables and not the
//! caller's. All routines of all mutants come from one [`Plan`], into which the
//! mutant's change is woven.
//!
//! # Frame
//!
//! Whoever waits has this frame on its stack, and its address in the block:
//!
//! ```text
//!        +---------------------+
//!  0x48  | return address      |
//!  0x40  | (unused)            |  makes rsp a multiple of 16
//!  0x38  | r15                 |
//!  0x30  | r14                 |
//!  0x28  | r13                 |
//!  0x20  | r12                 |
//!  0x18  | rbp                 |
//!  0x10  | rbx                 |
//!  0x08  | scratch             |  for words on their way to a control register
//!  0x04  | x87 control word    |
//!  0x00  | MXCSR               |
//!        +---------------------+
//! ```
//!
//! # Registers
//!
//! rdi is the coroutine's block and rsi the value that is passed, on both sides
//! of the switch. rcx and rdx are free, and so is rax until the value moves there.

mod restore;

use std::fmt::Write as _;

use crate::abi::Abi;
use crate::mutant::block::{
    BODY, FINISHED, FRESH, OWN, RESUMER, RUNNING, STATE, SUSPENDED, SWITCHES,
};
use crate::mutant::{self, Change, Fault, Mutant, Place, Restore, Side};

use self::restore::{WORDS, register};

/// What the ABI asks for, in the order of the frame.
const CALLEE_SAVED: [&str; 6] = ["rbx", "rbp", "r12", "r13", "r14", "r15"];
/// Offset of the scratch word in a frame.
const SCRATCH: usize = 8;
/// Offset of the padding, or of the first register where there is none.
const REGISTERS: usize = 16;
/// The assembly text of all mutants of a convention.
///
/// It defines `unscathed_mutants`, which has the addresses of `resume`, `suspend`,
/// `done` and `transfer` of each mutant in the order of [`mutant::all`], and the word
/// `unscathed_mutant_features`, which says what the processor has.
#[must_use]
pub fn assembly(abi: &Abi) -> String {
    let mutants = mutant::all(abi);
    let mut text = Text::default();
    text.lines(
        ".bss
         .balign 16
         .globl unscathed_mutant_features
         unscathed_mutant_features:
         .zero 8
         .balign 16
         unscathed_mutant_slot:
         .zero 16
         .zero 2048
         unscathed_mutant_thread:
         .zero 2048
         .section .rodata
         .balign 64
         unscathed_mutant_garbage:
         .fill 64, 1, 0x6b
         .text",
    );
    for (number, mutant) in mutants.iter().enumerate() {
        text.0.push_str(&machine(mutant, number));
    }
    text.lines(
        ".section .data.rel.ro, \"aw\"
         .balign 8
         .globl unscathed_mutants
         unscathed_mutants:",
    );
    for number in 0..mutants.len() {
        for routine in ["resume", "suspend", "done", "transfer"] {
            text.line(&format!(".quad unscathed_mutant_{number}_{routine}"));
        }
    }
    text.line(".text");
    text.0
}

/// All routines of one mutant, which get this number in their names.
#[must_use]
pub fn machine(mutant: &Mutant, number: usize) -> String {
    let mut plan = Plan {
        change: &mutant.change,
        slots: Slots::new(&mutant.change),
        symbol: format!("unscathed_mutant_{number}"),
        text: Text::default(),
    };
    plan.text.line(&format!("# {}", mutant.id));
    plan.resume();
    plan.transfer();
    plan.suspend();
    plan.leave();
    plan.enter();
    plan.done();
    plan.text.0
}

/// The text so far.
#[derive(Default)]
struct Text(String);

impl Text {
    fn line(&mut self, line: &str) {
        let flush = line.ends_with(':') || line.starts_with(['.', '#']);
        let indent = if flush { "" } else { "    " };
        let _ = writeln!(self.0, "{indent}{line}");
    }

    fn lines(&mut self, lines: &str) {
        for line in lines.lines().map(str::trim).filter(|line| !line.is_empty()) {
            self.line(line);
        }
    }
}

/// Where everything lies in the frame.
struct Slots {
    /// Registers with their offsets, in the order in which they are saved.
    registers: Vec<(&'static str, usize)>,
    /// Bytes below the return address.
    bytes: usize,
}

impl Slots {
    fn new(change: &Change) -> Self {
        let mut names = CALLEE_SAVED.to_vec();
        if change.frame.reversed {
            names.reverse();
        }
        names.extend(change.frame.extra);
        let first = REGISTERS + change.frame.padding;
        let end = first + 8 * names.len();
        Self {
            registers: names.into_iter().zip((first..).step_by(8)).collect(),
            // The return address above completes a multiple of 16.
            bytes: (end + 8).next_multiple_of(16) - 8,
        }
    }

    fn of(&self, register: &str) -> usize {
        self.registers
            .iter()
            .find(|(name, _)| *name == register)
            .map(|&(_, slot)| slot)
            .expect("only registers with a slot are restored")
    }
}

/// The routines of one mutant in the making.
struct Plan<'a> {
    change: &'a Change,
    slots: Slots,
    symbol: String,
    text: Text,
}

impl Plan<'_> {
    /// `resume(co, value)`.
    fn resume(&mut self) {
        self.routine("resume");
        self.added(Place::PassIn);
        self.save();
        self.text.line(&format!("mov [rdi + {RESUMER}], rsp"));
        self.proceed();
    }

    /// `transfer(self, to, value)`: the resumer of one becomes the resumer of the
    /// other.
    fn transfer(&mut self) {
        self.routine("transfer");
        self.text.lines(
            "mov r8, rsi
             mov rsi, rdx",
        );
        self.added(Place::PassIn);
        self.save();
        self.text.lines(&format!(
            "mov byte ptr [rdi + {STATE}], {SUSPENDED}
             mov [rdi + {OWN}], rsp
             mov rcx, [rdi + {RESUMER}]
             mov rdi, r8
             mov [rdi + {RESUMER}], rcx"
        ));
        self.proceed();
    }

    /// Goes on in the coroutine, or begins it.
    fn proceed(&mut self) {
        let enter = format!("{}_enter", self.symbol);
        self.text.lines(&format!(
            "cmp byte ptr [rdi + {STATE}], {FRESH}
             mov byte ptr [rdi + {STATE}], {RUNNING}
             je {enter}
             mov rsp, [rdi + {OWN}]"
        ));
        self.restore(Side::Coroutine);
    }

    /// `suspend(self, value)`, up to the point where it has the same to do as a
    /// body that has returned.
    fn suspend(&mut self) {
        self.routine("suspend");
        self.added(Place::PassOut);
        self.save();
        self.text.lines(&format!(
            "mov byte ptr [rdi + {STATE}], {SUSPENDED}
             mov [rdi + {OWN}], rsp"
        ));
    }

    /// Goes on in the resumer.
    fn leave(&mut self) {
        let label = format!("{}_leave:", self.symbol);
        self.text.line(&label);
        self.text.line(&format!("mov rsp, [rdi + {RESUMER}]"));
        self.restore(Side::Resumer);
    }

    /// The first resume. Registers are nobody's yet; control words stay as they
    /// are, which makes them the resumer's.
    fn enter(&mut self) {
        let label = format!("{}_enter:", self.symbol);
        self.text.line(&label);
        // The stack begins below the block, so its pointer needs no other place.
        self.text.line("mov rsp, rdi");
        self.added(Place::Enter);
        self.text.line(&format!("call [rdi + {BODY}]"));
        self.added(Place::Left);
        self.text.lines(&format!(
            "mov rdi, rsp
             mov rsi, rax
             mov byte ptr [rdi + {STATE}], {FINISHED}"
        ));
        self.added(Place::PassOut);
        let leave = format!("jmp {}_leave", self.symbol);
        self.text.line(&leave);
    }

    /// `done(co)`.
    fn done(&mut self) {
        self.routine("done");
        let healthy = || {
            format!(
                "xor eax, eax
                 cmp byte ptr [rdi + {STATE}], {FINISHED}
                 sete al"
            )
        };
        let text = self.change.done.clone().unwrap_or_else(healthy);
        self.text.lines(&text);
        self.text.line("ret");
    }

    fn routine(&mut self, name: &str) {
        self.text.line(".balign 16");
        self.text.line(&format!("{}_{name}:", self.symbol));
    }

    fn added(&mut self, place: Place) {
        for (_, text) in self.change.add.iter().filter(|(at, _)| *at == place) {
            self.text.lines(text);
        }
    }

    /// Fills a frame on the stack of whoever is about to wait.
    fn save(&mut self) {
        self.text.line(&format!("sub rsp, {}", self.slots.bytes));
        for (register, slot) in &self.slots.registers {
            self.text.line(&format!("mov [rsp + {slot}], {register}"));
        }
        for word in &WORDS {
            self.text.line(&format!("{} [rsp + {}]", word.store, word.slot));
        }
        let fault = self.change.restore.map(|restore| restore.fault);
        if matches!(fault, Some(Fault::Late(_))) {
            self.text.line(&format!("inc dword ptr [rdi + {SWITCHES}]"));
        }
        self.added(Place::Saved);
    }

    /// Empties the frame of whoever goes on, and returns to it.
    fn restore(&mut self, side: Side) {
        self.added(Place::Restore);
        let here = |restore: &Restore| restore.into.is_none_or(|into| into == side);
        let wrong = self.change.restore.filter(here);
        let fault = |register: &str| {
            wrong
                .filter(|restore| restore.row.register == register)
                .map(|restore| (restore.row, restore.fault))
        };
        let mut steps = match self.change.load {
            Some(text) => vec![text.into()],
            None => WORDS.iter().map(|word| word.restore(fault(word.name))).collect(),
        };
        steps.push("mov rax, rsi".into());
        for &(name, _) in &self.slots.registers {
            steps.push(register(name, fault(name), &self.slots));
        }
        if self.change.frame.reversed {
            steps.reverse();
        }
        for step in steps {
            self.text.lines(&step);
        }
        self.text.line(&format!("add rsp, {}", self.slots.bytes));
        self.added(Place::Return(side));
        self.text.line("ret");
    }
}
