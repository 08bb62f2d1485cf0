//! The sides of a comparison: every case alone, or through an adapter on a host.

use std::fmt;
use std::str::FromStr;

use polyfill_reference::{Flavour, Reference, find};
use thiserror::Error;

use crate::index::{Cell, NATIVE, is_native};
use crate::stack::{REFERENCE, Stack};

/// The host of a side that names none.
pub const DEFAULT_HOST: &str = "wasi";

/// What a case is run as: `native`, or `ADAPTER@HOST`.
///
/// The adapter may be a stack (`a+b`). The host is what stands after the last `@`, and `wasi` where there is none or a
/// version stands there: no host's name begins with a digit. A published adapter stands for its release, `reference@48.0.8`:
/// guests without `_start` go through `reference-reactor` where `reference-command` is named, and the other way round.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Side {
    /// The guest's core module on the host `native`, without an adapter.
    Native,
    /// Its component.
    Adapted {
        /// The stack of adapters.
        stack: String,
        /// The host.
        host: String,
    },
}

/// A text that names no side.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum SideError {
    /// An adapter or a host without a name.
    #[error("`{0}` is neither `native` nor `ADAPTER@HOST`")]
    Shape(String),
    /// A published adapter that there is not.
    #[error(transparent)]
    Unknown(#[from] polyfill_reference::Unknown),
}

impl FromStr for Side {
    type Err = SideError;

    fn from_str(text: &str) -> Result<Side, SideError> {
        if text == NATIVE {
            return Ok(Side::Native);
        }
        let (stack, host) = match text.rsplit_once('@') {
            Some((stack, host)) if !host.starts_with(|c: char| c.is_ascii_digit()) => (stack, host),
            _ => (text, DEFAULT_HOST),
        };
        let is_name = |name: &str| !name.is_empty() && !name.contains(char::is_whitespace);
        // On the host `native` there are no adapters.
        if !is_name(host) || is_native(host) || !stack.split('+').all(is_name) {
            return Err(SideError::Shape(text.to_string()));
        }
        let stack = Stack::parse(stack).for_main(true);
        stack.adapters().filter_map(find).try_for_each(|found| found.map(drop))?;
        Ok(Side::Adapted { stack: stack.to_string(), host: host.to_string() })
    }
}

/// With the releases of published adapters that are named without one.
impl fmt::Display for Side {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Side::Adapted { stack, host } = self else { return f.write_str(NATIVE) };
        let full = |word: &str| published(word).map_or(word.to_string(), |reference| reference.to_string());
        let words: Vec<String> = stack.split('+').map(full).collect();
        write!(f, "{}@{host}", words.join("+"))
    }
}

impl Side {
    /// The host.
    pub fn host(&self) -> &str {
        match self {
            Side::Native => NATIVE,
            Side::Adapted { host, .. } => host,
        }
    }

    /// The release of the published adapter in it, the first if there are several.
    pub fn release(&self) -> Option<&'static polyfill_reference::Release> {
        let Side::Adapted { stack, .. } = self else { return None };
        stack.split('+').find_map(published).map(|reference| reference.release)
    }

    /// Whether the cell runs its case as this side does.
    pub fn is_side_of(&self, cell: &Cell) -> bool {
        match self {
            Side::Native => cell.host == NATIVE,
            Side::Adapted { stack, host } => cell.host == *host && is_one_stack(stack, &cell.adapter),
        }
    }

    /// Whether both are the same but for releases.
    pub fn is_like(&self, other: &Side) -> bool {
        let unversioned = |stack: &str| -> Vec<String> {
            let word = |word: &str| match published(word) {
                Some(reference) => reference.flavour.word().to_string(),
                None => word.to_string(),
            };
            stack.split('+').map(word).collect()
        };
        match (self, other) {
            (Side::Native, Side::Native) => true,
            (Side::Adapted { stack, host }, Side::Adapted { stack: others, host: other }) => {
                host == other && unversioned(stack) == unversioned(others)
            }
            _ => false,
        }
    }

    /// The stack for any guest; nothing on the host `native`. Which flavour of a published adapter it is depends on the guest.
    pub(crate) fn stack(&self) -> Option<String> {
        let Side::Adapted { stack, .. } = self else { return None };
        let word = |word: &str| match published(word) {
            Some(Reference { flavour: Flavour::Command | Flavour::Reactor, release }) => {
                format!("{REFERENCE}@{}", release.version)
            }
            _ => word.to_string(),
        };
        Some(stack.split('+').map(word).collect::<Vec<_>>().join("+"))
    }
}

fn published(word: &str) -> Option<Reference> {
    find(word)?.ok()
}

/// Whether two stacks are the same but for the ways in which a release can be named.
fn is_one_stack(a: &str, b: &str) -> bool {
    let is_one = |a: &str, b: &str| match (published(a), published(b)) {
        (Some(a), Some(b)) => {
            a.release == b.release
                && (a.flavour == b.flavour || (a.flavour != Flavour::Proxy && b.flavour != Flavour::Proxy))
        }
        _ => a == b,
    };
    let (mut a, mut b) = (a.split('+'), b.split('+'));
    loop {
        match (a.next(), b.next()) {
            (None, None) => return true,
            (Some(a), Some(b)) if is_one(a, b) => {}
            _ => return false,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::index::Artifact;

    fn side(text: &str) -> Side {
        text.parse().unwrap_or_else(|error| panic!("{text}: {error}"))
    }

    fn is_side_of(text: &str, adapter: &str, host: &str) -> bool {
        side(text).is_side_of(&Cell {
            guest: "g".to_string(),
            case: "c".to_string(),
            adapter: adapter.to_string(),
            host: host.to_string(),
            artifact: Artifact::Ignored(String::new()),
            memory_check: None,
        })
    }

    #[test]
    fn hosts_stand_behind_the_last_at() {
        for (text, shown) in [
            ("native", "native"),
            ("reference-command@48.0.8", "reference-command@48.0.8@wasi"),
            ("reference-command@48.0.8@node", "reference-command@48.0.8@node"),
            ("reference@48.0.8", "reference-command@48.0.8@wasi"),
            ("mine", "mine@wasi"),
            ("top+mine.isolated@my-wasi", "top+mine.isolated@my-wasi"),
        ] {
            assert_eq!(side(text).to_string(), shown);
        }
        assert!(side("reference-command").to_string().starts_with("reference-command@50."));
    }

    #[test]
    fn what_names_no_side_is_refused() {
        for text in ["", "@wasi", "mine@", "mine@native", "mine+@wasi", "two words@wasi"] {
            assert_eq!(text.parse::<Side>(), Err(SideError::Shape(text.to_string())));
        }
        assert!(matches!("reference-command@1.0.0@wasi".parse::<Side>(), Err(SideError::Unknown(_))));
    }

    #[test]
    fn a_release_is_named_in_several_ways() {
        let newest = polyfill_reference::releases().last().expect("there are releases").version;
        let command = format!("reference-command@{newest}");
        for adapter in ["reference-command", "reference-reactor", &command] {
            assert!(is_side_of("reference-command@wasi", adapter, "wasi"), "{adapter}");
        }
        for adapter in ["reference-proxy", "reference-command@48.0.8", "mine", "reference-command+mine"] {
            assert!(!is_side_of("reference-command@wasi", adapter, "wasi"), "{adapter}");
        }
        assert!(!is_side_of("reference-command@wasi", "reference-command", "node"));
        assert!(is_side_of("native", "none", "native"));
        assert!(side("reference-command@46.0.3").is_like(&side("reference-command")));
        assert!(!side("reference-command").is_like(&side("reference-command@node")));
        assert!(!side("mine").is_like(&side("native")));
    }

    #[test]
    fn flavours_are_those_of_the_guest() {
        assert_eq!(side("reference-command@48.0.8@wasi").stack().as_deref(), Some("reference@48.0.8"));
        assert_eq!(side("top+reference-reactor@48.0.8@wasi").stack().as_deref(), Some("top+reference@48.0.8"));
        assert_eq!(side("reference-proxy").stack().as_deref(), Some("reference-proxy"));
        assert_eq!(side("native").stack(), None);
    }
}
