//! What a host that is a program leaves out (`exclude` in its descriptor) it has to: whatever would pass is to be taken.

mod passed;

use std::collections::{BTreeMap, BTreeSet};

use polyfill_build::Settings;
use polyfill_build::descriptor::LeftOut;
use polyfill_build::index::{Artifact, Cell};
use polyfill_runner::{EngineKind, Runner, Verdict};
use rayon::prelude::*;

#[test]
fn nothing_is_left_out_that_would_pass() {
    let Some(_run) = passed::unless_passed("nothing_is_left_out_that_would_pass") else {
        return;
    };
    let root = polyfill_runner::root_dir(env!("CARGO_MANIFEST_DIR"));
    let out_dir = polyfill_runner::out_dir(env!("OUT_DIR"));
    let runner = Runner::new(out_dir).root(&root).bless(false).engines([EngineKind::default()]);
    let index = runner.index().expect("the suite is built");
    for (name, descriptor) in &index.hosts {
        if let Some(missing) = descriptor.missing(&root) {
            assert!(!Settings::from_env().require_all, "host `{name}`: {missing}");
            eprintln!("ignored: host `{name}`: {missing}");
            continue;
        }
        let stack = |cell: &Cell| format!("{}::{}", cell.case_key(), cell.adapter);
        let taken: BTreeSet<String> = index.cells.iter().filter(|cell| cell.host == *name).map(stack).collect();
        let components = index.cells.iter().filter(|cell| matches!(cell.artifact, Artifact::Component(_)));
        let left_out: BTreeMap<String, (&LeftOut, Cell)> = components
            .filter_map(|cell| {
                let stack = stack(cell);
                let why = descriptor.left_out(&stack)?;
                (!taken.contains(&stack)).then(|| (stack, (why, Cell { host: name.clone(), ..cell.clone() })))
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
        for exclude in &descriptor.exclude {
            assert!(used.contains(exclude.reason.as_str()), "host `{name}` leaves out nothing by: {}", exclude.reason);
        }
    }
}
