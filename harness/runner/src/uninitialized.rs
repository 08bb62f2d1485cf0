//! Detects use of uninitialized memory by a second run with a different fill pattern.

use std::cell::Cell;

use crate::core_boundary::PATTERNS;
use crate::inputs::Sinks;
use crate::observation::{Observation, Outcome};
use crate::observe::{Run, SecondRun, observe_as};
use crate::trace::Detail;

/// Adds the violations found by a second run: calls that depend on uninitialized memory, and outputs that calls did not
/// write. Nondeterministic cases cannot be judged.
pub fn judge_unwritten(run: &Run<'_>, observation: &mut Observation) {
    let over = matches!(observation.outcome, Outcome::NotRun(_) | Outcome::Timeout { .. } | Outcome::Limit { .. });
    if run.sanitize.is_none() || observation.checked.calls == 0 || over {
        return;
    }
    let run = Run { detail: Detail::Off, ..*run };
    // A second run that ran out of time covers only the first calls, or none.
    let whole = Cell::new(true);
    let again = |pattern| {
        let again = observe_as(&run, Sinks::default(), &SecondRun { pattern, ..SecondRun::default() });
        whole.set(whole.get() && !matches!(again.outcome, Outcome::Timeout { .. }));
        again.given
    };
    let other = again(PATTERNS[1]);
    let judged = observation.given.judged(&other, again);
    observation.checked.nondeterministic = u64::from(!judged.steady || !whole.get());
    for mut violation in judged.violations {
        violation.adapter = run.chain.to_string();
        observation.violations.push(violation);
    }
}
