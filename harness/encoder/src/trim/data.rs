//! Splits static data into chunks that can be dropped and moved separately.
//!
//! A chunk is the range that overlapping data symbols of one segment cover. Code cannot step from one symbol to
//! another, so chunks need not keep their distances. Arrays that a linker collects from several objects (`__start_*`,
//! `__stop_*`) are the exception: if such symbols exist, every segment is a single chunk.

use std::ops::Range;

use wasmparser::{DataKind, DefinedDataSymbol, Operator, RelocationType, SymbolFlags, SymbolInfo};

use super::error::Problem;
use super::linking::Relocation;
use super::module::Module;

/// A chunk of static data that is kept or dropped as a whole.
#[derive(Clone, Debug)]
pub(super) struct Unit<'a> {
    /// Addresses assigned by the linker.
    pub addresses: Range<u32>,
    /// A power of two: the new address is congruent to the old one modulo this value.
    pub modulus: u32,
    /// Contents.
    pub bytes: &'a [u8],
    /// Offset of the contents in the module.
    pub position: u64,
}

/// All static data of a relocatable module.
#[derive(Default)]
pub(super) struct Units<'a> {
    /// Chunks in the order of their addresses.
    pub units: Vec<Unit<'a>>,
    /// Addresses of each segment, assigned by the linker.
    segments: Vec<Range<u32>>,
}

/// Meaning of a relocated value.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Target {
    /// The value itself: a plain number, or the address of an undefined weak symbol.
    Absolute(u32),
    /// A chunk and the wrapping distance from its start.
    Unit { unit: usize, delta: u32 },
    /// A linker-defined address of the region and the wrapping distance from it.
    Landmark { landmark: Landmark, delta: u32 },
}

/// An address that the linker defines.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Landmark {
    /// Lowest address of the stack.
    StackLow,
    /// End of the stack and start of static data.
    DataStart,
    /// End of static data, and both start and end of the heap: the adapter has none.
    RegionEnd,
}

impl<'a> Units<'a> {
    /// Splits the data of a relocatable module into chunks.
    ///
    /// # Errors
    ///
    /// Returns [`Problem::StaleRelocations`] if a segment has no constant address, exceeds the memory or is out of
    /// order.
    pub fn cut(module: &Module<'a>) -> Result<Units<'a>, Problem> {
        let mut units = Units::default();
        for (index, data) in module.data.iter().enumerate() {
            let position = data.range.end - data.data.len() as u64;
            let stale = |what| Problem::StaleRelocations { offset: data.range.start, what };
            let start = fixed_address(&data.kind).ok_or_else(|| stale("a data segment without a constant address"))?;
            let end = u32::try_from(data.data.len())
                .ok()
                .and_then(|length| start.checked_add(length))
                .ok_or_else(|| stale("a data segment beyond the end of memory"))?;
            if units.segments.last().is_some_and(|last| last.end > start) {
                return Err(stale("a data segment out of order"));
            }
            units.segments.push(start..end);
            let alignment = match module.linking.alignments.get(index) {
                Some(power) => 1 << (*power).min(12),
                None => 16,
            };
            for (addresses, modulus) in pieces(module, index, start..end, alignment) {
                let offset = (addresses.start - start) as usize;
                let bytes = &data.data[offset..offset + addresses.len()];
                let position = position + offset as u64;
                units.units.push(Unit { addresses, modulus, bytes, position });
            }
        }
        Ok(units)
    }

    /// Resolves `value`, found at a relocation of a memory address.
    ///
    /// # Errors
    ///
    /// Returns [`Problem::StaleRelocations`] if the relocation's symbol and the value disagree.
    pub fn resolve(&self, symbols: &[SymbolInfo<'_>], relocation: &Relocation, value: u32) -> Result<Target, Problem> {
        let entry = &relocation.entry;
        let stale = |what| Problem::StaleRelocations { offset: relocation.position, what };
        let Some(SymbolInfo::Data { name, symbol, flags }) = symbols.get(entry.index as usize) else {
            return Err(stale("a memory address relocation whose symbol is not a data symbol"));
        };
        // After linking, only weak symbols are undefined.
        let Some(symbol) = symbol.filter(|_| !flags.contains(SymbolFlags::ABSOLUTE)) else {
            return Ok(Target::Absolute(value));
        };
        // This symbol has the form of an address, but its value is the page size.
        if *name == "__wasm_first_page_end" {
            return Ok(Target::Absolute(value));
        }
        let delta = entry.addend as u32;
        if let Some(landmark) = landmark(name) {
            return Ok(Target::Landmark { landmark, delta });
        }
        if is_array_bound(name) {
            // Chunks are in the order of their addresses.
            let unit = self.units.partition_point(|unit| unit.addresses.end < value);
            let found = self.units.get(unit).filter(|unit| unit.addresses.start <= value);
            let found = found.ok_or_else(|| stale("an address outside of static data"))?;
            let delta = value.wrapping_sub(found.addresses.start);
            return Ok(Target::Unit { unit, delta });
        }
        let address = self.address(&symbol).ok_or_else(|| stale("a symbol outside of its data segment"))?;
        if address.wrapping_add(delta) != value {
            return Err(stale("an address that differs from its symbol's"));
        }
        // Chunks are in the order of their addresses and do not overlap. An empty symbol can precede another at its
        // address.
        let unit = self.units.partition_point(|unit| unit.addresses.end <= address);
        let unit = match self.units.get(unit) {
            Some(found) if found.addresses.start <= address => unit,
            // An empty symbol at the end of its segment points to no data: any address is valid.
            _ if symbol.size == 0 => {
                let landmark = Landmark::DataStart;
                return Ok(Target::Landmark { landmark, delta });
            }
            _ => return Err(stale("a symbol outside of static data")),
        };
        let delta = value.wrapping_sub(self.units[unit].addresses.start);
        Ok(Target::Unit { unit, delta })
    }

    /// Returns the index of the chunk that contains the symbol's start.
    pub fn unit_of(&self, symbol: &DefinedDataSymbol) -> Option<usize> {
        let address = self.address(symbol)?;
        let unit = self.units.partition_point(|unit| unit.addresses.end <= address);
        self.units.get(unit).filter(|found| found.addresses.start <= address).map(|_| unit)
    }

    fn address(&self, symbol: &DefinedDataSymbol) -> Option<u32> {
        let segment = self.segments.get(symbol.index as usize)?;
        let address = segment.start.checked_add(symbol.offset)?;
        (address <= segment.end).then_some(address)
    }
}

/// Splits a segment: returns its chunks in ascending order, as address ranges with their alignments.
fn pieces(module: &Module<'_>, segment: usize, addresses: Range<u32>, alignment: u32) -> Vec<(Range<u32>, u32)> {
    let symbols = &module.linking.symbols;
    let whole = symbols.iter().any(|symbol| matches!(symbol, SymbolInfo::Data { name, .. } if is_array_bound(name)));
    if whole {
        return vec![(addresses, alignment)];
    }
    let mut ranges: Vec<Range<u32>> = Vec::new();
    for symbol in symbols {
        let SymbolInfo::Data { name, symbol: Some(symbol), .. } = symbol else { continue };
        if symbol.index as usize != segment || landmark(name).is_some() {
            continue;
        }
        let start = addresses.start.saturating_add(symbol.offset);
        // An empty symbol also has an address: one byte keeps it distinct.
        let end = start.saturating_add(symbol.size.max(1));
        if start < addresses.end {
            ranges.push(start..end.min(addresses.end));
        }
    }
    ranges.sort_by_key(|range| (range.start, range.end));
    let mut pieces: Vec<(Range<u32>, u32)> = Vec::new();
    for range in ranges {
        // The symbol's actual alignment, capped by that of its segment, is an upper bound of the required one.
        let modulus = 1 << range.start.trailing_zeros().min(alignment.trailing_zeros());
        match pieces.last_mut() {
            Some((last, needed)) if last.end > range.start => {
                last.end = last.end.max(range.end);
                *needed = modulus.max(*needed);
            }
            _ => pieces.push((range, modulus)),
        }
    }
    pieces
}

/// Returns the start address of an active segment of memory 0 with a constant address.
fn fixed_address(kind: &DataKind<'_>) -> Option<u32> {
    let DataKind::Active { memory_index: 0, offset_expr } = kind else { return None };
    let mut reader = offset_expr.get_operators_reader();
    match (reader.read().ok()?, reader.is_end_then_eof()) {
        (Operator::I32Const { value }, true) => Some(value.cast_unsigned()),
        _ => None,
    }
}

/// Maps the names of linker-defined symbols to the addresses that they stand for.
fn landmark(name: &str) -> Option<Landmark> {
    Some(match name {
        "__stack_low" => Landmark::StackLow,
        "__stack_high" | "__global_base" | "__dso_handle" => Landmark::DataStart,
        "__data_end" | "__heap_base" | "__heap_end" => Landmark::RegionEnd,
        _ => return None,
    })
}

fn is_array_bound(name: &str) -> bool {
    name.starts_with("__start_") || name.starts_with("__stop_")
}

/// Returns true for relocations of addresses in this module's data.
pub(super) fn is_memory_address(kind: RelocationType) -> bool {
    use RelocationType::*;
    matches!(kind, MemoryAddrLeb | MemoryAddrSleb | MemoryAddrI32)
}

/// Returns true for relocations of indices. They need no handling, because the indices are found by parsing.
pub(super) fn is_index(kind: RelocationType) -> bool {
    use RelocationType::*;
    matches!(kind, FunctionIndexLeb | TypeIndexLeb | GlobalIndexLeb | EventIndexLeb | TableNumberLeb)
}

/// Returns true for relocations of slots of the function table.
pub(super) fn is_slot(kind: RelocationType) -> bool {
    matches!(kind, RelocationType::TableIndexSleb | RelocationType::TableIndexI32)
}

/// Lists the address ranges of all data segments with a constant address.
pub(super) fn fixed_ranges(module: &Module<'_>) -> Vec<Range<u64>> {
    let ranges = module.data.iter().filter_map(|data| {
        let wasmparser::DataKind::Active { offset_expr, .. } = &data.kind else { return None };
        match offset_expr.get_operators_reader().read() {
            Ok(Operator::I32Const { value }) => {
                let start = u64::from(value.cast_unsigned());
                Some(start..start + data.data.len() as u64)
            }
            _ => None,
        }
    });
    ranges.collect()
}
