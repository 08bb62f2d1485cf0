//! `order`: who is instantiated when.
//!
//! Main comes first: adapters share its memory. If its start function may call adapters, those come before it, but for
//! those that take more of main than functions. An adapter comes after those it imports from; where adapters import
//! from each other in a circle, the first one given goes first, and `wire` cuts the edges that point forward.

use crate::bind::Meaning;
use crate::demand::{Part, Parts};
use crate::plan::{Kind, ModuleId};
use crate::start::Start;

/// The order of instantiation.
pub(crate) fn order(parts: &Parts<'_>) -> Vec<ModuleId> {
    let mut ordering = Ordering { parts, visiting: vec![false; parts.len()], order: Vec::new() };
    if let Some(main) = &parts[0]
        && main.start.as_ref().is_some_and(Start::is_early)
    {
        ordering.imported(main, true);
    }
    ordering.order.push(ModuleId::MAIN);
    ordering.visiting.fill(false);
    for index in 1..parts.len() {
        ordering.visit(ModuleId(index), false);
    }
    ordering.order
}

struct Ordering<'p> {
    parts: &'p Parts<'p>,
    visiting: Vec<bool>,
    order: Vec<ModuleId>,
}

impl Ordering<'_> {
    /// Those that a module imports from.
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
        self.order.push(id);
    }
}

/// Whether an adapter imports of main what no slot can stand in for: all but functions.
fn takes_items(part: &Part<'_>) -> bool {
    part.bound.imports.iter().any(|meaning| matches!(meaning, Meaning::Main(_, kind) if *kind != Kind::Func))
}
