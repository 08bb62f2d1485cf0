//! Text of a finding, in the format of the files under `docs/findings`.

use std::fmt::Write;

use polyfill_builder::side::Side;
use polyfill_runner::Observation;

use super::CASE;
use crate::fuzz::Finding;

/// Returns the text of the file.
pub(super) fn text(
    finding: &Finding,
    name: &str,
    sides: [&Side; 2],
    observed: &[Observation; 2],
    alone: bool,
) -> String {
    let found = &finding.difference;
    let [baseline, candidate] = sides.map(ToString::to_string);
    let mut text = format!(
        "# {} {}: `{}` and `{}`\n\n\
         | | |\n|---|---|\n| where | `{}` |\n| sides | {baseline} (expected), {candidate} (actual) |\n\
         | guest | [`guests/{name}.wat`](../../guests/{name}.wat) |\n\n\
         ## Observed behavior\n\nThe calls and their results, on both sides where these differ:\n\n```text\n",
        found.function, found.place, found.baseline, found.candidate, found.function
    );
    for (call, step) in finding.trial.program.calls.iter().zip(&finding.trial.steps) {
        let [a, b] = [&step.observed[0].end, &step.observed[1].end].map(ToString::to_string);
        let ends = if a == b { a } else { format!("{a} | {b}") };
        let _ = writeln!(text, "{call} -> {ends}");
    }
    text.push_str("```\n\n");
    if alone {
        let _ = writeln!(text, "```text output={name}::{CASE}");
        for (side, observation) in [&baseline, &candidate].into_iter().zip(observed) {
            text.push_str(&shown(side, observation));
        }
        text.push_str("```\n");
    } else {
        text.push_str("The guest does not reproduce the difference: that requires a guest without `_start` that is called from outside.\n");
    }
    let _ = write!(text, "\n## Reproduce\n\n```sh\ncargo run -q -- matrix {name}::{CASE}::\n```\n");
    text
}

fn shown(side: &str, observation: &Observation) -> String {
    let mut text = format!("{side}: {}\n", observation.outcome);
    for (prefix, bytes) in [("  ", &observation.stdout), ("  stderr: ", &observation.stderr)] {
        for line in String::from_utf8_lossy(bytes).lines() {
            let _ = writeln!(text, "{prefix}{}", line.trim_end());
        }
    }
    text
}
