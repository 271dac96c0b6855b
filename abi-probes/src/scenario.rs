//! Experiments that are no schedule, one subject of interest a file.

mod panic_count;
mod panics;
mod backtrace;
mod thread_state;

use crate::scene::Scene;

/// Plays the scenario of this name, and ends the process.
pub(crate) fn play(name: &str, scene: Scene) -> ! {
    let scenario = SCENARIOS.iter().find(|(known, _)| *known == name);
    match scenario {
        Some((_, play)) => {
            play(scene);
            scene.finish()
        }
        None => scene.fail("this build has no such scenario"),
    }
}

/// By the name that the catalogue's probes give.
const SCENARIOS: &[(&str, fn(Scene))] = &[
    ("backtrace", backtrace::body),
    ("backtrace-nested", backtrace::nested),
    ("backtrace-signal", backtrace::signal),
    ("thread-state", thread_state::play),
    ("rust.panic", panics::out),
    ("rust.catch", panics::caught),
    ("rust.both", panics::both),
    ("rust.forced", panics::forced),
    ("rust.count", panic_count::play),
];

#[cfg(test)]
mod tests {
    use unscathed_catalogue::Experiment;
    use unscathed_catalogue::probe::PROBES;

    use super::SCENARIOS;

    #[test]
    fn every_scenario_of_the_catalogue_is_there() {
        for probe in PROBES {
            if let Experiment::Scenario(name) = probe.experiment {
                assert!(SCENARIOS.iter().any(|(known, _)| *known == name), "{}", probe.id);
            }
        }
    }
}
