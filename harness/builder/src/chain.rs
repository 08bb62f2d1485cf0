//! Selects adapter chains: those that a case names, or all that fit a main.

use std::collections::{BTreeMap, VecDeque};
use std::fmt;

use crate::discover::{Adapter, Guest, Kind};
use crate::module::Facts;

/// Elements of a chain as written, in the order in which imports are resolved.
#[derive(Clone, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct AdapterChain(pub(crate) Vec<String>);

/// Name of the chain without adapters.
const NONE: &str = "none";

/// Published adapter that matches the kind of main.
pub(crate) const REFERENCE: &str = "reference";

/// Element of a chain.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Element<'a> {
    /// Adapter, by id.
    Adapter(&'a str),
    /// `interpose(..)`: interposition adapter for import modules by name or pattern.
    Interposer(&'a str),
}

impl<'a> Element<'a> {
    /// Parses one word of a chain's name. Adapter ids contain no parentheses.
    pub fn parse(word: &'a str) -> Element<'a> {
        let inner = word.strip_prefix("interpose(").and_then(|rest| rest.strip_suffix(')'));
        match inner.filter(|inner| !inner.is_empty()) {
            Some(modules) => Element::Interposer(modules),
            None => Element::Adapter(word),
        }
    }
}

impl AdapterChain {
    /// Returns true if calls are recorded for the host.
    pub(crate) fn has_interposer(&self) -> bool {
        self.0.iter().any(|word| matches!(Element::parse(word), Element::Interposer(_)))
    }

    /// Parses `a+b`, or `none`.
    pub(crate) fn parse(text: &str) -> AdapterChain {
        if text == NONE { AdapterChain::default() } else { AdapterChain(text.split('+').map(str::to_string).collect()) }
    }

    /// Replaces `reference` with the variant for the kind of main.
    pub(crate) fn for_main(self, command: bool) -> AdapterChain {
        let flavour = if command { "reference-command" } else { "reference-reactor" };
        let word = |word: String| match word.strip_prefix(REFERENCE) {
            Some(version) if version.is_empty() || version.starts_with('@') => format!("{flavour}{version}"),
            _ => word,
        };
        AdapterChain(self.0.into_iter().map(word).collect())
    }

    pub(crate) fn elements(&self) -> impl Iterator<Item = Element<'_>> {
        self.0.iter().map(|word| Element::parse(word))
    }

    /// Returns the chain once for each release of its published adapters without a version, all from the same release;
    /// the unchanged chain if it has none.
    pub(crate) fn every_release(self) -> Vec<AdapterChain> {
        let open = |word: &String| !word.contains('@') && matches!(polyfill_reference::find(word), Some(Ok(_)));
        if !self.0.iter().any(open) {
            return vec![self];
        }
        let of = |version: &str| {
            let word = |word: &String| if open(word) { format!("{word}@{version}") } else { word.clone() };
            AdapterChain(self.0.iter().map(word).collect())
        };
        polyfill_reference::releases().iter().map(|release| of(release.version)).collect()
    }

    /// Returns the ids of the adapters.
    pub(crate) fn adapters(&self) -> impl Iterator<Item = &str> {
        self.elements().filter_map(|element| match element {
            Element::Adapter(id) => Some(id),
            Element::Interposer(_) => None,
        })
    }
}

impl fmt::Display for AdapterChain {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&if self.0.is_empty() { NONE.to_string() } else { self.0.join("+") })
    }
}

/// Returns all chains of default adapters that fit: for each module that main or a selected adapter imports from, each
/// adapter that implements it.
pub(crate) fn fitting(main: &Facts, adapters: &[Adapter], facts: &BTreeMap<&str, Facts>) -> Vec<AdapterChain> {
    let search = Search { command: main.command, adapters, facts };
    let needs = main.imports.iter().map(|module| Need { module, by: None }).collect();
    let mut found = Vec::new();
    search.complete(&[], needs, &mut found);
    found
}

/// Import module that main or an adapter imports from.
#[derive(Clone, Copy)]
struct Need<'a> {
    module: &'a str,
    /// Position of the importing adapter in the chain; `None` for main.
    by: Option<usize>,
}

struct Search<'a> {
    command: bool,
    adapters: &'a [Adapter],
    facts: &'a BTreeMap<&'a str, Facts>,
}

impl<'a> Search<'a> {
    fn complete(&self, stack: &[&'a Adapter], mut needs: VecDeque<Need<'a>>, found: &mut Vec<AdapterChain>) {
        while let Some(need) = needs.pop_front() {
            if is_served(stack, need) {
                continue;
            }
            let choices: Vec<&Adapter> = self.choices(stack, need.module).collect();
            if choices.is_empty() {
                // The host's, or unresolved: the encoder reports it.
                continue;
            }
            for choice in choices {
                let longer = [stack, &[choice]].concat();
                let asked = self.facts.get(choice.id.as_str()).into_iter().flat_map(|facts| &facts.imports);
                let mut needs = needs.clone();
                needs.extend(asked.map(|module| Need { module, by: Some(stack.len()) }));
                self.complete(&longer, needs, found);
            }
            return;
        }
        found.push(AdapterChain(stack.iter().map(|adapter| adapter.id.clone()).collect()));
    }

    /// Returns the candidates for a module. No adapter occurs in a chain twice, not even in two forms, so the search
    /// terminates.
    fn choices(&self, stack: &[&'a Adapter], module: &str) -> impl Iterator<Item = &'a Adapter> {
        let free = |adapter: &Adapter| stack.iter().all(|other| other.of != adapter.of);
        self.adapters.iter().filter(move |adapter| {
            adapter.default && adapter.serves(module) && adapter.fits.fits(self.command) && free(adapter)
        })
    }
}

/// Returns true if an adapter of the chain serves an import. For an adapter's imports from its own import module, only
/// later adapters count.
fn is_served(stack: &[&Adapter], need: Need<'_>) -> bool {
    let layer = need.by.filter(|by| stack[*by].serves(need.module));
    let first = layer.map_or(0, |by| by + 1);
    let mut serving = (first..stack.len()).filter(|place| stack[*place].serves(need.module));
    serving.any(|place| Some(place) != need.by)
}

/// Returns the most likely facts of a guest that cannot be compiled, so that its trials keep their names.
pub(crate) fn guess(guest: &Guest) -> Facts {
    let command = match guest.kind {
        Kind::Cargo { library } => !library,
        Kind::Go { library } => !library,
        Kind::Rust | Kind::C(_) | Kind::AssemblyScript(_) | Kind::Script(_) | Kind::PassedOver(_) => true,
        Kind::Module | Kind::Reference(_) | Kind::Stub(_) => return Facts::default(),
    };
    Facts { imports: vec!["wasi_snapshot_preview1".to_string()], command, ..Facts::default() }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::discover::For;

    fn adapter(id: &str, fits: For, default: bool) -> Adapter {
        Adapter { fits, default, ..Adapter::plain(id, id.into(), Kind::Module) }
    }

    fn importing(imports: &[&str], command: bool) -> Facts {
        Facts { imports: imports.iter().map(|name| name.to_string()).collect(), command, ..Facts::default() }
    }

    #[track_caller]
    fn check(imports: &[&str], command: bool, expected: &str) {
        let adapters = [
            adapter("env", For::Any, true),
            adapter("old", For::Any, true),
            adapter("top", For::Any, true),
            adapter("top.layer", For::Any, true),
            adapter("wasi", For::Reactor, true),
            adapter("wasi.command", For::Command, true),
            adapter("wasi.other", For::Any, true),
            adapter("wasi.special", For::Any, false),
        ];
        let facts = [("old", importing(&["host", "wasi"], false)), ("top.layer", importing(&["top"], false))];
        let stacks = fitting(&importing(imports, command), &adapters, &facts.into());
        let stacks: Vec<String> = stacks.iter().map(AdapterChain::to_string).collect();
        assert_eq!(stacks.join(" "), expected);
    }

    #[test]
    fn stacks_that_fit() {
        check(&[], true, "none");
        check(&["unknown"], true, "none");
        check(&["wasi"], true, "wasi.command wasi.other");
        check(&["wasi"], false, "wasi wasi.other");
        check(&["env", "wasi"], false, "env+wasi env+wasi.other");
    }

    #[test]
    fn what_adapters_import_is_served_too() {
        check(&["old"], true, "old+wasi.command old+wasi.other");
        check(&["old", "wasi"], false, "old+wasi old+wasi.other");
        check(&["top"], true, "top top.layer+top");
    }

    #[test]
    fn a_published_adapter_is_the_one_for_the_main() {
        let named = |stack: &str, command| AdapterChain::parse(stack).for_main(command).to_string();
        assert_eq!(named("reference", true), "reference-command");
        assert_eq!(named("a+reference@48.0.8", false), "a+reference-reactor@48.0.8");
        assert_eq!(named("reference-proxy", true), "reference-proxy");
        assert_eq!(named("references", true), "references");
    }

    #[test]
    fn names_are_parsed_back() {
        for name in ["none", "a", "a+b", "interpose(a*)+b"] {
            assert_eq!(AdapterChain::parse(name).to_string(), name);
        }
        let stack = AdapterChain::parse("interpose(a:b/*)+c+interpose()");
        let elements: Vec<_> = stack.elements().collect();
        assert_eq!(elements, [Element::Interposer("a:b/*"), Element::Adapter("c"), Element::Adapter("interpose()")]);
    }
}
