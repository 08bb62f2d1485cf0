//! Selects the guests of a build by words in trial names.

use std::collections::BTreeSet;

use crate::case::Case;
use crate::chain::AdapterChain;
use crate::discover::{Adapter, CaseFile, Guest, Kind, Layout};
use crate::index::NATIVE;
use crate::matrix::Product;

/// Words, one of which a trial's name must contain. Without words, all trials are selected.
#[derive(Clone, Debug, Default)]
pub(crate) struct Filter(pub(crate) Vec<String>);

impl Filter {
    pub(crate) fn is_all(&self) -> bool {
        self.0.is_empty()
    }

    pub(crate) fn selects(&self, name: &str) -> bool {
        self.is_all() || self.0.iter().any(|word| name.contains(word.as_str()))
    }

    /// Returns the words that match none of these names.
    pub(crate) fn idle(&self, names: impl Iterator<Item = String>) -> Vec<String> {
        let mut idle: Vec<&String> = self.0.iter().collect();
        for name in names {
            idle.retain(|word| !name.contains(word.as_str()));
        }
        idle.into_iter().cloned().collect()
    }

    /// Returns the guests that can have a selected trial. Only these must be compiled.
    pub(crate) fn guests<'a>(&self, layout: &'a Layout, hosts: &[String], every_release: bool) -> BTreeSet<&'a str> {
        let selected = |guest: &&Guest| {
            self.is_all() || guest.cases.iter().any(|case| self.may_select(layout, guest, case, hosts, every_release))
        };
        layout.guests.iter().filter(selected).map(|guest| guest.name.as_str()).collect()
    }

    fn may_select(
        &self,
        layout: &Layout,
        guest: &Guest,
        case: &CaseFile,
        hosts: &[String],
        every_release: bool,
    ) -> bool {
        let given = case.case.as_ref().ok();
        let products = given.map_or_else(|| vec![Product::default()], Case::products);
        let start = format!("{}::{}::", guest.name, case.name);
        products.iter().any(|product| {
            let taking = layout.hosts.iter().filter(|(_, host)| !host.cases.is_empty()).map(|(name, _)| name);
            product.hosts.as_deref().unwrap_or(hosts).iter().chain(taking).any(|host| {
                let end = format!("::{host}");
                match &product.adapters {
                    _ if host == NATIVE => self.selects(&format!("{start}none{end}")),
                    Some(stacks) => stacks.iter().any(|stack| {
                        let mut named = names(stack, every_release);
                        named.any(|stack| self.selects(&format!("{start}{stack}{end}")))
                    }),
                    None => self.0.iter().any(|word| may_be_in(word, &start, &layout.adapters, &end)),
                }
            })
        })
    }
}

/// Returns the possible names of a case's chain, for any main.
fn names(stack: &str, every_release: bool) -> impl Iterator<Item = String> {
    let stacks = [true, false].map(|command| AdapterChain::parse(stack).for_main(command)).into_iter();
    let stacks = stacks.flat_map(move |stack| if every_release { stack.every_release() } else { vec![stack] });
    stacks.map(|stack| stack.to_string())
}

/// Returns true if a word can occur in a name of which only the start and the end are known, with a chain of these
/// adapters between them. The chains depend on modules that are not compiled yet, so some words are accepted that no
/// chain matches.
fn may_be_in(word: &str, start: &str, adapters: &[Adapter], end: &str) -> bool {
    if start.contains(word) || end.contains(word) {
        return true;
    }
    // A part of the word is the end of `start`, another the start of `end`; what is left is of a stack.
    let after: Vec<usize> = cuts(word).filter(|at| start.ends_with(&word[..*at])).collect();
    let before: Vec<usize> = cuts(word).filter(|at| end.starts_with(&word[*at..])).collect();
    let of_a_stack = |text: &str| text.split('+').all(|part| part_of_an_id(part, adapters));
    after.iter().any(|from| before.iter().any(|to| from <= to && of_a_stack(&word[*from..*to])))
}

fn cuts(word: &str) -> impl Iterator<Item = usize> {
    (0..=word.len()).filter(|at| word.is_char_boundary(*at))
}

fn part_of_an_id(part: &str, adapters: &[Adapter]) -> bool {
    "none".contains(part)
        || adapters.iter().any(|adapter| {
            let is_possible = adapter.default || matches!(adapter.kind, Kind::Reference(_));
            is_possible && adapter.id.contains(part)
        })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::discover::Kind;

    #[test]
    fn words_that_may_be_in_a_name() {
        let adapters = [Adapter::plain("env", "".into(), Kind::Module), Adapter::plain("a.b", "".into(), Kind::Module)];
        for (word, expected) in [
            ("guest", true),
            ("case::env::h", true),
            ("::env+a.b::", true),
            ("v+a", true),
            ("none::host", true),
            ("env", true),
            ("other", false),
            ("guest::env", false),
            ("env::guest", false),
            ("env::host::", false),
        ] {
            assert_eq!(may_be_in(word, "guest::case::", &adapters, "::host"), expected, "{word}");
        }
    }
}
