//! From what was seen to what it means.
//!
//! The judge walks the catalogue and never the record: a row that a probe forgot
//! to observe is doubt, not a pass. It knows no subject's name.

mod evidence;
pub mod script;

use std::time::Duration;

use unscathed_catalogue::canary::Party;
use unscathed_catalogue::misuse::step;
use unscathed_catalogue::record::{
    CRASH_REGISTERS, Crash, Malformed, Record, Row, Sample, Stage, Text,
};
use unscathed_catalogue::{Abi, Element, Family, Feature, Level, Plant, Probe};

use crate::policy::{Declared, Policies};
use crate::report::{Clause, Controls, Finding, Verdict};
use evidence::Evidence;

/// How the process of a probe ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Ending {
    /// With this exit status.
    Exited(i32),
    /// By this signal.
    Killed(i32),
    /// By us, when its time had run out.
    TimedOut(Duration),
}

/// All that the parent knows of one run of one probe.
#[derive(Clone, Debug)]
pub struct Seen {
    /// How the process ended.
    pub ending: Ending,
    /// What it left.
    pub record: Result<Record, Malformed>,
    /// How long it took.
    pub elapsed_us: u64,
}

/// Under which conditions a subject is judged.
#[derive(Clone, Debug)]
pub struct Bench<'a> {
    /// The convention.
    pub abi: &'a Abi,
    /// What the machine lacks, and why.
    pub lacking: &'a [(Feature, String)],
    /// What the subject declares.
    pub policies: &'a Policies,
    /// Whether undeclared policies fail.
    pub strict: bool,
}

/// What one row of a record means.
struct Judged {
    verdict: Verdict,
    expected: Option<String>,
    observed: Option<String>,
    owner: Option<String>,
    place: Option<String>,
    detail: String,
}

impl Judged {
    fn plain(verdict: Verdict, detail: String) -> Self {
        Self { verdict, expected: None, observed: None, owner: None, place: None, detail }
    }
}

impl Bench<'_> {
    /// Judges one run: a finding for each element of the probe.
    #[must_use]
    pub fn judge(&self, probe: &Probe, seen: &Seen) -> Vec<Finding> {
        let findings = probe.elements(self.abi).map(|(index, element)| {
            let judged = self.missing(element).or_else(|| refusal(probe, seen));
            let judged = judged.unwrap_or_else(|| self.weigh(index, element, seen));
            self.finding(probe, element, judged, seen.elapsed_us)
        });
        findings.collect()
    }

    /// The findings of a probe that is not run, because the subject says that it
    /// cannot do what the probe asks.
    #[must_use]
    pub fn unsupported(&self, probe: &Probe, why: &str) -> Vec<Finding> {
        let findings = probe.elements(self.abi).map(|(_, element)| {
            let judged = Judged::plain(Verdict::Unsupported, why.to_owned());
            self.finding(probe, element, judged, 0)
        });
        findings.collect()
    }

    /// The findings of a probe of which this machine can show no element; `None`:
    /// it can show some.
    #[must_use]
    pub fn skipped(&self, probe: &Probe) -> Option<Vec<Finding>> {
        probe
            .elements(self.abi)
            .map(|(_, element)| Some(self.finding(probe, element, self.missing(element)?, 0)))
            .collect()
    }

    /// Something that this machine cannot show is skipped, with the reason.
    fn missing(&self, element: &Element) -> Option<Judged> {
        let gate = element.gate?;
        let (_, why) = self.lacking.iter().find(|(feature, _)| *feature == gate)?;
        Some(Judged::plain(Verdict::Skipped, format!("{}: {why}", gate.title())))
    }

    fn weigh(&self, index: usize, element: &Element, seen: &Seen) -> Judged {
        let end = end(seen);
        let record = match &seen.record {
            Ok(record) => record,
            Err(malformed) => {
                // Whatever it wrote over its own record, it did not pass.
                let (verdict, how) = end.unwrap_or((Verdict::Crashed, "the process ended".into()));
                return Judged::plain(verdict, format!("{how}; {malformed}"));
            }
        };
        self.weigh_row(index, element, record, end)
    }

    /// One row of a record of a run that ended so; `None`: it came to its end.
    fn weigh_row(
        &self,
        index: usize,
        element: &Element,
        record: &Record,
        end: Option<(Verdict, String)>,
    ) -> Judged {
        let Some(row) = record.rows.get(index) else {
            return Judged::plain(Verdict::Error, "the record has no such row".into());
        };
        let declared = self.policies.of(element.id);
        if end.is_none()
            && element.plant == Plant::Token
            && declared == Some(Declared::Thread)
            && let Some(judged) = stays(row)
        {
            return judged;
        }
        if let Some(evidence) = Evidence::of(self.abi, element, row) {
            let mut judged = evidence.judged();
            if let Some((_, how)) = end {
                let seen = Some(judged.detail).filter(|detail| !detail.is_empty());
                let seen = seen.map(|detail| detail + "; then ").unwrap_or_default();
                judged.detail = seen + &how;
            }
            return judged;
        }
        if let Some((verdict, how)) = end {
            return Judged::plain(verdict, how);
        }
        kept(element, row, record.text(Text::Message))
    }

    fn finding(
        &self,
        probe: &Probe,
        element: &Element,
        judged: Judged,
        elapsed_us: u64,
    ) -> Finding {
        let policy = element.level == Level::Policy;
        let declared = self.policies.of(element.id).filter(|_| policy);
        let loss = judged.verdict.is_loss();
        let fails = loss && (!policy || declared.is_some() || self.strict);
        let undeclared = if policy && declared.is_none() { "undeclared: " } else { "" };
        let clause = element.clause;
        Finding {
            probe: probe.id.into(),
            element: element.id.into(),
            level: element.level.word().into(),
            declared: declared.map(|declared| Declared::word(declared).into()),
            verdict: judged.verdict,
            fails,
            expected: judged.expected,
            observed: judged.observed,
            owner: judged.owner,
            clause: Clause {
                kind: clause.kind.word().into(),
                document: clause.document.into(),
                revision: clause.revision.into(),
                section: clause.section.into(),
            },
            runs: format!("{} of 1", u8::from(loss)),
            detail: format!("{undeclared}{}", judged.detail).trim_end().into(),
            replay: None,
            baseline: None,
            elapsed_us,
            place: judged.place,
            oracle: None,
        }
    }
}

/// A death by which a subject refuses to be misused is an answer, and a clear one.
/// Before the forbidden call, or once it has come back, it is a death like others.
fn refusal(probe: &Probe, seen: &Seen) -> Option<Judged> {
    const CLEAR: [(i32, &str); 3] = [(4, "SIGILL"), (5, "SIGTRAP"), (6, "SIGABRT")];
    let Ending::Killed(signal) = seen.ending else { return None };
    let (_, name) = CLEAR.iter().find(|(clear, _)| *clear == signal)?;
    let steps = seen.record.as_ref().ok()?.steps;
    let refused = Judged::plain(Verdict::Preserved, format!("refused: it died of {name}"));
    (probe.family == Family::Misuse && steps == step::UNDER_WAY).then_some(refused)
}

/// How a run ended that did not come to its end; `None`: it did.
fn end(seen: &Seen) -> Option<(Verdict, String)> {
    let record = seen.record.as_ref().ok();
    let steps = record.map_or(0, |record| record.steps);
    if let Ending::TimedOut(time) = seen.ending {
        let how = format!("no end within {} s (--timeout), after step {steps}", time.as_secs_f64());
        return Some((Verdict::Hung, how));
    }
    if let Ending::Killed(signal) = seen.ending {
        let crash = record.and_then(|record| record.crash.as_ref());
        let how = match crash.filter(|crash| crash.signal == signal) {
            Some(crash) => format!("{}, after step {steps}; {}", death(crash), registers(crash)),
            None => format!(
                "the process of the probe died: {}, after step {steps}; its registers are not known",
                signal_name(signal)
            ),
        };
        return Some((Verdict::Crashed, how));
    }
    let record = record?;
    match record.stage {
        Stage::Finished => None,
        Stage::Derailed => {
            let (reader, expected) = record.derailed;
            let (reader, expected) = (Party(reader), Party(expected));
            let how = format!(
                "at step {steps} {reader} ran where {expected} should have: resume or suspend did not lead where it must"
            );
            Some((Verdict::Error, how))
        }
        Stage::Skipped => Some((Verdict::Skipped, record.text(Text::Message).into())),
        Stage::Failed | Stage::Refused => Some((Verdict::Error, record.text(Text::Message).into())),
        Stage::Attached | Stage::Loading | Stage::Running => {
            let Ending::Exited(status) = seen.ending else {
                return None;
            };
            let how = format!(
                "the process of the probe ended with status {status}, after step {steps}, before its observation was written"
            );
            Some((Verdict::Crashed, how))
        }
    }
}

/// A policy that is declared to stay with the thread: every look must find what
/// somebody set last. `None`: a value of nobody's was found, or nobody looked.
fn stays(row: &Row) -> Option<Judged> {
    let is_last = |sample: &Sample| sample.seen == sample.rival_value;
    if row.looks == 0 || !row.samples.iter().all(is_last) {
        return None;
    }
    // Samples are few; whoever observes a policy looks seldom enough to keep all.
    let followed = row.looks.saturating_sub(row.samples.len() as u64);
    Some(match followed {
        0 => Judged::plain(
            Verdict::Preserved,
            format!("it stays with the thread, as declared; {} looks", row.looks),
        ),
        _ => Judged::plain(
            Verdict::Leaked,
            format!(
                "declared to stay with the thread, but it followed the coroutine in {followed} of {} looks",
                row.looks
            ),
        ),
    })
}

/// A row in which nothing differed: kept, if anything was tested. A probe may have
/// something to say of it.
fn kept(element: &Element, row: &Row, remark: &str) -> Judged {
    let owed = element.owed();
    let tested = match element.plant {
        Plant::Canary | Plant::Codes { .. } | Plant::Token => row.tested[0] & owed,
        Plant::Inherent | Plant::Never { .. } => owed,
    };
    if row.looks == 0 {
        return Judged::plain(Verdict::Error, "nobody looked at it".into());
    }
    if tested == 0 {
        let why = "both sides planted the same value: nothing was tested".to_owned();
        return Judged::plain(Verdict::Error, why);
    }
    let looks = match row.looks {
        1 => "1 look".to_owned(),
        looks => format!("{looks} looks"),
    };
    // A canary repeats its tag, so neighbours agree in one bit: the step's.
    let partly = matches!(element.plant, Plant::Codes { .. }) && tested != owed;
    let bits = if partly { format!(", on bits {tested:#x} of {owed:#x}") } else { String::new() };
    let remark = if remark.is_empty() { String::new() } else { format!("; {remark}") };
    Judged::plain(Verdict::Preserved, format!("{looks}{bits}{remark}"))
}

/// Counts the negative controls over all records.
#[must_use]
pub fn controls(abi: &Abi, records: &[&Record]) -> Controls {
    let mut controls = Controls::default();
    for (index, _) in abi.elements.iter().enumerate().filter(|(_, row)| row.level == Level::Free) {
        let rows = records.iter().filter_map(|record| record.rows.get(index));
        let looked: Vec<_> = rows.filter(|row| row.looks > 0).collect();
        controls.planted += usize::from(!looked.is_empty());
        controls.changed +=
            usize::from(looked.iter().any(|row| row.changed.iter().any(|&word| word != 0)));
    }
    controls
}

fn death(crash: &Crash) -> String {
    let name = signal_name(crash.signal);
    // Faults name an address; signals that somebody sent do not.
    if crash.code <= 0 {
        return format!("the process of the probe died: {name}, sent by a process");
    }
    format!("the process of the probe died: {name}, address {:#x}", crash.address)
}

fn registers(crash: &Crash) -> String {
    let pairs = CRASH_REGISTERS.iter().zip(crash.registers);
    pairs.map(|(name, value)| format!("{name}={value:#x}")).collect::<Vec<_>>().join(" ")
}

/// The name of a signal on Linux for x86-64.
#[must_use]
pub fn signal_name(signal: i32) -> String {
    const NAMES: [(i32, &str); 16] = [
        (1, "SIGHUP"),
        (2, "SIGINT"),
        (3, "SIGQUIT"),
        (4, "SIGILL"),
        (5, "SIGTRAP"),
        (6, "SIGABRT"),
        (7, "SIGBUS"),
        (8, "SIGFPE"),
        (9, "SIGKILL"),
        (11, "SIGSEGV"),
        (13, "SIGPIPE"),
        (14, "SIGALRM"),
        (15, "SIGTERM"),
        (24, "SIGXCPU"),
        (25, "SIGXFSZ"),
        (31, "SIGSYS"),
    ];
    let name = NAMES.iter().find(|(number, _)| *number == signal);
    name.map_or_else(|| format!("signal {signal}"), |(_, name)| (*name).to_owned())
}
