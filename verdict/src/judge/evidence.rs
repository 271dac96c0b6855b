//! One look that found another value than was planted, and whose that value is.

use unscathed_catalogue::canary::{Canary, Party};
use unscathed_catalogue::record::{Row, Sample};
use unscathed_catalogue::words;
use unscathed_catalogue::{Abi, Class, Element, Event, Plant};

use super::Judged;
use crate::report::Verdict;

/// The look that says most about a row that did not come back.
pub(super) struct Evidence<'a> {
    element: &'a Element,
    sample: &'a Sample,
    whose: Whose,
    initial: Option<u64>,
}

/// Whose a found value is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Whose {
    /// Another party's, planted at this step.
    Other(Party, u16),
    /// The owner's, but of another row or step.
    Stale(Party, u16),
    /// Nobody's.
    Nobody,
}

impl<'a> Evidence<'a> {
    /// `None`: every value found was the owner's, or one that the element allows.
    pub(super) fn of(abi: &Abi, element: &'a Element, row: &'a Row) -> Option<Self> {
        let initial = abi.initial(element.register);
        let wrong: Vec<_> = row
            .samples
            .iter()
            .filter(|sample| (sample.planted[0] ^ sample.seen[0]) & element.owed() != 0)
            .filter(|sample| !is_chosen_at_entry(element, sample, initial))
            .collect();
        let judged = |sample: &&'a Sample| whose(abi, element, sample);
        // A value that belongs to nobody says more than one that was passed on.
        let worst = wrong.iter().find(|sample| !matches!(judged(sample), Whose::Other(..)));
        let sample: &Sample = worst.or(wrong.first())?;
        Some(Self { element, sample, whose: whose(abi, element, sample), initial })
    }

    pub(super) fn judged(&self) -> Judged {
        let Self { element, sample, .. } = self;
        let verdict = match self.whose {
            Whose::Other(..) => Verdict::Leaked,
            Whose::Stale(..) | Whose::Nobody => Verdict::Corrupted,
        };
        let owner = match self.whose {
            Whose::Other(party, step) => Some(format!("{party}, step {step}")),
            Whose::Stale(party, step) => Some(format!("{party} itself, step {step}")),
            Whose::Nobody => None,
        };
        let detail = match sample.event {
            Event::Entry if matches!(element.plant, Plant::Codes { .. }) => format!(
                "a body may begin with its resumer's words, its creator's ({}) or those of a new process ({})",
                words::describe(element, &sample.rival_value),
                words::describe(element, &wide(self.initial.unwrap_or_default())),
            ),
            _ => String::new(),
        };
        Judged {
            verdict,
            expected: Some(self.expected()),
            observed: Some(words::describe(element, &sample.seen)),
            owner,
            place: Some(format!("{}, {}", Party(sample.party), sample.event.phrase())),
            detail,
        }
    }

    fn expected(&self) -> String {
        match self.element.plant {
            Plant::Never { .. } => words::required(self.element),
            _ => words::describe(self.element, &self.sample.planted),
        }
    }
}

/// A body may begin under the control words of whoever resumed it, of whoever
/// created it, or of a new process: all three are somebody's choice.
fn is_chosen_at_entry(element: &Element, sample: &Sample, initial: Option<u64>) -> bool {
    let owed = element.owed();
    let chosen = [Some(sample.rival_value[0]), initial];
    sample.event == Event::Entry
        && matches!(element.plant, Plant::Codes { .. })
        && chosen.into_iter().flatten().any(|word| (word ^ sample.seen[0]) & owed == 0)
}

fn whose(abi: &Abi, element: &Element, sample: &Sample) -> Whose {
    let rival = Whose::Other(Party(sample.rival), sample.rival_step);
    match element.plant {
        Plant::Codes { .. } if sample.event == Event::Entry => Whose::Nobody,
        Plant::Codes { .. } if wrong_fields_are_the_rivals(abi, element, sample) => rival,
        Plant::Canary => named(abi, element, sample, rival),
        Plant::Token if sample.seen == sample.rival_value => rival,
        Plant::Inherent if element.register == "rsp" && sample.seen == sample.rival_value => rival,
        // Where the experiment chose canaries, they name their planter here as well.
        Plant::Token => match Canary::decode(sample.seen[0]) {
            Some(Canary { party, step, .. }) if party == sample.party => {
                Whose::Stale(Party(party), step)
            }
            Some(Canary { party, step, .. }) => Whose::Other(Party(party), step),
            None => Whose::Nobody,
        },
        Plant::Codes { .. } | Plant::Inherent | Plant::Never { .. } => Whose::Nobody,
    }
}

/// A canary names its planter.
fn named(abi: &Abi, element: &Element, sample: &Sample, rival: Whose) -> Whose {
    if (sample.seen[0] ^ sample.rival_value[0]) & element.owed() == 0 {
        return rival;
    }
    // A value that was passed belongs to its sender, who is noted as the rival.
    let cell = abi.register(element.register).class == Class::Cell;
    let passed = cell && element.register != "stack word";
    let owner = if passed { sample.rival } else { sample.party };
    match Canary::decode(sample.seen[0]) {
        Some(Canary { party, step, .. }) if party == owner => Whose::Stale(Party(party), step),
        Some(Canary { party, step, .. }) => Whose::Other(Party(party), step),
        None => Whose::Nobody,
    }
}

/// Fields of one or two bits cannot name anybody. The wrong fields of a word are
/// the rival's only if all of them are: a word that was merely reset agrees with
/// the rival in some field, and in others with nobody.
fn wrong_fields_are_the_rivals(abi: &Abi, element: &Element, sample: &Sample) -> bool {
    let (planted, rival, seen) = (sample.planted[0], sample.rival_value[0], sample.seen[0]);
    abi.elements
        .iter()
        .filter(|row| row.register == element.register && row.owed() != 0)
        .filter(|row| (planted ^ seen) & row.owed() != 0)
        .all(|row| (rival ^ seen) & row.owed() == 0)
}

fn wide(word: u64) -> [u64; 8] {
    let mut value = [0; 8];
    value[0] = word;
    value
}

#[cfg(test)]
mod tests {
    use unscathed_catalogue::abi::SYSV_X86_64;

    use super::*;

    /// What coroutine 1 found in place of its exception, main having set 7 last.
    fn whose_is(seen: u64) -> Whose {
        let element = SYSV_X86_64.element("cxx.caught").unwrap();
        let sample = Sample {
            party: 1,
            step: 4,
            event: Event::Suspended,
            rival: 0,
            rival_step: 4,
            planted: wide(1),
            rival_value: wide(7),
            seen: wide(seen),
        };
        whose(SYSV_X86_64, element, &sample)
    }

    #[test]
    fn a_token_is_the_rivals_or_says_whose_it_is() {
        let of = |party| Canary { party, row: 0, step: 2 }.encode();
        assert_eq!(whose_is(7), Whose::Other(Party(0), 4));
        assert_eq!(whose_is(of(2)), Whose::Other(Party(2), 2));
        assert_eq!(whose_is(of(1)), Whose::Stale(Party(1), 2));
        assert_eq!(whose_is(0), Whose::Nobody);
    }
}
