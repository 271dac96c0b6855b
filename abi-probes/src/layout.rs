//! The rows, laid out for planting and looking.

use unscathed_catalogue::canary::Canary;
use unscathed_catalogue::record::{WIDE, Wide};
use unscathed_catalogue::{Abi, Class, Element, Level, Plant};

use crate::bracket::Frame;

/// A row that the bracket plants or reads.
pub(crate) struct RowPlan {
    /// Its number in the record.
    pub(crate) index: usize,
    /// The bits of its register that are compared.
    pub(crate) covers: Wide,
    /// Where its register lies in a frame, in bytes.
    offset: usize,
    /// Size of its register in bytes.
    bytes: usize,
    /// Bits of its register that it plants.
    field: Wide,
    plant: Plant,
}

/// A row that is a word of the harness, which no frame holds.
struct CellPlan {
    /// Its number in the record.
    index: usize,
    /// The word that it is about.
    cell: &'static str,
    /// The bits of it that are compared.
    covers: Wide,
}

/// Rows of one probe, and all that is planted whoever asks.
pub(crate) struct Layout {
    /// Every row with a place in a frame that is planted, but for the controls.
    owed: Vec<RowPlan>,
    /// Those that the probe observes.
    pub(crate) observed: Vec<RowPlan>,
    /// Those that are planted as negative controls.
    pub(crate) controls: Vec<RowPlan>,
    /// Words that the probe observes.
    cells: Vec<CellPlan>,
}

impl Layout {
    /// Rows that `plant` plants, and how; and those that `observes` says are
    /// looked at. What is not planted stays in a frame as it is.
    pub(crate) fn new(
        abi: &Abi,
        features: u64,
        plant: impl Fn(&Element) -> Option<Plant>,
        observes: impl Fn(&Element) -> bool,
    ) -> Self {
        let shown = |keep: &dyn Fn(&Element) -> bool| {
            let rows = abi.elements.iter().enumerate().filter(|(_, row)| {
                keep(row) && row.gate.is_none_or(|gate| features >> gate as u64 & 1 == 1)
            });
            rows.collect::<Vec<_>>()
        };
        let rows = |keep: &dyn Fn(&Element) -> bool| -> Vec<_> {
            let plan = |(index, row): (usize, &Element)| {
                RowPlan::new(abi, index, row, plant(row).unwrap_or(row.plant))
            };
            shown(keep).into_iter().filter_map(plan).collect()
        };
        let cells = shown(&observes).into_iter().filter_map(|(index, row)| {
            let is_cell = abi.register(row.register).class == Class::Cell;
            let plan = CellPlan { index, cell: row.register, covers: wide(row.owed()) };
            is_cell.then_some(plan)
        });
        Self {
            owed: rows(&|row| row.level != Level::Free && plant(row).is_some()),
            observed: rows(&observes),
            controls: rows(&|row| row.level == Level::Free && plant(row).is_some()),
            cells: cells.collect(),
        }
    }

    /// Rows about one word of the harness: their numbers, and the bits compared.
    pub(crate) fn cells(&self, cell: &str) -> impl Iterator<Item = (usize, &Wide)> {
        let rows = self.cells.iter().filter(move |row| row.cell == cell);
        rows.map(|row| (row.index, &row.covers))
    }

    /// Fills a frame with what a party plants at a step. Rows that hold what they
    /// hold (arguments, addresses) are left as they are, and so are controls that
    /// nobody will look at: what was planted there before is planted again.
    pub(crate) fn plant(&self, frame: &mut Frame, party: u16, step: u16, controls: bool) {
        let fresh = |row: &&RowPlan| !matches!(row.plant, Plant::Inherent | Plant::Token);
        let controls = if controls { &*self.controls } else { &[] };
        for row in self.owed.iter().chain(controls).filter(fresh) {
            let mut word = row.read(frame);
            let value = row.value(party, step);
            for place in 0..WIDE {
                word[place] = word[place] & !row.field[place] | value[place] & row.field[place];
            }
            row.write(frame, &word);
        }
    }
}

impl RowPlan {
    fn new(abi: &Abi, index: usize, element: &Element, plant: Plant) -> Option<Self> {
        let register = abi.register(element.register);
        if matches!(register.class, Class::Cell | Class::Absent) {
            return None;
        }
        let extent = bits(element.low, element.width);
        let owed = wide(element.owed());
        let covers = if element.level == Level::Free { extent } else { owed };
        Some(Self {
            index,
            covers,
            offset: register.offset.into(),
            bytes: register.bytes.into(),
            // Fields share a word: each plants its own bits.
            field: if owed[0] == 0 { extent } else { covers },
            plant,
        })
    }

    fn value(&self, party: u16, step: u16) -> Wide {
        match self.plant {
            Plant::Canary => [Canary { party, row: self.index as u16, step }.encode(); WIDE],
            Plant::Codes { even, odd } => {
                let codes = if step.is_multiple_of(2) { even } else { odd };
                wide(codes[usize::from(step / 2 % 2)])
            }
            Plant::Never { required } => wide(required << self.low()),
            Plant::Inherent | Plant::Token => [0; WIDE],
        }
    }

    fn low(&self) -> u32 {
        self.field[0].trailing_zeros() % 64
    }

    /// What a frame holds in this row's register.
    pub(crate) fn read(&self, frame: &Frame) -> Wide {
        let mut value = [0; WIDE];
        let first = self.offset / 8;
        if self.bytes >= 8 {
            let words = self.bytes / 8;
            value[..words].copy_from_slice(&frame[first..first + words]);
        } else {
            let mask = (1 << (8 * self.bytes)) - 1;
            value[0] = frame[first] >> (8 * (self.offset % 8)) & mask;
        }
        value
    }

    fn write(&self, frame: &mut Frame, value: &Wide) {
        let first = self.offset / 8;
        if self.bytes >= 8 {
            let words = self.bytes / 8;
            frame[first..first + words].copy_from_slice(&value[..words]);
        } else {
            let shift = 8 * (self.offset % 8);
            let mask = ((1 << (8 * self.bytes)) - 1) << shift;
            frame[first] = frame[first] & !mask | value[0] << shift & mask;
        }
    }
}

/// A word as the lowest of a wide value.
pub(crate) fn wide(word: u64) -> Wide {
    let mut value = [0; WIDE];
    value[0] = word;
    value
}

fn bits(low: u16, width: u16) -> Wide {
    core::array::from_fn(|place| {
        let begin = 64 * place as u16;
        (begin..begin + 64)
            .filter(|bit| (low..low + width).contains(bit))
            .fold(0, |word, bit| word | 1 << (bit - begin))
    })
}

#[cfg(test)]
mod tests {
    use unscathed_catalogue::abi::SYSV_X86_64;
    use unscathed_catalogue::frame::FRAME_WORDS;

    use super::*;

    fn planted(step: u16) -> (Layout, Frame) {
        let layout = Layout::new(SYSV_X86_64, u64::MAX, |row| Some(row.plant), |_| true);
        let mut frame = [0; FRAME_WORDS];
        layout.plant(&mut frame, 3, step, true);
        (layout, frame)
    }

    #[test]
    fn neighbouring_steps_differ_in_some_bit_of_every_row_that_is_planted() {
        let (layout, even) = planted(6);
        let (_, odd) = planted(7);
        let varied = |row: &&RowPlan| matches!(row.plant, Plant::Canary | Plant::Codes { .. });
        for row in layout.owed.iter().chain(&layout.controls).filter(varied) {
            let (even, odd) = (row.read(&even), row.read(&odd));
            let tested = (0..WIDE).any(|w| (even[w] ^ odd[w]) & row.covers[w] != 0);
            assert!(tested, "{}", SYSV_X86_64.elements[row.index].id);
        }
    }

    #[test]
    fn control_words_are_whole_and_never_what_a_process_begins_with() {
        for step in 0..8 {
            let (_, frame) = planted(step);
            let word = |name: &str| {
                let register = SYSV_X86_64.register(name);
                let shift = 8 * (u32::from(register.offset) % 8);
                frame[usize::from(register.offset) / 8] >> shift & 0xffff
            };
            assert_eq!(word("mxcsr") & 0x1080, 0x1080, "precision and invalid stay masked");
            assert_eq!(word("x87cw") & 0x21, 0x21, "precision and invalid stay masked");
            assert_ne!(word("mxcsr") & 0x6000, 0, "nearest is never planted");
            assert_ne!(word("x87cw") & 0x0c00, 0, "nearest is never planted");
            assert_ne!(word("x87cw") & 0x0300, 0x0100, "the reserved precision");
            assert_eq!(word("x87tw"), 0xffff, "the x87 stack stays empty");
            assert_eq!(word("rflags") & 0x4_0500, 0, "no DF, no AC, no trap flag");
        }
    }
}
