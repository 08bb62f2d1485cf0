//! Compares hosts `wasi` and `wasi-async`: every component of the suite that runs on both has the same observation.

use std::fs;
use std::time::{SystemTime, UNIX_EPOCH};

use polyfill_builder::index::{Artifact, Trial};
use polyfill_builder::system::threads;
use polyfill_runner::case::{Case, Seed};
use polyfill_runner::{Engine, EngineOptions, FileState, Hosts, Inputs, Limits, Observation, Sinks, run_component};

use crate::trials::trials;

pub fn trials() -> Vec<libtest_mimic::Trial> {
    trials![asynchronous_calls_do_not_change_observations]
}

fn asynchronous_calls_do_not_change_observations() {
    let out_dir = polyfill_runner::out_dir(env!("OUT_DIR"));
    let index = polyfill_runner::suite!().index().expect("the suite builds");
    let engine = |case: &Case| {
        let options = EngineOptions { proposals: case.wasm.clone(), ..EngineOptions::default() };
        Engine::with_options(&options, Some(out_dir.join("compiled"))).expect("wasmtime works here")
    };
    let default = engine(&Case::default());
    let hosts = Hosts::default();
    let trials = index.trials.iter().filter(|trial| trial.host == "wasi");
    let compared = threads::map(threads::processors(), trials, |trial| {
        let case = &index.cases[&trial.case_key()].case;
        let Artifact::Component(file) = &trial.artifact else { return false };
        // Random bytes of the system differ in every run.
        if case.host_code || matches!(case.seed, Some(Seed::Word(_))) {
            return false;
        }
        let component = fs::read(out_dir.join(file)).expect("the suite builds");
        let own = (!case.wasm.is_empty()).then(|| engine(case));
        let engine = own.as_ref().unwrap_or(&default);
        let inputs = Inputs::of(&trial.guest, case).expect("the build has validated it");
        let on = |host: &str| -> Observation {
            let host = hosts.get(host).expect("the host exists");
            let observation = run_component(engine, &component, host, &inputs, &Limits::default(), Sinks::default());
            without_times(observation.expect("compiles"))
        };
        assert_eq!(on("wasi"), on("wasi-async"), "{}", Trial::name(trial));
        true
    });
    // An empty comparison would pass, too.
    assert!(compared.into_iter().filter(|compared| *compared).count() > 100);
}

/// Removes the modification times of files, in seconds.
fn without_times(mut observation: Observation) -> Observation {
    let now = SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |now| now.as_secs() as i64);
    for file in observation.files.iter_mut().flat_map(|files| files.values_mut()) {
        if let FileState::File { modified, .. } | FileState::Folder { modified, .. } = file
            && (now - *modified).abs() < 600
        {
            *modified = 0;
        }
    }
    observation
}
