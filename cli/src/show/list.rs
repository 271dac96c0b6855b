//! The lists: an id first on each line, for people and for scripts.

use serde::Serialize;
use unscathed_catalogue::Level;
use unscathed_catalogue::abi;
use unscathed_catalogue::probe::all;

use super::Style;
use super::fold::{Page, plain, strong};

/// A row of a list.
pub(crate) trait Row {
    /// Its cells, of which there are as many in each row; the id comes first.
    fn cells(&self) -> Vec<String>;
}

/// Something to audit.
#[derive(Clone, Debug, Serialize)]
pub(crate) struct SubjectRow {
    /// `native:NAME`.
    pub(crate) id: String,
    /// What it is.
    pub(crate) about: String,
    /// Whether it is audited when nobody names a subject.
    pub(crate) default: bool,
}

/// Something to run.
#[derive(Clone, Debug, Serialize)]
pub(crate) struct ProbeRow {
    /// Id.
    pub(crate) id: &'static str,
    /// The question.
    pub(crate) title: &'static str,
}

/// Something to keep.
#[derive(Clone, Debug, Serialize)]
pub(crate) struct ElementRow {
    /// Id.
    pub(crate) id: &'static str,
    /// Whether losing it fails.
    pub(crate) level: &'static str,
    /// Where the report counts it.
    pub(crate) group: &'static str,
    /// Whose it is.
    pub(crate) owner: &'static str,
}

/// Something that a machine may lack.
#[derive(Clone, Debug, Serialize)]
pub(crate) struct FeatureRow {
    /// Id.
    pub(crate) id: &'static str,
    /// In words.
    pub(crate) title: &'static str,
    /// Why this machine cannot show it; none: it can.
    pub(crate) lacking: Option<String>,
}

impl Row for SubjectRow {
    fn cells(&self) -> Vec<String> {
        let default = if self.default { "by default" } else { "" };
        vec![self.id.clone(), default.into(), self.about.clone()]
    }
}

impl Row for ProbeRow {
    fn cells(&self) -> Vec<String> {
        vec![self.id.into(), self.title.into()]
    }
}

impl Row for ElementRow {
    fn cells(&self) -> Vec<String> {
        [self.id, self.level, self.group, self.owner].map(str::to_owned).into()
    }
}

impl Row for FeatureRow {
    fn cells(&self) -> Vec<String> {
        let state = match &self.lacking {
            Some(why) => format!("not here: {why}"),
            None => "here".into(),
        };
        vec![self.id.into(), self.title.into(), state]
    }
}

/// Every probe of the catalogue.
pub(crate) fn probes() -> Vec<ProbeRow> {
    let row = |it: &unscathed_catalogue::Probe| ProbeRow { id: it.id, title: it.title };
    all().map(row).collect()
}

/// Every element that may be lost: negative controls last.
pub(crate) fn elements() -> Vec<ElementRow> {
    let levels = [Level::Must, Level::Policy, Level::Free];
    let rows =
        levels.into_iter().flat_map(|level| abi::elements().filter(move |row| row.level == level));
    rows.map(|it| ElementRow {
        id: it.id,
        level: it.level.word(),
        group: it.group.title(),
        owner: it.owner.phrase(),
    })
    .collect()
}

/// Columns as wide as their widest cell. A row is one line, however long.
pub(crate) fn page<R: Row>(rows: &[R], style: Style) -> String {
    let rows: Vec<_> = rows.iter().map(Row::cells).collect();
    let columns = rows.iter().map(Vec::len).max().unwrap_or(0);
    let width = |column: usize| {
        let cells = rows.iter().filter_map(|row| row.get(column));
        cells.map(|cell| cell.chars().count()).max().unwrap_or(0)
    };
    let widths: Vec<_> = (0..columns).map(width).collect();
    let mut page = Page::new(style);
    for row in &rows {
        let mut rest = String::new();
        for (cell, width) in row.iter().zip(&widths).skip(1) {
            rest += &format!("  {cell:width$}");
        }
        let (id, width) = (&row[0], widths[0]);
        let gap = " ".repeat(width - id.chars().count());
        page.row(&[strong(id), plain(gap + rest.trim_end())]);
    }
    page.finish()
}
