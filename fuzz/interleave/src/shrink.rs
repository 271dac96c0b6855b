//! The smallest schedule that still fails.

use crate::contract::Contract;
use crate::model::Play;
use crate::schedule::Schedule;
use crate::step::Step;

/// Looks for a smaller schedule that `fails`, which is asked at most `tries` times:
/// without runs of steps, without pairs of them, with fewer coroutines, and with
/// lower numbers. The schedule given is taken to fail.
pub fn shrink(
    contract: Contract,
    schedule: &Schedule,
    tries: usize,
    fails: impl FnMut(&Schedule) -> bool,
) -> Schedule {
    let mut search = Search { best: schedule.clone(), tries, fails };
    // What is passed over does nothing, and is gone at once if that is so.
    search.offer(Play::essence(contract, schedule).steps().to_vec());
    loop {
        let before = search.best.clone();
        search.drop_runs();
        search.drop_pairs();
        search.merge_coroutines();
        search.lower();
        if search.best == before || search.tries == 0 {
            return search.best;
        }
    }
}

struct Search<F> {
    best: Schedule,
    tries: usize,
    fails: F,
}

/// Up to so many steps, all pairs are tried.
const FEW: usize = 40;

impl<F: FnMut(&Schedule) -> bool> Search<F> {
    /// Takes these steps if they fail and are not the same.
    fn offer(&mut self, steps: Vec<Step>) -> bool {
        let offered = Schedule::new(steps);
        if self.tries == 0 || offered == self.best {
            return false;
        }
        self.tries -= 1;
        let fails = (self.fails)(&offered);
        if fails {
            self.best = offered;
        }
        fails
    }

    fn steps(&self) -> Vec<Step> {
        self.best.steps().to_vec()
    }

    fn without(&self, gone: impl Fn(usize) -> bool) -> Vec<Step> {
        let kept = self.best.steps().iter().enumerate().filter(|&(place, _)| !gone(place));
        kept.map(|(_, &step)| step).collect()
    }

    /// From the end: what stands there depends on what stands before.
    fn drop_runs(&mut self) {
        let mut length = self.best.steps().len().next_power_of_two();
        while length > 0 {
            let mut end = self.best.steps().len();
            while end > 0 {
                let start = end.saturating_sub(length);
                self.offer(self.without(|place| (start..end).contains(&place)));
                end = start.min(self.best.steps().len());
            }
            length /= 2;
        }
    }

    /// A block and what leaves it, or a coroutine and who resumes it, go together.
    fn drop_pairs(&mut self) {
        if self.best.steps().len() > FEW {
            return;
        }
        let mut second = self.best.steps().len();
        while second > 1 {
            second -= 1;
            for first in (0..second).rev() {
                if self.offer(self.without(|place| place == first || place == second)) {
                    second = second.saturating_sub(1).min(self.best.steps().len());
                    break;
                }
            }
        }
    }

    /// Without one of the coroutines, and with all that was meant for it done to the
    /// first one that fits.
    fn merge_coroutines(&mut self) {
        let mut place = self.best.steps().len();
        while place > 0 {
            place -= 1;
            if self.best.steps()[place] != Step::Create {
                continue;
            }
            let mut steps = self.without(|other| other == place);
            for step in &mut steps {
                if let Step::Resume(_) | Step::Transfer(_) | Step::Destroy(_) | Step::Throw(_) =
                    step
                {
                    *step = step.lowered(0).unwrap_or(*step);
                }
            }
            self.offer(steps);
            place = place.min(self.best.steps().len());
        }
    }

    fn lower(&mut self) {
        for place in 0..self.best.steps().len() {
            let step = self.best.steps()[place];
            for number in 0..step.number().unwrap_or_default() {
                let mut steps = self.steps();
                if let Some(lower) = step.lowered(number) {
                    steps[place] = lower;
                }
                if self.offer(steps) {
                    break;
                }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use unscathed_core::subject::{CAP_DESTROY, CAP_NEST, CAP_PANIC};

    const CONTRACT: Contract = Contract {
        caps: CAP_NEST | CAP_DESTROY | CAP_PANIC,
        transfer: true,
        control: None,
        panic_count: None,
        foreign: false,
        threads: false,
        destroys_in_panics: true,
    };

    #[test]
    fn only_what_matters_is_left() {
        // Fails if a guard comes before a shuttle of more than 4 rounds.
        let fails = |schedule: &Schedule| {
            let steps = schedule.steps();
            let guard = steps.iter().position(|&step| step == Step::Guard);
            guard.is_some_and(|guard| {
                steps[guard..].iter().any(|step| matches!(step, Step::Shuttle(2..)))
            })
        };
        let seeds = (0..).map(|seed| Schedule::random(seed, 64));
        for schedule in seeds.filter(fails).take(50) {
            let shrunk = shrink(CONTRACT, &schedule, 10_000, fails);
            assert_eq!(shrunk.steps(), [Step::Guard, Step::Shuttle(2)]);
        }
    }

    #[test]
    fn it_stops_when_told() {
        let mut asked = 0;
        let count = |_: &Schedule| {
            asked += 1;
            false
        };
        let schedule = Schedule::random(1, 64);
        assert_eq!(shrink(CONTRACT, &schedule, 7, count), schedule);
        assert_eq!(asked, 7);
    }
}
