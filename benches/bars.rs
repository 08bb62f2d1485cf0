//! Limits on the measured figures.

use crate::rows::Row;

/// Minimum size of a large guest in bytes, for which an encoder's work besides copying is negligible.
const LARGE: usize = 1_000_000;

/// Returns the exceeded limits of a row as text.
pub fn broken(rows: &[Row]) -> Vec<String> {
    rows.iter().flat_map(broken_by).collect()
}

fn broken_by(row: &Row) -> Vec<String> {
    let (encoding, validated) = (&row.seconds.encoding, &row.seconds.validated);
    let cold = if row.guest_bytes >= LARGE { 0.30 } else { 0.60 };
    let bars = [
        ("cold, without validation", encoding.cold / encoding.reference, cold),
        ("prepared, without validation", encoding.prepared / encoding.reference, 0.10),
        ("prepared, validated", validated.prepared / validated.reference, 0.50),
        ("bytes added", row.added.ours as f64 / row.added.reference as f64, 1.00),
    ];
    let broken = bars.iter().filter(|(_, ratio, bar)| ratio > bar);
    let name = |what: &str| format!("{}, adapter `{}`, {what}", row.guest, row.adapter);
    broken.map(|(what, ratio, bar)| format!("{}: ratio {ratio:.3} exceeds {bar:.2}", name(what))).collect()
}
