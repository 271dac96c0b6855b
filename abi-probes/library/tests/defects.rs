//! Callbacks that lose one thing each, and what the record says of them.

use core::arch::global_asm;
use core::ffi::c_int;
use std::ffi::CString;
use std::os::unix::ffi::OsStrExt;
use std::sync::{Mutex, MutexGuard, PoisonError};

use tempfile::NamedTempFile;
use unscathed_catalogue::abi::SYSV_X86_64;
use unscathed_catalogue::record::{BYTES, Record, Stage};
use unscathed_catalogue::{Event, Level, Plant};
use unscathed_probe::{
    unscathed_admits, unscathed_attach, unscathed_bracket, unscathed_finish,
    unscathed_look_at_rounding, unscathed_record_bytes, unscathed_round, unscathed_settle,
};

// Each is an ordinary function but for what its name says.
global_asm!(
    "lose_rbx: not rbx",
    "ret",
    "lose_rbp: mov rbp, rsp",
    "ret",
    "lose_r12: xor r12d, r12d",
    "ret",
    "lose_r13: inc r13",
    "ret",
    "lose_r14: bswap r14",
    "ret",
    // The lower half only.
    "lose_r15: not r15b",
    "ret",
    "lose_rsp: ret 8",
    "lose_word: mov byte ptr [rsp + 8 * 20], 7",
    "ret",
    "lose_mxcsr_rc: mov eax, 0x6000",
    "jmp flip_mxcsr",
    "lose_mxcsr_ftz: mov eax, 0x8000",
    "jmp flip_mxcsr",
    "lose_mxcsr_daz: mov eax, 0x0040",
    "jmp flip_mxcsr",
    "lose_mxcsr_masks: mov eax, 0x0100",
    "flip_mxcsr: stmxcsr [rsp - 8]",
    "xor [rsp - 8], eax",
    "ldmxcsr [rsp - 8]",
    "ret",
    "lose_x87_rc: mov eax, 0x0c00",
    "jmp flip_x87",
    "lose_x87_pc: mov eax, 0x0200",
    "jmp flip_x87",
    "lose_x87_masks: mov eax, 0x0004",
    "flip_x87: fnstcw [rsp - 8]",
    "xor [rsp - 8], ax",
    "fldcw [rsp - 8]",
    "ret",
    "lose_x87_stack: fld1",
    "ret",
    "lose_df: std",
    "ret",
    "lose_ac: pushfq",
    "or qword ptr [rsp], 0x40000",
    "popfq",
    "ret",
    "lose_fs_base: mov edi, 0x1002",
    "lea rsi, [rip + lose_fs_base]",
    "mov eax, 158",
    "syscall",
    "ret",
    // Everything that a function may leave as it likes.
    "lose_nothing: mov eax, 1",
    "mov rcx, rax",
    "mov rdx, rax",
    "mov rsi, rax",
    "mov rdi, rax",
    "mov r8, rax",
    "mov r9, rax",
    "mov r10, rax",
    "mov r11, rax",
    "pxor xmm0, xmm0",
    "pxor xmm15, xmm15",
    "push rbx",
    "mov rbx, rax",
    "add rbx, rax",
    "pop rbx",
    "stmxcsr [rsp - 8]",
    "xor dword ptr [rsp - 8], 0x3f",
    "ldmxcsr [rsp - 8]",
    "ret",
    // Returns what says that all six arguments came where they must.
    "weigh: lea rax, [rdi + rsi * 2]",
    "lea rax, [rax + rdx * 4]",
    "lea rax, [rax + rcx * 8]",
    "shl r8, 4",
    "add rax, r8",
    "shl r9, 5",
    "add rax, r9",
    "ret",
);

macro_rules! foreign {
    ($($name:ident)*) => {
        unsafe extern "C" {
            $(fn $name();)*
        }
    };
}

foreign! {
    lose_rbx lose_rbp lose_r12 lose_r13 lose_r14 lose_r15 lose_rsp lose_word
    lose_mxcsr_rc lose_mxcsr_ftz lose_mxcsr_daz lose_mxcsr_masks
    lose_x87_rc lose_x87_pc lose_x87_masks lose_x87_stack
    lose_df lose_ac lose_fs_base lose_nothing weigh
}

type Function = unsafe extern "C" fn();

/// What is lost, and the row that must say so.
const DEFECTS: [(Function, &str); 19] = [
    (lose_rbx, "gpr.rbx"),
    (lose_rbp, "gpr.rbp"),
    (lose_r12, "gpr.r12"),
    (lose_r13, "gpr.r13"),
    (lose_r14, "gpr.r14"),
    (lose_r15, "gpr.r15"),
    (lose_rsp, "gpr.rsp"),
    (lose_word, "stack.contents"),
    (lose_mxcsr_rc, "mxcsr.rc"),
    (lose_mxcsr_ftz, "mxcsr.ftz"),
    (lose_mxcsr_daz, "mxcsr.daz"),
    (lose_mxcsr_masks, "mxcsr.masks"),
    (lose_x87_rc, "x87.rc"),
    (lose_x87_pc, "x87.pc"),
    (lose_x87_masks, "x87.masks"),
    (lose_x87_stack, "x87.stack"),
    (lose_df, "flags.df"),
    (lose_ac, "flags.ac"),
    (lose_fs_base, "tls.fs_base"),
];

/// The record of a test. Sites and record belong to the process, so tests take turns.
struct Attached {
    file: NamedTempFile,
    _turn: MutexGuard<'static, ()>,
}

static TURN: Mutex<()> = Mutex::new(());

impl Attached {
    fn new() -> Self {
        let turn = TURN.lock().unwrap_or_else(PoisonError::into_inner);
        let file = NamedTempFile::new().unwrap();
        file.as_file().set_len(BYTES as u64).unwrap();
        assert_eq!(attach(&file), 0);
        Self { file, _turn: turn }
    }

    fn record(&self) -> Record {
        Record::read(&std::fs::read(self.file.path()).unwrap()).unwrap()
    }

    /// Ids of the rows, but for the controls, that differ at some bit.
    fn lost(&self) -> Vec<&'static str> {
        self.rows(|looks, changed| looks > 0 && changed)
    }

    fn rows(&self, keep: impl Fn(u64, bool) -> bool) -> Vec<&'static str> {
        let record = self.record();
        let rows = SYSV_X86_64.elements.iter().zip(&record.rows);
        let owed = rows.filter(|(element, _)| element.level != Level::Free);
        owed.filter(|(_, row)| keep(row.looks, row.changed != [0; 8]))
            .map(|(element, _)| element.id)
            .collect()
    }
}

fn attach(file: &NamedTempFile) -> c_int {
    let path = CString::new(file.path().as_os_str().as_bytes()).unwrap();
    // SAFETY: a C string, and no bracket is open while a test attaches.
    unsafe { unscathed_attach(path.as_ptr()) }
}

fn bracket(party: u16, function: Function, arguments: &[u64]) -> u64 {
    let event = Event::ALL.iter().position(|event| *event == Event::Resumed).unwrap();
    let (target, count) = (function as usize, arguments.len());
    // SAFETY: the functions above lose what the bracket brings back.
    unsafe { unscathed_bracket(party, event as u32, target, arguments.as_ptr(), count) }
}

#[test]
fn each_defect_is_seen_in_its_row_and_in_no_other() {
    for (function, id) in DEFECTS {
        for party in [0, 1, 64] {
            let attached = Attached::new();
            bracket(party, function, &[]);
            assert_eq!(attached.lost(), [id], "party {party}");
            bracket(party, function, &[]);
            assert_eq!(attached.lost(), [id], "party {party}, at a step of the other parity");
        }
    }
}

#[test]
fn what_a_function_may_lose_is_not_held_against_it() {
    let attached = Attached::new();
    for _ in 0..4 {
        bracket(0, lose_nothing, &[]);
    }
    assert_eq!(attached.lost(), [""; 0]);
    let looked = attached.rows(|looks, _| looks > 0);
    let seen: Vec<_> = DEFECTS.iter().map(|(_, id)| *id).collect();
    for id in &seen {
        assert!(looked.contains(id), "nobody looked at {id}");
    }
    assert_eq!(looked.len(), seen.len(), "a row has no defect here: {looked:?}");
    let record = attached.record();
    let index = SYSV_X86_64.index("gpr.r10").unwrap();
    assert!(record.rows[index].changed != [0; 8], "a control notices");
}

/// Party 0 calls a function that runs party 1, as a switch would.
extern "C" fn inner() {
    bracket(1, lose_nothing, &[]);
}

#[test]
fn every_planted_row_is_tested_by_two_parties() {
    let attached = Attached::new();
    let inner: extern "C" fn() = inner;
    bracket(0, inner, &[]);
    let record = attached.record();
    for (element, row) in SYSV_X86_64.elements.iter().zip(&record.rows) {
        let planted = matches!(element.plant, Plant::Canary | Plant::Codes { .. });
        if planted && row.looks > 0 && element.level == Level::Must {
            assert!(row.tested[0] & element.owed() != 0, "{}", element.id);
        }
    }
    assert_eq!(attached.lost(), [""; 0]);
}

#[test]
fn arguments_and_the_result_pass() {
    let attached = Attached::new();
    assert_eq!(bracket(2, weigh, &[1, 1, 1, 1, 1, 1]), 63);
    assert_eq!(bracket(2, weigh, &[5, 0, 0, 0, 0, 3]), 101);
    assert_eq!(attached.lost(), [""; 0]);
}

#[test]
fn a_rounding_mode_that_another_party_set_is_found() {
    let attached = Attached::new();
    unscathed_round(0);
    unscathed_look_at_rounding(0, Event::Resumed as u32);
    assert_eq!(attached.lost(), [""; 0]);
    unscathed_round(1);
    unscathed_look_at_rounding(0, Event::Resumed as u32);
    unscathed_settle();
    assert_eq!(attached.lost(), ["mxcsr.rc", "x87.rc"]);
    let record = attached.record();
    let row = &record.rows[SYSV_X86_64.index("mxcsr.rc").unwrap()];
    assert_eq!((row.samples[0].party, row.samples[0].rival), (0, 1));
    assert_eq!(row.samples[0].seen, row.samples[0].rival_value);
}

#[test]
fn an_exception_that_an_interpreter_can_raise_does_not_trap() {
    // Divides, overflows, underflows and takes a root that there is none of, as
    // ordinary code of an interpreter may, on steps of both parities.
    extern "C" fn compute() {
        let tiny = std::hint::black_box(f64::MIN_POSITIVE);
        let huge = std::hint::black_box(f64::MAX);
        let zero = std::hint::black_box(0.0_f64);
        let denormal = std::hint::black_box(f64::from_bits(3));
        let values =
            [1.0 / zero, huge * huge, tiny / huge, (-huge).sqrt(), denormal * huge, tiny / 3.0];
        std::hint::black_box(values);
    }
    let attached = Attached::new();
    let compute: extern "C" fn() = compute;
    for party in [0, 1, 0, 1] {
        bracket(party, compute, &[]);
        bracket(party, compute, &[]);
        bracket(party, lose_nothing, &[]);
    }
    assert_eq!(attached.lost(), [""; 0]);
}

#[test]
fn a_record_that_is_short_or_missing_is_refused() {
    let attached = Attached::new();
    let short = NamedTempFile::new().unwrap();
    assert_eq!(attach(&short), -1);
    // SAFETY: a C string.
    let missing = unsafe { unscathed_attach(c"/nowhere/record".as_ptr()) };
    assert_eq!(missing, libc::ENOENT);
    assert_eq!(unscathed_record_bytes(), BYTES);
    assert!(unscathed_admits(64) != 0 && unscathed_admits(65) == 0);
    unscathed_finish();
    assert_eq!(attached.record().stage, Stage::Finished);
}
