//! Seeds.

use std::time::SystemTime;

/// The seed of this run. It is printed, and shown where a test fails.
pub(crate) fn chosen() -> u64 {
    let now = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH);
    let fresh = now.map_or(1, |now| now.as_nanos() as u64 % 1_000_000_000);
    let given = std::env::var("UNSCATHED_SEED").ok();
    let seed = given.map_or(fresh, |seed| seed.parse().expect("UNSCATHED_SEED is a number"));
    println!("seed {seed}");
    seed
}
