//! Near misses: what somebody may have meant.

/// A hint for each known name that is close to `wanted`, the closest only.
pub(crate) fn near<'a>(wanted: &str, known: impl Iterator<Item = &'a str>) -> Vec<String> {
    let mut close: Vec<(usize, &str)> = known
        .filter_map(|name| {
            // Two letters that changed places are one slip.
            let distance = strsim::osa_distance(&fold(wanted), &fold(name));
            let most = match wanted.chars().count() {
                0..3 => 0,
                length => (length / 4).max(1),
            };
            (distance <= most).then_some((distance, name))
        })
        .collect();
    close.sort();
    close.dedup();
    // What is farther away than the closest was hardly meant.
    let least = close.first().map_or(0, |(distance, _)| *distance);
    close
        .into_iter()
        .take_while(|(distance, _)| *distance == least)
        .take(3)
        .map(|(_, name)| format!("there is `{name}`"))
        .collect()
}

/// A hint for each other version of an interface, none of which is compatible: that one would have been found.
pub(crate) fn versions<'a>(wanted: &str, known: impl Iterator<Item = &'a str>) -> Vec<String> {
    let Some((interface, version)) = wanted.split_once('@') else { return Vec::new() };
    let is_other = |name: &&str| name.split_once('@').is_some_and(|(other, _)| other == interface);
    let mut others: Vec<&str> = known.filter(is_other).collect();
    others.sort();
    others.dedup();
    others.into_iter().map(|name| format!("there is `{name}`, which is no version compatible with {version}")).collect()
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
        assert_eq!(near("nev", known.into_iter()), ["there is `env`"]);
        assert_eq!(near("x", ["y"].into_iter()), [] as [&str; 0]);
        assert_eq!(near("something else", known.into_iter()), [] as [&str; 0]);
    }
}
