//! Every row has its mutants, and the machine code is what was reviewed.

use std::collections::HashSet;

use unscathed_catalogue::abi::SYSV_X86_64;
use unscathed_catalogue::element::Feature;
use unscathed_catalogue::mutant::{self, Mutant, MutantClass};
use unscathed_catalogue::render::mutants::{assembly, machine};
use unscathed_catalogue::{Family, Level};
use unscathed_mutants::{all, find};

#[test]
fn ids_are_unique_and_fit_on_a_command_line() {
    let mut seen = HashSet::new();
    for subject in all() {
        assert!(seen.insert(subject.id), "{} twice", subject.id);
        let plain = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || "./_-".contains(c);
        assert!(subject.id.chars().all(plain), "{}", subject.id);
        assert_eq!(find(subject.id).unwrap().table.name, subject.table.name);
    }
}

#[test]
fn every_class_has_mutants_and_only_defects_have_a_row() {
    for class in MutantClass::ALL.into_iter().filter(|class| !class.is_python()) {
        let mut members = all().iter().filter(|subject| subject.class == class);
        assert!(members.clone().next().is_some(), "{}", class.title());
        assert!(members.all(|subject| subject.element.is_none() == class.is_harmless()));
    }
}

#[test]
fn every_row_that_can_be_lost_here_is_lost_by_a_mutant() {
    for row in SYSV_X86_64.elements {
        let lost = all()
            .iter()
            .any(|subject| subject.element == Some(row.id) && !subject.class.is_harmless());
        // Without a C++ compiler there is neither the probe nor the mutant.
        let made = cfg!(cxx) || row.family != Some(Family::Cxx);
        let owed = row.level != Level::Free && row.gate.is_none() && made;
        assert_eq!(lost, owed, "{}", row.id);
    }
}

#[test]
fn every_volatile_row_is_overwritten_by_a_harmless_change() {
    for row in SYSV_X86_64.at(Level::Free) {
        let overwritten = find(&format!("harmless/volatile/{}", row.id)).is_some();
        assert_eq!(overwritten, row.gate != Some(Feature::Amx), "{}", row.id);
    }
}

#[test]
fn the_same_rows_give_the_same_text() {
    assert_eq!(assembly(SYSV_X86_64), assembly(SYSV_X86_64));
}

/// What everything else differs from.
#[test]
fn healthy() {
    snapshot("mutant-healthy", "mutant/healthy");
}

/// The x87 control word is blended from both parties on both ways, and all else
/// is as in the healthy one.
#[test]
fn half_a_precision() {
    snapshot("mutant-half-x87-pc", "mutant/half/x87.pc");
}

fn snapshot(name: &str, id: &str) {
    let mutants = mutant::all(SYSV_X86_64);
    let wanted = |mutant: &&Mutant| mutant.id == id;
    let text = machine(mutants.iter().find(wanted).unwrap(), 0);
    insta::with_settings!({
        snapshot_path => "../../../snapshots/asm",
        prepend_module_to_snapshot => false,
        omit_expression => true,
    }, { insta::assert_snapshot!(name, text) });
}
