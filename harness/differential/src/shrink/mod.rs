//! Shrinks a finding: removes parts while it shows the same kind of difference.

mod units;
mod worlds;

use crate::compare::{Finding, Verdict};
use crate::generate::Sample;
use crate::search;
use worlds::Cut;

/// Maximum number of smaller samples to try.
const TRIES: usize = 5000;

/// A reduction of a sample. Module 0 is main.
#[derive(Clone, Debug)]
enum Edit {
    /// An adapter.
    Adapter(usize),
    /// All options.
    Options,
    /// The string encoding of a module.
    Encoding(usize),
    /// A part of a module.
    Part(usize, crate::module::Part),
    /// A part of one or all modules' worlds. Items are identified by name in each world.
    Cut(Option<usize>, Cut),
}

/// Returns the smallest known sample for which `same` is true, and its value.
pub fn shrink(sample: &Sample, finding: &Finding, same: impl Fn(Verdict) -> Option<Finding>) -> (Sample, Finding) {
    let mut best = (sample.clone(), finding.clone());
    let mut tries = TRIES;
    loop {
        let mut changed = false;
        let mut next = 0;
        // After a success the edits are listed again, and the search continues at the same position.
        loop {
            let edits = edits(&best.0);
            let Some(edit) = edits.get(next) else { break };
            if tries == 0 {
                return best;
            }
            tries -= 1;
            match apply(&best.0, edit).and_then(|smaller| Some((same(search::judge(&smaller))?, smaller))) {
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
