//! Any bytes are a schedule, which the subject must play as the model does.

#![no_main]

use libfuzzer_sys::fuzz_target;
use unscathed_fuzz::{begin, play};

fuzz_target!(init: begin(), |tape: &[u8]| play(tape));
