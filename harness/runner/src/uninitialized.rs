//! A second run of a case, which differs from the first in nothing but what lies where nobody has written.

use std::cell::Cell;

use crate::core_boundary::PATTERNS;
use crate::inputs::Sinks;
use crate::observation::{Observation, Outcome};
use crate::observe::{Looks, Run, observe_as};
use crate::trace::Detail;

/// Adds what is found wrong by a second run: calls that depend on such bytes, and what calls have not written of that which they
/// say is there. A case that is another one each time it is run cannot be judged.
pub fn judge_unwritten(run: &Run<'_>, observation: &mut Observation) {
    let over = matches!(observation.outcome, Outcome::NotRun(_) | Outcome::Timeout { .. } | Outcome::Limit { .. });
    if run.sanitize.is_none() || observation.looked_at.calls == 0 || over {
        return;
    }
    let run = Run { detail: Detail::Off, ..*run };
    // A run that has no time left shows its first calls alone, or none.
    let whole = Cell::new(true);
    let again = |pattern| {
        let again = observe_as(&run, Sinks::default(), &Looks { pattern, ..Looks::default() });
        whole.set(whole.get() && !matches!(again.outcome, Outcome::Timeout { .. }));
        again.given
    };
    let other = again(PATTERNS[1]);
    let judged = observation.given.judged(&other, again);
    observation.looked_at.unsteady = u64::from(!judged.steady || !whole.get());
    for mut violation in judged.violations {
        violation.adapter = run.stack.to_string();
        observation.violations.push(violation);
    }
}
