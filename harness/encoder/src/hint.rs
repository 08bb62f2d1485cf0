//! Near misses: what somebody may have meant.

/// A hint for each known name that is close to `wanted`, the closest first.
pub(crate) fn near<'a>(wanted: &str, known: impl Iterator<Item = &'a str>) -> Vec<String> {
    let mut close: Vec<(usize, &str)> = known
        .filter_map(|name| {
            let distance = strsim::levenshtein(&fold(wanted), &fold(name));
            (distance <= wanted.chars().count() / 4).then_some((distance, name))
        })
        .collect();
    close.sort();
    close.dedup();
    close.into_iter().take(3).map(|(_, name)| format!("there is `{name}`")).collect()
}

/// Spellings that people mix up are brought together.
fn fold(name: &str) -> String {
    name.to_ascii_lowercase().replace('_', "-")
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
