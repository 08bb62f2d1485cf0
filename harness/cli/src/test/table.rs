//! Table of trials: one block per guest, one line per trial.

use std::collections::BTreeMap;

use polyfill_builder::terminal;
use polyfill_runner::{TrialResult, Verdict};

/// Formats the table with the columns case, adapter, host and verdict.
pub(super) fn table(results: &[TrialResult]) -> String {
    let names: Vec<_> = results.iter().map(|result| terminal::line(&result.name)).collect();
    let rows: Vec<(Vec<&str>, String)> = names
        .iter()
        .zip(results)
        .map(|(name, result)| (name.split("::").collect(), verdict(&result.verdict)))
        .collect();
    let width = |column: usize| {
        let lengths = rows.iter().filter_map(|(parts, _)| parts.get(column)).map(|part| part.len());
        lengths.max().unwrap_or_default()
    };
    let widths = [1, 2, 3].map(width);
    let mut text = String::new();
    let mut last = None;
    for (parts, verdict) in &rows {
        let (guest, columns) = parts.split_first().unwrap_or((&"", &[]));
        if last != Some(guest) {
            text.push_str(&format!("{guest}\n"));
            last = Some(guest);
        }
        for (column, width) in columns.iter().zip(widths) {
            text.push_str(&format!("  {column:width$}"));
        }
        text.push_str(&format!("  {verdict}\n"));
    }
    text
}

/// Lists each reason for ignored trials, with their number. Empty if none were ignored.
pub(super) fn ignored(results: &[TrialResult]) -> String {
    let mut reasons: BTreeMap<&str, usize> = BTreeMap::new();
    for result in results {
        if let Verdict::Ignored { reason } = &result.verdict {
            *reasons.entry(reason.lines().next().unwrap_or_default()).or_default() += 1;
        }
    }
    let lines = reasons.iter().map(|(reason, count)| match count {
        1 => format!("  1 trial: {reason}\n"),
        count => format!("  {count} trials: {reason}\n"),
    });
    let lines: String = lines.collect();
    if lines.is_empty() { lines } else { format!("\nignored:\n{lines}") }
}

fn verdict(verdict: &Verdict) -> String {
    match verdict {
        Verdict::Passed => "ok".to_string(),
        Verdict::FailedAsExpected { .. } => "expected failure".to_string(),
        Verdict::Failed { .. } => "FAILED".to_string(),
        Verdict::Blessed { files } => {
            let files: Vec<String> = files.iter().map(|file| file.display().to_string()).collect();
            format!("blessed {}", files.join(", "))
        }
        Verdict::Ignored { reason } => format!("ignored: {}", reason.lines().next().unwrap_or_default()),
    }
}
