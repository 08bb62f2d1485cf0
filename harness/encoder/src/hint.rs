//! Near misses: what somebody may have meant.

use crate::versions;

/// After so many errors, no hints are looked for any more: only the first errors of a kind are shown.
pub(crate) const MOST: usize = crate::error::MOST;

/// Names longer than this, in bytes, are not compared.
const LONGEST: usize = 200;

/// A hint for each known name that is close to `wanted`, the closest only.
pub(crate) fn near<'a>(wanted: &str, known: impl Iterator<Item = &'a str>) -> Vec<String> {
    let folded = fold(wanted);
    let most = match folded.chars().count() {
        0..3 => 0,
        length => (length / 4).max(1),
    };
    let mut close: Vec<(usize, &str)> = known
        .filter_map(|name| {
            // A distance is no less than the difference of lengths.
            if name.len().max(wanted.len()) > LONGEST || name.chars().count().abs_diff(wanted.chars().count()) > most {
                return None;
            }
            // Two letters that changed places are one slip.
            let distance = strsim::osa_distance(&folded, &fold(name));
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

/// A hint for each of the nearest other versions of an interface, none of which is compatible: that one would have been
/// found.
pub(crate) fn versions<'a>(wanted: &str, known: impl Iterator<Item = &'a str>) -> Vec<String> {
    let Some((interface, wanted)) = versions::split_version(wanted) else { return Vec::new() };
    let other = |name: &'a str| {
        let (other, version) = versions::split_version(name)?;
        (other == interface && !versions::are_compatible(&wanted, &version)).then_some((version, name))
    };
    let mut others: Vec<_> = known.filter_map(other).collect();
    others.sort_by_cached_key(|(version, name)| (versions::distance(&wanted, version), *name));
    others.dedup();
    others
        .into_iter()
        .take(3)
        .map(|(_, name)| format!("there is `{name}`, which is no version compatible with {wanted}"))
        .collect()
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

    #[test]
    fn the_nearest_incompatible_versions_are_named() {
        let known = ["a:b/c@0.1.0", "a:b/c@0.3.0", "a:b/c@0.2.0-rc-1", "a:b/c@4.0.0", "a:b/d@0.2.0", "a:b/c"];
        let hint = |version: &str| format!("there is `a:b/c@{version}`, which is no version compatible with 0.2.0");
        assert_eq!(versions("a:b/c@0.2.0", known.into_iter()), ["0.2.0-rc-1", "0.3.0", "0.1.0"].map(hint));
        assert_eq!(versions("a:b/c", known.into_iter()), [] as [&str; 0]);
    }
}
