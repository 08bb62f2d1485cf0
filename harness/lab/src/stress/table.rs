//! Results of the calls of one guest, and their differences from those of another guest.

use std::cmp::Reverse;
use std::collections::BTreeMap;

use super::{CallResults, End};
use crate::fuzz::FUNCTIONS;

/// Results by function, and by the outer function of a re-entrant call.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Table {
    /// Result of each function as the first call, and the number of allocations that it requests.
    pub(super) firsts: Vec<(End, u32)>,
    /// Results of each inner function, by outer function and allocation.
    pub(super) within: BTreeMap<(usize, u32), Vec<CallResults>>,
}

impl Table {
    /// Returns the number of runs in which a call was made from the allocator.
    pub(super) fn runs(&self) -> usize {
        self.within.values().map(Vec::len).sum()
    }

    /// Returns the number of these runs in which both calls ended as they do alone.
    pub(super) fn usual(&self) -> usize {
        let usual = |(outer, ends): (usize, &Vec<CallResults>)| {
            (0..ends.len()).filter(|inner| self.is_usual(outer, *inner, &ends[*inner])).count()
        };
        self.within.iter().map(|((outer, _), ends)| usual((*outer, ends))).sum()
    }

    fn is_usual(&self, outer: usize, inner: usize, ends: &CallResults) -> bool {
        match &ends.inner {
            Some(end) => *end == self.firsts[inner].0 && ends.outer == self.firsts[outer].0,
            // This function ends the run when called alone, too.
            None => ends.outer == self.firsts[inner].0,
        }
    }

    /// Lists the first calls that end differently in another guest, one line per result.
    pub(super) fn other_firsts(&self, plain: &Table) -> String {
        let mut groups: BTreeMap<String, Vec<&'static str>> = BTreeMap::new();
        for (number, ((end, _), (usual, _))) in self.firsts.iter().zip(&plain.firsts).enumerate() {
            if end != usual {
                groups.entry(format!("{end}, not {usual}")).or_default().push(FUNCTIONS[number].name);
            }
        }
        lines(groups)
    }

    /// Lists the results of calls from the allocator: all of them, or those that differ in another guest.
    pub(super) fn nested(&self, plain: Option<&Table>) -> String {
        // Equal results of several functions are listed once.
        let mut blocks: Vec<(u32, String, Vec<&str>)> = Vec::new();
        for ((outer, at), ends) in &self.within {
            if plain.is_some_and(|plain| plain.within.get(&(*outer, *at)) == Some(ends)) {
                continue;
            }
            let (lines, outer) = (lines(self.groups(*outer, ends)), FUNCTIONS[*outer].name);
            match blocks.iter_mut().find(|(known, other, _)| known == at && *other == lines) {
                Some((_, _, functions)) => functions.push(outer),
                None => blocks.push((*at, lines, vec![outer])),
            }
        }
        blocks.sort_by_key(|(at, _, functions)| (*at, Reverse(functions.len())));
        let block = |(at, lines, functions): (u32, String, Vec<&str>)| {
            let all = self.within.keys().filter(|(_, other)| *other == at).count();
            let every = "every function with this allocation".to_string();
            let functions = if functions.len() == all { every } else { functions.join(" ") };
            format!("\nallocation {at} of {functions}\n{lines}")
        };
        blocks.into_iter().map(block).collect()
    }

    /// Groups functions by the results of both calls.
    fn groups(&self, outer: usize, ends: &[CallResults]) -> BTreeMap<String, Vec<&'static str>> {
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

/// Formats one line per result, ordered by descending number of functions.
fn lines(groups: BTreeMap<String, Vec<&str>>) -> String {
    let mut groups: Vec<_> = groups.into_iter().collect();
    groups.sort_by_key(|(_, functions)| Reverse(functions.len()));
    let line = |(end, functions): &(String, Vec<&str>)| {
        let functions = if functions.len() == FUNCTIONS.len() { "all".to_string() } else { functions.join(" ") };
        format!("  {end}: {functions}\n")
    };
    groups.iter().map(line).collect()
}
