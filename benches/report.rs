//! Figures as Markdown and as JSON.

use std::fmt::{self, Display, Write};

use serde::Serialize;

use crate::heap::Use;
use crate::many::Many;
use crate::rows::{LeftOut, Row};

/// All figures of one run.
#[derive(Debug, Serialize)]
pub struct Report {
    /// Rows, each for one guest with one adapter.
    pub rows: Vec<Row>,
    /// Guests without a row.
    pub left_out: Vec<LeftOut>,
    /// The suite.
    pub suite: Many,
}

impl Display for Report {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("### Time\n\n")?;
        self.times().fmt(f)?;
        f.write_str("\n### Time, validated\n\n")?;
        self.validated().fmt(f)?;
        f.write_str("\n### Size\n\n")?;
        self.sizes().fmt(f)?;
        f.write_str("\n### Memory\n\n")?;
        self.heap().fmt(f)?;
        f.write_str("\n### A suite\n\n")?;
        self.suite().fmt(f)?;
        for LeftOut { guest, reason } in &self.left_out {
            write!(f, "\nSkipped: {guest}: {}\n", reason.lines().next().unwrap_or_default())?;
        }
        Ok(())
    }
}

impl Report {
    fn times(&self) -> Table {
        let mut table = Table::new([
            "guest",
            "bytes",
            "adapter",
            "reference",
            "cold",
            "ratio",
            "prepared",
            "ratio",
            "new shape",
            "ratio",
            "one copy of the guest",
        ]);
        for row in &self.rows {
            let both = &row.seconds.encoding;
            table.row([
                row.guest.into(),
                thousands(row.guest_bytes),
                adapter(row),
                time(both.reference),
                time(both.cold),
                ratio(both.cold / both.reference),
                time(both.prepared),
                ratio(both.prepared / both.reference),
                time(both.anew),
                ratio(both.anew / both.reference),
                time(row.seconds.copy),
            ]);
        }
        table
    }

    fn validated(&self) -> Table {
        let mut table =
            Table::new(["guest", "adapter", "reference", "cold", "ratio", "prepared", "ratio", "new shape", "ratio"]);
        for row in &self.rows {
            let both = &row.seconds.validated;
            table.row([
                row.guest.into(),
                adapter(row),
                time(both.reference),
                time(both.cold),
                ratio(both.cold / both.reference),
                time(both.prepared),
                ratio(both.prepared / both.reference),
                time(both.anew),
                ratio(both.anew / both.reference),
            ]);
        }
        table
    }

    fn sizes(&self) -> Table {
        let mut table = Table::new(["guest", "adapter", "added by the reference", "added by ours", "ratio"]);
        for row in &self.rows {
            table.row([
                row.guest.into(),
                adapter(row),
                row.added.reference.to_string(),
                row.added.ours.to_string(),
                ratio(row.added.ours as f64 / row.added.reference as f64),
            ]);
        }
        table
    }

    fn heap(&self) -> Table {
        let mut table =
            Table::new(["guest", "adapter", "encoder", "allocations", "bytes", "bytes moved by growing", "peak"]);
        for row in &self.rows {
            let lines =
                [("reference", &row.heap.reference), ("cold", &row.heap.cold), ("prepared", &row.heap.prepared)];
            for (who, Use { allocations, bytes, moved, peak }) in lines {
                let figures = [*allocations, *bytes, *moved, *peak].map(thousands);
                let names = [row.guest.to_string(), adapter(row), who.to_string()];
                table.row::<7>(names.into_iter().chain(figures).collect::<Vec<_>>().try_into().unwrap_or_default());
            }
        }
        table
    }

    fn suite(&self) -> Table {
        let Many { guests, components, threads, guest_bytes, reference, ours } = &self.suite;
        let mut table = Table::new(["", "reference", "prepared", "ratio"]);
        table.row([
            format!(
                "{guests} guests of {} bytes on average, {components} components, {threads} threads",
                thousands(guest_bytes / guests)
            ),
            format!("{:.2} s", reference.seconds),
            format!("{:.3} s", ours.seconds),
            ratio(ours.seconds / reference.seconds),
        ]);
        table.row([
            "memory at the peak, bytes".into(),
            thousands(reference.peak),
            thousands(ours.peak),
            ratio(ours.peak as f64 / reference.peak as f64),
        ]);
        table
    }
}

/// A Markdown table with aligned columns: the first one to the left, numbers to the right.
struct Table(Vec<Vec<String>>);

impl Table {
    fn new<const N: usize>(titles: [&str; N]) -> Table {
        Table(vec![titles.iter().map(ToString::to_string).collect()])
    }

    fn row<const N: usize>(&mut self, trials: [String; N]) {
        self.0.push(trials.into());
    }

    /// Returns true if the column contains numbers.
    fn is_numeric(&self, column: usize) -> bool {
        let mut trials = self.0.iter().skip(1).map(|row| &row[column]);
        trials.all(|trial| trial.starts_with(|c: char| c.is_ascii_digit() || c == '-'))
    }
}

impl Display for Table {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let columns = self.0.first().map_or(0, Vec::len);
        let width = |column: usize| self.0.iter().map(|row| row[column].chars().count()).max().unwrap_or_default();
        let widths: Vec<usize> = (0..columns).map(width).collect();
        for (number, row) in self.0.iter().enumerate() {
            let mut line = String::from("|");
            for (column, trial) in row.iter().enumerate() {
                let width = widths[column];
                if self.is_numeric(column) {
                    write!(line, " {trial:>width$} |")?;
                } else {
                    write!(line, " {trial:<width$} |")?;
                }
            }
            writeln!(f, "{line}")?;
            if number == 0 {
                let rule = |column: usize| {
                    let end = if self.is_numeric(column) { ":" } else { "-" };
                    format!("-{}{end}|", "-".repeat(widths[column]))
                };
                writeln!(f, "|{}", (0..columns).map(rule).collect::<String>())?;
            }
        }
        Ok(())
    }
}

/// Returns the adapter. In rows of this suite's adapter, the reference is measured with its own.
fn adapter(row: &Row) -> String {
    if row.adapter == "ours" { "ours (*)".into() } else { row.adapter.into() }
}

fn ratio(ratio: f64) -> String {
    format!("{ratio:.3}")
}

fn time(seconds: f64) -> String {
    let micros = seconds * 1e6;
    if micros < 10.0 { format!("{micros:.2} µs") } else { format!("{micros:.0} µs") }
}

fn thousands(number: usize) -> String {
    let digits = number.to_string();
    let mut text = String::new();
    for (index, digit) in digits.chars().enumerate() {
        if index > 0 && (digits.len() - index).is_multiple_of(3) {
            text.push(' ');
        }
        text.push(digit);
    }
    text
}
