//! Names of adapter chains on the command line.

use polyfill_builder::index::Trial;

/// Returns true if `--adapter` names the trial's adapter chain or an adapter in it.
pub(crate) fn is_named(trial: &Trial, name: &str) -> bool {
    trial.adapter == name || trial.adapter.split('+').any(|id| id == name)
}
