//! Compatibility of interface versions.
//!
//! This is the rule of the Component Model's canonical interface names, which engines and encoders use. Versions are
//! compatible if they have the same major version; below 1.0.0, the same minor version. A version 0.0.x and any
//! prerelease (for example a release candidate) is compatible only with itself. Build metadata is ignored.
//!
//! See the section "Canonical Interface Name" of the [explainer].
//!
//! [explainer]: https://github.com/WebAssembly/component-model/blob/main/design/mvp/Explainer.md

use std::cmp::Reverse;

use semver::Version;
use wit_parser::PackageName;

/// Splits an interface name such as `ns:pkg/interface@1.2.3` into the name without version and the version.
///
/// Returns `None` if the name has no version or an invalid one.
pub fn split_version(name: &str) -> Option<(&str, Version)> {
    let (interface, version) = name.split_once('@')?;
    Some((interface, Version::parse(version).ok()?))
}

/// Splits the name of a function or resource of an interface into `ns:pkg/interface`, the version, and the rest with
/// its separator.
///
/// Examples: `ns:pkg/interface@1.2.3.function` for an import, `ns:pkg/interface@1.2.3#function` for an export. The rest
/// is empty for the interface itself. Returns `None` if the name has no version or an invalid one.
pub fn split_item(name: &str) -> Option<(&str, &str, &str)> {
    let (interface, rest) = name.split_once('@')?;
    let is_version = |end: &usize| Version::parse(&rest[..*end]).is_ok();
    // Prereleases and method names contain dots, too. The last dot is the one before a function name if a letter
    // follows.
    let last = || rest.rfind('.').filter(|at| rest[at + 1..].starts_with(|c: char| c.is_ascii_alphabetic()));
    let end = rest.find('#').or_else(|| rest.find(".[")).filter(is_version);
    let end = end.or_else(|| last().filter(is_version)).or_else(|| Some(rest.len()).filter(is_version))?;
    Some((interface, &rest[..end], &rest[end..]))
}

/// Returns true if an interface of version `offered` can be used where version `wanted` is required. The relation is
/// symmetric.
pub fn are_compatible(wanted: &Version, offered: &Version) -> bool {
    track(wanted) == track(offered)
}

/// Returns a sort key for the distance between two versions: the lowest key is the nearest version.
///
/// Compatible versions come first. They are followed by the distances of the major, minor and patch numbers. A release
/// comes before a prerelease, and of two equally near versions the newer one comes first.
pub fn distance(wanted: &Version, offered: &Version) -> impl Ord + use<> {
    let apart = |a: u64, b: u64| a.abs_diff(b);
    (
        !are_compatible(wanted, offered),
        apart(wanted.major, offered.major),
        apart(wanted.minor, offered.minor),
        apart(wanted.patch, offered.patch),
        wanted.pre != offered.pre,
        !offered.pre.is_empty(),
        Reverse(offered.clone()),
    )
}

/// Returns an interface name with its version reduced to the compatibility track: `ns:pkg/interface@1.2.3` becomes
/// `ns:pkg/interface@1`.
pub(crate) fn track_of(name: &str) -> Option<String> {
    let (interface, version) = split_version(name)?;
    Some(format!("{interface}@{}", track(&version)))
}

/// Returns the common part of all compatible versions, as used in canonical names.
fn track(version: &Version) -> String {
    PackageName::version_compat_track_string(version).0
}

#[cfg(test)]
mod tests {
    use super::*;

    fn version(text: &str) -> Version {
        Version::parse(text).unwrap()
    }

    #[test]
    fn compatible_versions_share_major_or_minor_and_prereleases_stand_alone() {
        for (one, other, expected) in [
            ("1.0.0", "1.2.3", true),
            ("1.2.3", "2.0.0", false),
            ("0.2.0", "0.2.6", true),
            ("0.2.0", "0.3.0", false),
            ("0.0.1", "0.0.1", true),
            ("0.0.1", "0.0.2", false),
            ("0.2.0-rc-2023-11-05", "0.2.0", false),
            ("0.2.0-rc-2023-11-05", "0.2.0-rc-2023-11-10", false),
            ("0.2.0-rc-2023-11-05", "0.2.0-rc-2023-11-05", true),
            ("1.1.0-draft", "1.0.0", false),
            ("1.0.0-draft", "1.0.1-draft", false),
            ("0.2.0+build.1", "0.2.1+build.2", true),
            ("1.0.0-rc.1+a", "1.0.0-rc.1+b", true),
        ] {
            assert_eq!(are_compatible(&version(one), &version(other)), expected, "{one} and {other}");
            assert_eq!(are_compatible(&version(other), &version(one)), expected, "{other} and {one}");
        }
    }

    /// `wit-parser` merges interfaces that it considers compatible, so both rules must agree.
    #[test]
    fn wit_parser_uses_the_same_compatibility_rule() {
        let texts =
            ["0.0.0", "0.0.1", "0.1.0", "0.1.2", "1.0.0", "1.2.0", "2.0.0", "0.1.0-rc", "1.0.0-rc.1", "1.0.0+b"];
        for (one, other) in texts.iter().flat_map(|one| texts.map(|other| (version(one), version(other)))) {
            let library = PackageName::version_compat_track(&one).0 == PackageName::version_compat_track(&other).0;
            assert_eq!(are_compatible(&one, &other), library, "{one} and {other}");
        }
    }

    #[test]
    fn the_nearest_version_is_compatible_if_one_is() {
        let nearest = |wanted: &str, offered: &[&str]| {
            let wanted = version(wanted);
            offered
                .iter()
                .map(|text| version(text))
                .min_by_key(|offered| distance(&wanted, offered))
                .unwrap()
                .to_string()
        };
        assert_eq!(nearest("0.2.99", &["0.3.0", "0.2.0", "0.2.6"]), "0.2.6");
        assert_eq!(nearest("0.2.0-rc-1", &["0.2.0", "0.2.0-rc-2", "0.3.0"]), "0.2.0");
        assert_eq!(nearest("0.2.0", &["0.2.0-rc-2", "0.2.1"]), "0.2.1");
        assert_eq!(nearest("1.9.0", &["2.0.0", "1.0.0"]), "1.0.0");
        assert_eq!(nearest("0.0.3", &["0.0.1", "0.0.4", "0.0.2"]), "0.0.4");
    }

    #[test]
    fn items_are_split_after_the_whole_version() {
        for (name, expected) in [
            ("a:b/c@0.2.6.get", Some(("a:b/c", "0.2.6", ".get"))),
            ("a:b/c@0.2.6.[method]r.get", Some(("a:b/c", "0.2.6", ".[method]r.get"))),
            ("a:b/c@0.2.0-rc-2023-11-05.get", Some(("a:b/c", "0.2.0-rc-2023-11-05", ".get"))),
            ("a:b/c@0.2.0-rc.1.get", Some(("a:b/c", "0.2.0-rc.1", ".get"))),
            ("a:b/c@1.0.0-rc.1+b.2.[constructor]r", Some(("a:b/c", "1.0.0-rc.1+b.2", ".[constructor]r"))),
            ("a:b/c@0.2.6#get", Some(("a:b/c", "0.2.6", "#get"))),
            ("a:b/c@0.2.0-rc.1#[method]r.get", Some(("a:b/c", "0.2.0-rc.1", "#[method]r.get"))),
            ("a:b/c@0.2.6", Some(("a:b/c", "0.2.6", ""))),
            ("a:b/c@0.2.0-rc.1", Some(("a:b/c", "0.2.0-rc.1", ""))),
            ("a:b/c.get", None),
            ("a:b/c@two.get", None),
            ("get", None),
        ] {
            assert_eq!(split_item(name), expected, "{name}");
        }
    }

    #[test]
    fn names_without_a_version_have_no_track() {
        assert_eq!(track_of("a:b/c@0.2.6").as_deref(), Some("a:b/c@0.2"));
        assert_eq!(track_of("a:b/c@0.0.6").as_deref(), Some("a:b/c@0.0.6"));
        assert_eq!(track_of("a:b/c@1.0.0-rc").as_deref(), Some("a:b/c@1.0.0-rc"));
        for name in ["a:b/c", "env", "a:b/c@one", "a:b/c@1"] {
            assert_eq!(track_of(name), None, "{name}");
        }
    }
}
