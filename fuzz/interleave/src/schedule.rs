//! A schedule: steps in a row.

use core::fmt;

use crate::step::Step;

/// A tape of steps. It ends with everybody finishing, in turn.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
pub struct Schedule {
    steps: Vec<Step>,
}

impl Schedule {
    /// Steps after which a tape is cut off.
    pub const MOST: usize = 1024;

    /// A schedule of these steps.
    #[must_use]
    pub fn new(steps: impl IntoIterator<Item = Step>) -> Self {
        // Numbers that no byte can hold would not survive a token.
        let steps = steps.into_iter().map(|step| Step::from_byte(step.to_byte()));
        Self { steps: steps.take(Self::MOST).collect() }
    }

    /// What any bytes mean.
    #[must_use]
    pub fn from_bytes(bytes: &[u8]) -> Self {
        let mut schedule = Self::default();
        schedule.read(bytes);
        schedule
    }

    /// The same in place, for who reads many.
    pub fn read(&mut self, bytes: &[u8]) {
        self.steps.clear();
        self.steps.extend(bytes.iter().take(Self::MOST).map(|&byte| Step::from_byte(byte)));
    }

    /// The shortest bytes that mean it.
    #[must_use]
    pub fn to_bytes(&self) -> Vec<u8> {
        self.steps.iter().map(|step| step.to_byte()).collect()
    }

    /// The schedule that a seed stands for.
    #[must_use]
    pub fn random(seed: u64, steps: usize) -> Self {
        let mut schedule = Self::default();
        schedule.randomize(seed, steps);
        schedule
    }

    /// The same in place. Now and then a step is what the one before it was: some
    /// defects show only if something is done often. And one in three has more blocks
    /// and raises in it than other steps, which alone seldom meet.
    pub fn randomize(&mut self, seed: u64, steps: usize) {
        let mut random = Random(seed);
        let raises = random.next().is_multiple_of(3);
        self.steps.clear();
        while self.steps.len() < steps.min(Self::MOST) {
            let [byte, again, row, ..] = random.next().to_le_bytes();
            let step = match self.steps.last() {
                Some(&before) if again < 16 => before,
                _ if raises => {
                    let like = RAISING[usize::from(row) % RAISING.len()];
                    Step::from_byte(like.to_byte() | byte & 1)
                }
                _ => Step::from_byte(byte),
            };
            self.steps.push(step);
        }
    }

    /// The steps.
    #[must_use]
    pub fn steps(&self) -> &[Step] {
        &self.steps
    }

    /// How many coroutines it asks for.
    #[must_use]
    pub fn creations(&self) -> usize {
        self.steps.iter().filter(|&&step| step == Step::Create).count()
    }
}

impl fmt::Display for Schedule {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (place, step) in self.steps.iter().enumerate() {
            let comma = if place == 0 { "" } else { ", " };
            write!(f, "{comma}{step}")?;
        }
        Ok(())
    }
}

/// Steps of schedules that are about raises. The lowest bit of each byte is random.
const RAISING: [Step; 20] = [
    Step::Create,
    Step::Create,
    Step::Resume(0),
    Step::Resume(2),
    Step::Resume(4),
    Step::Resume(6),
    Step::Suspend,
    Step::Suspend,
    Step::Suspend,
    Step::Try,
    Step::Try,
    Step::Try,
    Step::Guard,
    Step::Raise(0),
    Step::Raise(0),
    Step::Raise(0),
    Step::Throw(0),
    Step::Leave,
    Step::Destroy(0),
    Step::Check(0),
];

/// SplitMix64: small, and every seed is good.
struct Random(u64);

impl Random {
    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ z >> 30).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ z >> 27).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ z >> 31
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bytes_and_seeds_mean_the_same_each_time() {
        let bytes: Vec<u8> = (0..=u8::MAX).collect();
        let schedule = Schedule::from_bytes(&bytes);
        assert_eq!(Schedule::from_bytes(&schedule.to_bytes()), schedule);
        assert_eq!(Schedule::random(3, 64), Schedule::random(3, 64));
        assert_ne!(Schedule::random(3, 64), Schedule::random(4, 64));
        assert_eq!(Schedule::from_bytes(&[9; 5000]).steps().len(), Schedule::MOST);
    }
}
