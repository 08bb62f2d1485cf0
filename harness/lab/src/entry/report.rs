//! What calls came to, as text: the same in every run.

use std::cmp::Reverse;
use std::collections::BTreeMap;
use std::fmt;

use super::{End, Ends};
use crate::hunt::FUNCTIONS;

/// What all calls of an adapter came to.
#[derive(Clone, Debug)]
pub struct Report {
    pub(super) subject: String,
    pub(super) host: String,
    /// By function: how it ends as the first call, and how often it asks the guest for memory then.
    pub(super) firsts: Vec<(End, u32)>,
    /// By the outer function and the allocation, of each inner function.
    pub(super) within: BTreeMap<(usize, u32), Vec<Ends>>,
}

impl Report {
    /// How many runs there were in which a call was made out of the allocator.
    pub fn runs(&self) -> usize {
        self.within.values().map(Vec::len).sum()
    }

    /// In how many of these both calls ended as they do alone.
    pub fn usual(&self) -> usize {
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

    /// The functions by what became of both calls, the most first.
    fn groups(&self, outer: usize, ends: &[Ends]) -> Vec<(String, Vec<&'static str>)> {
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
        let mut groups: Vec<_> = groups.into_iter().collect();
        groups.sort_by_key(|(_, functions)| Reverse(functions.len()));
        groups
    }

    fn lines(&self, outer: usize, ends: &[Ends]) -> String {
        let line = |(end, functions): &(String, Vec<&str>)| {
            let functions = if functions.len() == FUNCTIONS.len() { "all".to_string() } else { functions.join(" ") };
            format!("  {end}: {functions}\n")
        };
        self.groups(outer, ends).iter().map(line).collect()
    }
}

impl fmt::Display for Report {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "{} on {}", self.subject, self.host)?;
        writeln!(f, "\nas the first call        allocations  ends")?;
        for (function, (end, allocations)) in FUNCTIONS.iter().zip(&self.firsts) {
            writeln!(f, "{:<24} {allocations:>11}  {end}", function.name)?;
        }
        writeln!(f, "\nout of the allocator, while it is asked for memory by another call")?;
        // What is the same in several functions is told of once.
        let mut told: Vec<(u32, String, Vec<&str>)> = Vec::new();
        for ((outer, at), ends) in &self.within {
            let (lines, outer) = (self.lines(*outer, ends), FUNCTIONS[*outer].name);
            match told.iter_mut().find(|(known, other, _)| known == at && *other == lines) {
                Some((_, _, functions)) => functions.push(outer),
                None => told.push((*at, lines, vec![outer])),
            }
        }
        told.sort_by_key(|(at, _, functions)| (*at, Reverse(functions.len())));
        for (at, lines, functions) in told {
            let all = self.within.keys().filter(|(_, other)| *other == at).count();
            let functions =
                if functions.len() == all { "every function that has one".to_string() } else { functions.join(" ") };
            write!(f, "\nallocation {at} of {functions}\n{lines}")?;
        }
        writeln!(f, "\n{} runs, in {} of them both calls end as they do alone", self.runs(), self.usual())
    }
}
