//! The switch keeps what the catalogue owes, no less and no more.
//!
//! The switch is written by hand and the probes are made from the catalogue, so
//! that neither can hide what the other forgot. Here the two meet: the machine
//! code is read, not its source. It is that of a function with one inlined switch,
//! together with what the compiler saves around it, since neither half keeps
//! everything alone.

use std::collections::{BTreeMap, BTreeSet};
use std::slice;

use iced_x86::{Decoder, DecoderOptions, Instruction, Mnemonic, OpKind, Register};
use unscathed_catalogue::Level;
use unscathed_catalogue::abi::SYSV_X86_64;

/// What a switch can keep by saving it. The other rows are kept by not being
/// touched, or are about something other than a register.
const SAVED: [&str; 9] = ["rbx", "rbp", "r12", "r13", "r14", "r15", "rsp", "mxcsr", "x87cw"];

/// The longest that an instruction can be.
const LONGEST: usize = 15;

/// The bytes of the function around one switch, up to its one `ret`.
fn code_of_the_switch() -> Vec<u8> {
    let start: *const u8 = unscathed_core::one_switch as *const u8;
    let mut code = Vec::new();
    loop {
        // SAFETY: a byte of the function; its `ret` has not been reached yet, and
        // other functions follow it.
        let window = unsafe { slice::from_raw_parts(start.wrapping_add(code.len()), LONGEST) };
        let instruction = Decoder::new(64, window, DecoderOptions::NONE).decode();
        assert!(!instruction.is_invalid(), "no code at {:#x}", code.len());
        code.extend(&window[..instruction.len()]);
        assert!(code.len() < 512, "the switch does not return");
        if instruction.mnemonic() == Mnemonic::Ret {
            return code;
        }
    }
}

/// What `code` stores on one stack and loads from the same place on the other.
///
/// A switch has two halves, divided by the exchange of the stack pointer. Offsets
/// count from the stack pointer at the call; both halves see the same frame.
fn kept(code: &[u8]) -> BTreeSet<String> {
    let mut saved = BTreeMap::new();
    let mut kept = BTreeSet::new();
    let (mut depth, mut switched) = (0_i64, false);
    for instruction in Decoder::new(64, code, DecoderOptions::NONE) {
        let slot = depth + instruction.memory_displacement64().cast_signed();
        let (first, second) = (instruction.op0_register(), instruction.op1_register());
        match instruction.mnemonic() {
            Mnemonic::Push => {
                depth -= 8;
                saved.insert(name(first), depth);
            }
            Mnemonic::Pop => {
                if switched && saved.get(&name(first)) == Some(&depth) {
                    kept.insert(name(first));
                }
                depth += 8;
            }
            Mnemonic::Sub if first == Register::RSP => {
                depth -= instruction.immediate(1).cast_signed();
            }
            Mnemonic::Add if first == Register::RSP => {
                depth += instruction.immediate(1).cast_signed();
            }
            // Each side gets the other's stack pointer for its own. It is then back
            // where it was only if the frame is popped as far as it was pushed,
            // which the end checks.
            Mnemonic::Xchg if [first, second].contains(&Register::RSP) => {
                switched = true;
                kept.insert("rsp".into());
            }
            Mnemonic::Mov if first == Register::RSP => switched = true,
            Mnemonic::Mov if instruction.memory_base() == Register::RSP => {
                if instruction.op0_kind() == OpKind::Memory {
                    saved.insert(name(second), slot);
                } else if switched && saved.get(&name(first)) == Some(&slot) {
                    kept.insert(name(first));
                }
            }
            Mnemonic::Stmxcsr => {
                saved.insert("mxcsr".into(), on_the_stack(&instruction, slot));
            }
            Mnemonic::Fstcw | Mnemonic::Fnstcw => {
                saved.insert("x87cw".into(), on_the_stack(&instruction, slot));
            }
            Mnemonic::Ldmxcsr if switched && saved.get("mxcsr") == Some(&slot) => {
                kept.insert("mxcsr".into());
            }
            Mnemonic::Fldcw if switched && saved.get("x87cw") == Some(&slot) => {
                kept.insert("x87cw".into());
            }
            _ => {}
        }
    }
    if depth != 0 {
        kept.remove("rsp");
    }
    kept.retain(|register| SAVED.contains(&&**register));
    kept
}

fn on_the_stack(instruction: &Instruction, slot: i64) -> i64 {
    assert_eq!(instruction.op0_kind(), OpKind::Memory);
    assert_eq!(instruction.memory_base(), Register::RSP);
    slot
}

fn name(register: Register) -> String {
    format!("{register:?}").to_lowercase()
}

fn owed() -> BTreeSet<String> {
    SYSV_X86_64
        .elements
        .iter()
        .filter(|element| element.level == Level::Must && SAVED.contains(&element.register))
        .map(|element| element.register.to_owned())
        .collect()
}

#[test]
fn the_switch_keeps_what_is_owed() {
    assert_eq!(kept(&code_of_the_switch()), owed());
}

/// The reading is itself on trial: without the load of a register, or with two
/// loads exchanged, it must miss exactly what is lost.
#[test]
fn a_switch_that_forgets_is_caught() {
    let nothing: &[u8] = &[0x90; 5];
    let pop_r12: &[u8] = &[0x41, 0x5c];
    let pop_r13: &[u8] = &[0x41, 0x5d];
    let pop_r14: &[u8] = &[0x41, 0x5e];
    let pop_r15: &[u8] = &[0x41, 0x5f];
    let pop_into_rcx: &[u8] = &[0x59, 0x90];
    let load_rbx: &[u8] = &[0x48, 0x8b, 0x5c, 0x24, 0xf0];
    let load_rbp: &[u8] = &[0x48, 0x8b, 0x6c, 0x24, 0xe8];
    let load_rbx_from_rbps: &[u8] = &[0x48, 0x8b, 0x5c, 0x24, 0xe8];
    let load_rbp_from_rbxs: &[u8] = &[0x48, 0x8b, 0x6c, 0x24, 0xf0];
    let load_mxcsr: &[u8] = &[0x0f, 0xae, 0x54, 0x24, 0xe0];
    let load_x87: &[u8] = &[0xd9, 0x6c, 0x24, 0xe4];
    let exchange: &[u8] = &[0x48, 0x87, 0xe2];
    let move_only: &[u8] = &[0x48, 0x89, 0xd4];
    for (original, replacement, lost) in [
        (pop_r12, pop_into_rcx, &["r12"][..]),
        (pop_r13, pop_into_rcx, &["r13"]),
        (pop_r14, pop_into_rcx, &["r14"]),
        (pop_r15, pop_into_rcx, &["r15"]),
        (&[pop_r12, pop_r13].concat(), &[pop_r13, pop_r12].concat(), &["r12", "r13"]),
        (load_rbx, nothing, &["rbx"]),
        (load_rbp, nothing, &["rbp"]),
        (
            &[load_rbx, load_rbp].concat(),
            &[load_rbx_from_rbps, load_rbp_from_rbxs].concat(),
            &["rbp", "rbx"],
        ),
        (load_mxcsr, nothing, &["mxcsr"]),
        (load_x87, &nothing[..4], &["x87cw"]),
        (exchange, move_only, &["rsp"]),
    ] {
        let mut code = code_of_the_switch();
        // The last one: a short pattern may occur inside another instruction.
        let at = code
            .windows(original.len())
            .rposition(|window| window == original)
            .unwrap_or_else(|| panic!("nothing restores {lost:?}"));
        code[at..at + original.len()].copy_from_slice(replacement);
        let missing: BTreeSet<_> = owed().difference(&kept(&code)).cloned().collect();
        assert_eq!(missing, lost.iter().map(|&name| name.to_owned()).collect());
    }
}
