//! Hints: similar names and other versions for names that cannot be resolved.

use crate::versions;

/// Number of errors after which hints are no longer computed, because only the first errors of a kind are reported.
pub(crate) const MOST: usize = crate::error::MOST;

/// Returns a hint for each of the known names that are closest to `wanted`, at most three.
pub(crate) fn near<'a>(wanted: &str, known: impl Iterator<Item = &'a str>) -> Vec<String> {
    crate::near(wanted, known).into_iter().map(|name| format!("did you mean `{name}`?")).collect()
}

/// Returns a hint for each of the nearest incompatible versions of an interface, at most three. A compatible version
/// would have been resolved.
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
        .map(|(_, name)| format!("`{name}` is available, but is not compatible with {wanted}"))
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nearest_incompatible_versions_are_suggested() {
        let known = ["a:b/c@0.1.0", "a:b/c@0.3.0", "a:b/c@0.2.0-rc-1", "a:b/c@4.0.0", "a:b/d@0.2.0", "a:b/c"];
        let hint = |version: &str| format!("`a:b/c@{version}` is available, but is not compatible with 0.2.0");
        assert_eq!(versions("a:b/c@0.2.0", known.into_iter()), ["0.2.0-rc-1", "0.3.0", "0.1.0"].map(hint));
        assert_eq!(versions("a:b/c", known.into_iter()), [] as [&str; 0]);
    }
}
