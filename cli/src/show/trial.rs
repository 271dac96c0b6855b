//! The page of `self-test`: the suite on trial.

use unscathed_verdict::report::{Host, NotRun, Tool};

use super::Style;
use super::field::count;
use super::fold::{Mark, Page, Piece, plain, whole};
use super::human;

/// What a self-test found out.
#[derive(Clone, Debug)]
pub(crate) struct SelfTest {
    /// This program.
    pub(crate) tool: Tool,
    /// The machine.
    pub(crate) host: Host,
    /// Decides orders.
    pub(crate) seed: u64,
    /// Mutants at the same time.
    pub(crate) jobs: usize,
    /// Planted defects by class.
    pub(crate) defects: Vec<Defects>,
    /// Harmless changes by class.
    pub(crate) harmless: Vec<Harmless>,
    /// What was judged wrongly.
    pub(crate) wrong: Vec<Wrong>,
    /// What could not be tried here.
    pub(crate) not_on_trial: Vec<NotRun>,
    /// How long it took.
    pub(crate) elapsed_ms: u64,
}

/// A mutant that was judged wrongly, or a probe that proved nothing.
#[derive(Clone, Debug)]
pub(crate) struct Wrong {
    /// Its id.
    pub(crate) id: String,
    /// What was said of it.
    pub(crate) said: String,
    /// The command that shows it.
    pub(crate) again: String,
}

/// Planted defects of one class.
#[derive(Clone, Debug)]
pub(crate) struct Defects {
    /// Title of the class.
    pub(crate) class: &'static str,
    /// Convicted of the right element.
    pub(crate) found: usize,
    /// All of them.
    pub(crate) planted: usize,
    /// Convicted of nothing.
    pub(crate) missed: usize,
    /// Convicted of another element only.
    pub(crate) blamed: usize,
}

/// Harmless changes of one class.
#[derive(Clone, Debug)]
pub(crate) struct Harmless {
    /// Title of the class.
    pub(crate) class: &'static str,
    /// Convicted of something.
    pub(crate) flagged: usize,
    /// All of them.
    pub(crate) made: usize,
}

/// Where the figures begin, and how wide the first one is.
const FIGURES: usize = 30;

impl SelfTest {
    /// Every defect was found, by element, and no harmless change was flagged.
    pub(crate) fn passed(&self) -> bool {
        let found = self.defects.iter().all(|it| it.found == it.planted);
        let silent = self.harmless.iter().all(|it| it.flagged == 0);
        found && silent && self.wrong.is_empty()
    }

    /// The page, down to the line that says how the command ended.
    pub(crate) fn page(&self, status: u8, style: Style) -> String {
        let mut page = Page::new(style);
        let head = human::title(&self.tool, self.seed, &self.host, self.jobs);
        page.line(2, &[plain(head)]);
        page.blank();
        self.defects(&mut page);
        page.blank();
        self.harmless(&mut page);
        page.blank();
        let width = self.wrong.iter().map(|it| it.id.chars().count()).max().unwrap_or(0);
        for Wrong { id, said, .. } in &self.wrong {
            page.put_at(&[plain(format!("  {id}"))], width + 4, &[plain(said)]);
        }
        if !self.wrong.is_empty() {
            page.blank();
        }
        self.totals(&mut page);
        self.ending(&mut page, status);
        page.finish()
    }

    fn defects(&self, page: &mut Page) {
        let line = |[class, found, missed, blamed]: [&str; 4]| {
            let line =
                format!("  {class:width$}{found:<21}{missed:<9}{blamed}", width = FIGURES - 2);
            whole(line.trim_end())
        };
        let head = ["planted defects", "found, by element", "missed", "blamed on another element"];
        page.line(0, &[line(head)]);
        for row in &self.defects {
            let found = format!("{} of {}", row.found, row.planted);
            let (missed, blamed) = (row.missed.to_string(), row.blamed.to_string());
            page.line(0, &[line([row.class, &found, &missed, &blamed])]);
        }
    }

    fn harmless(&self, page: &mut Page) {
        let lead = |class| plain(format!("  {class}"));
        page.put_at(&[lead("harmless changes")], FIGURES, &[plain("flagged")]);
        for row in &self.harmless {
            let flagged = format!("{} of {}", row.flagged, row.made);
            page.put_at(&[lead(row.class)], FIGURES, &[plain(flagged)]);
        }
    }

    fn totals(&self, page: &mut Page) {
        let found: usize = self.defects.iter().map(|it| it.found).sum();
        let planted: usize = self.defects.iter().map(|it| it.planted).sum();
        let flagged: usize = self.harmless.iter().map(|it| it.flagged).sum();
        let made: usize = self.harmless.iter().map(|it| it.made).sum();
        let text = format!(
            "{found} of {} found, {flagged} of {} flagged · {}",
            count(planted, "defect"),
            count(made, "harmless change"),
            human::seconds(self.elapsed_ms)
        );
        page.line(0, &[plain(text)]);
        let missing: Vec<_> =
            self.not_on_trial.iter().map(|it| format!("{} ({})", it.what, it.why)).collect();
        if !missing.is_empty() {
            let text = format!("not on trial here: {}", missing.join(", "));
            page.line(2, &[plain(text)]);
        }
    }

    fn ending(&self, page: &mut Page, status: u8) {
        let mark = if status == 0 { Mark::Good } else { Mark::Plain };
        let exit = Piece::new(mark, format!("exit {status}"));
        match self.wrong.first() {
            Some(wrong) if status != 0 => {
                page.line(8, &[exit, plain(": one of them:  "), whole(&wrong.again)]);
            }
            _ => page.line(8, &[exit]),
        }
    }
}

/// How the suite does on the mutants of one element.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Trial {
    /// Planted defects that were found, of all.
    pub(crate) convicted: (usize, usize),
    /// Harmless changes that were not flagged, of all.
    pub(crate) silent: (usize, usize),
}

impl Trial {
    pub(super) fn sentence(self) -> String {
        let (found, planted) = self.convicted;
        let (silent, made) = self.silent;
        format!(
            "convicted: {found} of {}; silent on: {silent} of {}",
            count(planted, "planted defect"),
            count(made, "harmless change")
        )
    }
}
