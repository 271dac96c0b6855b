//! From the journal of a Python probe to what it means.

use unscathed_catalogue::abi::elements;
use unscathed_catalogue::record::{Malformed, Record};
use unscathed_catalogue::{Element, Probe};

use super::{Bench, Ending, Judged, death, registers, signal_name};
use crate::journal::{Journal, Look, Stop};
use crate::policy::Declared;
use crate::report::{Finding, Verdict};

/// All that the parent knows of one run of one probe of the Python side.
#[derive(Clone, Debug)]
pub struct Told {
    /// How the process ended.
    pub ending: Ending,
    /// What the probe wrote down.
    pub journal: Journal,
    /// What the native library wrote, where it was there.
    pub record: Option<Record>,
    /// The last words of the process on its standard error.
    pub last_words: Option<String>,
    /// How long it took.
    pub elapsed_us: u64,
}

/// The interpreter of a subject, as far as rows ask for it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Interpreter {
    /// `CPython`, `PyPy`.
    pub implementation: String,
    /// Version of the language, major and minor.
    pub version: (u8, u8),
}

impl Interpreter {
    /// Why a row cannot be shown here; `None`: it can.
    #[must_use]
    pub fn lacks(&self, element: &Element) -> Option<String> {
        let interpreted = element.interpreted?;
        let (major, minor) = self.version;
        let has = interpreted.has(&self.implementation, self.version);
        (!has).then(|| {
            let of = interpreted.phrase();
            format!("state of {of}; this is {} {major}.{minor}", self.implementation)
        })
    }
}

/// The rows that a probe of the Python side observes, of machine code too.
pub fn rows(probe: &Probe) -> impl Iterator<Item = &'static Element> {
    let probe = *probe;
    elements().filter(move |row| probe.observes(row))
}

impl Bench<'_> {
    /// Judges one run of a probe of the Python side: a finding for each element.
    #[must_use]
    pub fn judge_script(
        &self,
        probe: &Probe,
        told: &Told,
        interpreter: &Interpreter,
    ) -> Vec<Finding> {
        let findings = rows(probe).map(|element| {
            let judged = self.absent(element, interpreter);
            let judged = judged.unwrap_or_else(|| self.weigh_script(element, told));
            self.finding(probe, element, judged, told.elapsed_us)
        });
        findings.collect()
    }

    /// The findings of a probe that is not run, for one reason.
    #[must_use]
    pub fn without_run(&self, probe: &Probe, verdict: Verdict, why: &str) -> Vec<Finding> {
        let judged = || Judged::plain(verdict, why.to_owned());
        rows(probe).map(|element| self.finding(probe, element, judged(), 0)).collect()
    }

    /// The findings of a probe of which this interpreter can show no element;
    /// `None`: it can show some.
    #[must_use]
    pub fn skipped_script(&self, probe: &Probe, interpreter: &Interpreter) -> Option<Vec<Finding>> {
        rows(probe)
            .map(|element| {
                let judged = self.absent(element, interpreter)?;
                Some(self.finding(probe, element, judged, 0))
            })
            .collect()
    }

    fn absent(&self, element: &Element, interpreter: &Interpreter) -> Option<Judged> {
        let lacking = interpreter.lacks(element).map(|why| Judged::plain(Verdict::Skipped, why));
        lacking.or_else(|| self.missing(element))
    }

    fn weigh_script(&self, element: &Element, told: &Told) -> Judged {
        let end = end(told);
        let looks: Vec<_> = told.journal.at(element.id).collect();
        let declared = self.policies.of(element.id);
        let wrong: Vec<_> =
            looks.iter().filter_map(|look| wrong(look, declared).map(|it| (*look, it))).collect();
        if let Some((look, whose)) = wrong.first() {
            let mut judged = convicted(look, whose, declared);
            judged.detail = times(wrong.len(), looks.len(), &judged.detail);
            if let Some((_, how)) = end {
                judged.detail += &format!("; then {how}");
            }
            return judged;
        }
        if looks.is_empty()
            && let Some(index) = self.abi.index(element.id)
            && let Some(record) = told.record.as_ref().filter(|it| looked(it, index))
        {
            return self.weigh_row(index, element, record, end);
        }
        if let Some((verdict, how)) = end {
            return Judged::plain(verdict, how);
        }
        match &told.journal.stop {
            Some(Stop::Skipped(why)) => return Judged::plain(Verdict::Skipped, why.clone()),
            Some(Stop::Unsupported(why)) => {
                return Judged::plain(Verdict::Unsupported, why.clone());
            }
            Some(Stop::Failed(why)) => return Judged::plain(Verdict::Error, why.clone()),
            None => {}
        }
        kept(&looks, declared, &told.journal.notes)
    }
}

fn looked(record: &Record, index: usize) -> bool {
    record.rows.get(index).is_some_and(|row| row.looks > 0)
}

/// How a run ended that did not come to its end; `None`: it did.
fn end(told: &Told) -> Option<(Verdict, String)> {
    let after = told.journal.last_step.as_ref();
    let after = after.map(|step| format!(", after: {step}")).unwrap_or_default();
    let words = told.last_words.as_ref();
    let words = words.map(|words| format!("; it said: {words}")).unwrap_or_default();
    match told.ending {
        Ending::TimedOut(time) => {
            let seconds = time.as_secs_f64();
            Some((Verdict::Hung, format!("no end within {seconds} s (--timeout){after}")))
        }
        Ending::Killed(signal) => {
            let crash = told.record.as_ref().and_then(|record| record.crash.as_ref());
            let how = match crash.filter(|crash| crash.signal == signal) {
                Some(crash) => format!("{}{after}{words}; {}", death(crash), registers(crash)),
                None => {
                    let name = signal_name(signal);
                    format!("the process of the probe died: {name}{after}{words}")
                }
            };
            Some((Verdict::Crashed, how))
        }
        Ending::Exited(status) => (!told.journal.complete).then(|| {
            let how = format!(
                "the process of the probe ended with status {status}{after}, before its observation was written{words}"
            );
            (Verdict::Crashed, how)
        }),
    }
}

/// Whose a found value is that should not have been found.
enum Whose {
    Other(String),
    Nobody,
    /// It followed the coroutine, though declared to stay with the thread.
    Followed,
}

/// What had to be found, by what is declared.
fn owed(look: &Look, declared: Option<Declared>) -> &str {
    let last = look.rivals.last().map(|(_, value)| value);
    match declared {
        Some(Declared::Thread) => look.thread.as_ref().or(last).unwrap_or(&look.own),
        _ => &look.own,
    }
}

fn wrong(look: &Look, declared: Option<Declared>) -> Option<Whose> {
    if look.found == owed(look, declared) {
        return None;
    }
    if declared == Some(Declared::Thread) && look.found == look.own {
        return Some(Whose::Followed);
    }
    let rival = look.rivals.iter().find(|(_, value)| *value == look.found);
    let owner = rival.map(|(owner, value)| {
        owner.clone().or_else(|| named(value)).unwrap_or_else(|| "another party".into())
    });
    // A value that names somebody else is his, whether or not a probe thought of it.
    let owner =
        owner.or_else(|| named(&look.found).filter(|name| named(&look.own).as_ref() != Some(name)));
    Some(owner.map_or(Whose::Nobody, Whose::Other))
}

/// "coroutine 1, step 3", where a value says so.
fn named(value: &str) -> Option<String> {
    let at = value.find(", step ")?;
    let (before, after) = value.split_at(at);
    let digits: String = after[7..].chars().take_while(char::is_ascii_digit).collect();
    let party = if before.ends_with("main") {
        "main".to_owned()
    } else {
        let number = before.rsplit(' ').next().filter(|it| it.parse::<u32>().is_ok())?;
        before.ends_with(&format!("coroutine {number}")).then(|| format!("coroutine {number}"))?
    };
    (!digits.is_empty()).then(|| format!("{party}, step {digits}"))
}

fn convicted(look: &Look, whose: &Whose, declared: Option<Declared>) -> Judged {
    let place = Some(look.at.clone()).filter(|at| !at.is_empty());
    let (verdict, owner, detail) = match whose {
        Whose::Other(owner) => (Verdict::Leaked, Some(owner.clone()), String::new()),
        Whose::Nobody => (Verdict::Corrupted, None, String::new()),
        Whose::Followed => {
            let detail = "declared to stay with the thread, but it followed the coroutine";
            (Verdict::Leaked, None, detail.to_owned())
        }
    };
    Judged {
        verdict,
        expected: Some(owed(look, declared).to_owned()),
        observed: Some(look.found.clone()),
        owner,
        place,
        detail,
    }
}

fn times(wrong: usize, looks: usize, detail: &str) -> String {
    let times = format!("wrong in {wrong} of {looks} looks");
    if detail.is_empty() { times } else { format!("{detail}; {times}") }
}

/// Every look found what was owed: kept, if any look could have found another value.
fn kept(looks: &[&Look], declared: Option<Declared>, notes: &[String]) -> Judged {
    if looks.is_empty() {
        return Judged::plain(Verdict::Error, "nobody looked at it".into());
    }
    let tests = |look: &&&Look| look.fixed || look.rivals.iter().any(|(_, it)| *it != look.own);
    if !looks.iter().any(|look| tests(&look)) {
        let why = "all parties had the same value: nothing was tested".to_owned();
        return Judged::plain(Verdict::Error, why);
    }
    let count = match looks.len() {
        1 => "1 look".to_owned(),
        many => format!("{many} looks"),
    };
    let stays = match declared {
        Some(Declared::Thread) => "it stays with the thread, as declared; ",
        _ => "",
    };
    let notes: String = notes.iter().map(|note| format!("; {note}")).collect();
    Judged::plain(Verdict::Preserved, format!("{stays}{count}{notes}"))
}

/// A record is only there if the library was: without its first word it says nothing.
#[must_use]
pub fn record(bytes: &[u8]) -> Option<Record> {
    Record::read(bytes).map_err(|_: Malformed| ()).ok()
}
