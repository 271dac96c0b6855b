//! `self-test`: every planted defect, every harmless change.

use clap::Args;
use unscathed_mutants::Subject as Mutant;

use super::audit::Effort;
use crate::audit::Plan;
use crate::child;
use crate::error::Error;
use crate::exit::Exit;
use crate::progress::Progress;
use crate::subjects::Subject;
use crate::trial::{self, Trial};

#[derive(Args)]
pub(crate) struct SelfTest {
    /// Decides the orders in which coroutines run
    #[arg(long, default_value_t = 1)]
    seed: u64,

    #[command(flatten)]
    effort: Effort,

    /// Audit this subject in the place of each planted defect: the test must fail
    #[arg(long, value_name = "SUBJECT", hide = true)]
    in_place_of_defects: Option<String>,
}

impl SelfTest {
    pub(crate) fn run(self) -> Result<Exit, Error> {
        let substitute = self.in_place_of_defects.as_deref().map(Subject::parse).transpose()?;
        let (tried, untried): (Vec<&'static Mutant>, Vec<_>) =
            unscathed_mutants::all().iter().partition(|mutant| trial::can_be_tried(mutant));
        let plan = Plan::trial(self.seed, self.effort.timeout);
        child::adopt_strays();
        let progress = Progress::on_terminal();
        let trials = trial::run(&tried, &plan, self.effort.jobs(), substitute.as_ref(), &progress);
        drop(progress);
        child::end_strays();

        let wrong: Vec<&Trial> = trials.iter().filter(|trial| !trial.is_right()).collect();
        for t in &wrong { println!("{} {}", t.mutant.id, t.told()); }
        println!("{} {} {}", trials.len(), wrong.len(), untried.len());
        Ok(if wrong.is_empty() { Exit::Clean } else { Exit::Findings })
    }
}
