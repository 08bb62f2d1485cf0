//! What the table has to hold up to.

use crate::rows::Row;

/// A guest of this size or more is a large one: what an encoder does besides copying it hardly counts.
const LARGE: usize = 1_000_000;

/// A bar that a row does not reach, in words.
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
    broken.map(|(what, ratio, bar)| format!("{}: {ratio:.3} is more than {bar:.2}", name(what))).collect()
}
