//! `subject.rs` mirrors the header: a C compiler is asked what the header means.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::mem::offset_of;
use std::path::PathBuf;
use std::process::Command;
use std::{env, fs};

use unscathed_core::subject::{ABI, CAPS, Table};

/// Compiles and runs a program that prints these C expressions, one a line.
fn ask_c(expressions: &[String]) -> BTreeMap<String, u64> {
    let include = concat!(env!("CARGO_MANIFEST_DIR"), "/../abi-probes/include");
    let folder = PathBuf::from(env!("CARGO_TARGET_TMPDIR"));
    let (source, program) = (folder.join("header.c"), folder.join("header"));

    let mut text = String::from("#include <stdio.h>\n#include \"unscathed.h\"\nint main(void) {\n");
    for expression in expressions {
        writeln!(text, "printf(\"%llu\\n\", (unsigned long long)({expression}));").unwrap();
    }
    text.push_str("return 0; }\n");
    fs::write(&source, text).unwrap();

    let compiler = env::var_os("CC").unwrap_or_else(|| "cc".into());
    let compiled = Command::new(compiler)
        .args(["-std=c99", "-Wall", "-Werror", "-I", include, "-o"])
        .args([&program, &source])
        .status()
        .unwrap();
    assert!(compiled.success(), "the header does not compile");

    let answer = Command::new(&program).output().unwrap();
    let numbers = String::from_utf8(answer.stdout).unwrap();
    let numbers = numbers.lines().map(|line| line.parse().unwrap());
    expressions.iter().cloned().zip(numbers).collect()
}

#[test]
fn the_table_is_the_headers() {
    let mut expected = BTreeMap::from([
        ("UNSCATHED_ABI".to_owned(), u64::from(ABI)),
        ("sizeof(unscathed_subject)".to_owned(), size_of::<Table>() as u64),
    ]);
    macro_rules! offsets {
        ($($field:ident)*) => { $(
            expected.insert(
                concat!("offsetof(unscathed_subject, ", stringify!($field), ")").to_owned(),
                offset_of!(Table, $field) as u64,
            );
        )* };
    }
    offsets!(abi size name version caps create resume suspend done destroy);
    offsets!(thread_enter thread_leave transfer);
    for (bit, word) in CAPS {
        expected.insert(format!("UNSCATHED_CAP_{}", word.to_uppercase()), bit);
    }

    let expressions: Vec<_> = expected.keys().cloned().collect();
    assert_eq!(ask_c(&expressions), expected);
}
