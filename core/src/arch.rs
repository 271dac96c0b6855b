//! What differs between machines.
//!
//! One module is compiled, so a trait would add nothing: this list is the
//! interface, and a port is one file that supplies it.
//!
//! - `switch(save, load, value)` parks its caller, writes the parked stack
//!   pointer to `*save`, and goes on from `load`, where `value` is returned.
//! - `prepare(top, launch, argument)` lays out an unused stack, so that the first
//!   `switch` to the pointer it returns calls `launch(argument, value)`.
//! - `inherit(parked)` gives a prepared stack the floating-point control words of
//!   the thread that is about to switch to it for the first time.
//! - `stack_pointer()` is the caller's own, and tells on which stack it runs.

use core::ffi::c_void;

/// Where a coroutine starts: its argument, then the word of the first switch.
pub(crate) type Launch = unsafe extern "C" fn(*const c_void, *mut c_void) -> !;

cfg_select! {
    all(target_arch = "x86_64", unix) => {
        mod sysv_x86_64;
        pub use self::sysv_x86_64::switch;
        pub(crate) use self::sysv_x86_64::{inherit, prepare, stack_pointer};
    }
    _ => {
        compile_error!("no coroutine switch has been written for this target: core/src/arch.rs lists what one has to supply");
    }
}
