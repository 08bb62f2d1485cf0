//! `order`: computes the order of instantiation.
//!
//! Main comes first because adapters share its memory. If main's start function may call adapters, these come before
//! main, except adapters that import more than functions from main. An adapter comes after the adapters that it imports
//! from. If adapters import from each other in a cycle, the order of the input decides, and `wire` makes the remaining
//! edges indirect. This is possible because adapters import only functions from each other.
//!
//! The functions that a start function may call must exist when it runs, so they come before it. A cycle of start
//! functions that call each other has no valid order and is an error.

use crate::bind::Meaning;
use crate::demand::{Part, Parts};
use crate::error::{Error, Errors};
use crate::plan::{Kind, ModuleId};
use crate::read::Extern;
use crate::start::{self, Start};

/// Computes the order of instantiation.
///
/// # Errors
///
/// Returns [`Error::StartCycle`] if start functions call each other in a cycle.
pub(crate) fn order(parts: &Parts<'_>) -> Result<Vec<ModuleId>, Errors> {
    let at_once = parts.iter().map(|part| part.as_ref().map(at_once).unwrap_or_default()).collect();
    let mut ordering = Ordering { parts, at_once, visiting: vec![false; parts.len()], order: Vec::new() };
    if let Some(main) = &parts[0]
        && main.start.as_ref().is_some_and(Start::is_early)
    {
        ordering.imported(main, true);
    }
    ordering.order.push(ModuleId::MAIN);
    ordering.visiting.fill(false);
    // Adapters that wait for the callees of a start function are visited again.
    let mut before = 0;
    while before < ordering.order.len() {
        before = ordering.order.len();
        for index in 1..parts.len() {
            ordering.visit(ModuleId(index), false);
        }
    }
    match ordering.circle() {
        Some(circle) => Err(Error::StartCycle { calls: circle }.into()),
        None => Ok(ordering.order),
    }
}

/// Returns the adapters and functions that an adapter's start function may call.
fn at_once(part: &Part<'_>) -> Vec<(ModuleId, String)> {
    let imports = || part.module.imports.iter().zip(&part.bound.imports);
    let has_start = part.trimmed.is_some() && part.module.has_start;
    if !has_start || !imports().any(|(_, meaning)| matches!(meaning, Meaning::Adapter(..))) {
        return Vec::new();
    }
    // An unreadable module is rejected later by validation of the component.
    let reached = start::reached(&part.module.bytes).unwrap_or_default();
    let functions = imports().filter(|(import, _)| matches!(import.ty, Extern::Func(_)));
    let called = (0..).zip(functions).filter(|(index, _)| reached.contains(index));
    let called = called.filter_map(|(_, (_, meaning))| match meaning {
        Meaning::Adapter(id, function) => Some((*id, function.clone())),
        _ => None,
    });
    called.collect()
}

struct Ordering<'p> {
    parts: &'p Parts<'p>,
    at_once: Vec<Vec<(ModuleId, String)>>,
    visiting: Vec<bool>,
    order: Vec<ModuleId>,
}

impl Ordering<'_> {
    /// Visits the adapters that a module imports from.
    fn imported(&mut self, part: &Part<'_>, before_main: bool) {
        for meaning in &part.bound.imports {
            if let Meaning::Adapter(other, _) = meaning {
                self.visit(*other, before_main);
            }
        }
    }

    fn visit(&mut self, id: ModuleId, before_main: bool) {
        let parts = self.parts;
        let Some(part) = &parts[id.0] else { return };
        if self.visiting[id.0] || self.order.contains(&id) || (before_main && takes_items(part)) {
            return;
        }
        self.visiting[id.0] = true;
        self.imported(part, before_main);
        self.visiting[id.0] = false;
        if self.at_once[id.0].iter().all(|(other, _)| self.order.contains(other)) {
            self.order.push(id);
        }
    }

    /// Returns a cycle of start functions that call each other, as caller, callee and function.
    fn circle(&self) -> Option<Vec<(String, String, String)>> {
        let waits = |id: &ModuleId| self.parts[id.0].is_some() && !self.order.contains(id);
        let mut path = vec![(0..self.parts.len()).map(ModuleId).find(waits)?];
        loop {
            let last = path.last()?;
            let (next, _) = self.at_once[last.0].iter().find(|(other, _)| waits(other))?;
            if let Some(first) = path.iter().position(|id| id == next) {
                path.drain(..first);
                break;
            }
            path.push(*next);
        }
        let name = |id: &ModuleId| self.parts[id.0].as_ref().map(|part| part.module.name.clone()).unwrap_or_default();
        let calls = path.iter().filter_map(|id| {
            let (other, function) = self.at_once[id.0].iter().find(|(other, _)| path.contains(other))?;
            Some((name(id), name(other), function.clone()))
        });
        Some(calls.collect())
    }
}

/// Returns true if an adapter imports items other than functions from main, which cannot be made indirect.
fn takes_items(part: &Part<'_>) -> bool {
    part.bound.imports.iter().any(|meaning| matches!(meaning, Meaning::Main(_, kind) if *kind != Kind::Func))
}
