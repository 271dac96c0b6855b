//! Made-up reports, with values that the catalogue encodes and describes.

use unscathed_catalogue::abi::SYSV_X86_64;
use unscathed_catalogue::canary::{Canary, Party};
use unscathed_catalogue::probe::{PROBES, Probe, find};
use unscathed_catalogue::record::Wide;
use unscathed_catalogue::{Element, Event, Family, Plant, words};
use unscathed_verdict::report::{
    Clause, Controls, Finding, Host, NotRun, Report, Run, SCHEMA, Subject, Summary, Tool, Verdict,
};

/// A report in the making.
pub(super) struct Made(Report);

/// One look: who looked, who was found, at which event.
pub(super) struct Look {
    pub(super) party: u16,
    pub(super) rival: u16,
    pub(super) event: Event,
}

/// Main looks after a resume, and finds what coroutine 1 left.
pub(super) const IN_MAIN: Look = Look { party: 0, rival: 1, event: Event::Resumed };
/// Coroutine 1 looks after a suspend, and finds what main left.
pub(super) const IN_COROUTINE: Look = Look { party: 1, rival: 0, event: Event::Suspended };

pub(super) fn tool() -> Tool {
    Tool { name: "unscathed".into(), version: "0.1.0".into(), commit: Some("3f1c9d2".into()) }
}

pub(super) fn host() -> Host {
    Host {
        arch: "x86_64".into(),
        os: "linux".into(),
        cpu: "a processor".into(),
        features: vec!["avx".into(), "avx512".into()],
        libc: Some("glibc 2.36".into()),
    }
}

/// A subject that keeps everything, on a machine without shadow stacks and tiles.
pub(super) fn made(id: &str, name: &str, version: &str) -> Made {
    let why = "the kernel does not offer it";
    let lacking = |what: &str| NotRun { what: what.into(), why: why.into() };
    let mut made = Made(Report {
        schema: SCHEMA,
        tool: tool(),
        run: Run {
            seed: 1,
            started: "2026-01-01T00:00:00Z".into(),
            elapsed_ms: 1_432,
            partition: None,
            planned: probes().count(),
            host: host(),
            not_run: vec![lacking("shadow stack"), lacking("AMX tiles")],
            probes: probes().count(),
            jobs: 2,
            chosen: vec![],
            level: "must".into(),
        },
        subject: Subject {
            id: id.into(),
            name: name.into(),
            version: version.into(),
            kind: "native".into(),
            runtime: None,
            interpreter: None,
            arch: "x86_64".into(),
            capabilities: ["migrate", "destroy", "nest"].map(str::to_owned).into(),
            policies: vec![],
            documents: Vec::new(),
            loaded: vec![],
        },
        refused: None,
        results: vec![],
        measurements: vec![],
        summary: Summary::default(),
    });
    for probe in probes() {
        for (_, row) in probe.elements(SYSV_X86_64) {
            made.0.results.push(finding(probe, row));
        }
    }
    let gap = format!("shadow stack: {why}");
    made.gap(|it| it.element == "shstk.ssp", Verdict::Skipped, &gap)
}

/// The probes of these pages: screens do not change when the catalogue grows.
fn probes() -> impl Iterator<Item = &'static Probe> {
    const FAMILIES: [Family; 8] = [
        Family::Regs,
        Family::Fp,
        Family::State,
        Family::Entry,
        Family::Stack,
        Family::Value,
        Family::Life,
        Family::Shadow,
    ];
    PROBES.iter().filter(|probe| FAMILIES.contains(&probe.family))
}

pub(super) fn finding(probe: &Probe, row: &Element) -> Finding {
    let undeclared = if row.level.word() == "policy" { "undeclared: " } else { "" };
    Finding {
        probe: probe.id.into(),
        element: row.id.into(),
        level: row.level.word().into(),
        declared: None,
        verdict: Verdict::Preserved,
        fails: false,
        expected: None,
        observed: None,
        owner: None,
        clause: Clause {
            kind: row.clause.kind.word().into(),
            document: row.clause.document.into(),
            revision: row.clause.revision.into(),
            section: row.clause.section.into(),
        },
        runs: "0 of 1".into(),
        detail: format!("{undeclared}12 looks"),
        replay: None,
        baseline: None,
        elapsed_us: 900,
        place: None,
        oracle: None,
    }
}

impl Made {
    pub(super) fn done(mut self) -> Report {
        let ran = !self.0.results.is_empty();
        let controls =
            if ran { Controls { planted: 68, changed: 31 } } else { Controls::default() };
        self.0.summary = Summary::of(&self.0.results, controls);
        self.0
    }

    /// Anything else that is to be different.
    pub(super) fn with(mut self, change: impl FnOnce(&mut Report)) -> Self {
        change(&mut self.0);
        self
    }

    /// A policy that the subject declares.
    pub(super) fn declares(mut self, element: &str, word: &str) -> Self {
        self.0.subject.policies.push((element.into(), word.into()));
        for it in self.0.results.iter_mut().filter(|it| it.element == element) {
            it.declared = Some(word.into());
            it.detail = it.detail.replace("undeclared: ", "");
        }
        self
    }

    /// Results that say nothing of their element.
    pub(super) fn gap(
        mut self,
        chosen: impl Fn(&Finding) -> bool,
        verdict: Verdict,
        why: &str,
    ) -> Self {
        for it in self.0.results.iter_mut().filter(|it| chosen(it)) {
            it.verdict = verdict;
            it.detail = why.into();
        }
        self
    }

    /// Another party's value is found in these elements of these probes.
    pub(super) fn leaks(self, probes: &[&str], elements: &[&str], look: &Look) -> Self {
        self.loses(probes, elements, |row, it| {
            it.verdict = Verdict::Leaked;
            it.expected = Some(described(row, value(row, look.party, 2)));
            it.observed = Some(described(row, value(row, look.rival, 3)));
            it.owner = Some(format!("{}, step 3", Party(look.rival)));
            it.place = Some(format!("{}, {}", Party(look.party), look.event.phrase()));
        })
    }

    /// Nobody's value is found.
    pub(super) fn corrupts(
        self,
        probes: &[&str],
        element: &str,
        look: &Look,
        [expected, observed]: [u64; 2],
    ) -> Self {
        self.loses(probes, &[element], |row, it| {
            it.verdict = Verdict::Corrupted;
            it.expected = Some(match row.plant {
                Plant::Never { .. } => words::required(row),
                _ => described(row, expected),
            });
            it.observed = Some(described(row, observed));
            it.place = Some(format!("{}, {}", Party(look.party), look.event.phrase()));
        })
    }

    /// The process of the probe ends, or does not.
    pub(super) fn dies(self, probes: &[&str], verdict: Verdict, detail: &str) -> Self {
        let all: Vec<_> = SYSV_X86_64.elements.iter().map(|row| row.id).collect();
        self.loses(probes, &all, |_, it| {
            it.verdict = verdict;
            it.detail += detail;
        })
    }

    fn loses(
        mut self,
        probes: &[&str],
        elements: &[&str],
        change: impl Fn(&Element, &mut Finding),
    ) -> Self {
        let strict = self.0.run.level == "policy";
        for probe in probes.iter().map(|id| find(id).expect("a probe")) {
            for it in self.0.results.iter_mut().filter(|it| it.probe == probe.id) {
                if !elements.contains(&it.element.as_str()) {
                    continue;
                }
                let row = SYSV_X86_64.element(&it.element).expect("an element");
                // The judge says in other fields what was found.
                it.detail = it.detail.replace("12 looks", "");
                it.runs = "3 of 3".into();
                it.fails = it.level == "must" || it.declared.is_some() || strict;
                change(row, it);
            }
        }
        self
    }
}

fn described(row: &Element, word: u64) -> String {
    let mut wide: Wide = [0; 8];
    wide[0] = word;
    words::describe(row, &wide)
}

/// What a party plants at a step. Fields of one register are planted together.
fn value(row: &Element, party: u16, step: u16) -> u64 {
    let index = SYSV_X86_64.index(row.id).expect("a row of the table");
    let codes = |other: &&Element| match other.plant {
        Plant::Codes { even, odd } if other.register == row.register && other.owed() != 0 => {
            Some(if step.is_multiple_of(2) { even[0] } else { odd[0] })
        }
        _ => None,
    };
    match row.plant {
        Plant::Codes { .. } => SYSV_X86_64.elements.iter().filter_map(|it| codes(&it)).sum(),
        _ => Canary { party, row: u16::try_from(index).expect("a table of a few rows"), step }
            .encode(),
    }
}

/// Ids of all probes of a family.
pub(super) fn family(prefix: &str) -> Vec<&'static str> {
    let ids = PROBES.iter().map(|probe| probe.id);
    ids.filter(|id| id.starts_with(prefix)).collect()
}
