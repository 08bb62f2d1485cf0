//! What a guest does on `wasi` it does on `wasi-async`, too: every component of the suite that runs on the one runs on the
//! other, and is seen to do the same.

mod passed;

use std::fs;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{SystemTime, UNIX_EPOCH};

use polyfill_build::index::{Artifact, Cell, FILE, Index};
use polyfill_runner::case::Seed;
use polyfill_runner::{Engine, Hosts, Inputs, Limits, Observation, Seen, Sinks, run_component};
use rayon::prelude::*;

#[test]
fn asynchronous_calls_make_no_difference() {
    let Some(_run) = passed::unless_passed("asynchronous_calls_make_no_difference") else {
        return;
    };
    let out_dir = polyfill_runner::out_dir(env!("OUT_DIR"));
    let index: Index =
        serde_json::from_slice(&fs::read(out_dir.join(FILE)).expect("the suite is built")).expect("JSON");
    let engine = Engine::new(Some(out_dir.join("compiled"))).expect("wasmtime works here");
    let hosts = Hosts::default();
    let compared = AtomicUsize::new(0);
    index.cells.par_iter().filter(|cell| cell.host == "wasi").for_each(|cell| {
        let case = &index.cases[&cell.case_key()].case;
        let Artifact::Component(file) = &cell.artifact else { return };
        // Random bytes of the system's are other ones each time.
        if case.host_code || matches!(case.seed, Some(Seed::Word(_))) {
            return;
        }
        let component = fs::read(out_dir.join(file)).expect("the suite is built");
        let inputs = Inputs::of(&cell.guest, case).expect("the build has looked at it");
        let on = |host: &str| -> Observation {
            let host = hosts.get(host).expect("it is one of ours");
            let seen = run_component(&engine, &component, host, &inputs, &Limits::default(), Sinks::default());
            without_times(seen.expect("compiles"))
        };
        assert_eq!(on("wasi"), on("wasi-async"), "{}", Cell::name(cell));
        compared.fetch_add(1, Ordering::Relaxed);
    });
    // Nothing differs from nothing.
    assert!(compared.into_inner() > 100);
}

/// What a guest writes has the time at which it does so, in seconds.
fn without_times(mut seen: Observation) -> Observation {
    let now = SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |now| now.as_secs() as i64);
    for file in seen.files.iter_mut().flat_map(|files| files.values_mut()) {
        if let Seen::File { modified, .. } | Seen::Folder { modified, .. } = file
            && (now - *modified).abs() < 600
        {
            *modified = 0;
        }
    }
    seen
}
