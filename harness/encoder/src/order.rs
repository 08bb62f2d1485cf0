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
use crate::error::{Error, Errors};
use crate::parts::{Part, Parts};
use crate::plan::{Kind, ModuleId};
use crate::read::Extern;
use crate::start::{self, Start};

/// Computes the order of instantiation.
///
/// # Errors
///
/// Returns [`Error::StartCycle`] if start functions call each other in a cycle.
pub(crate) fn order(parts: &Parts<'_>) -> Result<Vec<ModuleId>, Errors> {
    let at_once = parts.ids().map(|id| parts.get(id).map(at_once).unwrap_or_default()).collect();
    let mut ordering = Ordering { parts, at_once, visiting: vec![false; parts.len()], order: Vec::new() };
    if parts.main.start.as_ref().is_some_and(Start::is_early) {
        ordering.imported(&parts.main, true);
    }
    ordering.order.push(ModuleId::MAIN);
    ordering.visiting.fill(false);
    // Adapters that wait for the callees of a start function are visited again.
    let mut before = 0;
    while before < ordering.order.len() {
        before = ordering.order.len();
        for id in parts.ids().skip(1) {
            ordering.visit(id, false);
        }
    }
    match ordering.circle() {
        Some(circle) => Err(Error::StartCycle { calls: circle }.into()),
        None => Ok(ordering.order),
    }
}

/// Returns the adapters and functions that an adapter's start function may call.
fn at_once(part: &Part<'_>) -> Vec<(ModuleId, String)> {
    let has_start = part.trimmed.is_some() && part.module.has_start;
    if !has_start || !part.bound.imports.iter().any(|meaning| matches!(meaning, Meaning::Adapter(..))) {
        return Vec::new();
    }
    // An unreadable module is rejected later by validation of the component.
    let reached = start::reached(&part.module.bytes).unwrap_or_default();
    let mut called = Vec::new();
    let mut index = 0;
    for (import, meaning) in part.module.imports.iter().zip(&part.bound.imports) {
        if !matches!(import.ty, Extern::Func(_)) {
            continue;
        }
        if let Meaning::Adapter(id, function) = meaning
            && reached.contains(&index)
        {
            called.push((*id, function.clone()));
        }
        index += 1;
    }
    called
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
        let Some(part) = self.parts.get(id) else { return };
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
        let waits = |id: &ModuleId| self.parts.get(*id).is_some() && !self.order.contains(id);
        let mut caller = self.parts.ids().find(waits)?;
        let mut path = Vec::new();
        loop {
            let call = self.at_once[caller.0].iter().find(|(callee, _)| waits(callee));
            let (callee, function) = call.expect("an adapter that waits calls another one that waits");
            path.push((caller, *callee, function));
            if let Some(first) = path.iter().position(|(caller, ..)| caller == callee) {
                path.drain(..first);
                break;
            }
            caller = *callee;
        }
        let name = |id: ModuleId| self.parts.used(id).module.name.clone();
        Some(
            path.into_iter().map(|(caller, callee, function)| (name(caller), name(callee), function.clone())).collect(),
        )
    }
}

/// Returns true if an adapter imports items other than functions from main, which cannot be made indirect.
fn takes_items(part: &Part<'_>) -> bool {
    part.bound.imports.iter().any(|meaning| matches!(meaning, Meaning::Main(_, kind) if *kind != Kind::Func))
}
