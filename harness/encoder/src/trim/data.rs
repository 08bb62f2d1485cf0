//! Static data, cut into units that can be dropped and moved one by one.
//!
//! A unit is what overlapping data symbols of one segment cover. Code cannot step from one symbol to another, so
//! units need not keep their distances. The exception are the arrays that a linker collects from many objects
//! (`__start_*`, `__stop_*`): with such symbols around, a segment stays in one piece.

use std::ops::Range;

use wasmparser::{DataKind, DefinedDataSymbol, Operator, RelocationType, SymbolFlags, SymbolInfo};

use super::error::Problem;
use super::linking::Relocation;
use super::module::Module;

/// A piece of static data that is kept or dropped as a whole.
#[derive(Clone, Debug)]
pub(super) struct Unit<'a> {
    /// The addresses that the linker gave it.
    pub addresses: Range<u32>,
    /// Its new address has the same remainder by this power of two as the old one.
    pub modulus: u32,
    /// Its bytes.
    pub bytes: &'a [u8],
    /// Where these bytes are in the module.
    pub position: u64,
}

/// All static data of a relocatable module.
#[derive(Default)]
pub(super) struct Units<'a> {
    /// The units, by address.
    pub units: Vec<Unit<'a>>,
    /// Where each segment was placed by the linker.
    segments: Vec<Range<u32>>,
}

/// What a relocated value stands for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Target {
    /// Itself: a number, or the address of a weak symbol that is not there.
    Absolute(u32),
    /// A unit, and the distance from its start (it wraps around).
    Unit { unit: usize, delta: u32 },
    /// A landmark of the region, and the distance from it (it wraps around).
    Landmark { landmark: Landmark, delta: u32 },
}

/// An address that the linker defines.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Landmark {
    /// The lowest address of the stack.
    StackLow,
    /// Where the stack ends and static data begins.
    DataStart,
    /// Behind static data. The adapter has no heap there: it begins and ends here.
    RegionEnd,
}

impl<'a> Units<'a> {
    /// Cuts the data of a relocatable module.
    pub fn cut(module: &Module<'a>) -> Result<Units<'a>, Problem> {
        let mut units = Units::default();
        for (index, data) in module.data.iter().enumerate() {
            let position = data.range.end - data.data.len() as u64;
            let stale = |what| Problem::StaleRelocations { offset: data.range.start, what };
            let start = fixed_address(&data.kind).ok_or_else(|| stale("a data segment without a constant address"))?;
            let end = u32::try_from(data.data.len())
                .ok()
                .and_then(|length| start.checked_add(length))
                .ok_or_else(|| stale("a data segment behind the end of memory"))?;
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
                let bytes = data.data.get(offset..).unwrap_or_default();
                let bytes = bytes.get(..addresses.len()).unwrap_or_default();
                let position = position + offset as u64;
                units.units.push(Unit { addresses, modulus, bytes, position });
            }
        }
        Ok(units)
    }

    /// What `value`, found at a relocation for a memory address, stands for.
    pub fn resolve(&self, symbols: &[SymbolInfo<'_>], relocation: &Relocation, value: u32) -> Result<Target, Problem> {
        let entry = &relocation.entry;
        let stale = |what| Problem::StaleRelocations { offset: relocation.position, what };
        let Some(SymbolInfo::Data { name, symbol, flags }) = symbols.get(entry.index as usize) else {
            return Err(stale("a memory address whose symbol is not data"));
        };
        // Linking is over: whatever is undefined now is a weak symbol without a definition.
        let Some(symbol) = symbol.filter(|_| !flags.contains(SymbolFlags::ABSOLUTE)) else {
            return Ok(Target::Absolute(value));
        };
        // A number in the shape of an address: the size of a page.
        if *name == "__wasm_first_page_end" {
            return Ok(Target::Absolute(value));
        }
        let delta = entry.addend as u32;
        if let Some(landmark) = landmark(name) {
            return Ok(Target::Landmark { landmark, delta });
        }
        if is_array_bound(name) {
            // Units are in order of their addresses.
            let unit = self.units.partition_point(|unit| unit.addresses.end < value);
            let found = self.units.get(unit).filter(|unit| unit.addresses.start <= value);
            let found = found.ok_or_else(|| stale("an address outside of static data"))?;
            let delta = value.wrapping_sub(found.addresses.start);
            return Ok(Target::Unit { unit, delta });
        }
        let address = self.address(&symbol).ok_or_else(|| stale("a symbol outside of its data segment"))?;
        if address.wrapping_add(delta) != value {
            return Err(stale("an address that is not the symbol's"));
        }
        // Units are in order of their addresses, and do not overlap. An empty one may precede another at its address.
        let unit = self.units.partition_point(|unit| unit.addresses.end <= address);
        let unit = match self.units.get(unit) {
            Some(found) if found.addresses.start <= address => unit,
            // Nothing is there, at the end of its segment: any address will do.
            _ if symbol.size == 0 => {
                let landmark = Landmark::DataStart;
                return Ok(Target::Landmark { landmark, delta });
            }
            _ => return Err(stale("a symbol outside of static data")),
        };
        let delta = value.wrapping_sub(self.units[unit].addresses.start);
        Ok(Target::Unit { unit, delta })
    }

    /// The unit that a symbol starts in.
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

/// The pieces of one segment, in order, as address ranges with their moduli.
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
        // An empty symbol has an address, too; it takes a byte so that it has it for itself.
        let end = start.saturating_add(symbol.size.max(1));
        if start < addresses.end {
            ranges.push(start..end.min(addresses.end));
        }
    }
    ranges.sort_by_key(|range| (range.start, range.end));
    let mut pieces: Vec<(Range<u32>, u32)> = Vec::new();
    for range in ranges {
        // How far the symbol happens to be aligned is the most that it can need, up to what its segment needs.
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

/// The address of an active segment of memory 0 at a constant address.
fn fixed_address(kind: &DataKind<'_>) -> Option<u32> {
    let DataKind::Active { memory_index: 0, offset_expr } = kind else { return None };
    let mut reader = offset_expr.get_operators_reader();
    match (reader.read().ok()?, reader.is_end_then_eof()) {
        (Operator::I32Const { value }, true) => Some(value.cast_unsigned()),
        _ => None,
    }
}

/// The meaning of the names that the linker gives to addresses.
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

/// The kinds of relocation that are about addresses of this module's data.
pub(super) fn is_memory_address(kind: RelocationType) -> bool {
    use RelocationType::*;
    matches!(kind, MemoryAddrLeb | MemoryAddrSleb | MemoryAddrI32)
}

/// The kinds that stand for an index of the module, which parsing finds by itself, or are for debuggers.
pub(super) fn is_index(kind: RelocationType) -> bool {
    use RelocationType::*;
    matches!(kind, FunctionIndexLeb | TypeIndexLeb | GlobalIndexLeb | EventIndexLeb | TableNumberLeb)
}

/// The kinds that stand for a slot of the function table.
pub(super) fn is_slot(kind: RelocationType) -> bool {
    matches!(kind, RelocationType::TableIndexSleb | RelocationType::TableIndexI32)
}

/// The addresses of all data segments that have a fixed one.
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
