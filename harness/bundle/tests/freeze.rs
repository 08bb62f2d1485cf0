//! Frozen recordings: as large as what was recorded, and they play what was recorded.

#[path = "mutations/seeds.rs"]
#[allow(dead_code, reason = "others take more of them")]
mod seeds;

use polyfill_bundle::{Bundle, freeze};
use polyfill_runner::{
    Engine, EngineKind, Event, Hosts, Inputs, Limits, Observation, Outcome, Returned, Sinks, run_component,
};

fn engine() -> Engine {
    Engine::of(EngineKind::fastest_to_compile(), None).unwrap()
}

fn run(engine: &Engine, component: &[u8], bundle: &Bundle) -> Observation {
    let hosts = Hosts::default();
    let inputs = Inputs { calls: bundle.about.case.calls.clone(), ..Inputs::default() };
    let host = hosts.get("my-wasi").unwrap();
    run_component(engine, component, host, &inputs, &Limits::default(), Sinks::default()).unwrap()
}

#[test]
fn a_frozen_recording_plays_what_was_recorded() {
    let engine = engine();
    let values = |returned: &[Returned]| {
        returned.iter().map(|returned| (returned.invoke.clone(), returned.value.clone())).collect::<Vec<_>>()
    };
    for (_, bundle) in seeds::all(&engine) {
        let seen = run(&engine, &freeze(&bundle, &engine).unwrap(), &bundle);
        assert_eq!(seen.outcome, Outcome::Returned, "{seen:?}");
        assert_eq!(values(&seen.returned), values(&bundle.about.returned));
    }
}

/// Of many calls with the same result there is one in the player, so that it is as large as what is different.
#[test]
fn a_player_is_no_larger_than_the_trace() {
    let engine = engine();
    let mut bundle = seeds::echo(&engine);
    let size = |bundle: &Bundle| freeze(bundle, &engine).unwrap().len();
    let one = size(&bundle);
    let print: Event = bundle.trace.imports().last().unwrap().clone();
    assert_eq!(print.function, "my-wasi.print");
    bundle.trace.events.extend(std::iter::repeat_n(print, 100_000));
    let added = size(&bundle) - one;
    assert!(added <= 100_000 * 12 + 1000, "{added} bytes for 100,000 calls");
}
