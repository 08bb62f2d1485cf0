//! Defines the configurations of a comparison, such as baseline and candidate: every case natively, or through an
//! adapter on a host.

use std::fmt;
use std::str::FromStr;

use polyfill_reference::{Flavour, Reference, find};
use serde::Deserialize;
use thiserror::Error;

use crate::chain::{AdapterChain, Element, REFERENCE};
use crate::index::{NATIVE, Trial, is_native};

/// Default host of a configuration.
pub const DEFAULT_HOST: &str = "wasi";

/// Configuration of a run: `native`, or `ADAPTER@HOST`.
///
/// The adapter is one of the suite, a published one, or a file (`target/adapter.wasm`: a name with a slash or a file
/// extension). It may be a chain (`a+b`). The host follows the last `@`; it defaults to `wasi` if there is no `@` or a
/// version follows it, since no host's name begins with a digit. The name of a published adapter selects its release,
/// `reference@48.0.8`: guests without `_start` use `reference-reactor` even if `reference-command` is named, and vice
/// versa.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(try_from = "String")]
pub enum Side {
    /// Core module of the guest on the host `native`, without adapters.
    Native,
    /// Component of the guest.
    Adapted {
        /// Adapter chain.
        stack: String,
        /// Host.
        host: String,
    },
}

/// Invalid name of a configuration.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum SideError {
    /// Empty or malformed name of an adapter or a host.
    #[error("`{0}` is neither `native` nor `ADAPTER@HOST`")]
    Shape(String),
    /// Unknown published adapter.
    #[error(transparent)]
    Unknown(#[from] polyfill_reference::Unknown),
}

/// Parses the form that is used in files of known differences.
impl TryFrom<String> for Side {
    type Error = <Side as FromStr>::Err;

    fn try_from(text: String) -> Result<Side, Self::Error> {
        text.parse()
    }
}

impl FromStr for Side {
    type Err = SideError;

    fn from_str(text: &str) -> Result<Side, SideError> {
        if text == NATIVE {
            return Ok(Side::Native);
        }
        let (stack, host) = match text.rsplit_once('@') {
            Some((stack, host)) if !host.starts_with(|c: char| c.is_ascii_digit()) && !is_file(host) => (stack, host),
            _ => (text, DEFAULT_HOST),
        };
        let is_name = |name: &str| !name.is_empty() && !name.contains(char::is_whitespace);
        // On the host `native` there are no adapters.
        if !is_name(host) || is_native(host) || !stack.split('+').all(is_name) {
            return Err(SideError::Shape(text.to_string()));
        }
        let stack = AdapterChain::parse(stack).for_main(true);
        stack.adapters().filter_map(find).try_for_each(|found| found.map(drop))?;
        Ok(Side::Adapted { stack: stack.to_string(), host: host.to_string() })
    }
}

/// Writes the release of each published adapter, even if it was named without one.
impl fmt::Display for Side {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Side::Adapted { stack, host } = self else { return f.write_str(NATIVE) };
        let full = |word: &str| published(word).map_or(word.to_string(), |reference| reference.to_string());
        let words: Vec<String> = stack.split('+').map(full).collect();
        write!(f, "{}@{host}", words.join("+"))
    }
}

impl Side {
    /// Returns the host.
    pub fn host(&self) -> &str {
        match self {
            Side::Native => NATIVE,
            Side::Adapted { host, .. } => host,
        }
    }

    /// Returns the release of the first published adapter.
    pub fn release(&self) -> Option<&'static polyfill_reference::Release> {
        let Side::Adapted { stack, .. } = self else { return None };
        stack.split('+').find_map(published).map(|reference| reference.release)
    }

    /// Returns true if the trial runs its case in this configuration.
    pub fn is_side_of(&self, trial: &Trial) -> bool {
        match self {
            Side::Native => trial.host == NATIVE,
            Side::Adapted { stack, host } => trial.host == *host && is_one_stack(stack, &trial.adapter),
        }
    }

    /// Returns true if this configuration, as a pattern, matches the other one: unspecified releases match any
    /// release, and interposition adapters, which only record, are ignored.
    pub fn includes(&self, other: &Side) -> bool {
        match (self, other) {
            (Side::Native, Side::Native) => true,
            (Side::Adapted { stack, host }, Side::Adapted { stack: others, host: other }) => {
                let [stack, others] = [stack, others].map(|stack| AdapterChain::parse(stack));
                let (words, others): (Vec<&str>, Vec<&str>) = (stack.adapters().collect(), others.adapters().collect());
                host == other
                    && words.len() == others.len()
                    && words.iter().zip(others).all(|(word, other)| stands_for(word, other))
            }
            _ => false,
        }
    }

    /// Returns the configuration with another release of its published adapter, or `None` if it has none.
    pub fn at(&self, release: &polyfill_reference::Release) -> Option<Side> {
        let Side::Adapted { stack, host } = self else { return None };
        self.release()?;
        let word = |word: &str| match published(word) {
            Some(Reference { flavour, .. }) => format!("{REFERENCE}-{}@{}", flavour.word(), release.version),
            None => word.to_string(),
        };
        let stack = stack.split('+').map(word).collect::<Vec<_>>().join("+");
        Some(Side::Adapted { stack, host: host.clone() })
    }

    /// Returns the configuration with an interposition adapter before its adapters, which records the calls of an
    /// import module. Unchanged without adapters.
    pub fn interposed(&self, import_module: &str) -> Side {
        match self {
            Side::Native => Side::Native,
            Side::Adapted { stack, host } => {
                let there =
                    AdapterChain::parse(stack).elements().any(|element| element == Element::Interposer(import_module));
                let before = if there { String::new() } else { format!("interpose({import_module})+") };
                Side::Adapted { stack: format!("{before}{stack}"), host: host.clone() }
            }
        }
    }

    /// Returns the ids of the adapters, with the releases of published ones.
    pub fn adapters(&self) -> Vec<String> {
        let Side::Adapted { stack, .. } = self else { return Vec::new() };
        let full = |word: &str| published(word).map_or(word.to_string(), |reference| reference.to_string());
        AdapterChain::parse(stack).adapters().map(full).collect()
    }

    /// Returns the chain for any guest; `None` on the host `native`. The guest determines the variant of a published
    /// adapter.
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

/// Returns true if a word of a chain is a file rather than a name.
pub(crate) fn is_file(word: &str) -> bool {
    let named = |end: &str| word.ends_with(end);
    matches!(Element::parse(word), Element::Adapter(id) if id.contains(['/', '\\'])) || named(".wasm") || named(".wat")
}

/// Returns true if two words are equal, ignoring a release that the first does not name.
fn stands_for(word: &str, other: &str) -> bool {
    match (published(word), published(other)) {
        (Some(a), Some(b)) => a.flavour == b.flavour && (a.release == b.release || !word.contains('@')),
        _ => word == other,
    }
}

fn published(word: &str) -> Option<Reference> {
    find(word)?.ok()
}

/// Returns true if two chains are equal, ignoring alternative names of the same release.
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
        side(text).is_side_of(&Trial {
            guest: "g".to_string(),
            case: "c".to_string(),
            adapter: adapter.to_string(),
            host: host.to_string(),
            artifact: Artifact::Ignored(String::new()),
            sanitize: None,
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
        assert!(side("reference-command").includes(&side("reference-command@46.0.3")));
        assert!(side("reference-command").includes(&side("reference-command@46.0.3").interposed("m")));
        assert!(!side("reference-command@46.0.3").includes(&side("reference-command")));
        assert!(!side("reference-command").includes(&side("reference-command@node")));
        assert!(!side("mine").includes(&side("native")));
    }

    #[test]
    fn adapters_may_be_files() {
        for (text, adapter, host) in [
            ("target/adapter.wasm@wasi", "target/adapter.wasm", "wasi"),
            ("adapter.wasm", "adapter.wasm", "wasi"),
            ("./mine@1/adapter.wat@my-wasi", "./mine@1/adapter.wat", "my-wasi"),
            ("a@b/adapter.wasm", "a@b/adapter.wasm", "wasi"),
        ] {
            assert_eq!((side(text).adapters(), side(text).host()), (vec![adapter.to_string()], host), "{text}");
        }
        assert!(!is_file("interpose(a:b/c)") && !is_file("reference-command@48.0.8"));
    }

    #[test]
    fn sides_change_their_release_and_get_interposers() {
        let newest = polyfill_reference::releases().last().expect("there are releases");
        let shown = |side: Side| side.to_string();
        assert_eq!(
            side("top+reference-reactor@36.0.0@x").at(newest).map(shown).unwrap(),
            "top+reference-reactor@50.0.1@x"
        );
        assert_eq!(side("mine").at(newest), None);
        let twice = side("mine").interposed("m").interposed("m");
        assert_eq!(shown(twice), "interpose(m)+mine@wasi");
        assert_eq!(side("native").interposed("m"), Side::Native);
    }

    #[test]
    fn flavours_are_those_of_the_guest() {
        assert_eq!(side("reference-command@48.0.8@wasi").stack().as_deref(), Some("reference@48.0.8"));
        assert_eq!(side("top+reference-reactor@48.0.8@wasi").stack().as_deref(), Some("top+reference@48.0.8"));
        assert_eq!(side("reference-proxy").stack().as_deref(), Some("reference-proxy"));
        assert_eq!(side("native").stack(), None);
    }
}
