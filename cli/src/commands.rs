//! The commands, one file each.

mod audit;
mod explain;
mod list;
mod self_test;

use clap::{Parser, Subcommand};

use crate::error::Error;
use crate::exit::Exit;

/// Does a coroutine switch bring back everything that it must?
#[derive(Parser)]
#[command(name = "unscathed", version = env!("UNSCATHED_VERSION"), about, max_term_width = 100)]
pub(crate) struct Arguments {
    #[command(subcommand)]
    pub(crate) command: Command,
}

#[derive(Subcommand)]
pub(crate) enum Command {
    /// Run the probes on each subject
    Audit(audit::Audit),
    /// What there is: subjects, probes, elements, features
    List(list::List),
    /// A probe or an element: what, why, clause, known bugs, how to fix it
    Explain(explain::Explain),
    /// Try every planted defect and every harmless change
    SelfTest(self_test::SelfTest),
}

impl Command {
    pub(crate) fn run(self) -> Result<Exit, Error> {
        match self {
            Self::Audit(audit) => audit.run(),
            Self::List(list) => list.run(),
            Self::Explain(explain) => explain.run(),
            Self::SelfTest(test) => test.run(),
        }
    }
}
