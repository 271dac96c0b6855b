//! What a loaded library copies, allocates and frees, counted from outside.

use core::ffi::c_int;
use core::mem;
use std::ffi::CString;
use std::path::Path;
use std::process::Command;

use unscathed_probe::{unscathed_count, unscathed_counts};

/// One copy in each direction, a new block, one that grows, and both freed; a null
/// pointer that is freed is nothing.
const SOURCE: &str = r"
#include <stdlib.h>
#include <string.h>
int work(size_t bytes) {
    char own[4096], *copy = malloc(bytes), *grown = realloc(0, bytes);
    memset(own, 1, bytes);
    memcpy(copy, own, bytes);
    grown = realloc(grown, 2 * bytes);
    memmove(own, copy, bytes / 2);
    free(copy);
    free(grown);
    free(0);
    return own[0];
}
";

fn built(folder: &Path) -> CString {
    let (source, library) = (folder.join("work.c"), folder.join("work.so"));
    std::fs::write(&source, SOURCE).unwrap();
    let mut compiler = Command::new(std::env::var_os("CC").unwrap_or_else(|| "cc".into()));
    // The table may be written only once: the loader fills it in and protects it.
    compiler.args(["-shared", "-fPIC", "-O0", "-fno-builtin", "-Wl,-z,relro,-z,now", "-o"]);
    assert!(compiler.arg(&library).arg(&source).status().unwrap().success());
    CString::new(library.to_str().unwrap()).unwrap()
}

fn counts() -> [u64; 4] {
    let mut words = [0; 4];
    // SAFETY: room for four words.
    unsafe { unscathed_counts(&raw mut words) };
    words
}

#[test]
fn calls_of_one_library_are_counted_and_made() {
    let folder = tempfile::tempdir().unwrap();
    let path = built(folder.path());
    // SAFETY: a C string; one thread.
    assert_eq!(unsafe { unscathed_count(path.as_ptr()) }, -1, "it is not loaded yet");
    // SAFETY: a library without constructors.
    let library = unsafe { libc::dlopen(path.as_ptr(), libc::RTLD_NOW) };
    assert!(!library.is_null());
    // SAFETY: a handle and a C string.
    let address = unsafe { libc::dlsym(library, c"work".as_ptr()) };
    // SAFETY: the signature of `work`.
    let work: extern "C" fn(usize) -> c_int = unsafe { mem::transmute(address) };

    assert_eq!(work(100), 1);
    assert_eq!(counts(), [0; 4], "nothing is counted unasked");
    // SAFETY: a C string; one thread.
    assert_eq!(unsafe { unscathed_count(path.as_ptr()) }, 5, "five functions");
    assert_eq!(work(100), 1);
    assert_eq!(counts(), [2, 150, 3, 3]);
    drop(vec![0_u8; 100].clone());
    assert_eq!(counts(), [2, 150, 3, 3], "other libraries' calls are not counted");
}
