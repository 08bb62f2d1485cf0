//! Memory of an isolated adapter: its size, and the static data that stays at its linked address.

use std::collections::BTreeSet;
use std::ops::Range;

use wasmparser::{ConstExpr, DataKind, MemoryType, Operator};

use super::data::{self, Units};
use super::error::Problem;
use super::live::Live;
use super::module::Module;
use super::plan::{Plan, Value};
use super::special::{self, Special};

const PAGE: u64 = 1 << 16;

/// Maximum number of zero bytes between two runs that are merged. A separate segment costs about as much.
const GAP: u32 = 8;

/// Memory that an isolated adapter keeps.
#[derive(Debug)]
pub(super) struct Own {
    /// Memory type: large enough for the stack, all data and the declared size.
    pub memory: MemoryType,
    /// Address range of the stack, if the adapter has one. The stack grows down from the end.
    pub stack: Option<Range<u32>>,
    /// Original indices of the data segments that are kept unchanged: all of them, if references to data are unknown.
    pub segments: BTreeSet<u32>,
}

impl Own {
    /// Determines the memory and the stack, if live code uses a memory.
    ///
    /// # Errors
    ///
    /// Returns an error if the stack pointer has no initial address, or if the declared maximum is too small.
    pub fn of(module: &Module<'_>, units: &Units<'_>, live: &Live, special: &Special) -> Result<Option<Own>, Problem> {
        let Some(&index) = live.memories.first() else { return Ok(None) };
        let Some(item) = module.memories.get(index as usize) else { return Ok(None) };
        let mut memory = item.ty;
        let stack = special.stack_pointer.map(|global| stack(module, global)).transpose()?;
        let mut segments = live.data.clone();
        let mut end = stack.as_ref().map_or(0, |stack| u64::from(stack.end));
        if module.linking.relocatable {
            let last = live.units.iter().filter_map(|unit| units.units.get(*unit)).map(|unit| unit.addresses.end).max();
            end = end.max(u64::from(last.unwrap_or(0)));
        } else {
            for (number, data) in (0..).zip(&module.data) {
                let DataKind::Active { memory_index, offset_expr } = &data.kind else { continue };
                if *memory_index == index {
                    segments.insert(number);
                    // An address that is computed at run time is not known. The declared size has room for it.
                    let start = u64::from(constant(offset_expr).unwrap_or(0));
                    end = end.max(start + data.data.len() as u64);
                }
            }
        }
        memory.initial = memory.initial.max(end.div_ceil(PAGE));
        match memory.maximum {
            Some(maximum) if maximum < memory.initial => {
                Err(Problem::MemoryTooSmall { needed: memory.initial, maximum })
            }
            _ => Ok(Some(Own { memory, stack, segments })),
        }
    }
}

/// Determines the stack's range: from the stack pointer's initial value down to static data or to address 0.
fn stack(module: &Module<'_>, pointer: u32) -> Result<Range<u32>, Problem> {
    let high = match start_of(module, pointer) {
        Some(address) if address > 0 => address,
        _ => return Err(Problem::NoStack { global: pointer }),
    };
    // Trailing zeros have no segment if the linker relies on zeroed memory. A symbol marks their end.
    let symbols = ["__stack_low", "__data_end"].into_iter();
    let symbols = symbols.filter_map(|name| start_of(module, special::named_global(module, name)?));
    let data = data::fixed_ranges(module).into_iter().filter_map(|range| u32::try_from(range.end).ok());
    let low = symbols.chain(data).filter(|end| *end < high).max();
    Ok(low.unwrap_or(0)..high)
}

/// Returns the initial value of a global if it is a constant.
pub(super) fn start_of(module: &Module<'_>, global: u32) -> Option<u32> {
    constant(module.globals.get(global as usize)?.own()?)
}

/// Returns the value of an expression that is a single constant.
fn constant(expression: &ConstExpr<'_>) -> Option<u32> {
    let mut reader = expression.get_operators_reader();
    match (reader.read().ok()?, reader.is_end_then_eof()) {
        (Operator::I32Const { value }, true) => Some(value.cast_unsigned()),
        _ => None,
    }
}

/// Bytes at an address.
pub(super) struct Run {
    pub address: u32,
    pub bytes: Vec<u8>,
}

/// Builds runs of the contents of all live data chunks at their addresses. Zeros are omitted, because memory is
/// initially zero.
pub(super) fn runs(module: &Module<'_>, units: &Units<'_>, live: &Live, plan: &Plan) -> Vec<Run> {
    let mut runs: Vec<Run> = Vec::new();
    // Chunks are in the order of their addresses.
    for &index in &live.units {
        let Some(unit) = units.units.get(index) else { continue };
        let mut bytes = unit.bytes.to_vec();
        for word in plan.words(module, units, index) {
            let at = word.at as usize;
            // Addresses do not change, but table slots can be renumbered.
            let Value::Slot(slot) = word.value else { continue };
            if let Some(place) = bytes.get_mut(at..at + 4) {
                place.copy_from_slice(&plan.slot(slot).to_le_bytes());
            }
        }
        let Some(first) = bytes.iter().position(|byte| *byte != 0) else { continue };
        let last = bytes.iter().rposition(|byte| *byte != 0).unwrap_or(first);
        bytes.truncate(last + 1);
        bytes.drain(..first);
        let address = unit.addresses.start + first as u32;
        match runs.last_mut() {
            Some(run) if address - run.end() <= GAP => {
                run.bytes.resize((address - run.address) as usize, 0);
                run.bytes.append(&mut bytes);
            }
            _ => runs.push(Run { address, bytes }),
        }
    }
    runs
}

impl Run {
    /// Does not overflow: a chunk lies within its segment, whose end is a valid address.
    fn end(&self) -> u32 {
        self.address + self.bytes.len() as u32
    }
}
