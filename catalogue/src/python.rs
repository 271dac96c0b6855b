//! State of a Python interpreter: the rows, the probes, and the subjects that are
//! wrong on purpose, by topic.

mod asyncio;
mod callbacks;
mod context;
mod destruction;
mod exceptions;
pub mod fields;
mod finalizers;
mod frames;
mod library;
mod life;
mod native;
mod recursion;
mod threads;
mod tracing;

use crate::abi::Abi;
use crate::element::{
    About, Clause, ClauseKind, Element, Group, Interpreted, Keep, Level, Owner, Plant,
};
use crate::probe::{Capability, Experiment, Family, Oracle, Probe};

/// The rows of Python subjects. Nothing of it lies in registers.
pub const PYTHON: &Abi = &Abi {
    id: "python",
    title: DOCUMENT,
    arch: "",
    registers: &[],
    elements: &ELEMENTS,
    initial: &[],
};

/// What belongs together: one file here, and modules of the same names on the
/// Python side.
struct Topic {
    rows: &'static [Element],
    probes: &'static [Probe],
    mutants: &'static [Mutant],
}

/// In the order of `list`.
const TOPICS: [Topic; 13] = [
    life::TOPIC,
    exceptions::TOPIC,
    frames::TOPIC,
    recursion::TOPIC,
    context::TOPIC,
    tracing::TOPIC,
    finalizers::TOPIC,
    destruction::TOPIC,
    threads::TOPIC,
    asyncio::TOPIC,
    callbacks::TOPIC,
    library::TOPIC,
    native::TOPIC,
];

const fn count() -> usize {
    let mut count = 0;
    let mut topic = 0;
    while topic < TOPICS.len() {
        count += TOPICS[topic].rows.len();
        topic += 1;
    }
    count
}

/// The rows of all topics, one after the other.
static ELEMENTS: [Element; count()] = {
    let mut all = [exceptions::TOPIC.rows[0]; count()];
    let (mut topic, mut place) = (0, 0);
    while topic < TOPICS.len() {
        let mut row = 0;
        while row < TOPICS[topic].rows.len() {
            all[place] = TOPICS[topic].rows[row];
            row += 1;
            place += 1;
        }
        topic += 1;
    }
    all
};

/// All probes of Python subjects, in the order of `list probes`.
pub fn probes() -> impl Iterator<Item = &'static Probe> {
    TOPICS.iter().flat_map(|topic| topic.probes)
}

/// All Python subjects that are wrong on purpose.
pub fn mutants() -> impl Iterator<Item = &'static Mutant> {
    TOPICS.iter().flat_map(|topic| topic.mutants)
}

/// A Python subject that is wrong in exactly one way, or in none.
#[derive(Clone, Copy, Debug)]
pub struct Mutant {
    /// Module and class on the Python side: `exceptions.ForgetsHandled`.
    pub name: &'static str,
    /// The row that it must be convicted of; `None`: it must not be convicted.
    pub element: Option<&'static str>,
    /// The interpreters on which the defect can be made.
    pub interpreted: Interpreted,
}

const DOCUMENT: &str = "Definition of Python execution state";

/// A row that every interpreter has, and that follows the coroutine. `section` is
/// a section of the definition with the sentence that this row is about.
const fn row(
    id: &'static str,
    (group, family): (Group, Family),
    level: Level,
    section: &'static str,
    about: &'static About,
) -> Element {
    let document = DOCUMENT;
    Element {
        id,
        group,
        label: id,
        register: "",
        low: 0,
        width: 0,
        keep: Keep::All,
        plant: Plant::Token,
        level,
        owner: Owner::Coroutine,
        family: Some(family),
        gate: None,
        clause: Clause {
            kind: ClauseKind::Definition,
            document,
            revision: "1",
            section,
            verified: true,
        },
        about,
        interpreted: Some(&Interpreted::ALL),
    }
}

/// The same for some interpreters only, or with what is known of releases.
const fn on(interpreted: &'static Interpreted, row: Element) -> Element {
    Element { interpreted: Some(interpreted), ..row }
}

/// A probe in a copy of a process that has imported everything; OS threads can be
/// asked the same.
const fn probe(
    id: &'static str,
    title: &'static str,
    schedule: &'static str,
    family: Family,
    rows: &'static [&'static str],
    needs: &'static [Capability],
) -> Probe {
    let experiment = Experiment::Python(Oracle::Threads);
    Probe { id, title, schedule, family, rows: Some(rows), experiment, events: &[], needs }
}

/// The same where OS threads cannot be asked, for this reason.
const fn without_oracle(why: &'static str, probe: Probe) -> Probe {
    Probe { experiment: Experiment::Python(Oracle::Without(why)), ..probe }
}

/// A defect that can be made on every interpreter.
const fn mutant(name: &'static str, element: &'static str) -> Mutant {
    Mutant { name, element: Some(element), interpreted: Interpreted::ALL }
}

/// A change that must go unnoticed.
const fn harmless(name: &'static str) -> Mutant {
    Mutant { name, element: None, interpreted: Interpreted::ALL }
}

/// The same for some interpreters only.
const fn made_on(interpreted: Interpreted, mutant: Mutant) -> Mutant {
    Mutant { interpreted, ..mutant }
}
