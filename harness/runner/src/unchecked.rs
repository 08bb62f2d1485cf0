//! Checks of adapters that had nothing to look at, and the reason.

use std::collections::BTreeSet;

use polyfill_build::case::Case;
use polyfill_build::index::{Artifact, Cell, Index, is_native};
use polyfill_build::{module, sanitize, system};

use crate::observation::{Observation, Outcome};
use crate::suite::Runner;

impl Runner {
    /// The reason why no call of an adapter was checked in a run; nothing where one was, or where there was no run.
    pub(crate) fn unchecked(
        &self,
        index: &Index,
        cell: &Cell,
        case: &Case,
        observation: &Observation,
    ) -> Option<String> {
        let no_run =
            matches!(observation.outcome, Outcome::NotRun(_) | Outcome::NotBuilt { .. } | Outcome::HostFailed(_));
        if no_run || observation.looked_at.calls + observation.looked_at.passed_over > 0 {
            return None;
        }
        let file = match &cell.artifact {
            Artifact::Component(file) => file,
            Artifact::Module(_) => return Some("host `native` runs the guest's core module, without adapters".into()),
            Artifact::Ignored(_) | Artifact::Failed { .. } => return None,
        };
        if self.remote(index, &cell.host).is_some() {
            return Some(format!("host `{}` is a program of its own, which reports no calls of adapters", cell.host));
        }
        Some(match (&cell.sanitize, &case.untraced) {
            (None, Some(why)) => format!("the case has `untraced`: {why}"),
            (None, None) => "the case does not want it".into(),
            // What is in the component is looked at only where it matters.
            (Some(_), _) => {
                nothing_to_check(&system::read(self.folder().join(file)).unwrap_or_default(), &cell.adapter)
            }
        })
    }
}

/// Whether a check of nothing fails the cell: the case asks for the check. A cell on `native` is none of an adapter; it fails
/// where the case has no other cells.
pub(crate) fn is_failure(case: &Case, cell: &Cell) -> bool {
    case.sanitize == Some(true) && (!is_native(&cell.host) || case.is_on_native_alone())
}

/// The reason why no call of an adapter was checked in a run of a component that was made for checks, through a stack of adapters.
pub fn nothing_to_check(component: &[u8], stack: &str) -> String {
    let imported: BTreeSet<String> = module::importers(component).into_values().flatten().collect();
    let is_known = |module: &str| sanitize::CHECKED.contains(&module);
    let adapters: Vec<String> =
        stack.split('+').filter(|word| !word.is_empty() && *word != "none").map(|word| format!("`{word}`")).collect();
    match adapters.is_empty() || imported.iter().any(|module| is_known(module)) {
        true => "main calls no adapter".into(),
        false => format!(
            "no adapter for an import module that the checks know (`{}`): {}",
            sanitize::CHECKED.join("`, `"),
            adapters.join(", ")
        ),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn reason(import: &str, stack: &str) -> String {
        let text = format!("(component (core module $main (import \"{import}\" \"f\" (func))))");
        nothing_to_check(&wat::parse_str(text).unwrap(), stack)
    }

    #[test]
    fn an_abi_of_ones_own_is_named_as_the_reason() {
        assert!(reason("acme", "acme.v3").contains("`acme.v3`"), "{}", reason("acme", "acme.v3"));
        assert_eq!(reason("wasi_snapshot_preview1", "reference-command"), "main calls no adapter");
        assert_eq!(reason("acme", "none"), "main calls no adapter");
        assert_eq!(reason("acme", ""), "main calls no adapter");
    }
}
