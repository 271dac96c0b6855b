//! The report: one for each subject, as the contract lays it out.

use serde::{Deserialize, Serialize};

/// Version of the layout.
pub const SCHEMA: u32 = 1;

/// Everything that was found out about one subject.
#[derive(Clone, Debug, Deserialize, PartialEq, Serialize)]
pub struct Report {
    /// [`SCHEMA`].
    pub schema: u32,
    /// Who says so.
    pub tool: Tool,
    /// How and where.
    pub run: Run,
    /// About whom.
    pub subject: Subject,
    /// Why nothing could be run, in one sentence.
    pub refused: Option<String>,
    /// One for each pair of probe and element.
    pub results: Vec<Finding>,
    /// What is measured and never judged.
    pub measurements: Vec<Measurement>,
    /// The results, counted.
    pub summary: Summary,
}

/// This program.
#[derive(Clone, Debug, Deserialize, PartialEq, Eq, Serialize)]
pub struct Tool {
    /// Its name.
    pub name: String,
    /// Its version.
    pub version: String,
    /// The commit that it was built from, where that is known.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub commit: Option<String>,
}

/// How a subject was audited.
#[derive(Clone, Debug, Deserialize, PartialEq, Eq, Serialize)]
pub struct Run {
    /// Decides orders.
    pub seed: u64,
    /// When it began, UTC, RFC 3339.
    pub started: String,
    /// How long it took.
    pub elapsed_ms: u64,
    /// Which part of the probes, where it was not all of them.
    pub partition: Option<String>,
    /// How many probes were to run.
    pub planned: usize,
    /// Where it ran.
    pub host: Host,
    /// What this machine could not show.
    pub not_run: Vec<NotRun>,
    /// Probes that exist; more than `planned` where some were not asked for.
    #[serde(default)]
    pub probes: usize,
    /// Children that ran at the same time.
    #[serde(default)]
    pub jobs: usize,
    /// The globs that chose the probes, where there were any.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub chosen: Vec<String>,
    /// `must` or `policy`: what fails.
    #[serde(default)]
    pub level: String,
}

/// The machine.
#[derive(Clone, Debug, Deserialize, PartialEq, Eq, Serialize)]
pub struct Host {
    /// `x86_64`.
    pub arch: String,
    /// `linux`.
    pub os: String,
    /// The processor's name.
    pub cpu: String,
    /// Ids of the features that it has.
    pub features: Vec<String>,
    /// The C library and its version, where there is one ("glibc 2.36").
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub libc: Option<String>,
}

/// Something that this machine could not show.
#[derive(Clone, Debug, Deserialize, PartialEq, Eq, Serialize)]
pub struct NotRun {
    /// What.
    pub what: String,
    /// Why not.
    pub why: String,
}

/// A coroutine library.
#[derive(Clone, Debug, Deserialize, PartialEq, Eq, Serialize)]
pub struct Subject {
    /// As it was asked for: `native:corosensei`, `lib:PATH`.
    pub id: String,
    /// What it calls itself.
    pub name: String,
    /// What it calls its version.
    pub version: String,
    /// `native` or `python`.
    pub kind: String,
    /// The interpreter; none for native ones.
    pub runtime: Option<String>,
    /// The interpreter as it was asked for, where somebody asked.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub interpreter: Option<String>,
    /// The machine that it was built for.
    pub arch: String,
    /// What it says that it can do, in the contract's words.
    #[serde(default)]
    pub capabilities: Vec<String>,
    /// What it declares, by element id.
    #[serde(default)]
    pub policies: Vec<(String, String)>,
    /// Where that is written, by element id, as far as the adapter says.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub documents: Vec<(String, String)>,
    /// Libraries that were loaded with an adapter.
    #[serde(default)]
    pub loaded: Vec<String>,
}

/// What one probe found out about one element.
#[derive(Clone, Debug, Deserialize, PartialEq, Serialize)]
pub struct Finding {
    /// Id of the probe.
    pub probe: String,
    /// Id of the element.
    pub element: String,
    /// `must` or `policy`.
    pub level: String,
    /// What the subject declared for a policy.
    pub declared: Option<String>,
    /// What it means.
    pub verdict: Verdict,
    /// Whether it counts against the subject at the level that was asked for.
    pub fails: bool,
    /// What was planted, in words.
    pub expected: Option<String>,
    /// What was found, in words.
    pub observed: Option<String>,
    /// Whose the found value is: "coroutine 2, step 6".
    pub owner: Option<String>,
    /// Who says that it must survive.
    pub clause: Clause,
    /// How often a failure was seen of how often it was tried: "3 of 3".
    pub runs: String,
    /// What else there is to say.
    pub detail: String,
    /// A token that runs it again.
    pub replay: Option<String>,
    /// What the baseline says of it.
    pub baseline: Option<String>,
    /// How long the probe took.
    pub elapsed_us: u64,
    /// Where the first wrong look was: "main, when resume returns".
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub place: Option<String>,
    /// What OS threads in the place of coroutines showed, or why nobody asked them.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub oracle: Option<String>,
}

/// A clause, as a report cites it.
#[derive(Clone, Debug, Deserialize, PartialEq, Eq, Serialize)]
pub struct Clause {
    /// `abi`, `language`, `contract` or `definition`.
    pub kind: String,
    /// Title.
    pub document: String,
    /// Revision.
    pub revision: String,
    /// Section.
    pub section: String,
}

/// Something measured.
#[derive(Clone, Debug, Deserialize, PartialEq, Serialize)]
pub struct Measurement {
    /// What.
    pub what: String,
    /// Where, or how deep.
    pub at: String,
    /// How much.
    pub value: f64,
    /// Of what.
    pub unit: String,
}

/// The verdicts, in the order in which people should read of them.
#[derive(Clone, Copy, Debug, Deserialize, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Verdict {
    /// The process of the probe died.
    Crashed,
    /// A value was found that belongs to nobody.
    Corrupted,
    /// Another party's value was found.
    Leaked,
    /// The probe's time ran out.
    Hung,
    /// The experiment could not be made.
    Error,
    /// This machine cannot show it.
    Skipped,
    /// The subject says that it cannot do this.
    Unsupported,
    /// Every value found was the owner's.
    Preserved,
}

impl Verdict {
    /// All of them.
    pub const ALL: [Self; 8] = [
        Self::Crashed,
        Self::Corrupted,
        Self::Leaked,
        Self::Hung,
        Self::Error,
        Self::Skipped,
        Self::Unsupported,
        Self::Preserved,
    ];

    /// The word of the report.
    #[must_use]
    pub const fn word(self) -> &'static str {
        match self {
            Self::Crashed => "crashed",
            Self::Corrupted => "corrupted",
            Self::Leaked => "leaked",
            Self::Hung => "hung",
            Self::Error => "error",
            Self::Skipped => "skipped",
            Self::Unsupported => "unsupported",
            Self::Preserved => "preserved",
        }
    }

    /// It is evidence against the subject, whatever the level.
    #[must_use]
    pub const fn is_loss(self) -> bool {
        matches!(self, Self::Crashed | Self::Corrupted | Self::Leaked | Self::Hung)
    }

    /// It says whether the element survived.
    #[must_use]
    pub const fn is_judged(self) -> bool {
        self.is_loss() || matches!(self, Self::Preserved)
    }
}

/// Results by verdict.
#[derive(Clone, Debug, Default, Deserialize, PartialEq, Eq, Serialize)]
pub struct Summary {
    /// By verdict.
    pub preserved: usize,
    /// By verdict.
    pub leaked: usize,
    /// By verdict.
    pub corrupted: usize,
    /// By verdict.
    pub crashed: usize,
    /// By verdict.
    pub hung: usize,
    /// By verdict.
    pub unsupported: usize,
    /// By verdict.
    pub skipped: usize,
    /// By verdict.
    pub error: usize,
    /// The negative controls.
    pub controls: Controls,
}

/// Volatile registers.
#[derive(Clone, Copy, Debug, Default, Deserialize, PartialEq, Eq, Serialize)]
pub struct Controls {
    /// Rows that were planted.
    pub planted: usize,
    /// Rows that were found changed at least once.
    pub changed: usize,
}

impl Summary {
    /// Counts results.
    #[must_use]
    pub fn of(results: &[Finding], controls: Controls) -> Self {
        let count = |verdict| results.iter().filter(|finding| finding.verdict == verdict).count();
        Self {
            preserved: count(Verdict::Preserved),
            leaked: count(Verdict::Leaked),
            corrupted: count(Verdict::Corrupted),
            crashed: count(Verdict::Crashed),
            hung: count(Verdict::Hung),
            unsupported: count(Verdict::Unsupported),
            skipped: count(Verdict::Skipped),
            error: count(Verdict::Error),
            controls,
        }
    }
}
