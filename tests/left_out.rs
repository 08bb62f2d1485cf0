//! What a host that is a program leaves out (`exclude` in its descriptor) it has to: whatever would pass is to be taken.

mod trials;

use std::collections::{BTreeMap, BTreeSet};
use std::process::ExitCode;

use polyfill_build::Suite;
use polyfill_build::descriptor::LeftOut;
use polyfill_build::index::{Artifact, Cell};
use polyfill_runner::{EngineKind, Runner, Verdict};
use rayon::prelude::*;

use crate::trials::{Checked, Missing};

fn main() -> ExitCode {
    let hosts = Suite::new(env!("CARGO_MANIFEST_DIR")).hosts_of_its_own().expect("a suite");
    assert!(!hosts.is_empty(), "no host of the suite is a program");
    let trial = |name: String| {
        trials::trial(format!("nothing_is_left_out_that_would_pass::{name}"), move || nothing_is_left_out(&name))
    };
    trials::run(hosts.into_keys().map(trial).collect())
}

fn nothing_is_left_out(name: &str) -> Checked {
    let root = polyfill_runner::root_dir(env!("CARGO_MANIFEST_DIR"));
    let out_dir = polyfill_runner::out_dir(env!("OUT_DIR"));
    let runner = Runner::new(out_dir).root(&root).bless(false).engines([EngineKind::default()]);
    let index = runner.index().expect("the suite is built");
    let descriptor = &index.hosts[name];
    if let Some(missing) = descriptor.missing(&root) {
        return Err(Missing(format!("host `{name}`: {missing}")));
    }
    let stack = |cell: &Cell| format!("{}::{}", cell.case_key(), cell.adapter);
    let taken: BTreeSet<String> = index.cells.iter().filter(|cell| cell.host == name).map(stack).collect();
    let components = index.cells.iter().filter(|cell| matches!(cell.artifact, Artifact::Component(_)));
    let left_out: BTreeMap<String, (&LeftOut, Cell)> = components
        .filter_map(|cell| {
            let stack = stack(cell);
            let why = descriptor.left_out(&stack)?;
            (!taken.contains(&stack)).then(|| (stack, (why, Cell { host: name.to_string(), ..cell.clone() })))
        })
        .collect();
    let passing: Vec<&String> = left_out
        .par_iter()
        .filter(|(_, (_, cell))| {
            let verdict = runner.run_cell(&index, cell).verdict;
            matches!(verdict, Verdict::Passed | Verdict::FailedAsExpected { .. })
        })
        .map(|(stack, _)| stack)
        .collect();
    assert_eq!(passing, Vec::<&String>::new(), "host `{name}` leaves out what passes on it");
    let used: BTreeSet<&str> = left_out.values().map(|(why, _)| why.reason.as_str()).collect();
    // What a missing compiler would have made may be left out by the others.
    let not_built = index.cells.iter().filter(|cell| matches!(cell.artifact, Artifact::Ignored(_)));
    let unknown: BTreeSet<&str> =
        not_built.filter_map(|cell| Some(descriptor.left_out(&stack(cell))?.reason.as_str())).collect();
    for exclude in descriptor.exclude.iter().filter(|exclude| !unknown.contains(exclude.reason.as_str())) {
        assert!(used.contains(exclude.reason.as_str()), "host `{name}` leaves out nothing by: {}", exclude.reason);
    }
    Ok(())
}
