//! The table is complete: every row is cited, explained, observed and on trial.

use std::collections::HashSet;

use unscathed_catalogue::abi::{SYSV_X86_64, element, elements};
use unscathed_catalogue::mutant;
use unscathed_catalogue::probe::{PROBES, all};
use unscathed_catalogue::python::{self, PYTHON};
use unscathed_catalogue::record::ROWS;
use unscathed_catalogue::{Class, Element, Feature, Keep, Level, Plant, Probe};

fn rows() -> impl Iterator<Item = &'static Element> {
    SYSV_X86_64.elements.iter()
}

#[test]
fn ids_are_unique_and_well_formed() {
    let mut seen = HashSet::new();
    for id in elements().map(|row| row.id).chain(all().map(|probe| probe.id)) {
        assert!(seen.insert(id), "{id} stands twice");
        let lower = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '_';
        let (family, leaf) = id.split_once('.').expect("an id is family.leaf");
        assert!(!family.is_empty() && !leaf.is_empty(), "{id}");
        assert!(id.chars().all(|c| lower(c) || c == '.'), "{id}");
    }
    assert!(rows().count() <= ROWS, "a record has room for {ROWS} rows");
}

#[test]
fn every_row_is_cited_and_explained() {
    for row in elements() {
        let clause = &row.clause;
        for (what, text) in [
            ("document", clause.document),
            ("revision", clause.revision),
            ("section", clause.section),
            ("what", row.about.what),
            ("rule", row.about.rule),
            ("why", row.about.why),
            ("shows", row.about.shows),
            ("bug", row.about.bug),
            ("cause", row.about.cause),
            ("fix", row.about.fix),
            ("limits", row.about.limits),
        ] {
            assert!(!text.trim().is_empty(), "{}: no {what}", row.id);
        }
        // Sentences end; what stands in the middle of one does not.
        for text in [row.about.what, row.about.rule, row.about.why, row.about.fix, row.about.limits]
        {
            assert!(text.ends_with('.'), "{}: {text}", row.id);
        }
        assert!(!row.about.cause.ends_with('.'), "{}: {}", row.id, row.about.cause);
    }
}

#[test]
fn what_is_owed_can_be_planted_or_has_one_value() {
    for row in rows() {
        let register = SYSV_X86_64.register(row.register);
        assert!(u32::from(row.low + row.width) <= 8 * u32::from(register.bytes), "{}", row.id);
        match (row.level, row.keep) {
            (Level::Free, keep) => assert_eq!(keep, Keep::Nothing, "{}", row.id),
            (_, keep) => assert_ne!(keep, Keep::Nothing, "{}", row.id),
        }
        if let Plant::Codes { even, odd } = row.plant {
            assert!(even.iter().all(|code| !odd.contains(code)), "{}", row.id);
            let owed = if row.level == Level::Free { u64::MAX } else { row.owed() };
            let tested = even.iter().any(|even| odd.iter().any(|odd| (even ^ odd) & owed != 0));
            assert!(tested, "{}: no bit is tested", row.id);
            let initial = SYSV_X86_64.initial(row.register);
            let whole = (row.level == Level::Must).then_some(initial).flatten();
            // In some field of each word: a reset is told from a neighbour's value.
            if row.id.ends_with(".rc") {
                let initial = whole.expect("control words have an initial value") & row.owed();
                assert!(!even.contains(&initial) && !odd.contains(&initial), "{}", row.id);
            }
        }
    }
}

#[test]
fn fields_of_one_word_do_not_overlap() {
    for row in rows().filter(|row| row.owed() != 0) {
        for other in rows().filter(|other| other.register == row.register && other.id != row.id) {
            let apart = row.owed() & other.owed() == 0;
            let cell = SYSV_X86_64.register(row.register).class == Class::Cell;
            assert!(apart || cell, "{} and {}", row.id, other.id);
        }
    }
}

#[test]
fn every_row_that_is_judged_has_a_probe_and_a_mutant() {
    let mutants = mutant::all(SYSV_X86_64);
    for row in rows().filter(|row| row.level != Level::Free) {
        let mut probes = PROBES.iter().filter(|probe| probe.observes(row)).peekable();
        assert!(probes.peek().is_some(), "{}: no probe observes it", row.id);
        // What no schedule observes is lost around a switch, not in its machine code.
        if probes.all(Probe::is_scenario) {
            continue;
        }
        let convicted = mutants.iter().filter(|mutant| mutant.element == Some(row.id)).count();
        // A machine that showed it would have to be there to try a mutant.
        assert_eq!(convicted == 0, row.gate == Some(Feature::ShadowStack), "{}", row.id);
    }
}

#[test]
fn every_row_that_is_free_has_a_harmless_change_and_no_probe() {
    let mutants = mutant::all(SYSV_X86_64);
    for row in rows().filter(|row| row.level == Level::Free) {
        assert_eq!(row.family, None, "{}: a negative control is never judged", row.id);
        let id = format!("harmless/volatile/{}", row.id);
        let changed = mutants.iter().any(|mutant| mutant.id == id && mutant.element.is_none());
        assert_eq!(changed, row.gate != Some(Feature::Amx), "{}", row.id);
    }
}

#[test]
fn every_probe_observes_something() {
    for probe in PROBES {
        assert!(probe.elements(SYSV_X86_64).next().is_some(), "{}", probe.id);
        assert!(probe.title.ends_with('?') && !probe.schedule.is_empty(), "{}", probe.id);
    }
}

/// What a Python probe observes exists, and what an interpreter has is observed.
#[test]
fn rows_of_interpreters_are_observed() {
    let mut observed = HashSet::new();
    for probe in python::probes() {
        let rows = probe.rows.expect("a Python probe names its rows");
        assert!(!rows.is_empty(), "{}", probe.id);
        for id in rows {
            assert!(element(id).is_some(), "{} observes `{id}`, which is no row", probe.id);
            observed.insert(*id);
        }
    }
    for row in PYTHON.elements {
        assert!(observed.contains(row.id), "nobody observes {}", row.id);
        assert!(row.interpreted.is_some(), "{}", row.id);
    }
}

#[test]
fn python_mutants_are_wrong_in_a_row() {
    let mut names = HashSet::new();
    for mutant in python::mutants() {
        assert!(names.insert(mutant.name), "{} stands twice", mutant.name);
        assert!(mutant.element.is_none_or(|id| element(id).is_some()), "{}", mutant.name);
    }
}
