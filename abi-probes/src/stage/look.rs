//! What a stage looks at when a switch has come back, and beside what.

use unscathed_catalogue::{Event, Family};

use super::{Flight, Rival, Stage, frame_word, site};
use crate::bracket::Frame;
use crate::layout::{RowPlan, wide};
use crate::shared::Look;

impl Stage {
    /// What came out of a switch.
    pub(crate) fn receive(&self, me: u16, cell: &str, event: Event, value: u64) {
        let Flight { value: sent, party, step } = self.flight;
        let look = CellLook { party: me, step, event, rival: party, planted: sent, seen: value };
        self.look_at_cell(cell, &look);
    }

    /// What `done` said of a party.
    pub(crate) fn told_done(&self, party: u16, event: Event, done: bool) {
        let expected = self.parties[usize::from(party)].returned;
        let look = CellLook {
            party,
            step: self.step,
            event,
            rival: party,
            planted: expected.into(),
            seen: done.into(),
        };
        self.look_at_cell("done", &look);
    }

    /// Words of a frame on `me`'s stack, planted at `step`, as they are now.
    pub(crate) fn look_at_frame(&self, me: u16, step: u16, words: &[u64]) {
        let rival = self.rival_party();
        for (place, &seen) in words.iter().enumerate() {
            let planted = frame_word(me, step, place);
            let look = CellLook { party: me, step, event: Event::Frame, rival, planted, seen };
            self.look_at_cell("stack word", &look);
        }
    }

    /// Reads back what `me`'s bracket found.
    pub(crate) fn look(&mut self, me: u16, event: Event) {
        if self.probe.events.contains(&event) {
            let (rival, rival_step, rival_frame) = self.rival_frame();
            let site = site(me);
            let party = self.parties[usize::from(me)];
            let at = Place { party: me, step: party.step, event, rival, rival_step };
            let observed = &self.layout.observed;
            self.look_at_frames(observed, &at, &site.planted, rival_frame, &site.seen);
            if self.controls_left > 0 {
                self.controls_left -= 1;
                let controls = &self.layout.controls;
                self.look_at_frames(controls, &at, &site.planted, rival_frame, &site.seen);
            }
            if self.probe.family == Family::Stack {
                for (&planted, &seen) in site.words.iter().zip(&site.found) {
                    let look = CellLook { party: me, step: at.step, event, rival, planted, seen };
                    self.look_at_cell("stack word", &look);
                }
            }
        }
    }

    /// Reads what the entry of `me` found, beside what its resumer and main, who
    /// created it, had planted.
    pub(crate) fn look_at_entry(&self, me: u16) {
        if !self.probe.events.contains(&Event::Entry) {
            return;
        }
        let Some(created) = &self.created[usize::from(me)] else {
            return;
        };
        let resumer = self.rival_party();
        let step = self.parties[usize::from(resumer)].step;
        let (planted, entry) = (&site(resumer).planted, &site(me).entry);
        let at = Place { party: me, step, event: Event::Entry, rival: 0, rival_step: step };
        self.look_at_frames(&self.layout.observed, &at, planted, created, entry);
        let rsp = entry[usize::from(self.abi.register("rsp").offset) / 8];
        let (event, seen) = (Event::Entry, rsp.wrapping_add(8));
        let look = CellLook { party: me, step, event, rival: resumer, planted: 0, seen };
        self.look_at_cell("entry rsp", &look);
    }

    fn look_at_frames(
        &self,
        rows: &[RowPlan],
        at: &Place,
        planted: &Frame,
        rival: &Frame,
        seen: &Frame,
    ) {
        for row in rows {
            let look = Look {
                party: at.party,
                step: at.step,
                event: at.event,
                rival: at.rival,
                rival_step: at.rival_step,
                planted: &row.read(planted),
                rival_value: &row.read(rival),
                seen: &row.read(seen),
            };
            self.shared.look(row.index, &row.covers, &look);
        }
    }

    /// Cells have no rival that could stand in for a lost value: every bit counts
    /// as tested.
    fn look_at_cell(&self, cell: &str, look: &CellLook) {
        let rows = self.probe.elements(self.abi).filter(|(_, row)| row.register == cell);
        for (index, row) in rows {
            let look = Look {
                party: look.party,
                step: look.step,
                event: look.event,
                rival: look.rival,
                rival_step: look.step,
                planted: &wide(look.planted),
                rival_value: &wide(!look.planted),
                seen: &wide(look.seen),
            };
            self.shared.look(index, &wide(row.owed()), &look);
        }
    }

    pub(super) fn rival_party(&self) -> u16 {
        match self.rival {
            Rival::Planted(party) | Rival::Returned(party) => party,
        }
    }

    fn rival_frame(&self) -> (u16, u16, &'static Frame) {
        let party = self.rival_party();
        let step = self.parties[usize::from(party)].step;
        let site = site(party);
        match self.rival {
            Rival::Planted(_) => (party, step, &site.planted),
            Rival::Returned(_) => (party, step, &site.entry),
        }
    }
}

/// Where a look happens.
struct Place {
    party: u16,
    step: u16,
    event: Event,
    rival: u16,
    rival_step: u16,
}

/// A look at a word that the harness itself planted.
struct CellLook {
    party: u16,
    step: u16,
    event: Event,
    rival: u16,
    planted: u64,
    seen: u64,
}
