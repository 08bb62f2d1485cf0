//! Near misses: what somebody may have meant.

/// A hint for each known name that is close to `wanted`, the closest first.
pub(crate) fn near<'a>(wanted: &str, known: impl Iterator<Item = &'a str>) -> Vec<String> {
    let mut close: Vec<(usize, &str)> = known
        .filter_map(|name| {
            let distance = distance(&fold(wanted), &fold(name));
            (distance <= wanted.chars().count() / 4).then_some((distance, name))
        })
        .collect();
    close.sort();
    close.dedup();
    close.into_iter().take(3).map(|(_, name)| format!("there is `{name}`")).collect()
}

/// Spellings that people mix up are brought together.
fn fold(name: &str) -> Vec<char> {
    name.chars().map(|c| if c == '_' { '-' } else { c.to_ascii_lowercase() }).collect()
}

/// How many characters must be put in, left out or replaced.
fn distance(a: &[char], b: &[char]) -> usize {
    let mut row: Vec<usize> = (0..=b.len()).collect();
    for (i, x) in a.iter().enumerate() {
        let mut diagonal = row[0];
        row[0] = i + 1;
        for (j, y) in b.iter().enumerate() {
            let replaced = diagonal + usize::from(x != y);
            diagonal = row[j + 1];
            row[j + 1] = replaced.min(row[j] + 1).min(diagonal + 1);
        }
    }
    row[b.len()]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn finds_what_was_meant() {
        let known = ["wasi_snapshot_preview1", "env", "my-wasi"];
        assert_eq!(near("wasi-snapshot-preview1", known.into_iter()), ["there is `wasi_snapshot_preview1`"]);
        assert_eq!(near("something else", known.into_iter()), [] as [&str; 0]);
    }
}
