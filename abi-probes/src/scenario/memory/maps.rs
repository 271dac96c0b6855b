//! What the kernel says of this process's memory.

use core::ops::Range;
use std::fs;

/// A line of `/proc/self/maps`.
pub(super) struct Mapping {
    /// Its addresses.
    pub(super) range: Range<usize>,
    /// "rw-p" and the like.
    access: [u8; 4],
}

impl Mapping {
    fn is_writable(&self) -> bool {
        self.access[1] == b'w'
    }

    fn is_closed(&self) -> bool {
        self.access.starts_with(b"---")
    }
}

/// All mappings, the lowest first.
pub(super) fn mappings() -> Vec<Mapping> {
    let maps = fs::read_to_string("/proc/self/maps").unwrap_or_default();
    maps.lines().filter_map(mapping).collect()
}

fn mapping(line: &str) -> Option<Mapping> {
    let (range, rest) = line.split_once(' ')?;
    let (start, end) = range.split_once('-')?;
    let address = |digits| usize::from_str_radix(digits, 16).ok();
    let access = rest.as_bytes().get(..4)?.try_into().ok()?;
    Some(Mapping { range: address(start)?..address(end)?, access })
}

/// What lies below an address of a stack.
pub(super) struct Below {
    /// What can be written without a gap, down from the address.
    pub(super) stack: Range<usize>,
    /// The memory without access that adjoins it, if there is any.
    pub(super) guard: Option<Range<usize>>,
}

/// Looks below an address of a stack; `None`: it lies in no memory at all.
pub(super) fn below(address: usize) -> Option<Below> {
    let mappings = mappings();
    let mut number = mappings.iter().position(|mapping| mapping.range.contains(&address))?;
    // Parts of a stack that differ in their flags are mappings of their own.
    while let Some(lower) = number.checked_sub(1)
        && mappings[lower].is_writable()
        && mappings[lower].range.end == mappings[number].range.start
    {
        number = lower;
    }
    let start = mappings[number].range.start;
    let guard = number.checked_sub(1).map(|lower| &mappings[lower]);
    let guard = guard.filter(|guard| guard.is_closed() && guard.range.end == start);
    Some(Below { stack: start..address, guard: guard.map(|guard| guard.range.clone()) })
}

/// KiB of memory that are really there and belong to no file: `None` where the
/// kernel does not say. Counted page by page, unlike the figures in `statm`.
pub(super) fn resident_kib() -> Option<u64> {
    let rollup = fs::read_to_string("/proc/self/smaps_rollup").ok()?;
    let line = rollup.lines().find_map(|line| line.strip_prefix("Anonymous:"))?;
    line.split_whitespace().next()?.parse().ok()
}
