//! Results that have one cause are one entry.
//!
//! Seven lost control fields are one missing pair of instructions. So failures
//! that agree in verdict, level, usual cause and kind of owner are put together,
//! and so is everything that died in the same way.

use std::cmp::Reverse;

use unscathed_catalogue::{Element, abi, probe};

use crate::report::{Finding, Report, Verdict};

/// Failures that have one cause.
#[derive(Clone, Debug)]
pub struct Cause<'a> {
    /// What they have in common.
    pub verdict: Verdict,
    /// `must`, if any of them is that.
    pub level: &'a str,
    /// What the subject declared, where its declaration is broken.
    pub declared: Option<&'a str>,
    /// The usual cause; none of a death that may have any.
    pub usual: Option<&'static str>,
    /// Ids of all elements, in the order of the catalogue.
    pub elements: Vec<&'a str>,
    /// Every result, the clearest first.
    pub findings: Vec<&'a Finding>,
}

impl<'a> Cause<'a> {
    /// Ids of all probes, in the order of the catalogue.
    #[must_use]
    pub fn probes(&self) -> Vec<&'a str> {
        let mut probes: Vec<_> = self.findings.iter().map(|it| it.probe.as_str()).collect();
        probes.sort_by_key(|id| (probe_index(id), *id));
        probes.dedup();
        probes
    }

    /// The probes did not come to their end.
    #[must_use]
    pub const fn is_death(&self) -> bool {
        died(self.verdict)
    }

    /// The result to show.
    #[must_use]
    pub fn example(&self) -> &'a Finding {
        self.findings[0]
    }

    fn new(findings: Vec<&'a Finding>) -> Self {
        let first = findings[0];
        let mut elements: Vec<_> = findings.iter().map(|it| it.element.as_str()).collect();
        elements.sort_by_key(|id| (element_index(id), *id));
        elements.dedup();
        let dead = died(first.verdict);
        let must = findings.iter().find(|it| it.level == "must");
        let mut cause = Self {
            verdict: first.verdict,
            level: &must.unwrap_or(&first).level,
            declared: first.declared.as_deref().filter(|_| !dead),
            usual: usual(first),
            elements,
            findings,
        };
        cause.sort();
        cause
    }

    /// What happens in every run is clearer than what does not; a probe that
    /// shows more of the elements is clearer than one that shows fewer; and of
    /// those alike, the first of the catalogue is the simplest.
    fn sort(&mut self) {
        let all = self.findings.clone();
        let shown = |probe: &str| all.iter().filter(|it| it.probe == probe).count();
        self.findings.sort_by_key(|it| {
            (
                !is_steady(it),
                Reverse(shown(&it.probe)),
                probe_index(&it.probe),
                element_index(&it.element),
            )
        });
    }
}

/// What results must agree in to be one entry.
#[derive(PartialEq)]
enum Kind<'a> {
    Death {
        verdict: Verdict,
        ending: &'a str,
        usual: Option<&'static str>,
    },
    Loss {
        verdict: Verdict,
        level: &'a str,
        declared: Option<&'a str>,
        usual: &'a str,
        whose: Whose,
    },
}

/// Whose value was found, as far as entries are told apart by it.
#[derive(PartialEq)]
enum Whose {
    /// Of another party than the one that looked.
    Other,
    /// Of the party that looked: an older one, or another row's.
    Own,
    /// Of no party.
    Nobody,
}

/// The failures of a report by cause, in the order in which people should read
/// of them. A loss that does not fail is none of them; see [`standings`].
#[must_use]
pub fn causes(report: &Report) -> Vec<Cause<'_>> {
    let mut kinds: Vec<(Kind<'_>, Vec<&Finding>)> = Vec::new();
    let failures = report.results.iter().filter(|finding| finding.fails);
    for finding in failures.filter(|finding| finding.verdict.is_loss()) {
        let kind = kind(finding);
        match kinds.iter_mut().find(|(known, _)| *known == kind) {
            Some((_, findings)) => findings.push(finding),
            None => kinds.push((kind, vec![finding])),
        }
    }
    let mut causes: Vec<_> = kinds.into_iter().map(|(_, all)| Cause::new(all)).collect();
    causes.sort_by_key(|cause| {
        (
            cause.verdict,
            cause.level != "must",
            Reverse(cause.probes().len()),
            element_index(cause.elements[0]),
        )
    });
    causes
}

/// The usual cause of a finding. A native probe plants all that a machine has, so
/// its death may have any cause; one of an interpreter is about one state.
fn usual(finding: &Finding) -> Option<&'static str> {
    let row = element(&finding.element)?;
    (row.interpreted.is_some() || !died(finding.verdict)).then_some(row.about.cause)
}

fn kind(finding: &Finding) -> Kind<'_> {
    let verdict = finding.verdict;
    if died(verdict) {
        let ending = ending(&finding.detail);
        return Kind::Death { verdict, ending, usual: usual(finding) };
    }
    Kind::Loss {
        verdict,
        level: &finding.level,
        declared: finding.declared.as_deref(),
        // A row that this version does not know has no cause in common with any.
        usual: element(&finding.element).map_or(&finding.element, |row| row.about.cause),
        whose: whose(finding),
    }
}

/// The judge says "main itself" of a value that its owner planted elsewhere.
fn whose(finding: &Finding) -> Whose {
    let party = finding.owner.as_ref().and_then(|owner| owner.split(',').next());
    match party {
        None => Whose::Nobody,
        Some(party) if party.ends_with(" itself") => Whose::Own,
        Some(_) => Whose::Other,
    }
}

const fn died(verdict: Verdict) -> bool {
    matches!(verdict, Verdict::Crashed | Verdict::Hung)
}

/// How a probe ended, without addresses and registers: the signal, or else the
/// first clause of the detail.
fn ending(detail: &str) -> &str {
    let detail = detail.strip_prefix("undeclared: ").unwrap_or(detail);
    let signal =
        detail.split(|c: char| !c.is_ascii_alphanumeric()).find(|word| word.starts_with("SIG"));
    signal.unwrap_or_else(|| detail.split([',', ';']).next().unwrap_or_default())
}

/// Seen as often as it was tried.
fn is_steady(finding: &Finding) -> bool {
    finding.runs.split_once(" of ").is_none_or(|(seen, tried)| seen == tried)
}

/// What became of one element in all the probes that observe it.
#[derive(Clone, Debug)]
pub struct Standing<'a> {
    /// Id of the element.
    pub element: &'a str,
    /// Its row, where this version knows it.
    pub row: Option<&'static Element>,
    /// The worst loss; without one [`Verdict::Preserved`], if any probe saw it
    /// kept; else the worst reason why nothing was seen.
    pub verdict: Verdict,
    /// Where it belongs.
    pub count: Count,
    /// Its results, in the order of the report.
    pub findings: Vec<&'a Finding>,
}

/// How an element is counted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Count {
    /// Judged, and kept.
    Kept,
    /// Judged, and lost: it fails.
    Lost,
    /// Judged, and lost as the baseline expects.
    Expected,
    /// A design choice that the subject does not declare: what was seen is said,
    /// and it neither passes nor fails.
    Measured,
    /// Not judged by any probe.
    Unknown,
}

impl Count {
    /// It stands in the figures.
    #[must_use]
    pub const fn is_judged(self) -> bool {
        matches!(self, Self::Kept | Self::Lost | Self::Expected)
    }
}

/// Every element of a report, in the order of the catalogue.
#[must_use]
pub fn standings(report: &Report) -> Vec<Standing<'_>> {
    let mut elements: Vec<(&str, Vec<&Finding>)> = Vec::new();
    for finding in &report.results {
        match elements.iter_mut().find(|(id, _)| *id == finding.element) {
            Some((_, findings)) => findings.push(finding),
            None => elements.push((&finding.element, vec![finding])),
        }
    }
    elements.sort_by_key(|(id, _)| (element_index(id), *id));
    elements
        .into_iter()
        .map(|(id, findings)| standing(id, findings, report.run.level == "policy"))
        .collect()
}

fn standing<'a>(id: &'a str, findings: Vec<&'a Finding>, policies_fail: bool) -> Standing<'a> {
    let judged = findings.iter().filter(|it| it.verdict.is_judged());
    // Losses come before `preserved` in the order of verdicts.
    let worst = judged.map(|it| it.verdict).min();
    let fails = findings.iter().any(|it| it.fails && it.verdict.is_loss());
    let expected = findings.iter().any(|it| it.baseline.is_some());
    let choice = !policies_fail && findings.iter().any(|it| is_undeclared(it));
    let count = match worst {
        None => Count::Unknown,
        Some(_) if fails => Count::Lost,
        Some(verdict) if verdict.is_loss() && expected => Count::Expected,
        Some(_) if choice => Count::Measured,
        Some(verdict) if verdict.is_loss() => Count::Lost,
        Some(_) => Count::Kept,
    };
    let unseen = findings.iter().map(|it| it.verdict).min();
    Standing {
        element: id,
        row: element(id),
        verdict: worst.or(unseen).unwrap_or(Verdict::Error),
        count,
        findings,
    }
}

/// Nobody promised it.
fn is_undeclared(finding: &Finding) -> bool {
    finding.level == "policy" && finding.declared.is_none()
}

fn element(id: &str) -> Option<&'static Element> {
    abi::element(id)
}

fn element_index(id: &str) -> usize {
    abi::elements().position(|row| row.id == id).unwrap_or(usize::MAX)
}

fn probe_index(id: &str) -> usize {
    let known = probe::all().position(|probe| probe.id == id);
    known.unwrap_or(usize::MAX)
}

#[cfg(test)]
mod tests;
