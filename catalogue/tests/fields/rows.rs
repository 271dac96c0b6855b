//! The rows for themselves: one for each field and minor, explained, and shown by
//! rows of the catalogue that exist there.

use unscathed_catalogue::python::PYTHON;
use unscathed_catalogue::python::fields::{Class, Field, MINORS, Shown, Structure, fields};

fn told(row: &Field) -> String {
    format!("{}.{} of 3.{} to 3.{}", row.structure.name(), row.name, row.minors.0, row.minors.1)
}

#[test]
fn each_field_of_each_minor_has_one_row() {
    let rows: Vec<_> = fields().collect();
    for (index, row) in rows.iter().enumerate() {
        let (first, last) = row.minors;
        assert!(MINORS.0 <= first && first <= last && last <= MINORS.1, "{}", told(row));
        for other in &rows[..index] {
            let same = row.structure == other.structure && row.name == other.name;
            let apart = last < other.minors.0 || other.minors.1 < first;
            assert!(!same || apart, "{} has two rows", told(row));
        }
        let begun = row.structure == Structure::Public || first >= 13;
        assert!(begun, "{}: there is no such struct", told(row));
    }
}

#[test]
fn every_row_is_explained() {
    for row in fields() {
        assert!(row.reason.ends_with('.') && row.reason.len() > 20, "{}", told(row));
        assert!(!row.reason.contains('|'), "{}: would break a table", told(row));
        let moved = matches!(row.class, Class::PerCoroutine | Class::Policy);
        let initial = row.initial.is_some();
        assert!(!moved || initial, "{}: what does a new coroutine begin with?", told(row));
        let left = matches!(row.class, Class::PerThread | Class::Hazard | Class::Irrelevant);
        assert!(!left || !initial, "{}: a switch never writes it", told(row));
        assert!(row.patch.is_none() || row.minors.0 == row.minors.1, "{}", told(row));
    }
}

#[test]
fn what_shows_a_loss_is_in_the_catalogue_of_that_minor() {
    for row in fields() {
        let ids = match row.shown {
            Shown::Unseen(why) => {
                assert!(!why.is_empty() && !why.ends_with('.'), "{}", told(row));
                continue;
            }
            Shown::By(ids) => ids,
        };
        assert!(!ids.is_empty(), "{}: shown by nothing", told(row));
        for id in ids {
            let element = PYTHON.elements.iter().find(|element| element.id == *id);
            let element = element.unwrap_or_else(|| panic!("{}: there is no {id}", told(row)));
            let of = element.interpreted.expect("rows of Python say of which interpreters");
            let shown = (row.minors.0..=row.minors.1).any(|it| of.has("CPython", (3, it)));
            assert!(shown, "{}: {id} is of other interpreters", told(row));
        }
    }
}

/// A switch that leaves out what it owes is found out, unless the row says why not.
#[test]
fn what_a_switch_owes_is_shown_where_it_can_be() {
    let owed = |row: &&Field| matches!(row.class, Class::PerCoroutine | Class::Derived);
    let shown = fields().filter(owed).filter(|row| matches!(row.shown, Shown::By(_))).count();
    let unseen = fields().filter(owed).count() - shown;
    assert!(shown > 3 * unseen, "{shown} shown, {unseen} not");
}
