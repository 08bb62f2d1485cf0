//! Slots of the function table that the linker creates.

use std::collections::BTreeMap;

use wasmparser::{ElementItems, ElementKind, Operator, SymbolInfo};

use super::module::Module;

/// Returns the new number of a slot of the linker's table. `slots` maps the live slots, if they are renumbered.
pub(super) fn new_slot(slots: Option<&BTreeMap<u32, u32>>, old: u32) -> u32 {
    match slots {
        // Slot 0 is null.
        Some(_) if old == 0 => 0,
        Some(slots) => *slots.get(&old).expect("a slot in live code or data is live"),
        None => old,
    }
}

/// Contents of the linker's function table.
#[derive(Default)]
pub(super) struct Slots {
    /// The table, if all uses of its slots are known from relocations.
    table: Option<u32>,
    /// Functions by slot.
    pub functions: BTreeMap<u32, u32>,
}

impl Slots {
    /// Reads the active element segments of the linker's table.
    pub fn read(module: &Module<'_>) -> Slots {
        let mut slots = Slots::default();
        if !module.linking.relocatable {
            return slots;
        }
        let table = module.linking.symbols.iter().find_map(|symbol| match symbol {
            SymbolInfo::Table { index, .. } => Some(*index),
            _ => None,
        });
        // The linker omits the symbol if nothing calls through the table. Code may still take addresses of functions.
        let table = table.unwrap_or(0);
        // With several tables, relocations do not show which one a slot belongs to.
        if module.tables.len() != 1 {
            return slots;
        }
        let own = module.tables.get(table as usize).and_then(|table| table.own());
        let mut exact = own.is_some_and(|own| matches!(own.init, wasmparser::TableInit::RefNull));
        for element in &module.elements {
            let ElementKind::Active { table_index, offset_expr } = &element.kind else { continue };
            if table_index.unwrap_or(0) != table {
                continue;
            }
            let mut reader = offset_expr.get_operators_reader();
            match (reader.read(), reader.is_end_then_eof(), &element.items) {
                (Ok(Operator::I32Const { value }), true, ElementItems::Functions(functions)) => {
                    let first = u64::from(value.cast_unsigned());
                    let functions = functions.clone().into_iter().map_while(Result::ok);
                    for (slot, function) in (first..).zip(functions) {
                        slots.functions.extend(u32::try_from(slot).ok().map(|s| (s, function)));
                    }
                }
                _ => exact = false,
            }
        }
        slots.table = exact.then_some(table);
        slots
    }

    /// Returns the function in a slot.
    pub fn function(&self, slot: u32) -> Option<u32> {
        self.functions.get(&slot).copied()
    }

    /// Returns true if all uses of this table's slots are known from relocations.
    pub fn exact(&self, table: u32) -> bool {
        self.table == Some(table)
    }

    /// Returns the table, if all uses of its slots are known from relocations.
    pub fn table(&self) -> Option<u32> {
        self.table
    }
}
