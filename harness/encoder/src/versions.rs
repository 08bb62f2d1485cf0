//! Versions of interfaces: which ones are compatible with each other.
//!
//! The rule of the Component Model's canonical names, which engines and encoders go by: versions are compatible within one
//! major version; below 1.0.0 within one minor version; 0.0.x is compatible with itself alone, and so is every
//! prerelease (a release candidate, say). Build metadata does not count.

use std::cmp::Reverse;

use semver::Version;
use wit_parser::PackageName;

/// An interface's name and its version: `ns:pkg/interface@1.2.3`. None if there is no version, or none that can be read.
pub fn split_version(name: &str) -> Option<(&str, Version)> {
    let (interface, version) = name.split_once('@')?;
    Some((interface, Version::parse(version).ok()?))
}

/// The parts of an interface's function or resource: `ns:pkg/interface`, the version, and the rest with its separator, as
/// in `ns:pkg/interface@1.2.3.function` (of an import) and `ns:pkg/interface@1.2.3#function` (of an export). The rest is
/// empty for the interface itself. None if there is no version.
pub fn split_item(name: &str) -> Option<(&str, &str, &str)> {
    let (interface, rest) = name.split_once('@')?;
    let is_version = |end: &usize| Version::parse(&rest[..*end]).is_ok();
    // A prerelease has dots, too, and so has a method's name. The last dot of all is that before a function's name, which
    // begins with a letter.
    let last = || rest.rfind('.').filter(|at| rest[at + 1..].starts_with(|c: char| c.is_ascii_alphabetic()));
    let end = rest.find('#').or_else(|| rest.find(".[")).filter(is_version);
    let end = end.or_else(|| last().filter(is_version)).or_else(|| Some(rest.len()).filter(is_version))?;
    Some((interface, &rest[..end], &rest[end..]))
}

/// Returns true if an interface in version `offered` can be taken for one in version `wanted`, and the other way round.
pub fn are_compatible(wanted: &Version, offered: &Version) -> bool {
    track(wanted) == track(offered)
}

/// How near `offered` is to `wanted`: the least is the nearest. Compatible versions come first; then, by the distance of
/// major, minor and patch numbers; a release comes before a prerelease, and of two equally near ones the newer.
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

/// `ns:pkg/interface@1.2.3` with the version cut to its compatibility track.
pub(crate) fn track_of(name: &str) -> Option<String> {
    let (interface, version) = split_version(name)?;
    Some(format!("{interface}@{}", track(&version)))
}

/// What compatible versions have in common, as it stands in canonical names.
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

    /// The library for WIT brings together what it takes for compatible: this must be the same.
    #[test]
    fn the_library_for_wit_goes_by_the_same_rule() {
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
    fn items_are_split_behind_their_whole_version() {
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
