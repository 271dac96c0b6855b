//! Counts what a library that is loaded already asks of others: copies, allocations, frees.
//!
//! A dynamic library calls functions of others through a table of addresses. Here those
//! of the functions below are replaced by ones that count and then call what was meant.
//! So only the library's own calls are counted, in any interpreter and any C library, and
//! nothing has to be set before the process starts. What a compiler put in the place of a
//! call, and what is called through pointers that were taken before, is not seen.

use core::ffi::{CStr, c_char, c_int, c_void};
use core::{mem, ptr, slice};
use std::sync::OnceLock;
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};

/// What a call counts as.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Kind {
    /// Copies as many bytes as its third argument says.
    Copies,
    Allocates,
    Frees,
    /// Frees its first argument, unless that is null, and allocates.
    Resizes,
}

use Kind::{Allocates, Copies, Frees, Resizes};

/// The functions. All take words and give a word, or nothing.
const NAMES: [(&CStr, Kind); 28] = [
    (c"memcpy", Copies),
    (c"memmove", Copies),
    (c"__memcpy_chk", Copies),
    (c"__memmove_chk", Copies),
    (c"malloc", Allocates),
    (c"calloc", Allocates),
    (c"realloc", Resizes),
    (c"free", Frees),
    (c"PyMem_RawMalloc", Allocates),
    (c"PyMem_RawCalloc", Allocates),
    (c"PyMem_RawRealloc", Resizes),
    (c"PyMem_RawFree", Frees),
    (c"PyMem_Malloc", Allocates),
    (c"PyMem_Calloc", Allocates),
    (c"PyMem_Realloc", Resizes),
    (c"PyMem_Free", Frees),
    (c"PyObject_Malloc", Allocates),
    (c"PyObject_Calloc", Allocates),
    (c"PyObject_Realloc", Resizes),
    (c"PyObject_Free", Frees),
    (c"_Znwm", Allocates),
    (c"_Znam", Allocates),
    (c"_ZdlPv", Frees),
    (c"_ZdlPvm", Frees),
    (c"_ZdaPv", Frees),
    (c"_ZdaPvm", Frees),
    (c"mmap", Allocates),
    (c"munmap", Frees),
];

/// Copies, bytes copied, allocations, frees.
static COUNTS: [AtomicU64; 4] = [const { AtomicU64::new(0) }; 4];
/// What was meant, in the order of [`NAMES`].
static MEANT: [AtomicUsize; NAMES.len()] = [const { AtomicUsize::new(0) }; NAMES.len()];

type Call = extern "C-unwind" fn(usize, usize, usize, usize, usize, usize) -> usize;

/// Counts a call of one of the functions, and makes it.
extern "C-unwind" fn counted<const N: usize>(
    a: usize,
    b: usize,
    c: usize,
    d: usize,
    e: usize,
    f: usize,
) -> usize {
    let add = |place: usize, count: u64| COUNTS[place].fetch_add(count, Ordering::Relaxed);
    match NAMES[N].1 {
        Copies => {
            add(0, 1);
            add(1, c as u64);
        }
        Allocates => {
            add(2, 1);
        }
        Frees if a != 0 => {
            add(3, 1);
        }
        Frees => {}
        Resizes => {
            add(2, 1);
            add(3, u64::from(a != 0));
        }
    }
    // SAFETY: the address of a function that takes at most six words, see `replace`.
    let call: Call = unsafe { mem::transmute(MEANT[N].load(Ordering::Relaxed)) };
    call(a, b, c, d, e, f)
}

/// The functions that count, in the order of [`NAMES`].
static COUNTED: [Call; NAMES.len()] = {
    macro_rules! table { ($($n:literal)*) => { [$(counted::<$n>),*] } }
    table!(0 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16 17 18 19 20 21 22 23 24 25 26 27)
};

/// What `unscathed_count` looks for, and what it found.
struct Search<'a> {
    path: &'a CStr,
    library: *mut c_void,
    replaced: c_int,
}

/// Counts calls of the library at `path` from now on; how many entries of its table
/// were replaced, or -1 if no such library is loaded.
///
/// # Safety
///
/// `path` is a C string, and no other thread loads or unloads libraries.
pub(crate) unsafe fn count(path: *const c_char) -> c_int {
    // SAFETY: the caller vouches.
    let path = unsafe { CStr::from_ptr(path) };
    // SAFETY: a C string; nothing is loaded by this.
    let library = unsafe { libc::dlopen(path.as_ptr(), libc::RTLD_LAZY | libc::RTLD_NOLOAD) };
    if library.is_null() {
        return -1;
    }
    let mut search = Search { path, library, replaced: 0 };
    // SAFETY: `visit` takes what is passed, and it outlives the call.
    unsafe { libc::dl_iterate_phdr(Some(visit), (&raw mut search).cast()) };
    search.replaced
}

/// The counts so far.
pub(crate) fn counts() -> [u64; 4] {
    COUNTS.each_ref().map(|count| count.load(Ordering::Relaxed))
}

unsafe extern "C" fn visit(info: *mut libc::dl_phdr_info, _: usize, data: *mut c_void) -> c_int {
    // SAFETY: the loader passes it.
    let info = unsafe { &*info };
    // SAFETY: what `count` passed.
    let search = unsafe { &mut *data.cast::<Search<'_>>() };
    // SAFETY: the loader's name of the file, a C string.
    let name = unsafe { CStr::from_ptr(info.dlpi_name) };
    if name != search.path {
        return 0;
    }
    // SAFETY: the loader vouches for table and count.
    let headers = unsafe { slice::from_raw_parts(info.dlpi_phdr, info.dlpi_phnum.into()) };
    let base = info.dlpi_addr as usize;
    if let Some(dynamic) = headers.iter().find(|it| it.p_type == libc::PT_DYNAMIC) {
        // SAFETY: the dynamic section of a library that is loaded there.
        unsafe { replace_all(base, base + dynamic.p_vaddr as usize, search) };
    }
    1
}

// Tags of the dynamic section, and kinds of relocations: the ELF and AMD64 documents.
const NULL: u64 = 0;
const PLT_BYTES: u64 = 2;
const STRINGS: u64 = 5;
const SYMBOLS: u64 = 6;
const RELA: u64 = 7;
const RELA_BYTES: u64 = 8;
const PLT: u64 = 23;
const GLOBAL: u64 = 6;
const JUMP: u64 = 7;

/// Replaces the addresses of all functions that are in both tables.
///
/// # Safety
///
/// `dynamic` is the address of the dynamic section of a library loaded at `base`.
unsafe fn replace_all(base: usize, dynamic: usize, search: &mut Search<'_>) {
    let tag = |wanted: u64| {
        let mut entry = dynamic as *const [u64; 2];
        loop {
            // SAFETY: entries follow each other up to one without a tag.
            let [tag, value] = unsafe { entry.read() };
            if tag == wanted || tag == NULL {
                return (tag == wanted).then_some(value as usize);
            }
            entry = entry.wrapping_add(1);
        }
    };
    let (Some(strings), Some(symbols)) = (tag(STRINGS), tag(SYMBOLS)) else { return };
    for (table, bytes) in [(tag(PLT), tag(PLT_BYTES)), (tag(RELA), tag(RELA_BYTES))] {
        let (Some(table), Some(bytes)) = (table, bytes) else { continue };
        let count = bytes / mem::size_of::<libc::Elf64_Rela>();
        // SAFETY: the section says so.
        let entries = unsafe { slice::from_raw_parts(table as *const libc::Elf64_Rela, count) };
        for entry in entries.iter().filter(|it| [GLOBAL, JUMP].contains(&(it.r_info & 0xffff_ffff)))
        {
            let symbol =
                (symbols as *const libc::Elf64_Sym).wrapping_add((entry.r_info >> 32) as usize);
            // SAFETY: the relocation names a symbol of the same library.
            let offset = unsafe { (*symbol).st_name };
            // SAFETY: the symbol's name is a C string in the table of names.
            let name = unsafe { CStr::from_ptr((strings + offset as usize) as *const c_char) };
            if let Some(n) = NAMES.iter().position(|(known, _)| *known == name) {
                // SAFETY: the place that the relocation fills in.
                search.replaced += c_int::from(unsafe {
                    replace(base + entry.r_offset as usize, n, search.library)
                });
            }
        }
    }
}

/// Puts a function that counts in a place of the table.
///
/// # Safety
///
/// `place` holds the address of the function `n` for a library.
unsafe fn replace(place: usize, n: usize, library: *mut c_void) -> bool {
    let name = NAMES[n].0.as_ptr();
    // The library's own view first: what it depends on need not be visible to all.
    // SAFETY: a handle and a C string.
    let mut meant = unsafe { libc::dlsym(library, name) };
    if meant.is_null() {
        // SAFETY: a C string.
        meant = unsafe { libc::dlsym(libc::RTLD_DEFAULT, name) };
    }
    if meant.is_null() {
        return false;
    }
    static PAGE: OnceLock<usize> = OnceLock::new();
    // SAFETY: asks for a constant.
    let page = *PAGE.get_or_init(|| unsafe { libc::sysconf(libc::_SC_PAGESIZE) } as usize);
    let (start, writable) = (place & !(page - 1), libc::PROT_READ | libc::PROT_WRITE);
    // The table may have been protected once it was complete.
    // SAFETY: a page of the library's data, which stays readable.
    if unsafe { libc::mprotect(start as *mut c_void, page, writable) } != 0 {
        return false;
    }
    MEANT[n].store(meant as usize, Ordering::Relaxed);
    // SAFETY: the caller vouches; aligned as addresses in tables are.
    unsafe { ptr::write_volatile(place as *mut usize, COUNTED[n] as usize) };
    true
}
