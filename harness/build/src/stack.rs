//! Adapter stacks: named by a case, or all that fit a main.

use std::collections::{BTreeMap, VecDeque};
use std::fmt;

use crate::discover::{Adapter, Guest, Kind};
use crate::module::Facts;

/// The elements of a stack as they are written, in the order in which imports ask them.
#[derive(Clone, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Stack(pub(crate) Vec<String>);

/// The stack without adapters.
const NONE: &str = "none";

/// The published adapter for a main, whatever kind that is.
pub(crate) const REFERENCE: &str = "reference";

/// What stands in a stack.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Element<'a> {
    /// An adapter, by its id.
    Adapter(&'a str),
    /// `interpose(..)`: an interposer, for import modules by a name or pattern.
    Interposer(&'a str),
}

impl<'a> Element<'a> {
    /// What a word in a stack's name stands for. No adapter's id has parentheses in it.
    pub fn parse(word: &'a str) -> Element<'a> {
        let inner = word.strip_prefix("interpose(").and_then(|rest| rest.strip_suffix(')'));
        match inner.filter(|inner| !inner.is_empty()) {
            Some(modules) => Element::Interposer(modules),
            None => Element::Adapter(word),
        }
    }
}

impl Stack {
    /// Whether calls are reported to the host.
    pub(crate) fn has_interposer(&self) -> bool {
        self.0.iter().any(|word| matches!(Element::parse(word), Element::Interposer(_)))
    }

    /// `a+b`, or `none`.
    pub(crate) fn parse(text: &str) -> Stack {
        if text == NONE { Stack::default() } else { Stack(text.split('+').map(str::to_string).collect()) }
    }

    /// The stack with `reference` as what that is for a command, or for another main.
    pub(crate) fn for_main(self, command: bool) -> Stack {
        let flavour = if command { "reference-command" } else { "reference-reactor" };
        let word = |word: String| match word.strip_prefix(REFERENCE) {
            Some(version) if version.is_empty() || version.starts_with('@') => format!("{flavour}{version}"),
            _ => word,
        };
        Stack(self.0.into_iter().map(word).collect())
    }

    pub(crate) fn elements(&self) -> impl Iterator<Item = Element<'_>> {
        self.0.iter().map(|word| Element::parse(word))
    }

    /// The stack with each published adapter that has no version in every release, all of one stack from the same; itself if
    /// it has none.
    pub(crate) fn every_release(self) -> Vec<Stack> {
        let open = |word: &String| !word.contains('@') && matches!(polyfill_reference::find(word), Some(Ok(_)));
        if !self.0.iter().any(open) {
            return vec![self];
        }
        let of = |version: &str| {
            let word = |word: &String| if open(word) { format!("{word}@{version}") } else { word.clone() };
            Stack(self.0.iter().map(word).collect())
        };
        polyfill_reference::releases().iter().map(|release| of(release.version)).collect()
    }

    /// The adapters in it, by id.
    pub(crate) fn adapters(&self) -> impl Iterator<Item = &str> {
        self.elements().filter_map(|element| match element {
            Element::Adapter(id) => Some(id),
            Element::Interposer(_) => None,
        })
    }
}

impl fmt::Display for Stack {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&if self.0.is_empty() { NONE.to_string() } else { self.0.join("+") })
    }
}

/// All stacks of default adapters that fit: for each module that main imports from, and then for each module that a
/// chosen adapter imports from, each adapter that implements it.
pub(crate) fn fitting(main: &Facts, adapters: &[Adapter], facts: &BTreeMap<&str, Facts>) -> Vec<Stack> {
    let search = Search { command: main.command, adapters, facts };
    let needs = main.imports.iter().map(|module| Need { module, by: None }).collect();
    let mut found = Vec::new();
    search.complete(&[], needs, &mut found);
    found
}

/// An import module that somebody imports from.
#[derive(Clone, Copy)]
struct Need<'a> {
    module: &'a str,
    /// The place of the adapter in the stack; none for main.
    by: Option<usize>,
}

struct Search<'a> {
    command: bool,
    adapters: &'a [Adapter],
    facts: &'a BTreeMap<&'a str, Facts>,
}

impl<'a> Search<'a> {
    fn complete(&self, stack: &[&'a Adapter], mut needs: VecDeque<Need<'a>>, found: &mut Vec<Stack>) {
        while let Some(need) = needs.pop_front() {
            if is_served(stack, need) {
                continue;
            }
            let choices: Vec<&Adapter> = self.choices(stack, need.module).collect();
            if choices.is_empty() {
                // The host's, or nobody's: the encoder has the say.
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
        found.push(Stack(stack.iter().map(|adapter| adapter.id.clone()).collect()));
    }

    /// No adapter is in a stack twice, in two forms for instance: so that the search comes to an end.
    fn choices(&self, stack: &[&'a Adapter], module: &str) -> impl Iterator<Item = &'a Adapter> {
        let free = |adapter: &Adapter| stack.iter().all(|other| other.of != adapter.of);
        self.adapters.iter().filter(move |adapter| {
            adapter.default && adapter.serves(module) && adapter.fits.fits(self.command) && free(adapter)
        })
    }
}

/// Whether an adapter of the stack serves: for a layer of the same import module, one that is behind it.
fn is_served(stack: &[&Adapter], need: Need<'_>) -> bool {
    let layer = need.by.filter(|by| stack[*by].serves(need.module));
    let first = layer.map_or(0, |by| by + 1);
    let mut serving = (first..stack.len()).filter(|place| stack[*place].serves(need.module));
    serving.any(|place| Some(place) != need.by)
}

/// What a guest that cannot be compiled would most likely be, so that its trials keep their names.
pub(crate) fn guess(guest: &Guest) -> Facts {
    let command = match guest.kind {
        Kind::Cargo { library } => !library,
        Kind::Go { library } => !library,
        Kind::Rust | Kind::C(_) | Kind::AssemblyScript(_) | Kind::Script(_) => true,
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
        let stacks: Vec<String> = stacks.iter().map(Stack::to_string).collect();
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
        let named = |stack: &str, command| Stack::parse(stack).for_main(command).to_string();
        assert_eq!(named("reference", true), "reference-command");
        assert_eq!(named("a+reference@48.0.8", false), "a+reference-reactor@48.0.8");
        assert_eq!(named("reference-proxy", true), "reference-proxy");
        assert_eq!(named("references", true), "references");
    }

    #[test]
    fn names_are_parsed_back() {
        for name in ["none", "a", "a+b", "interpose(a*)+b"] {
            assert_eq!(Stack::parse(name).to_string(), name);
        }
        let stack = Stack::parse("interpose(a:b/*)+c+interpose()");
        let elements: Vec<_> = stack.elements().collect();
        assert_eq!(elements, [Element::Interposer("a:b/*"), Element::Adapter("c"), Element::Adapter("interpose()")]);
    }
}
