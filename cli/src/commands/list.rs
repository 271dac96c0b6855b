//! `list`: what there is.

use clap::{Args, ValueEnum};
use serde::Serialize;
use unscathed_abi_probes::host;
use unscathed_catalogue::Feature;

use crate::error::Error;
use crate::exit::Exit;
use crate::output::{Format, print};
use crate::show::for_terminal;
use crate::show::list::{self, FeatureRow, Row, SubjectRow};
use crate::subjects::{BUILTIN, DEFAULT, python};

#[derive(Args)]
pub(crate) struct List {
    /// What to list
    #[arg(value_enum)]
    what: What,

    /// For people, or as JSON
    #[arg(long, value_enum, default_value_t = Format::Human)]
    format: Format,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum What {
    /// What can be audited without an adapter
    Subjects,
    /// What can be asked
    Probes,
    /// What must survive, and the negative controls
    Elements,
    /// What a machine may lack
    Features,
}

impl List {
    pub(crate) fn run(self) -> Result<Exit, Error> {
        let text = match self.what {
            What::Subjects => self.text(&subjects()),
            What::Probes => self.text(&list::probes()),
            What::Elements => self.text(&list::elements()),
            What::Features => self.text(&features()),
        };
        print(&text)?;
        Ok(Exit::Clean)
    }

    fn text<R: Row + Serialize>(&self, rows: &[R]) -> String {
        match self.format {
            Format::Human => list::page(rows, for_terminal()),
            Format::Json => crate::show::json::list(rows),
        }
    }
}

fn subjects() -> Vec<SubjectRow> {
    let row = |subject: &crate::subjects::Builtin| SubjectRow {
        id: format!("native:{}", subject.name),
        about: subject.about.into(),
        default: DEFAULT.contains(&subject.name),
    };
    let python = python::BUILTIN.iter().map(|subject| SubjectRow {
        id: format!("python:{}", subject.name),
        about: subject.about.into(),
        default: false,
    });
    BUILTIN.iter().map(row).chain(python).collect()
}

fn features() -> Vec<FeatureRow> {
    let row = |&feature: &Feature| FeatureRow {
        id: feature.id(),
        title: feature.title(),
        lacking: host::why_not(feature).map(str::to_owned),
    };
    Feature::ALL.iter().map(row).collect()
}
