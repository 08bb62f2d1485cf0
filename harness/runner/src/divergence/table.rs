//! Text tables.

use std::fmt;

/// Writes one line per row, with aligned columns separated by two spaces.
pub(super) fn write<const N: usize>(f: &mut fmt::Formatter<'_>, rows: &[[String; N]]) -> fmt::Result {
    let mut widths = [0; N];
    for row in rows {
        for (width, trial) in widths.iter_mut().zip(row) {
            *width = (*width).max(trial.chars().count());
        }
    }
    for row in rows {
        let trials = row.iter().zip(widths).map(|(trial, width)| format!("{trial:width$}"));
        writeln!(f, "{}", trials.collect::<Vec<_>>().join("  ").trim_end())?;
    }
    Ok(())
}

/// Formats a count with a singular or plural noun.
pub(super) fn counted(count: usize, word: &str) -> String {
    format!("{count} {word}{}", if count == 1 { "" } else { "s" })
}
