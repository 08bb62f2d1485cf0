//! Reasons for checks of adapters that checked nothing.

use std::collections::BTreeSet;

use polyfill_builder::case::Case;
use polyfill_builder::index::{Artifact, Index, Trial, is_native};
use polyfill_builder::{module, sanitize, system};

use crate::observation::{Observation, Outcome};
use crate::suite::Runner;

impl Runner {
    /// Returns the reason why no adapter call was checked in a run; `None` if one was checked or nothing was run.
    pub(crate) fn unchecked(
        &self,
        index: &Index,
        trial: &Trial,
        case: &Case,
        observation: &Observation,
    ) -> Option<String> {
        let no_run =
            matches!(observation.outcome, Outcome::NotRun(_) | Outcome::NotBuilt { .. } | Outcome::HostFailed(_));
        if no_run || observation.checked.calls + observation.checked.skipped > 0 {
            return None;
        }
        let file = match &trial.artifact {
            Artifact::Component(file) => file,
            Artifact::Module(_) => return Some("host `native` runs the guest's core module, without adapters".into()),
            Artifact::Ignored(_) | Artifact::Failed { .. } => return None,
        };
        if self.remote(index, &trial.host).is_some() {
            return Some(format!("host `{}` is an external host, which does not report adapter calls", trial.host));
        }
        Some(match (&trial.sanitize, &case.untraced) {
            (None, Some(why)) => format!("the case sets `untraced`: {why}"),
            (None, None) => "the case disables `sanitize`".into(),
            // Analyze the component only in this case.
            (Some(_), _) => {
                nothing_to_check(&system::read(self.folder().join(file)).unwrap_or_default(), &trial.adapter)
            }
        })
    }
}

/// Returns true if checking nothing fails the trial: the case requires the check. A trial on `native` has no adapter,
/// and fails only if the case has no other trials.
pub(crate) fn is_failure(case: &Case, trial: &Trial) -> bool {
    case.sanitize == Some(true) && (!is_native(&trial.host) || case.is_on_native_alone())
}

/// Returns the reason why no adapter call was checked in a run of an instrumented component with an adapter chain.
pub fn nothing_to_check(component: &[u8], chain: &str) -> String {
    let imported: BTreeSet<String> = module::importers(component).into_values().flatten().collect();
    let is_known = |module: &str| sanitize::CHECKED.contains(&module);
    let adapters: Vec<String> =
        chain.split('+').filter(|word| !word.is_empty() && *word != "none").map(|word| format!("`{word}`")).collect();
    if adapters.is_empty() || imported.iter().any(|module| is_known(module)) {
        "main calls no adapter".into()
    } else {
        format!(
            "no adapter for an import module supported by the checks (`{}`): {}",
            sanitize::CHECKED.join("`, `"),
            adapters.join(", ")
        )
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn reason(import: &str, chain: &str) -> String {
        let text = format!("(component (core module $main (import \"{import}\" \"f\" (func))))");
        nothing_to_check(&wat::parse_str(text).unwrap(), chain)
    }

    #[test]
    fn custom_import_module_is_reported_as_the_reason() {
        assert!(reason("acme", "acme.v3").contains("`acme.v3`"), "{}", reason("acme", "acme.v3"));
        assert_eq!(reason("wasi_snapshot_preview1", "reference-command"), "main calls no adapter");
        assert_eq!(reason("acme", "none"), "main calls no adapter");
        assert_eq!(reason("acme", ""), "main calls no adapter");
    }
}
