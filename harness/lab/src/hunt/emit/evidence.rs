//! What is seen of a finding, as the files under `docs/findings` tell it.

use std::fmt::Write;

use polyfill_build::side::Side;
use polyfill_runner::Observation;

use super::CASE;
use crate::hunt::Finding;

/// The file.
pub(super) fn text(finding: &Finding, name: &str, sides: [&Side; 2], seen: &[Observation; 2], alone: bool) -> String {
    let found = &finding.difference;
    let [old, new] = sides.map(ToString::to_string);
    let mut text = format!(
        "# {} {}: `{}` and `{}`\n\n\
         | | |\n|---|---|\n| where | `{}` |\n| sides | {old} (expected), {new} (seen) |\n\
         | guest | [`guests/{name}.wat`](../../guests/{name}.wat) |\n\n\
         ## What is seen\n\nThe calls, and what came of them on both sides where that is not the same:\n\n```text\n",
        found.function, found.place, found.old, found.new, found.function
    );
    for (call, step) in finding.trial.program.calls.iter().zip(&finding.trial.steps) {
        let [a, b] = [&step.seen[0].end, &step.seen[1].end].map(ToString::to_string);
        let ends = if a == b { a } else { format!("{a} | {b}") };
        let _ = writeln!(text, "{call} -> {ends}");
    }
    text.push_str("```\n\n");
    if alone {
        let _ = writeln!(text, "```text seen={name}::{CASE}");
        for (side, observation) in [&old, &new].into_iter().zip(seen) {
            text.push_str(&shown(side, observation));
        }
        text.push_str("```\n");
    } else {
        text.push_str("The guest does not show it: it takes one that is called from outside, and has no `_start`.\n");
    }
    let _ = write!(text, "\n## Again\n\n```sh\ncargo run -q -- matrix {name}::{CASE}::\n```\n");
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
