//! The bracket: plant every row, make one call, read every row back.
//!
//! Each party has a bracket and an entry of its own, so that the address to
//! which a call returns already says whose record is meant. The return site
//! therefore needs no register and no stack to find it: it addresses static
//! memory, which the harness set before, relative to its own code.
//!
//! ```text
//! unscathed_bracket_3           keeps the caller's state in site 3, then
//!   -> unscathed_plant          loads every register from site 3
//!   -> call [site 3 + target]   the subject
//!   <- return site 3            flags and rsp first, through memory
//!   -> unscathed_look           stores the rest, puts the caller's state back
//! ```

use std::fmt::Write as _;

use crate::abi::Abi;
use crate::element::Feature;
use crate::frame::{
    CALL_SITE, Class, ENTRY, FOUND, HOME, PARTIES, PLANTED, Register, SCRATCH, SCRATCH_WORDS, SEEN,
    SITE, STACK_WORDS, TARGET, WORDS, X87_ENV,
};

/// State of the caller that the bracket keeps in [`HOME`], in this order.
const HOME_REGISTERS: [&str; 6] = ["rbx", "rbp", "r12", "r13", "r14", "r15"];
const HOME_RSP: usize = HOME + 48;
const HOME_RETURN: usize = HOME + 56;
const HOME_MXCSR: usize = HOME + 64;
const HOME_X87: usize = HOME + 72;

/// `arch_prctl` and its two requests.
const SYS_ARCH_PRCTL: u32 = 158;
const ARCH_SET_FS: u32 = 0x1002;
const ARCH_GET_FS: u32 = 0x1003;

/// The assembly text of sites and brackets for one convention.
///
/// It defines `unscathed_sites`, `unscathed_features` and `unscathed_brackets` (a
/// table of addresses).
#[must_use]
pub fn brackets(abi: &Abi) -> String {
    let mut text = Text(String::new());
    text.data();
    text.plant(abi);
    text.look(abi);
    for party in 0..PARTIES {
        text.bracket(abi, party);
    }
    text.table("unscathed_brackets", "unscathed_bracket_");
    text.0.push_str(".text\n");
    text.0
}

/// The assembly text of the entries of bodies, beside [`brackets`].
///
/// It defines `unscathed_entries` (a table of addresses), and calls
/// `unscathed_body(party, self, first)`.
#[must_use]
pub fn entries(abi: &Abi) -> String {
    let mut text = Text(String::new());
    text.line(".text");
    for party in 0..PARTIES {
        text.entry(abi, party);
    }
    text.enter(abi);
    text.table("unscathed_entries", "unscathed_entry_");
    text.0.push_str(".text\n");
    text.0
}

/// The text so far.
struct Text(String);

impl Text {
    fn line(&mut self, line: &str) {
        let indent = if line.ends_with(':') || line.starts_with('.') { "" } else { "    " };
        let _ = writeln!(self.0, "{indent}{line}");
    }

    fn lines(&mut self, lines: &str) {
        for line in lines.lines().map(str::trim).filter(|line| !line.is_empty()) {
            self.line(line);
        }
    }

    fn data(&mut self) {
        self.lines(&format!(
            ".bss
             .balign 64
             .globl unscathed_sites
             .hidden unscathed_sites
             unscathed_sites:
             .zero {}
             .globl unscathed_features
             .hidden unscathed_features
             unscathed_features:
             .zero 8
             .data
             .balign 8
             unscathed_default_mxcsr:
             .long 0x1f80, 0
             .text",
            PARTIES * SITE
        ));
    }

    fn table(&mut self, name: &str, prefix: &str) {
        self.lines(&format!(
            ".section .data.rel.ro, \"aw\", @progbits
             .balign 8
             .globl {name}
             .hidden {name}
             {name}:"
        ));
        for party in 0..PARTIES {
            self.line(&format!(".quad {prefix}{party}"));
        }
    }

    /// Loads every register from the site in rax, then goes to its call.
    fn plant(&mut self, abi: &Abi) {
        self.lines("unscathed_plant:");
        self.line(&format!("mov [rax + {CALL_SITE}], rcx"));
        for (index, register) in HOME_REGISTERS.iter().enumerate() {
            self.line(&format!("mov [rax + {}], {register}", HOME + 8 * index));
        }
        self.lines(&format!(
            "mov [rax + {HOME_RSP}], rsp
             mov rdx, [rsp]
             mov [rax + {HOME_RETURN}], rdx
             stmxcsr [rax + {HOME_MXCSR}]
             fnstcw [rax + {HOME_X87}]"
        ));
        // Canaries next to the call, where a subject that writes too far hits them.
        self.lines(&format!(
            "sub rsp, {}
             lea rsi, [rax + {WORDS}]
             mov rdi, rsp
             mov ecx, {STACK_WORDS}
             rep movsq
             mov [rax + {}], rsp",
            8 * STACK_WORDS,
            PLANTED + usize::from(abi.register("rsp").offset),
        ));
        self.vectors(abi, Direction::Load);
        self.line(&format!("ldmxcsr [rax + {}]", PLANTED + place(abi, "mxcsr")));
        self.line(&format!("fldenv [rax + {}]", PLANTED + usize::from(X87_ENV)));
        self.line(&format!("push qword ptr [rax + {}]", PLANTED + place(abi, "rflags")));
        self.line("popfq");
        for register in generals(abi).filter(|register| register.name != "rax") {
            let offset = PLANTED + usize::from(register.offset);
            self.line(&format!("mov {}, [rax + {offset}]", register.name));
        }
        self.line(&format!("jmp qword ptr [rax + {CALL_SITE}]"));
    }

    /// Stores what the return site has not, and puts the caller's state back.
    fn look(&mut self, abi: &Abi) {
        self.lines("unscathed_look:");
        for register in generals(abi).filter(|register| register.name != "rax") {
            let offset = SEEN + usize::from(register.offset);
            self.line(&format!("mov [rax + {offset}], {}", register.name));
        }
        self.control_words(abi, SEEN);
        self.vectors(abi, Direction::Store);
        // The thread pointer, by the kernel's word; and back to what the caller had.
        self.lines(&format!(
            "mov rbx, rax
             lea rsi, [rbx + {fs_seen}]
             mov edi, {ARCH_GET_FS}
             mov eax, {SYS_ARCH_PRCTL}
             syscall
             mov rsi, [rbx + {fs_planted}]
             cmp rsi, [rbx + {fs_seen}]
             je 2f
             mov edi, {ARCH_SET_FS}
             mov eax, {SYS_ARCH_PRCTL}
             syscall
             2:
             mov rax, rbx",
            fs_seen = SEEN + place(abi, "fs_base"),
            fs_planted = PLANTED + place(abi, "fs_base"),
        ));
        self.lines(&format!(
            "lea rdi, [rax + {FOUND}]
             mov rsi, [rax + {}]
             mov ecx, {STACK_WORDS}
             rep movsq",
            PLANTED + usize::from(abi.register("rsp").offset),
        ));
        for (index, register) in HOME_REGISTERS.iter().enumerate() {
            self.line(&format!("mov {register}, [rax + {}]", HOME + 8 * index));
        }
        // The return address was live too: it may have been overwritten.
        self.lines(&format!(
            "mov rsp, [rax + {HOME_RSP}]
             mov rdx, [rax + {HOME_RETURN}]
             mov [rsp], rdx
             ldmxcsr [rax + {HOME_MXCSR}]
             fldcw [rax + {HOME_X87}]
             ret"
        ));
    }

    /// Stores control and status words at `frame` of the site in rax, and gives
    /// compiled code the words with which a process begins.
    fn control_words(&mut self, abi: &Abi, frame: usize) {
        self.lines(&format!(
            "stmxcsr [rax + {}]
             fnstenv [rax + {}]
             fninit
             ldmxcsr [rip + unscathed_default_mxcsr]",
            frame + place(abi, "mxcsr"),
            frame + usize::from(X87_ENV),
        ));
    }

    fn bracket(&mut self, abi: &Abi, party: usize) {
        let at = |offset: usize| in_site(party, offset);
        let scratch_top = SCRATCH + 8 * SCRATCH_WORDS;
        self.lines(&format!(
            "unscathed_bracket_{party}:
             lea rax, {base}
             lea rcx, [rip + 2f]
             jmp unscathed_plant
             2:
             mov rax, {planted_rax}
             call qword ptr {target}
             mov {seen_rax}, rax
             mov {seen_rsp}, rsp
             lea rsp, {scratch}
             pushfq
             push 2
             popfq
             pop qword ptr {seen_flags}
             lea rax, {base}
             jmp unscathed_look",
            base = at(0),
            planted_rax = at(PLANTED + place(abi, "rax")),
            target = at(TARGET),
            seen_rax = at(SEEN + place(abi, "rax")),
            seen_rsp = at(SEEN + place(abi, "rsp")),
            scratch = at(scratch_top),
            seen_flags = at(SEEN + place(abi, "rflags")),
        ));
    }

    fn entry(&mut self, abi: &Abi, party: usize) {
        let at = |offset: usize| in_site(party, offset);
        self.lines(&format!(
            "unscathed_entry_{party}:
             mov {entry_rax}, rax
             mov {entry_rsp}, rsp
             lea rax, {base}
             mov edx, {party}
             jmp unscathed_enter",
            entry_rax = at(ENTRY + place(abi, "rax")),
            entry_rsp = at(ENTRY + place(abi, "rsp")),
            base = at(0),
        ));
    }

    /// Where a body begins: notes what it finds, runs compiled code on an aligned
    /// stack with clean flags, and returns with everything as it was found.
    fn enter(&mut self, abi: &Abi) {
        let entry = |name: &str| ENTRY + place(abi, name);
        self.lines("unscathed_enter:");
        self.lines(&format!(
            "pushfq
             push 2
             popfq
             pop qword ptr [rax + {}]",
            entry("rflags")
        ));
        let mut kept = Vec::new();
        for register in generals(abi).filter(|r| !["rax", "rdx"].contains(&r.name)) {
            let offset = ENTRY + usize::from(register.offset);
            self.line(&format!("mov [rax + {offset}], {}", register.name));
            if HOME_REGISTERS.contains(&register.name) {
                kept.push((register.name, offset));
            }
        }
        self.control_words(abi, ENTRY);
        self.lines(&format!(
            "mov r8, rdi
             mov r9, rsi
             mov r10, rdx
             mov r12, rax
             lea rsi, [rax + {fs}]
             mov edi, {ARCH_GET_FS}
             mov eax, {SYS_ARCH_PRCTL}
             syscall
             mov rbp, rsp
             and rsp, -16
             mov rdi, r10
             mov rsi, r8
             mov rdx, r9
             call unscathed_body
             mov rsp, rbp
             mov rcx, r12
             ldmxcsr [rcx + {mxcsr}]
             fldcw [rcx + {x87}]",
            fs = entry("fs_base"),
            mxcsr = entry("mxcsr"),
            x87 = entry("x87cw"),
        ));
        for (register, offset) in kept {
            self.line(&format!("mov {register}, [rcx + {offset}]"));
        }
        self.line("ret");
    }

    /// Vector and mask registers, as far as the machine has them.
    fn vectors(&mut self, abi: &Abi, direction: Direction) {
        let frame = direction.frame();
        let feature = |wanted: Feature| {
            Feature::ALL.iter().position(|&feature| feature == wanted).unwrap_or_default()
        };
        self.lines(&format!(
            "test qword ptr [rip + unscathed_features], {}
             jnz 5f
             test qword ptr [rip + unscathed_features], {}
             jnz 4f",
            1 << feature(Feature::Avx512),
            1 << feature(Feature::Avx),
        ));
        for (form, count, after) in
            [("movups xmm", 16, "jmp 6f\n4:"), ("vmovups ymm", 16, "vzeroupper\njmp 6f\n5:")]
        {
            for (number, offset) in vector_places(abi).filter(|&(number, _)| number < count) {
                self.line(&direction.instruction(form, number, frame + offset));
            }
            // A load must leave the upper halves planted.
            self.lines(if direction == Direction::Load {
                after.trim_start_matches("vzeroupper\n")
            } else {
                after
            });
        }
        for (number, offset) in vector_places(abi) {
            self.line(&direction.instruction("vmovups zmm", number, frame + offset));
        }
        for register in abi.registers {
            if let Class::Opmask(number) = register.class {
                let offset = frame + usize::from(register.offset);
                self.line(&direction.instruction("kmovq k", number, offset));
            }
        }
        if direction == Direction::Store {
            self.line("vzeroupper");
        }
        self.line("6:");
    }
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Direction {
    Load,
    Store,
}

impl Direction {
    fn frame(self) -> usize {
        match self {
            Self::Load => PLANTED,
            Self::Store => SEEN,
        }
    }

    /// `form` is the mnemonic and the register's name up to its number.
    fn instruction(self, form: &str, number: u8, offset: usize) -> String {
        let (mnemonic, register) = form.split_once(' ').unwrap_or((form, ""));
        match self {
            Self::Load => format!("{mnemonic} {register}{number}, [rax + {offset}]"),
            Self::Store => format!("{mnemonic} [rax + {offset}], {register}{number}"),
        }
    }
}

fn generals(abi: &Abi) -> impl Iterator<Item = &'static Register> {
    abi.registers.iter().filter(|register| register.class == Class::General)
}

fn vector_places(abi: &Abi) -> impl Iterator<Item = (u8, usize)> {
    abi.registers.iter().filter_map(|register| match register.class {
        Class::Vector(number) => Some((number, usize::from(register.offset))),
        _ => None,
    })
}

/// A word of a party's site, as an operand.
fn in_site(party: usize, offset: usize) -> String {
    format!("[rip + unscathed_sites + {} + {offset}]", party * SITE)
}

fn place(abi: &Abi, register: &str) -> usize {
    usize::from(abi.register(register).offset)
}
