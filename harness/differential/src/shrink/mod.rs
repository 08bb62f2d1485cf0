//! Makes a finding small: takes parts away as long as the same kind of difference stays.

mod units;
mod worlds;

use crate::compare::{Finding, Verdict};
use crate::generate::Sample;
use crate::hunt;
use worlds::Cut;

/// How many smaller samples are tried at most.
const TRIES: usize = 5000;

/// One thing to take away from a sample. Modules are counted with main as the first.
#[derive(Clone, Debug)]
enum Edit {
    /// An adapter.
    Adapter(usize),
    /// All options.
    Options,
    /// A module's string encoding.
    Encoding(usize),
    /// A part of a module.
    Part(usize, crate::module::Part),
    /// A part of all modules' worlds, or of one's: what it is in each is told by its name.
    Cut(Option<usize>, Cut),
}

/// The smallest sample that was found of which `same` still knows the difference; what it then is.
pub fn shrink(sample: &Sample, finding: &Finding, same: impl Fn(Verdict) -> Option<Finding>) -> (Sample, Finding) {
    let mut best = (sample.clone(), finding.clone());
    let mut tries = TRIES;
    loop {
        let mut changed = false;
        let mut next = 0;
        // After a success the edits are listed anew, and it goes on where it was.
        loop {
            let edits = edits(&best.0);
            let Some(edit) = edits.get(next) else { break };
            if tries == 0 {
                return best;
            }
            tries -= 1;
            match apply(&best.0, edit).and_then(|smaller| Some((same(hunt::judge(&smaller))?, smaller))) {
                Some((finding, smaller)) => {
                    best = (smaller, finding);
                    changed = true;
                }
                None => next += 1,
            }
        }
        if !changed {
            return best;
        }
    }
}

fn edits(sample: &Sample) -> Vec<Edit> {
    let mut edits = units::edits(sample);
    edits.extend(worlds::edits(sample));
    edits
}

fn apply(sample: &Sample, edit: &Edit) -> Option<Sample> {
    let smaller = match edit {
        Edit::Cut(module, cut) => worlds::apply(sample, *module, cut)?,
        edit => units::apply(sample, edit)?,
    };
    (smaller != *sample).then_some(smaller)
}
