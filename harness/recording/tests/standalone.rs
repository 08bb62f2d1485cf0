//! Standalone repros: they reproduce the recorded run, and their size is proportional to the recording.

#[path = "mutations/seeds.rs"]
#[allow(dead_code, reason = "others take more of them")]
mod seeds;

use polyfill_recording::{Recording, standalone};
use polyfill_runner::{
    Engine, EngineKind, Event, Hosts, Inputs, Limits, Observation, Outcome, Returned, Sinks, run_component,
};

fn engine() -> Engine {
    Engine::of(EngineKind::fastest_to_compile(), None).unwrap()
}

fn run(engine: &Engine, component: &[u8], recording: &Recording) -> Observation {
    let hosts = Hosts::default();
    let inputs = Inputs { calls: recording.about.case.calls.clone(), ..Inputs::default() };
    let host = hosts.get("my-wasi").unwrap();
    run_component(engine, component, host, &inputs, &Limits::default(), Sinks::default()).unwrap()
}

#[test]
fn a_standalone_repro_reproduces_the_recorded_run() {
    let engine = engine();
    let values = |returned: &[Returned]| {
        returned.iter().map(|returned| (returned.invoke.clone(), returned.value.clone())).collect::<Vec<_>>()
    };
    for (_, recording) in seeds::all(&engine) {
        let observation = run(&engine, &standalone(&recording, &engine).unwrap(), &recording);
        assert_eq!(observation.outcome, Outcome::Returned, "{observation:?}");
        assert_eq!(values(&observation.returned), values(&recording.about.returned));
    }
}

/// Many calls with the same result share one entry in the replaying host, so that its size depends on the number of
/// different results.
#[test]
fn a_standalone_repro_is_not_larger_than_the_trace() {
    let engine = engine();
    let mut recording = seeds::echo(&engine);
    let size = |recording: &Recording| standalone(recording, &engine).unwrap().len();
    let one = size(&recording);
    let print: Event = recording.trace.imports().last().unwrap().clone();
    assert_eq!(print.function, "my-wasi.print");
    recording.trace.events.extend(std::iter::repeat_n(print, 100_000));
    let added = size(&recording) - one;
    assert!(added <= 100_000 * 12 + 1000, "{added} bytes for 100,000 calls");
}
