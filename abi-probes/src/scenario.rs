//! Experiments that are no schedule, one subject of interest a file.

mod apart;
mod backtrace;
mod crew;
#[cfg(cxx)]
mod exceptions;
mod memory;
mod migration;
mod misuse;
#[cfg(not(cxx))]
mod no_exceptions;
mod panic_count;
mod panics;
mod signals;
mod thread_state;
#[cfg(cxx)]
mod thrown;

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

/// The name that the catalogue's probes give, and what plays under it.
type Scenario = (&'static str, fn(Scene));

/// All of them.
const SCENARIOS: &[Scenario] = &[
    ("backtrace", backtrace::body),
    ("backtrace-nested", backtrace::nested),
    ("backtrace-signal", backtrace::signal),
    #[cfg(cxx)]
    ("exceptions", exceptions::play_tape),
    #[cfg(cxx)]
    ("exceptions-thrown", thrown::out),
    #[cfg(cxx)]
    ("exceptions-nested", thrown::nested),
    #[cfg(not(cxx))]
    ("exceptions", no_exceptions::skip),
    #[cfg(not(cxx))]
    ("exceptions-thrown", no_exceptions::skip),
    #[cfg(not(cxx))]
    ("exceptions-nested", no_exceptions::skip),
    ("thread-state", thread_state::play),
    ("signals", signals::play),
    ("migration", migration::play),
    ("apart", apart::play),
    ("rust.panic", panics::out),
    ("rust.catch", panics::caught),
    ("rust.both", panics::both),
    ("rust.forced", panics::forced),
    ("rust.count", panic_count::play),
    ("memory.guard", memory::edge),
    ("memory.size", memory::size),
    ("memory.neighbours", memory::neighbours),
    ("memory.reuse", memory::reuse),
    ("memory.destroy", memory::destroy),
    ("memory.finished", memory::finished),
    ("memory.suspended", memory::suspended),
    ("misuse.finished", misuse::resume_finished),
    ("misuse.running", misuse::resume_running),
    ("misuse.resumer", misuse::resume_resumer),
    ("misuse.outside", misuse::suspend_outside),
    ("misuse.itself", misuse::destroy_running),
    ("misuse.twice", misuse::destroy_twice),
    ("misuse.zero", misuse::create_zero),
    ("misuse.huge", misuse::create_huge),
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
