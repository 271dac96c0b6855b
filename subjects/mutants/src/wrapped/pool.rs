//! Stacks that are kept for later, without a look at who has them.

use std::sync::{Mutex, MutexGuard, PoisonError};

use unscathed_core::subject::{Body, Co};

use crate::block::Block;

/// A block, and the size for which it was created.
struct Kept {
    address: usize,
    stack_bytes: usize,
    /// How often it may be taken.
    free: usize,
}

/// Blocks that were created, and those of them that were given back.
pub(super) struct Pool(Mutex<Vec<Kept>>);

impl Pool {
    pub(super) const fn new() -> Self {
        Self(Mutex::new(Vec::new()))
    }

    fn blocks(&self) -> MutexGuard<'_, Vec<Kept>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Notes a new block.
    pub(super) fn note(&self, stack_bytes: usize, co: *mut Co) -> *mut Co {
        let address = co.expose_provenance();
        if address != 0 {
            self.blocks().push(Kept { address, stack_bytes, free: 0 });
        }
        co
    }

    /// Whether a block is one of those that were noted.
    pub(super) fn knows(&self, co: *mut Co) -> bool {
        self.blocks().iter().any(|kept| kept.address == co.addr())
    }

    /// Whether a block may be taken.
    pub(super) fn has(&self, co: *mut Co) -> bool {
        self.blocks().iter().any(|kept| kept.address == co.addr() && kept.free > 0)
    }

    /// Takes a block back, once more than before.
    pub(super) fn put(&self, co: *mut Co) {
        for kept in self.blocks().iter_mut().filter(|kept| kept.address == co.addr()) {
            kept.free += 1;
        }
    }

    /// Gives a block of this size to another body.
    pub(super) fn take(&self, stack_bytes: usize, body: Body) -> Option<*mut Co> {
        let mut blocks = self.blocks();
        let kept =
            blocks.iter_mut().find(|kept| kept.free > 0 && kept.stack_bytes == stack_bytes)?;
        kept.free -= 1;
        let block: *mut Block = std::ptr::with_exposed_provenance_mut(kept.address);
        // SAFETY: not so, where it was given back twice: that is the defect.
        unsafe { &mut *block }.renew(body);
        Some(block.cast())
    }
}
