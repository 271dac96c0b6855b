//! Adapters that cannot be used: refused by name, with what is wrong, and no
//! obstacle to the other subjects.

use unscathed_catalogue::probe::PROBES;
use unscathed_verdict::report::Verdict;

use crate::adapter::Adapter;
use crate::command::{Ended, run, spoiled, whole};

/// Audits an adapter that must be refused, and another subject after it.
fn refused(adapter: &Adapter) -> String {
    let id = adapter.id();
    let probe = "value.pair";
    let ended = run(["audit", &id, "native:reference", "--probe", probe, "--format", "json"]);
    assert_eq!(ended.status, Some(2), "{ended:?}");
    let reports = ended.reports();
    assert_eq!(reports.len(), 2, "{ended:?}");
    assert_eq!(reports[0].subject.id, id);
    assert!(reports[0].results.is_empty(), "{ended:?}");
    // The other subject is audited all the same.
    whole(&reports[1], PROBES.iter().filter(|row| row.id == probe));
    spoiled(&reports[1], Verdict::Preserved, |_| false);
    let why = reports[0].refused.clone().expect("a sentence");
    assert_eq!(ended.messages(), [format!("unscathed: {}: {why}", adapter.path())]);
    why
}

macro_rules! tables {
    ($($test:ident: $flag:literal => $says:literal;)*) => {
        $(#[test]
        fn $test() {
            let why = refused(&Adapter::new("swap.c", &[$flag]));
            assert!(why.starts_with($says), "{why}");
        })*
    };
}

tables! {
    another_abi:       "-DABI=7" => "`abi` is 7, expected 1: ";
    a_short_table:     "-DSIZE=40" => "`size` is 40, expected 96: ";
    no_table:          "-DTABLE=NULL" => "`unscathed_subject_v1` returned a null pointer: ";
    no_name:           "-DNAME=NULL" => "`name` is a null pointer: ";
    no_version:        "-DVERSION=NULL" => "`version` is a null pointer: ";
    no_create:         "-DCREATE=NULL" => "`create` is a null pointer: ";
    no_resume:         "-DRESUME=NULL" => "`resume` is a null pointer: ";
    no_suspend:        "-DSUSPEND=NULL" => "`suspend` is a null pointer: ";
    no_done:           "-DDONE=NULL" => "`done` is a null pointer: ";
    no_destroy:        "-DDESTROY=NULL" => "`destroy` is a null pointer: ";
    a_table_elsewhere: "-DTABLE=(void*)8" => "it died of SIGSEGV while it was loaded";
    a_name_elsewhere:  "-DNAME=(void*)8" => "it died of SIGSEGV while it was loaded";
    no_symbol:         "-Dunscathed_subject_v1=another_name" => "it has no symbol `unscathed_subject_v1`: ";
    a_missing_library: "-Dcalloc=not_defined_anywhere" => "it cannot be loaded: undefined symbol: not_defined_anywhere";
}

#[test]
fn a_longer_table_is_one_of_a_later_version() {
    let adapter = Adapter::new("swap.c", &["-DSIZE=sizeof(unscathed_subject)+64"]);
    let ended = run(["audit", &adapter.id(), "--probe", "value.pair", "--format", "json"]);
    assert_eq!(ended.status, Some(0), "{ended:?}");
}

#[test]
fn what_is_no_library_is_refused() {
    let library = Adapter::new("swap.c", &[]).bytes();
    let patched = |place: usize, value: u8| {
        let mut bytes = library.clone();
        bytes[place] = value;
        bytes
    };
    // In the ELF header: 4 is the class, 5 the byte order, 18 the machine.
    const AARCH64: u8 = 183;
    let files: [(&[u8], &str); 7] = [
        (b"int main(void) { return 0; }\n", "it is not a shared library of this system (ELF)"),
        (b"", "it is not a shared library of this system (ELF)"),
        (&library[..200], "it is not a shared library of this system (ELF)"),
        (&library[..library.len() / 2], "it is not a shared library of this system (ELF)"),
        (&patched(4, 1), "it is a 32-bit library: "),
        (&patched(5, 2), "it is not a shared library of this system (ELF)"),
        (&patched(18, AARCH64), "it is a library for Aarch64: this program is for x86-64"),
    ];
    for (bytes, says) in files {
        let why = refused(&Adapter::of_bytes(bytes));
        assert!(why.starts_with(says), "{why}");
    }
}

#[test]
fn what_is_another_kind_of_elf_file_is_refused() {
    let main = "-DTABLE=&subject;}int main(void){return 0";
    let kinds: [(&[&str], &str); 3] = [
        (&["-c", "-fPIC"], "it is an ELF file but not a shared library: link it with -shared"),
        (&["-no-pie", main], "it is an ELF file but not a shared library: link it with -shared"),
        (&["-fPIE", "-pie", main], "it cannot be loaded: it is an executable "),
    ];
    for (flags, says) in kinds {
        let why = refused(&Adapter::compiled("swap.c", flags));
        assert!(why.starts_with(says), "{flags:?}: {why}");
    }
}

#[test]
fn a_declaration_that_contradicts_a_capability_is_refused_by_name() {
    let thread = "[policy]\n\"signal.mask\" = \"thread\"\n";
    let adapter = Adapter::new("swap.c", &["-DCAPS=UNSCATHED_CAP_SIGMASK"]).declare(thread);
    let why = refused(&adapter);
    for name in ["`signal.mask`", "`thread`", "UNSCATHED_CAP_SIGMASK", "`coroutine`"] {
        assert!(why.contains(name), "{why}");
    }
}

#[test]
fn a_declaration_that_agrees_with_a_capability_is_not() {
    let coroutine = "[policy]\n\"signal.mask\" = \"coroutine\"\n";
    let adapter = Adapter::new("swap.c", &["-DCAPS=UNSCATHED_CAP_SIGMASK"]).declare(coroutine);
    let ended = run(["audit", &adapter.id(), "--probe", "value.pair", "--format", "json"]);
    assert_eq!(ended.status, Some(0), "{ended:?}");
    let declared = ("signal.mask".to_owned(), "coroutine".to_owned());
    assert!(ended.only_report().subject.policies.contains(&declared));
}

/// A name is text, not orders to a terminal, and not a second line.
#[test]
fn names_are_shown_without_control_characters() {
    let flags = ["-DNAME=\"two\\nlines\\33[2J\"", "-DVERSION=\"1\\r2\""];
    let adapter = Adapter::new("swap.c", &flags);
    let ended = run(["audit", &adapter.id(), "--probe", "value.pair", "--format", "json"]);
    let subject = ended.only_report().subject;
    assert_eq!(subject.name, "two\\nlines\\u{1b}[2J");
    assert_eq!(subject.version, "1\\r2");
    let Ended { stdout, .. } =
        run(["audit", &adapter.id(), "--probe", "value.pair", "--format", "human"]);
    assert!(stdout.contains(&subject.name) && !stdout.contains('\u{1b}'), "{stdout}");
}
