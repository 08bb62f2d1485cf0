//! Provides every published release of the reference adapters of `wasi_snapshot_preview1`, in three variants.
//!
//! `reference-command@48.0.8` names one release, `reference-command` the newest. This crate contains only the
//! modules' bytes; a suite treats them like any other adapter.

mod releases;
mod span;

use std::fmt;

use thiserror::Error;

pub use span::{NoSpan, Span};

/// Import module that all of them implement.
pub const IMPORT_MODULE: &str = "wasi_snapshot_preview1";

/// Prefix of all names.
pub const PREFIX: &str = "reference-";

/// Published release.
#[derive(PartialEq, Eq)]
pub struct Release {
    /// Version number.
    pub version: &'static str,
    command: &'static [u8],
    reactor: &'static [u8],
    proxy: &'static [u8],
}

/// Variant of an adapter: the kind of main that it supports.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Flavour {
    /// Mains with `_start`.
    Command,
    /// Mains without `_start`.
    Reactor,
    /// Mains without `_start`, on a host that provides neither files nor arguments.
    Proxy,
}

/// Reference adapter.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Reference {
    /// Variant.
    pub flavour: Flavour,
    /// Release that contains it.
    pub release: &'static Release,
}

/// Unknown name of a reference adapter.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum Unknown {
    /// Variant other than command, reactor and proxy.
    #[error("`{name}`: unknown reference adapter; expected one of {}", known())]
    Flavour {
        /// Requested name.
        name: String,
    },
    /// Unknown release.
    #[error("`{name}`: there is no release {version} of it; there are {}", versions())]
    Version {
        /// The name.
        name: String,
        /// Requested version.
        version: String,
    },
}

/// Returns all releases, from the oldest to the newest.
pub fn releases() -> &'static [Release] {
    &releases::RELEASES
}

/// Returns the adapter with this name, or `None` if the name does not begin with [`PREFIX`].
///
/// # Errors
///
/// Returns [`Unknown`] for an unknown variant or release.
pub fn find(name: &str) -> Option<Result<Reference, Unknown>> {
    let rest = name.strip_prefix(PREFIX)?;
    let (flavour, version) = rest.split_once('@').map_or((rest, None), |(flavour, version)| (flavour, Some(version)));
    let Some(flavour) = Flavour::ALL.into_iter().find(|known| known.word() == flavour) else {
        return Some(Err(Unknown::Flavour { name: name.to_string() }));
    };
    let release = match version {
        None => releases().last(),
        Some(version) => releases().iter().find(|release| release.version == version),
    };
    let unknown = || Unknown::Version { name: name.to_string(), version: version.unwrap_or_default().to_string() };
    Some(release.map(|release| Reference { flavour, release }).ok_or_else(unknown))
}

impl Release {
    /// Returns the parsed version, for comparisons.
    pub fn semver(&self) -> semver::Version {
        semver::Version::parse(self.version).expect("releases have versions")
    }
}

/// Omits the bytes.
impl fmt::Debug for Release {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Release").field(&self.version).finish()
    }
}

impl Flavour {
    /// All variants.
    pub const ALL: [Flavour; 3] = [Flavour::Command, Flavour::Reactor, Flavour::Proxy];

    /// Returns the variant's part of a name.
    pub fn word(self) -> &'static str {
        match self {
            Flavour::Command => "command",
            Flavour::Reactor => "reactor",
            Flavour::Proxy => "proxy",
        }
    }
}

impl Reference {
    /// Returns the core module.
    pub fn wasm(&self) -> &'static [u8] {
        match self.flavour {
            Flavour::Command => self.release.command,
            Flavour::Reactor => self.release.reactor,
            Flavour::Proxy => self.release.proxy,
        }
    }
}

/// Writes the name with the version.
impl fmt::Display for Reference {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{PREFIX}{}@{}", self.flavour.word(), self.release.version)
    }
}

fn known() -> String {
    Flavour::ALL.map(|flavour| format!("`{PREFIX}{}`", flavour.word())).join(", ")
}

fn versions() -> String {
    releases().iter().map(|release| release.version).collect::<Vec<_>>().join(", ")
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use sha2::{Digest, Sha256};

    use super::*;

    #[test]
    fn names_find_their_release() {
        for release in releases() {
            for flavour in Flavour::ALL {
                let name = format!("reference-{}@{}", flavour.word(), release.version);
                let found = find(&name).unwrap().unwrap();
                assert_eq!(found.to_string(), name);
                assert!(found.wasm().starts_with(b"\0asm\x01\0\0\0"), "{name} is no core module");
            }
        }
        assert_eq!(find("reference-command").unwrap().unwrap().to_string(), "reference-command@50.0.1");
        assert!(find("wasi_snapshot_preview1").is_none());
    }

    #[test]
    fn unknown_names_are_rejected_with_the_available_releases() {
        let message = |name: &str| find(name).unwrap().unwrap_err().to_string();
        assert!(message("reference-libary@48.0.8").contains("`reference-reactor`"));
        assert!(message("reference-command@26.0.0").contains("25.0.1, 28.0.0"));
        assert!(message("reference-command@").contains("no release "));
    }

    #[test]
    fn releases_are_sorted_and_distinct() {
        let versions: Vec<_> = releases().iter().map(Release::semver).collect();
        assert!(versions.is_sorted());
        for flavour in Flavour::ALL {
            let bytes: BTreeSet<_> = releases().iter().map(|release| Reference { flavour, release }.wasm()).collect();
            assert_eq!(bytes.len(), releases().len(), "{flavour:?}");
        }
    }

    /// Cargo looks after the others.
    #[test]
    fn stored_files_match_the_published_ones() {
        let sums = include_str!("../files/SHA256SUMS");
        assert_eq!(sums.lines().count(), 9);
        for line in sums.lines() {
            let (sum, file) = line.split_once("  ").unwrap();
            let (version, flavour) = file.strip_suffix(".wasm").unwrap().split_once('/').unwrap();
            let found = find(&format!("reference-{flavour}@{version}")).unwrap().unwrap();
            let digest = Sha256::digest(found.wasm());
            let digits: String = digest.iter().map(|byte| format!("{byte:02x}")).collect();
            assert_eq!(digits, sum, "{file}");
        }
    }
}
