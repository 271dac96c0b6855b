//! What a stage looks at when a switch has come back, and beside what.

use unscathed_catalogue::Event;

use super::{Flight, Stage, frame_word};
use crate::plants::{CellLook, Place, site};

impl Stage {
    /// What came out of a switch.
    pub(crate) fn receive(&self, me: u16, cell: &str, event: Event, value: u64) {
        let Flight { value: sent, party, step } = self.flight;
        let look = CellLook { party: me, step, event, rival: party, planted: sent, seen: value };
        self.plants.look_at_cell(cell, &look);
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
        self.plants.look_at_cell("done", &look);
    }

    /// Words of a frame on `me`'s stack, planted at `step`, as they are now.
    pub(crate) fn look_at_frame(&self, me: u16, step: u16, words: &[u64]) {
        let rival = self.plants.rival.party;
        for (place, &seen) in words.iter().enumerate() {
            let planted = frame_word(me, step, place);
            let look = CellLook { party: me, step, event: Event::Frame, rival, planted, seen };
            self.plants.look_at_cell("stack word", &look);
        }
    }

    /// Reads back what `me`'s bracket found.
    pub(crate) fn look(&mut self, me: u16, event: Event) {
        if self.probe.events.contains(&event) {
            self.plants.look(me, event);
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
        let resumer = self.plants.rival.party;
        let step = self.plants.step_of(resumer);
        let (planted, entry) = (&site(resumer).planted, &site(me).entry);
        let at = Place { party: me, step, event: Event::Entry, rival: 0, rival_step: step };
        self.plants.look_at_frames(&self.plants.layout.observed, &at, planted, created, entry);
        let rsp = entry[usize::from(self.abi.register("rsp").offset) / 8];
        let (event, seen) = (Event::Entry, rsp.wrapping_add(8));
        let look = CellLook { party: me, step, event, rival: resumer, planted: 0, seen };
        self.plants.look_at_cell("entry rsp", &look);
    }
}
