//! From a table that a stranger filled in to a subject that may be called.

use core::ffi::{CStr, c_char, c_int, c_void};
use core::ptr;
use std::fs;
use std::path::Path;

use libloading::os::unix::{Library, RTLD_LOCAL, RTLD_NOW};
use object::elf::{ET_DYN, FileHeader64};
use object::read::elf::FileHeader as _;
use object::{Architecture, FileKind, LittleEndian, Object as _};
use unscathed_core::subject::{
    ABI, Create, Destroy, Done, Entry, Resume, Suspend, Table, ThreadEnter, ThreadLeave, Transfer,
};

/// A table whose required functions are there.
#[derive(Clone, Debug)]
pub struct Subject {
    /// Its own name.
    pub name: String,
    /// Its own version.
    pub version: String,
    /// `CAP_` bits.
    pub caps: u64,
    /// `create`.
    pub create: Create,
    /// `resume`.
    pub resume: Resume,
    /// `suspend`.
    pub suspend: Suspend,
    /// `done`.
    pub done: Done,
    /// `destroy`.
    pub destroy: Destroy,
    /// `thread_enter`, where it has one.
    pub thread_enter: Option<ThreadEnter>,
    /// `thread_leave`, where it has one.
    pub thread_leave: Option<ThreadLeave>,
    /// `transfer`, where it has one.
    pub transfer: Option<Transfer>,
}

/// Looks a table over.
///
/// # Errors
///
/// A sentence that names what is wrong and how to mend it.
///
/// # Safety
///
/// `table` is null, or points to what its first two words say that it is.
pub unsafe fn check(table: *const Table) -> Result<Subject, String> {
    if table.is_null() {
        return Err("`unscathed_subject_v1` returned a null pointer: return the address of a static `unscathed_subject`".into());
    }
    // SAFETY: whatever the size, the first two words are there.
    let abi = unsafe { (*table).abi };
    if abi != ABI {
        return Err(format!(
            "`abi` is {abi}, expected {ABI}: set `.abi = UNSCATHED_ABI`, or rebuild against this version's unscathed.h"
        ));
    }
    // SAFETY: as above.
    let size = unsafe { (*table).size } as usize;
    let expected = size_of::<Table>();
    if size < expected {
        return Err(format!(
            "`size` is {size}, expected {expected}: set `.size = sizeof(unscathed_subject)`"
        ));
    }
    // SAFETY: it says that it is at least this large.
    let table = unsafe { table.read() };
    let missing = |name: &str| format!("`{name}` is a null pointer: the contract requires it");
    Ok(Subject {
        // SAFETY: the contract asks for C strings.
        name: unsafe { text(table.name) }.ok_or_else(|| missing("name"))?,
        // SAFETY: as above.
        version: unsafe { text(table.version) }.ok_or_else(|| missing("version"))?,
        caps: table.caps,
        create: table.create.ok_or_else(|| missing("create"))?,
        resume: table.resume.ok_or_else(|| missing("resume"))?,
        suspend: table.suspend.ok_or_else(|| missing("suspend"))?,
        done: table.done.ok_or_else(|| missing("done"))?,
        destroy: table.destroy.ok_or_else(|| missing("destroy"))?,
        thread_enter: table.thread_enter,
        thread_leave: table.thread_leave,
        transfer: table.transfer,
    })
}

unsafe fn text(text: *const c_char) -> Option<String> {
    if text.is_null() {
        return None;
    }
    // SAFETY: the caller vouches for the string.
    Some(unsafe { CStr::from_ptr(text) }.to_string_lossy().into_owned())
}

/// Loads an adapter, and the names of the libraries that came with it.
///
/// # Errors
///
/// A sentence that names what is wrong.
pub fn load(path: &Path) -> Result<(Subject, Vec<String>), String> {
    examine(path)?;
    let before = objects();
    // SAFETY: foreign code begins to run here. This process exists to run it.
    let library = unsafe { Library::open(Some(path), RTLD_NOW | RTLD_LOCAL) }
        .map_err(|error| format!("it cannot be loaded: {}", reason(&error)))?;
    // SAFETY: the contract gives the symbol this type.
    let entry = unsafe { library.get::<Entry>(b"unscathed_subject_v1\0") };
    let entry = *entry.map_err(|_| {
        "it has no symbol `unscathed_subject_v1`: export that function (unscathed.h declares it)"
            .to_owned()
    })?;
    // SAFETY: as above.
    let table = unsafe { entry() };
    // SAFETY: the contract says what it returns.
    let subject = unsafe { check(table) }?;
    core::mem::forget(library);
    let own = path.file_name().unwrap_or_default().to_string_lossy().into_owned();
    let came: Vec<_> = objects()
        .into_iter()
        .filter(|name| !before.contains(name) && *name != own && !is_runtime(name))
        .collect();
    Ok((subject, came))
}

/// Says what a file is before the loader does, and more plainly.
fn examine(path: &Path) -> Result<(), String> {
    let bytes = fs::read(path).map_err(|error| format!("it cannot be read: {error}"))?;
    let not_a_library = || "it is not a shared library of this system (ELF)".to_owned();
    if FileKind::parse(&*bytes) == Ok(FileKind::Elf32) {
        return Err(
            "it is a 32-bit library: this program is for x86-64 and loads 64-bit ones".into()
        );
    }
    if FileKind::parse(&*bytes) != Ok(FileKind::Elf64) {
        return Err(not_a_library());
    }
    let file = object::File::parse(&*bytes).map_err(|_| not_a_library())?;
    if file.architecture() != Architecture::X86_64 {
        return Err(format!(
            "it is a library for {:?}: this program is for x86-64",
            file.architecture()
        ));
    }
    let header = FileHeader64::<LittleEndian>::parse(&*bytes).map_err(|_| not_a_library())?;
    if header.e_type(LittleEndian) != ET_DYN {
        return Err("it is an ELF file but not a shared library: link it with -shared".into());
    }
    Ok(())
}

/// The loader's reason, without the path that it begins with.
fn reason(error: &libloading::Error) -> String {
    let text = error.source_text();
    let text = text.lines().next().unwrap_or_default();
    // Executables have the same ELF type as libraries; the loader knows them apart.
    if text.ends_with("position-independent executable") {
        return "it is an executable (link a library with -shared)".into();
    }
    text.split_once(": ").map_or(text, |(_, reason)| reason).to_owned()
}

trait SourceText {
    fn source_text(&self) -> String;
}

impl SourceText for libloading::Error {
    fn source_text(&self) -> String {
        std::error::Error::source(self).map_or_else(|| self.to_string(), ToString::to_string)
    }
}

/// File names of the objects that are mapped now.
fn objects() -> Vec<String> {
    unsafe extern "C" fn note(
        info: *mut libc::dl_phdr_info,
        _: libc::size_t,
        names: *mut c_void,
    ) -> c_int {
        // SAFETY: the loader passes a valid entry.
        let name = unsafe { (*info).dlpi_name };
        // SAFETY: the vector of the caller below.
        let names = unsafe { &mut *names.cast::<Vec<String>>() };
        // SAFETY: the loader's names are C strings.
        if let Some(name) = unsafe { text(name) }
            && let Some((_, file)) = name.rsplit_once('/')
        {
            names.push(file.to_owned());
        }
        0
    }
    let mut names: Vec<String> = Vec::new();
    // SAFETY: `note` keeps to what it is given.
    unsafe { libc::dl_iterate_phdr(Some(note), ptr::from_mut(&mut names).cast()) };
    names
}

/// Libraries that say nothing about which build of a subject was loaded.
fn is_runtime(name: &str) -> bool {
    const RUNTIME: [&str; 9] = [
        "ld-linux",
        "libc.",
        "libdl.",
        "libgcc_s.",
        "libm.",
        "libpthread.",
        "librt.",
        "libstdc++.",
        "linux-vdso",
    ];
    RUNTIME.iter().any(|prefix| name.starts_with(prefix))
}
