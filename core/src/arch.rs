//! What differs between machines.
//!
//! One module is compiled, so a trait would add nothing: this list is the
//! interface, and a port is one file that supplies it.
//!
//! - `prepare(top, launch, argument)` lays out an unused stack, so that the first
//!   switch to the pointer it returns calls `launch(argument, word, parked)`, with
//!   the floating-point control words of the thread. `is_prepared(parked)` tells
//!   such a one from others.
//! - `switch(parked, word)` parks the caller and goes on from `parked`. Whoever
//!   arrives gets an `Arrival`: who came, where that one is parked, and whether
//!   there is more to be known.
//! - `switch_marked(parked, word)` is `switch`, and whoever arrives is told that
//!   there is. `exit_marked(parked, word)` does not even park the caller.
//! - `exchange(save, load, word)` is `switch` to `load`, and writes to `*save` where
//!   the caller is parked.
//! - `adopt(parked)` takes on the control words of who has left.
//! - `depth(top)` is how far the caller's stack pointer is below `top`, and tells on
//!   which stack it runs.
//! - `BELOW` is how far below its stack pointer a parked context reaches.

use core::ffi::c_void;
use core::mem::MaybeUninit;

/// What a switch carries: as many bytes as a pointer has, any of which may be
/// padding of a value.
pub(crate) type Word = MaybeUninit<*mut c_void>;

/// Where a coroutine starts: its argument, the word of the first switch, and
/// where whoever made that switch is parked.
pub(crate) type Launch = unsafe extern "C" fn(*mut c_void, Word, *mut u8) -> !;

cfg_select! {
    all(target_arch = "x86_64", unix) => {
        mod sysv_x86_64;
        pub use self::sysv_x86_64::one_switch;
        pub(crate) use self::sysv_x86_64::{
            Arrival, BELOW, adopt, depth, exchange, exit_marked, is_prepared, prepare, switch,
            switch_marked,
        };
    }
    _ => {
        compile_error!("no coroutine switch has been written for this target: core/src/arch.rs lists what one has to supply");
    }
}
