//! In which order parties enter frames, leave them, look, and switch.

/// What whoever runs does next.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Op {
    /// Look.
    Look,
    /// Look, and read on in new frames.
    Enter(Frames),
    /// Leave the innermost of them.
    Leave,
    /// Resume the coroutine of this party.
    Resume(u16),
    /// Suspend.
    Suspend,
    /// Transfer to the coroutine of this party.
    Transfer(u16),
    /// Destroy it.
    Destroy(u16),
}

/// Frames of C++ code.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Frames {
    /// A handler, and in it a destructor while a second exception is on its way.
    Both,
    /// A handler.
    Handler,
    /// A destructor, while an exception is on its way.
    Flight,
    /// A scope with something to destroy.
    Scope,
}

use Frames::{Both, Flight, Handler, Scope};
use Op::{Destroy, Enter, Leave, Look, Resume, Suspend, Transfer};

/// The tape of a probe. No row is looked at more than twelve times.
pub(super) fn of(probe: &str) -> Vec<Op> {
    match probe {
        "cxx.entry" => entry(),
        "cxx.three" => three(),
        "cxx.nested" => nested(),
        "cxx.transfer" => transfer(),
        "cxx.catch" => catch(),
        "cxx.destroy" => destroy(),
        _ => two(),
    }
}

/// Begins so many coroutines before anybody has an exception: what a new one
/// begins with is asked by one probe alone.
fn begin(count: u16) -> Vec<Op> {
    let mut tape: Vec<_> = (1..=count).flat_map(|party| [Resume(party), Suspend]).collect();
    tape.push(Enter(Both));
    tape
}

/// One visit of a coroutine.
fn visit(party: u16) -> [Op; 3] {
    [Resume(party), Enter(Both), Suspend]
}

fn entry() -> Vec<Op> {
    let mut tape = vec![Enter(Both)];
    tape.extend([visit(1), visit(2)].concat());
    tape.extend([Look, Resume(1), Look, Suspend, Look]);
    tape
}

/// Each order of two, with main in between where nobody else is.
fn two() -> Vec<Op> {
    let mut tape = begin(2);
    tape.extend([visit(1), visit(2), visit(1)].concat());
    tape.push(Enter(Both));
    tape.extend([visit(1), visit(2)].concat());
    tape.push(Enter(Both));
    tape.extend([visit(2), visit(1)].concat());
    tape.push(Look);
    tape
}

/// Each of the six orders of three lies somewhere in this one.
fn three() -> Vec<Op> {
    let mut tape = begin(3);
    tape.extend([1, 2, 3, 1, 2, 1, 3, 2, 1].map(visit).concat());
    tape.push(Look);
    tape
}

fn nested() -> Vec<Op> {
    let mut tape = begin(3);
    tape.extend([1, 2].map(|party| [Resume(party), Enter(Both)]).concat());
    tape.extend(visit(3));
    tape.extend([Enter(Both), Suspend]);
    tape.extend([Enter(Both), Resume(2)]);
    tape.extend([Look, Resume(3)]);
    tape.extend([Look, Suspend].repeat(3));
    tape.push(Look);
    tape
}

fn transfer() -> Vec<Op> {
    let mut tape = begin(3);
    tape.extend([Resume(1), Enter(Both), Transfer(2), Enter(Both), Transfer(3), Enter(Both)]);
    tape.extend([Suspend, Look]);
    tape.extend([Resume(2), Enter(Both), Transfer(1), Enter(Both), Transfer(3), Look]);
    tape.extend([Suspend, Look]);
    tape
}

/// Exceptions are caught while others are on their way.
fn catch() -> Vec<Op> {
    let mut tape = begin(2);
    tape.pop();
    tape.push(Enter(Flight));
    tape.extend([1, 2].map(|party| [Resume(party), Enter(Flight), Suspend]).concat());
    for party in [1, 2] {
        tape.extend([Look, Resume(party), Look, Leave, Look, Suspend]);
    }
    tape.extend([Resume(1), Look, Suspend]);
    tape
}

/// A coroutine is destroyed in a handler, with something to destroy, while the
/// exception of another one is on its way. Nobody is resumed or destroyed after it:
/// whether that goes well is another probe's question.
fn destroy() -> Vec<Op> {
    let mut tape = vec![Resume(1), Suspend, Resume(2), Enter(Handler), Enter(Scope), Suspend];
    tape.extend([Resume(1), Enter(Flight), Suspend]);
    tape.extend([Look, Destroy(2), Look]);
    tape
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn three_are_visited_in_each_order() {
        let tape = three();
        let visits: Vec<_> = tape
            .iter()
            .skip_while(|op| **op != Enter(Both))
            .filter_map(|op| match op {
                Resume(party) => Some(*party),
                _ => None,
            })
            .collect();
        for order in [[1, 2, 3], [1, 3, 2], [2, 1, 3], [2, 3, 1], [3, 1, 2], [3, 2, 1]] {
            assert!(visits.windows(3).any(|window| window == order), "{order:?}");
        }
        assert!(visits.windows(2).all(|window| window[0] != window[1]));
    }

    #[test]
    fn no_tape_has_more_looks_than_a_record_keeps() {
        for tape in [entry(), two(), three(), nested(), transfer(), catch(), destroy()] {
            let looks = tape.iter().filter(|op| matches!(op, Look | Enter(_))).count();
            // Main's first is no look: nobody has an exception yet.
            assert!(looks - 1 <= unscathed_catalogue::record::SAMPLES, "{tape:?}");
        }
    }
}
