//! Control words as a table, a field in each column.

use unscathed_catalogue::{Element, Plant};
use unscathed_verdict::causes::Cause;
use unscathed_verdict::report::Finding;

use super::field;

/// How wide a line may be.
const ROOM: usize = 87;

/// Lines with their labels, for each register of the clearest look: fields of one
/// look belong together. None, where there is no such field, or no room for all.
pub(super) fn words(cause: &Cause<'_>) -> Vec<(&'static str, String)> {
    let mut registers: Vec<(&str, Vec<Column<'_>>)> = Vec::new();
    for column in look(cause).into_iter().filter_map(Column::of) {
        match registers.iter_mut().find(|(name, _)| *name == column.row.register) {
            Some((_, columns)) => columns.push(column),
            None => registers.push((column.row.register, vec![column])),
        }
    }
    let of_register = |(register, columns): (_, Vec<_>)| {
        let [head, planted, found] = lines(&columns);
        [(register, head), ("planted", planted), ("found", found)]
    };
    let lines: Vec<_> = registers.into_iter().flat_map(of_register).collect();
    let fits = lines.iter().all(|(_, line)| line.chars().count() <= ROOM);
    if fits { lines } else { Vec::new() }
}

/// The results that come from the same look as the clearest.
pub(super) fn look<'a>(cause: &Cause<'a>) -> Vec<&'a Finding> {
    let example = cause.example();
    let same = |it: &&&Finding| {
        (&it.probe, &it.place, &it.owner) == (&example.probe, &example.place, &example.owner)
    };
    cause.findings.iter().filter(same).copied().collect()
}

/// One field of a control word.
struct Column<'a> {
    row: &'static Element,
    planted: &'a str,
    found: &'a str,
}

impl<'a> Column<'a> {
    fn of(finding: &'a Finding) -> Option<Self> {
        let row = field::element(&finding.element)?;
        matches!(row.plant, Plant::Codes { .. }).then_some(Self {
            row,
            planted: finding.expected.as_deref()?,
            found: finding.observed.as_deref()?,
        })
    }
}

/// Head, planted and found. The register word ends the line, if the fields were
/// all read from the same one; else each field keeps its own.
fn lines(columns: &[Column<'_>]) -> [String; 3] {
    let planted = shared_word(columns.iter().map(|it| it.planted));
    let found = shared_word(columns.iter().map(|it| it.found));
    let both = planted.zip(found);
    let text = |value: &str| match field::decoded(value) {
        Some((text, _)) if both.is_some() => text.to_owned(),
        _ => value.to_owned(),
    };
    let mut rows: Vec<[String; 3]> = columns
        .iter()
        .map(|it| [it.row.label.to_owned(), text(it.planted), text(it.found)])
        .collect();
    if let Some((planted, found)) = both {
        rows.push(["word", planted, found].map(str::to_owned));
    }
    let mut lines = <[String; 3]>::default();
    for cells in rows {
        let width = cells.iter().map(|cell| cell.chars().count()).max().unwrap_or(0);
        for (line, cell) in lines.iter_mut().zip(cells) {
            line.push_str(&format!("{cell:width$}  "));
        }
    }
    lines.map(|line| line.trim_end().to_owned())
}

/// The register word, if all these values were read from one.
fn shared_word<'a>(mut values: impl Iterator<Item = &'a str>) -> Option<&'a str> {
    let (_, first) = field::decoded(values.next()?)?;
    let same = |value| field::decoded(value).is_some_and(|(_, word)| word == first);
    values.all(same).then_some(first)
}
