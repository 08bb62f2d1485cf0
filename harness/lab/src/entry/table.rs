//! What the calls of one guest came to, and how that differs from what those of another one did.

use std::cmp::Reverse;
use std::collections::BTreeMap;

use super::{End, Ends};
use crate::hunt::FUNCTIONS;

/// By function, and by the function that is in the middle of something.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Table {
    /// How each ends as the first call, and how often it asks the guest for memory then.
    pub(super) firsts: Vec<(End, u32)>,
    /// By the outer function and the allocation, of each inner function.
    pub(super) within: BTreeMap<(usize, u32), Vec<Ends>>,
}

impl Table {
    /// How many runs there were in which a call was made out of the allocator.
    pub(super) fn runs(&self) -> usize {
        self.within.values().map(Vec::len).sum()
    }

    /// In how many of these both calls ended as they do alone.
    pub(super) fn usual(&self) -> usize {
        let usual = |(outer, ends): (usize, &Vec<Ends>)| {
            (0..ends.len()).filter(|inner| self.is_usual(outer, *inner, &ends[*inner])).count()
        };
        self.within.iter().map(|((outer, _), ends)| usual((*outer, ends))).sum()
    }

    fn is_usual(&self, outer: usize, inner: usize, ends: &Ends) -> bool {
        match &ends.inner {
            Some(end) => *end == self.firsts[inner].0 && ends.outer == self.firsts[outer].0,
            // It ends the run by itself, too.
            None => ends.outer == self.firsts[inner].0,
        }
    }

    /// The first calls that end otherwise than those of another guest, a line for each way.
    pub(super) fn other_firsts(&self, plain: &Table) -> String {
        let mut groups: BTreeMap<String, Vec<&'static str>> = BTreeMap::new();
        for (number, ((end, _), (usual, _))) in self.firsts.iter().zip(&plain.firsts).enumerate() {
            if end != usual {
                groups.entry(format!("{end}, not {usual}")).or_default().push(FUNCTIONS[number].name);
            }
        }
        lines(groups)
    }

    /// What came of calls out of the allocator: all of it, or what is not the same in another guest.
    pub(super) fn told(&self, plain: Option<&Table>) -> String {
        // What is the same in several functions is told of once.
        let mut told: Vec<(u32, String, Vec<&str>)> = Vec::new();
        for ((outer, at), ends) in &self.within {
            if plain.is_some_and(|plain| plain.within.get(&(*outer, *at)) == Some(ends)) {
                continue;
            }
            let (lines, outer) = (lines(self.groups(*outer, ends)), FUNCTIONS[*outer].name);
            match told.iter_mut().find(|(known, other, _)| known == at && *other == lines) {
                Some((_, _, functions)) => functions.push(outer),
                None => told.push((*at, lines, vec![outer])),
            }
        }
        told.sort_by_key(|(at, _, functions)| (*at, Reverse(functions.len())));
        let block = |(at, lines, functions): (u32, String, Vec<&str>)| {
            let all = self.within.keys().filter(|(_, other)| *other == at).count();
            let every = "every function that has one".to_string();
            let functions = if functions.len() == all { every } else { functions.join(" ") };
            format!("\nallocation {at} of {functions}\n{lines}")
        };
        told.into_iter().map(block).collect()
    }

    /// The functions by what became of both calls.
    fn groups(&self, outer: usize, ends: &[Ends]) -> BTreeMap<String, Vec<&'static str>> {
        let mut groups: BTreeMap<String, Vec<&'static str>> = BTreeMap::new();
        for (inner, ends) in ends.iter().enumerate() {
            let usual = [&self.firsts[inner].0, &self.firsts[outer].0];
            let text = match &ends.inner {
                _ if self.is_usual(outer, inner, ends) => "as usual".to_string(),
                Some(end) => {
                    let inner = if end == usual[0] { "as usual" } else { end };
                    let outer = if ends.outer == *usual[1] { "as usual" } else { &ends.outer };
                    format!("{inner}, then {outer}")
                }
                None => ends.outer.clone(),
            };
            groups.entry(text).or_default().push(FUNCTIONS[inner].name);
        }
        groups
    }
}

/// A line for each way in which functions ended, that of the most functions first.
fn lines(groups: BTreeMap<String, Vec<&str>>) -> String {
    let mut groups: Vec<_> = groups.into_iter().collect();
    groups.sort_by_key(|(_, functions)| Reverse(functions.len()));
    let line = |(end, functions): &(String, Vec<&str>)| {
        let functions = if functions.len() == FUNCTIONS.len() { "all".to_string() } else { functions.join(" ") };
        format!("  {end}: {functions}\n")
    };
    groups.iter().map(line).collect()
}
