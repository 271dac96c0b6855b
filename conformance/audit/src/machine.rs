//! The machine, as reports describe it.

use jiff::{Timestamp, Unit};
use unscathed_abi_probes::host;
use unscathed_verdict::report::Host;

/// Now, in UTC, to the second.
#[must_use]
pub fn now() -> String {
    let now = Timestamp::now();
    now.round(Unit::Second).unwrap_or(now).to_string()
}

/// What reports say of it.
#[must_use]
pub fn host() -> Host {
    Host {
        arch: std::env::consts::ARCH.into(),
        os: std::env::consts::OS.into(),
        cpu: host::cpu(),
        features: host::feature_ids(),
        libc: host::libc(),
    }
}
