//! Makes a finding small: takes parts away as long as the same kind of difference stays.

mod units;
mod worlds;

use crate::compare::{self, Finding, Verdict};
use crate::encoders::quietly;
use crate::generate::Sample;

/// How many smaller samples are tried at most.
const TRIES: usize = 4000;

/// The smallest sample that was found, with its difference.
pub fn shrink(sample: &Sample, finding: &Finding) -> (Sample, Finding) {
    let mut best = (sample.clone(), finding.clone());
    let mut tries = TRIES;
    loop {
        let before = tries;
        let Some(smaller) = smaller(&best.0, &finding.kind, &mut tries) else { return best };
        best = smaller;
        if tries == 0 || before == tries {
            return best;
        }
    }
}

/// One round: the sample with everything gone that could go, or none if nothing could.
fn smaller(sample: &Sample, kind: &str, tries: &mut usize) -> Option<(Sample, Finding)> {
    let mut best: Option<(Sample, Finding)> = None;
    for step in [units::candidates, worlds::candidates] {
        let mut skip = 0;
        // Each success changes the list, so it is made anew; what failed before it is not tried again in this round.
        'again: loop {
            let current = best.as_ref().map_or(sample, |(sample, _)| sample).clone();
            for (number, candidate) in step(&current).enumerate().skip(skip) {
                if *tries == 0 {
                    return best;
                }
                *tries -= 1;
                skip = number;
                if let Some(finding) = still(&candidate, kind) {
                    best = Some((candidate, finding));
                    continue 'again;
                }
            }
            break;
        }
    }
    best
}

fn still(candidate: &Sample, kind: &str) -> Option<Finding> {
    match quietly(|| compare::compare(&candidate.inputs())) {
        Ok(Ok(Verdict::Finding(finding))) if finding.kind == kind => Some(finding),
        _ => None,
    }
}
