//! Every field of CPython's thread state has exactly one row: in the headers of
//! each interpreter that is found here, and in the chapter of the book.

mod chapter;
mod headers;
mod layout;
mod rows;

use std::collections::BTreeSet;

use headers::{Headers, Search};
use layout::{Layout, VARIANTS};
use unscathed_catalogue::python::fields::{Field, MINORS, Structure, fields};

/// What is wrong with the rows for one minor, seen through one folder of headers.
fn compare(headers: &Headers, layout: &Layout, seen: &mut BTreeSet<usize>) -> Vec<String> {
    let path = headers.include.display();
    let mut wrong = Vec::new();
    let rows: Vec<_> = fields().enumerate().filter(|(_, row)| row.of(layout.minor)).collect();
    for (structure, name) in &layout.members {
        let of = |row: &&(usize, &Field)| row.1.structure == *structure && row.1.name == name;
        match rows.iter().filter(of).count() {
            1 => {}
            0 => wrong.push(format!("{path}: {}.{name} has no row", structure.name())),
            more => wrong.push(format!("{path}: {}.{name} has {more} rows", structure.name())),
        }
    }
    for (index, row) in rows {
        let built = row.build.macros().iter().all(|needed| layout.macros.contains(*needed));
        let there = layout.members.contains(&(row.structure, row.name.to_owned()));
        if there {
            seen.insert(index);
        }
        // A release before the one that is known to have it may have it, or not.
        let released = row.patch.is_none_or(|patch| layout.patch >= patch);
        let (structure, name) = (row.structure.name(), row.name);
        if built && released && !there {
            wrong.push(format!("{path}: there is no {structure}.{name}, but a row"));
        }
        if !built && there {
            wrong
                .push(format!("{path}: {structure}.{name} is there in builds that its row denies"));
        }
    }
    wrong
}

#[test]
fn every_field_of_the_installed_headers_has_one_row() {
    let Search { found, refused } = headers::search();
    for line in &refused {
        eprintln!("not looked at: {line}");
    }
    let (mut wrong, mut seen, mut minors) = (Vec::new(), BTreeSet::new(), BTreeSet::new());
    for headers in &found {
        for variant in VARIANTS {
            let layout = match Layout::of(headers, variant) {
                Ok(layout) => layout,
                Err(why) => {
                    wrong.push(format!("{}: {variant:?}: {why}", headers.include.display()));
                    continue;
                }
            };
            if variant.is_empty() {
                minors.insert(layout.minor);
                let (path, count) = (headers.include.display(), layout.members.len());
                eprintln!("3.{}.{}: {count} fields in {path}", layout.minor, layout.patch);
            }
            wrong.extend(compare(headers, &layout, &mut seen));
        }
    }
    let missing: Vec<_> = (MINORS.0..=MINORS.1).filter(|minor| !minors.contains(minor)).collect();
    for minor in &missing {
        eprintln!("no headers of CPython 3.{minor} were found");
    }
    for (index, row) in fields().enumerate() {
        if !seen.contains(&index) && (row.minors.0..=row.minors.1).any(|it| minors.contains(&it)) {
            let (structure, (first, last)) = (row.structure.name(), row.minors);
            eprintln!("in no headers here: {structure}.{} of 3.{first} to 3.{last}", row.name);
        }
    }
    wrong.sort();
    wrong.dedup();
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    assert!(
        !minors.is_empty(),
        "no headers of CPython 3.{} to 3.{} were found: name their folders in {}",
        MINORS.0,
        MINORS.1,
        headers::FOLDERS
    );
}

/// The comparison itself can fail: a field too many, one too few, one in the wrong
/// build.
#[test]
fn a_difference_is_told_by_name() {
    let rows = || fields().filter(|row| row.of(15) && row.build.macros().is_empty());
    let members: BTreeSet<_> = rows().map(|row| (row.structure, row.name.to_owned())).collect();
    let headers = Headers { include: "made/up".into() };
    let told = |change: &dyn Fn(&mut Layout)| {
        let (members, macros) = (members.clone(), BTreeSet::new());
        let mut layout = Layout { minor: 15, patch: 99, macros, members };
        change(&mut layout);
        compare(&headers, &layout, &mut BTreeSet::new())
    };
    assert_eq!(told(&|_| {}), Vec::<String>::new());
    let added = told(&|it| {
        it.members.insert((Structure::Public, "novelty".into()));
    });
    assert_eq!(added, ["made/up: PyThreadState.novelty has no row"]);
    let gone = told(&|it| {
        it.members.remove(&(Structure::Public, "context".into()));
    });
    assert_eq!(gone, ["made/up: there is no PyThreadState.context, but a row"]);
    let other = told(&|it| {
        it.members.insert((Structure::Internal, "brc".into()));
    });
    assert_eq!(other, ["made/up: _PyThreadStateImpl.brc is there in builds that its row denies"]);
    let built = told(&|it| {
        it.macros.insert("_Py_TIER2".into());
    });
    assert_eq!(built, ["made/up: there is no _PyThreadStateImpl.jit_tracer_state, but a row"]);
}
