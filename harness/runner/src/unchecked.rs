//! Reasons for checks of adapters that checked nothing.

use polyfill_builder::case::Case;
use polyfill_builder::index::{Artifact, Index, Trial, is_native};

use crate::observation::{Observation, Outcome};
use crate::suite::Runner;
use crate::violation::Checked;

impl Runner {
    /// Returns the reason why adapter calls were not checked in a run; `None` if they were, or nothing was run.
    pub(crate) fn unchecked(
        &self,
        index: &Index,
        trial: &Trial,
        case: &Case,
        observation: &Observation,
    ) -> Option<String> {
        let no_run =
            matches!(observation.outcome, Outcome::NotRun(_) | Outcome::NotBuilt { .. } | Outcome::HostFailed(_));
        if let Some(why) = undescribed(&observation.checked) {
            return Some(why);
        }
        if no_run || observation.checked.calls + observation.checked.skipped > 0 {
            return None;
        }
        match &trial.artifact {
            Artifact::Component(_) => {}
            Artifact::Module(_) => return Some("host `native` runs the guest's core module, without adapters".into()),
            Artifact::Ignored(_) | Artifact::Failed { .. } => return None,
        }
        if self.remote(index, &trial.host).is_some() {
            return Some(format!("host `{}` is an external host, which does not report adapter calls", trial.host));
        }
        Some(match (&trial.sanitize, &case.untraced) {
            (None, Some(why)) => format!("the case sets `untraced`: {why}"),
            (None, None) => "the case disables `sanitize`".into(),
            (Some(_), _) => "main calls no adapter".into(),
        })
    }
}

/// Returns true if checking nothing fails the trial: the case requires the check. A trial on `native` has no adapter,
/// and fails only if the case has no other trials.
pub(crate) fn is_failure(case: &Case, trial: &Trial) -> bool {
    case.sanitize == Some(true) && (!is_native(&trial.host) || case.is_on_native_alone())
}

/// Returns the reason why the memory of some calls was not checked: functions without a description. `None` if there
/// were none.
pub fn undescribed(checked: &Checked) -> Option<String> {
    let (module, _) = checked.undescribed.first_key_value()?;
    let modules: Vec<String> = checked.undescribed.keys().map(|module| format!("`{module}`")).collect();
    let calls: u64 = checked.undescribed.values().sum();
    Some(format!(
        "no description of {}: main's memory was not compared in {calls} of {} adapter calls; help: describe it in \
         `abi/{module}.witx`",
        modules.join(", "),
        calls + checked.calls + checked.skipped,
    ))
}
