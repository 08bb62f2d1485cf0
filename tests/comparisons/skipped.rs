//! Trials that an external host skips (`skip` in its descriptor) must fail there: trials that would pass must not be
//! skipped.

use std::collections::{BTreeMap, BTreeSet};

use libtest_mimic::Trial as Test;
use polyfill_builder::Suite;
use polyfill_builder::descriptor::LeftOut;
use polyfill_builder::index::{Artifact, Trial};
use polyfill_builder::system::threads;
use polyfill_runner::{EngineKind, Runner, Verdict};

use crate::trials::{self, Checked, Missing};

pub fn trials() -> Vec<Test> {
    let hosts = Suite::from_env(env!("CARGO_MANIFEST_DIR")).hosts_of_its_own().expect("a suite");
    assert!(!hosts.is_empty(), "the suite has no external host");
    let trial =
        |name: String| trials::trial(format!("skipped::trials_would_fail::{name}"), move || nothing_is_left_out(&name));
    hosts.into_keys().map(trial).collect()
}

fn nothing_is_left_out(name: &str) -> Checked {
    let root = crate::root();
    let out_dir = polyfill_runner::out_dir(env!("OUT_DIR"));
    let runner = Runner::new(out_dir).root(&root).bless(false).engines([EngineKind::default()]);
    let index = runner.index().expect("the suite builds");
    let descriptor = &index.hosts[name];
    if let Some(missing) = descriptor.missing(&root) {
        return Err(Missing(format!("host `{name}`: {missing}")));
    }
    let chain = |trial: &Trial| format!("{}::{}", trial.case_key(), trial.adapter);
    let taken: BTreeSet<String> = index.trials.iter().filter(|trial| trial.host == name).map(chain).collect();
    let components = index.trials.iter().filter(|trial| matches!(trial.artifact, Artifact::Component(_)));
    let left_out: BTreeMap<String, (&LeftOut, Trial)> = components
        .filter_map(|trial| {
            let chain = chain(trial);
            let why = descriptor.left_out(&chain)?;
            (!taken.contains(&chain)).then(|| (chain, (why, Trial { host: name.to_string(), ..trial.clone() })))
        })
        .collect();
    let passing = threads::map(threads::processors(), &left_out, |(chain, (_, trial))| {
        let verdict = runner.run_trial(&index, trial).verdict;
        matches!(verdict, Verdict::Passed | Verdict::FailedAsExpected { .. }).then_some(chain)
    });
    let passing: Vec<&String> = passing.into_iter().flatten().collect();
    assert_eq!(passing, Vec::<&String>::new(), "host `{name}` skips trials that pass");
    let used: BTreeSet<&str> = left_out.values().map(|(why, _)| why.reason.as_str()).collect();
    // The other reasons may skip trials whose compiler is missing.
    let not_built = index.trials.iter().filter(|trial| matches!(trial.artifact, Artifact::Ignored(_)));
    let unknown: BTreeSet<&str> =
        not_built.filter_map(|trial| Some(descriptor.left_out(&chain(trial))?.reason.as_str())).collect();
    for skip in descriptor.skip.iter().filter(|skip| !unknown.contains(skip.reason.as_str())) {
        assert!(used.contains(skip.reason.as_str()), "host `{name}` skips no trial with reason: {}", skip.reason);
    }
    Ok(())
}
