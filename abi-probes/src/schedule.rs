//! Schedules: one tape, read by whoever runs.

use unscathed_catalogue::Experiment;

/// One step of a schedule.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Op {
    /// Create the coroutine of this party.
    Create(u16),
    /// Resume it.
    Resume(u16),
    /// Transfer from whoever reads this to the coroutine of this party.
    Transfer(u16),
    /// Suspend whoever reads this.
    Suspend,
    /// Return from the body of whoever reads this.
    Return,
    /// Call one frame deeper.
    Descend,
    /// Leave one frame.
    Ascend,
    /// Let one step pass, so that the next plants are of the other parity.
    Skip,
}

/// A step, and the party that must be the one to read it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Step {
    /// What to do.
    pub op: Op,
    /// Who runs at this point: 0 is main.
    pub reader: u16,
}

/// Frames that the deep experiment descends.
pub const DEPTH: usize = 24;

/// A tape under construction. It knows who is running.
#[derive(Debug, Default)]
struct Tape {
    steps: Vec<Step>,
    /// Each was resumed by the one before it; empty: main runs.
    chain: Vec<u16>,
}

impl Tape {
    fn push(&mut self, op: Op) -> &mut Self {
        let reader = self.chain.last().copied().unwrap_or_default();
        self.steps.push(Step { op, reader });
        match op {
            Op::Resume(party) => self.chain.push(party),
            Op::Transfer(party) => {
                self.chain.pop();
                self.chain.push(party);
            }
            Op::Suspend | Op::Return => {
                self.chain.pop();
            }
            Op::Create(_) | Op::Descend | Op::Ascend | Op::Skip => {}
        }
        self
    }

    fn all(&mut self, ops: impl IntoIterator<Item = Op>) -> &mut Self {
        for op in ops {
            self.push(op);
        }
        self
    }
}

/// The tape of an experiment; the seed decides orders.
///
/// Every tape ends in main, with every coroutine finished.
#[must_use]
pub fn tape(experiment: Experiment, seed: u64) -> Vec<Step> {
    use Op::{Create, Resume, Return, Suspend};
    let mut tape = Tape::default();
    match experiment {
        Experiment::Pair => pair(&mut tape, 64),
        Experiment::Extremes => pair(&mut tape, EXTREMES.len()),
        Experiment::Long(switches) => pair(&mut tape, switches as usize),
        Experiment::Enter => {
            for party in 1..=6 {
                tape.push(Create(party));
                if party % 2 == 0 {
                    tape.push(Op::Skip);
                }
                tape.all([Resume(party), Suspend, Resume(party), Return]);
            }
        }
        Experiment::Finish => {
            // Both parities between creation, first resume and the last one.
            for party in 1..=8 {
                tape.push(Create(party));
                if party & 1 != 0 {
                    tape.push(Op::Skip);
                }
                tape.all([Resume(party), Suspend]);
                if party & 2 != 0 {
                    tape.push(Op::Skip);
                }
                tape.all([Resume(party), Return]);
            }
        }
        Experiment::Several(count) => several(&mut tape, count, seed),
        Experiment::Nested => nested(&mut tape),
        Experiment::Deep => deep(&mut tape),
        Experiment::Transfer => transfer(&mut tape),
        Experiment::Nothing | Experiment::Scenario(_) | Experiment::Python(..) => {}
    }
    tape.steps
}

fn pair(tape: &mut Tape, rounds: usize) {
    tape.push(Op::Create(1));
    for _ in 0..rounds {
        tape.all([Op::Resume(1), Op::Suspend]);
    }
    tape.all([Op::Resume(1), Op::Return]);
}

fn several(tape: &mut Tape, count: u16, seed: u64) {
    let rounds = if count > 8 { 6 } else { 40 };
    let mut order: Vec<u16> = (1..=count).collect();
    let mut random = Random(seed);
    tape.all(order.iter().map(|&party| Op::Create(party)));
    for _ in 0..rounds {
        for &party in &order {
            tape.all([Op::Resume(party), Op::Suspend]);
        }
        random.shuffle(&mut order);
    }
    for party in order {
        tape.all([Op::Resume(party), Op::Return]);
    }
}

fn nested(tape: &mut Tape) {
    use Op::{Create, Resume, Return, Suspend};
    tape.all([Create(1), Resume(1), Create(2), Resume(2), Create(3), Resume(3)]);
    tape.all([Suspend, Suspend, Suspend]);
    for _ in 0..16 {
        tape.all([Resume(1), Resume(2), Resume(3), Suspend, Resume(3), Suspend]);
        tape.all([Suspend, Resume(2), Suspend, Suspend]);
        // Not always by the same resumer.
        tape.all([Resume(3), Suspend, Resume(1), Resume(3), Suspend, Suspend]);
    }
    tape.all([Resume(1), Resume(2), Resume(3), Return, Return, Return]);
}

fn transfer(tape: &mut Tape) {
    use Op::{Create, Resume, Return, Skip, Suspend, Transfer};
    tape.all([Create(1), Create(2), Create(3)]);
    tape.all([Resume(1), Transfer(2), Transfer(3), Suspend]);
    for round in 0..24 {
        // A transfer takes one step and a way there and back takes two: without a
        // step more, some parties would plant what their rivals plant.
        if round % 2 == 1 {
            tape.push(Skip);
        }
        tape.all([Resume(2), Transfer(1), Suspend, Resume(1), Transfer(3)]);
        if round % 3 == 1 {
            tape.push(Skip);
        }
        tape.all([Transfer(2), Transfer(1), Suspend, Resume(3), Suspend]);
    }
    tape.all([Resume(1), Transfer(2), Return, Resume(1), Transfer(3), Return]);
    tape.all([Resume(1), Return]);
}

fn deep(tape: &mut Tape) {
    use Op::{Ascend, Create, Descend, Resume, Return, Suspend};
    tape.all([Create(1), Resume(1)]);
    tape.all([Descend; DEPTH]).push(Suspend);
    tape.all([Descend; DEPTH]);
    for _ in 0..8 {
        tape.all([Resume(1), Ascend, Suspend, Ascend, Resume(1), Descend, Suspend, Descend]);
    }
    tape.all([Ascend; DEPTH]).push(Resume(1));
    tape.all([Ascend; DEPTH]).push(Return);
}

/// Values of which only some bytes are set.
pub const EXTREMES: [u64; 16] = [
    0,
    u64::MAX,
    1,
    0xff,
    0xffff,
    0x7fff_ffff,
    0x8000_0000,
    0xffff_ffff,
    0x1_0000_0000,
    0xffff_ffff_0000_0000,
    0x7fff_ffff_ffff_f000,
    0x8000_0000_0000_0000,
    0x0000_ffff_0000_0000,
    0x00ff_00ff_00ff_00ff,
    0xff00_ff00_ff00_ff00,
    0x8000_0000_8000_0000,
];

/// SplitMix64: small, and good enough to vary an order.
struct Random(u64);

impl Random {
    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ z >> 30).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ z >> 27).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ z >> 31
    }

    fn shuffle(&mut self, order: &mut [u16]) {
        for last in (1..order.len()).rev() {
            let pick = (self.next() % (last as u64 + 1)) as usize;
            order.swap(last, pick);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use unscathed_catalogue::frame::PARTIES;
    use unscathed_catalogue::probe::PROBES;

    #[test]
    fn every_tape_ends_in_main_with_all_that_it_created_finished() {
        for probe in PROBES {
            let steps = tape(probe.experiment, 7);
            let (mut chain, mut created, mut returned) = (Vec::new(), 0, 0);
            for step in &steps {
                assert_eq!(step.reader, chain.last().copied().unwrap_or_default(), "{}", probe.id);
                match step.op {
                    Op::Create(party) => {
                        created += 1;
                        assert_eq!(party, created, "{}: parties count up", probe.id);
                    }
                    Op::Resume(party) => chain.push(party),
                    Op::Transfer(party) => {
                        assert!(chain.pop().is_some());
                        chain.push(party);
                    }
                    Op::Suspend => assert!(chain.pop().is_some()),
                    Op::Return => {
                        returned += 1;
                        assert!(chain.pop().is_some());
                    }
                    Op::Descend | Op::Ascend | Op::Skip => {}
                }
            }
            assert!(chain.is_empty() && created == returned, "{}", probe.id);
            assert!(usize::from(created) < PARTIES && steps.len() < 1 << 16, "{}", probe.id);
        }
    }

    #[test]
    fn the_seed_decides_the_order_and_nothing_else() {
        let several = Experiment::Several(64);
        assert_eq!(tape(several, 3), tape(several, 3));
        assert_ne!(tape(several, 3), tape(several, 4));
    }
}
