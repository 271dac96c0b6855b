//! Subjects that are wrong in exactly one way, and harmless changes.
//!
//! They stand trial through the same table as any library. What each of them
//! does lies in the catalogue, which also writes their machine code; here are the
//! functions that no mutant changes, and the tables.

mod block;
mod wrapped;

use core::arch::global_asm;
use core::ffi::c_int;
use core::sync::atomic::{AtomicU64, Ordering};
use std::ffi::CString;
use std::sync::LazyLock;

use unscathed_catalogue::abi::SYSV_X86_64;
use unscathed_catalogue::element::Feature;
use unscathed_catalogue::mutant::{self, Mutant, MutantClass, feature_bit};
use unscathed_core::subject::{
    ABI, Body, CAP_DESTROY, CAP_GUARD, CAP_MIGRATE, CAP_NEST, Co, Resume, Suspend, Table, Transfer,
};

use self::block::Block;

global_asm!(include_str!(concat!(env!("OUT_DIR"), "/mutants.s")), options(raw));

/// The routines of one mutant.
#[derive(Clone, Copy)]
#[repr(C)]
struct Routines {
    resume: Resume,
    suspend: Suspend,
    done: unsafe extern "C-unwind" fn(*const Co) -> c_int,
    transfer: Transfer,
}

unsafe extern "C" {
    /// What the processor has, as [`feature_bit`]s. Mutants look at it before they
    /// overwrite a register that it may lack.
    safe static unscathed_mutant_features: AtomicU64;
    /// One entry for each mutant of [`mutant::all`], in its order.
    static unscathed_mutants: [Routines; 0];
}

/// A mutant that can be audited.
#[derive(Clone, Copy, Debug)]
pub struct Subject {
    /// Its id, which is also the name in its table.
    pub id: &'static str,
    /// Its line in `self-test`.
    pub class: MutantClass,
    /// The row that it must be convicted of; `None`: it must not be convicted.
    pub element: Option<&'static str>,
    /// How it is reached.
    pub table: &'static Table,
    /// What it declares, in the form of an adapter's side file.
    pub policies: &'static str,
    /// It is the healthy one with functions replaced, not machine code of its own.
    pub wrapped: bool,
}

/// The healthy subject switches no state of the thread, and nothing else does that
/// does not say so.
pub const STAYS_WITH_THE_THREAD: &str = "[policy]
\"cxx.caught\" = \"thread\"
\"cxx.uncaught\" = \"thread\"
\"rust.panic_count\" = \"thread\"
\"signal.altstack\" = \"thread\"
\"signal.mask\" = \"thread\"
\"tls.errno\" = \"thread\"
\"tls.locale\" = \"thread\"
";

/// All mutants: those that follow from rows in the catalogue's order, then those
/// that wrap the healthy one.
#[must_use]
pub fn all() -> &'static [Subject] {
    static SUBJECTS: LazyLock<Vec<Subject>> = LazyLock::new(|| {
        let generated = mutant::all(SYSV_X86_64).into_iter().enumerate();
        generated.map(|(number, mutant)| subject(number, mutant)).chain(wrapped::all()).collect()
    });
    &SUBJECTS
}

/// The mutant with this id.
#[must_use]
pub fn find(id: &str) -> Option<&'static Subject> {
    all().iter().find(|subject| subject.id == id)
}

/// Leaks the strings and the table: a table is static, and there is one of each.
fn subject(number: usize, mutant: Mutant) -> Subject {
    let routines = routines(number);
    let name = CString::new(&*mutant.id).expect("an id has no null in it");
    let table = Table {
        abi: ABI,
        size: size_of::<Table>() as u32,
        name: name.into_raw(),
        version: c"1".as_ptr(),
        caps: CAP_MIGRATE | CAP_NEST | CAP_DESTROY | CAP_GUARD,
        create: Some(create),
        resume: Some(routines.resume),
        suspend: Some(routines.suspend),
        done: Some(routines.done),
        destroy: Some(destroy),
        thread_enter: None,
        thread_leave: None,
        transfer: Some(routines.transfer),
    };
    Subject {
        id: mutant.id.leak(),
        class: mutant.class,
        element: mutant.element,
        table: Box::leak(Box::new(table)),
        policies: STAYS_WITH_THE_THREAD,
        wrapped: false,
    }
}

/// The table of a generated mutant, without the list of all of them.
pub(crate) fn find_generated(id: &str) -> &'static Table {
    let mutants = mutant::all(SYSV_X86_64).into_iter().enumerate();
    let found = mutants.into_iter().find(|(_, mutant)| mutant.id == id);
    let (number, mutant) = found.expect("it is in the catalogue");
    subject(number, mutant).table
}

fn routines(number: usize) -> Routines {
    let first: *const Routines = (&raw const unscathed_mutants).cast();
    // SAFETY: the assembly was made from the list that `number` counts in, and has
    // an entry for each of its mutants.
    unsafe { *first.wrapping_add(number) }
}

unsafe extern "C-unwind" fn create(stack_bytes: usize, body: Body) -> *mut Co {
    unscathed_mutant_features.store(features(), Ordering::Relaxed);
    Block::map(stack_bytes, body).cast()
}

/// Frees the stack. Whatever a suspended body still holds is forgotten.
unsafe extern "C-unwind" fn destroy(co: *mut Co) {
    // SAFETY: it came from `create`, and the caller gives it up.
    unsafe { Block::unmap(co.cast()) };
}

fn features() -> u64 {
    let avx = is_x86_feature_detected!("avx");
    let avx512 = is_x86_feature_detected!("avx512f") && is_x86_feature_detected!("avx512bw");
    [(Feature::Avx, avx), (Feature::Avx512, avx512)]
        .into_iter()
        .filter(|&(_, present)| present)
        .map(|(feature, _)| feature_bit(feature))
        .sum()
}
