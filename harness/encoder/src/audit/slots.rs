//! WireSource, type and use of each slot.

use foldhash::{HashMap, HashSet};
use wasmparser::{FuncType, ValType};

use super::{Auditor, Violation, signature, type_name};
use crate::plan::{Resource, SlotId, Via, Wire, WireSource};
use crate::read::Extern;

impl Auditor<'_> {
    /// Each slot must be used, and no two slots may have the same source.
    pub(super) fn slots(&mut self) {
        let plan = self.plan;
        let by_wires = plan.wires.iter().filter_map(|wire| match &wire.via {
            Via::Slot(slot, _) => Some(*slot),
            Via::Direct => None,
        });
        let used: HashSet<SlotId> = by_wires.chain(plan.resources.iter().filter_map(|r| r.slot)).collect();
        let mut first_of: HashMap<&WireSource, usize> = HashMap::default();
        for (index, slot) in plan.slots.iter().enumerate() {
            if !used.contains(&SlotId(index)) {
                self.report(Violation::UnusedSlot { at: self.slot_name(SlotId(index)) });
            }
            let first = *first_of.entry(&slot.source).or_insert(index);
            if first != index {
                let (at, source_name) = (self.slot_name(SlotId(index)), self.source_name(&slot.source));
                self.report(Violation::SlotTwice { at, source_name, first });
            }
        }
    }

    /// The slot of a wire must have the wire's source and the import's type.
    pub(super) fn through_slot(&mut self, at: &str, wire: &Wire, import: &Extern) {
        if let Via::Slot(slot, _) = &wire.via {
            self.slot(at, *slot, &wire.source, &type_name(import));
        }
    }

    /// The slot of a destructor must have the destructor as its source.
    pub(super) fn destructor_slot(&mut self, at: &str, resource: &Resource, source: &WireSource) {
        if let Some(slot) = resource.slot {
            let expected = signature(&FuncType::new([ValType::I32], []));
            self.slot(at, slot, source, &expected);
        }
    }

    fn slot(&mut self, at: &str, id: SlotId, source: &WireSource, expected: &str) {
        let plan = self.plan;
        let Some(slot) = plan.slots.get(id.0) else {
            self.report(Violation::NoSuchSlot { at: at.to_string(), slot: id.0 });
            return;
        };
        if slot.source != *source {
            let (source_name, slot_source) = (self.source_name(source), self.source_name(&slot.source));
            self.report(Violation::OtherSource { at: at.to_string(), source_name, slot_source });
        }
        let found = signature(&slot.ty);
        if found != expected {
            let (at, item, expected) = (self.slot_name(id), at.to_string(), expected.to_string());
            self.report(Violation::WrongType { at, item, expected, found });
        }
    }

    fn slot_name(&self, id: SlotId) -> String {
        format!("slot {} (`{}`)", id.0, self.plan.slots[id.0].name)
    }
}
