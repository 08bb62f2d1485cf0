//! Converts a unit: its root, its line program and the kept entries with their attributes.

use std::ops::Range;

use gimli::constants::{
    DW_AT_GNU_locviews, DW_AT_call_pc, DW_AT_call_return_pc, DW_AT_entry_pc, DW_AT_high_pc, DW_AT_low_pc,
    DW_AT_macro_info, DW_AT_macros, DW_AT_ranges, DW_AT_stmt_list,
};
use gimli::write::{
    Address, AttributeValue, ConvertError, ConvertUnit, ConvertUnitEntry, Location, LocationList, RangeList,
    UnitEntryId,
};

use super::line::Lines;
use super::{Fault, Moves, Reader, expression};

/// Converts a unit. Returns false, and skips the unit, if nothing in it describes kept code.
pub(super) fn convert<'a>(
    mut unit: ConvertUnit<'_, Reader<'a>>,
    root: ConvertUnitEntry<'_, Reader<'a>>,
    moves: Moves<'_>,
) -> Result<bool, Fault> {
    let mut lines = Lines::start(&mut unit)?;
    let mut code = match &mut lines {
        Some(lines) => lines.rows(&mut unit, moves.code)?,
        None => Vec::new(),
    };
    let mut converter = Converter { unit, lines, moves };
    let mut any = !code.is_empty();

    let mut entry = converter.unit.null_entry();
    while let Some(id) = converter.unit.read_entry(&mut entry)? {
        let Some(id) = id else { continue };
        // The root entry, which has a separate ID, is already read.
        any = true;
        let id = converter.unit.add_entry(Some(id), &entry);
        code.extend(converter.attributes(id, &entry)?);
    }
    if !any {
        converter.unit.skip();
        return Ok(false);
    }
    let id = converter.unit.unit.root();
    converter.attributes(id, &root)?;
    converter.root_ranges(id, code);
    if let Some(lines) = converter.lines {
        converter.unit.unit.line_program = lines.program();
    }
    Ok(true)
}

struct Converter<'u, 'm, 'a> {
    unit: ConvertUnit<'u, Reader<'a>>,
    lines: Option<Lines<'a>>,
    moves: Moves<'m>,
}

impl<'a> Converter<'_, '_, 'a> {
    /// Converts the attributes of an entry. Returns the new code ranges of the entry.
    fn attributes(
        &mut self,
        id: UnitEntryId,
        entry: &ConvertUnitEntry<'_, Reader<'a>>,
    ) -> Result<Vec<Range<u64>>, Fault> {
        for attribute in &entry.attrs {
            let name = attribute.name();
            // Code ranges are written by `code`. The line program is referenced implicitly. Macros and location views
            // are in sections that are dropped.
            if [DW_AT_low_pc, DW_AT_high_pc, DW_AT_ranges, DW_AT_stmt_list].contains(&name)
                || [DW_AT_macro_info, DW_AT_macros, DW_AT_GNU_locviews].contains(&name)
            {
                continue;
            }
            if let Some(value) = self.attribute(entry, attribute)? {
                self.unit.unit.get_mut(id).set(name, value);
            }
        }
        if id == self.unit.unit.root() {
            return Ok(Vec::new());
        }
        self.code(id, entry)
    }

    /// Converts the value of an attribute. Returns `None` if the attribute is omitted.
    fn attribute(
        &mut self,
        entry: &ConvertUnitEntry<'_, Reader<'a>>,
        attribute: &gimli::Attribute<Reader<'a>>,
    ) -> Result<Option<AttributeValue>, Fault> {
        use gimli::AttributeValue::*;
        let read = self.unit.read_unit;
        match attribute.value() {
            FileIndex(index) => {
                let Some(lines) = &mut self.lines else { return Ok(None) };
                Ok(lines.file(&mut self.unit, index)?.map(|file| AttributeValue::FileIndex(Some(file))))
            }
            Addr(_) | DebugAddrIndex(_) => {
                // All other addresses refer to static data.
                if ![DW_AT_call_pc, DW_AT_call_return_pc, DW_AT_entry_pc].contains(&attribute.name()) {
                    return Ok(None);
                }
                let address = read.attr_address(attribute.value())?;
                let address = address.and_then(|address| self.address(address));
                Ok(address.map(|address| AttributeValue::Address(Address::Constant(address))))
            }
            // The entry point as a distance from the function's start.
            _ if attribute.name() == DW_AT_entry_pc => Ok(None),
            Exprloc(old) => Ok(expression::convert(&self.unit, &old, self.moves).map(AttributeValue::Exprloc)),
            LocationListsRef(_) | DebugLocListsIndex(_) => self.locations(attribute),
            // References to tables or sections that are dropped.
            DebugTypesRef(_)
            | DebugMacinfoRef(_)
            | DebugMacroRef(_)
            | DebugLineRef(_)
            | RangeListsRef(_)
            | DebugRngListsIndex(_)
            | DwoId(_)
            | SecOffset(_) => Ok(None),
            _ => match self.unit.convert_attribute_value(entry.read_unit, attribute, &|_| None) {
                Ok(value) => Ok(Some(value)),
                Err(ConvertError::InvalidUnitRef | ConvertError::InvalidDebugInfoRef) => Ok(None),
                Err(error) => Err(error.into()),
            },
        }
    }

    fn address(&self, old: u64) -> Option<u64> {
        self.moves.code.function(old).map(|function| function.at(old))
    }

    fn locations(&mut self, attribute: &gimli::Attribute<Reader<'a>>) -> Result<Option<AttributeValue>, Fault> {
        let mut locations = Vec::new();
        let Some(mut old) = self.unit.read_unit.attr_locations(attribute.value())? else { return Ok(None) };
        while let Some(location) = old.next()? {
            let Some(data) = expression::convert(&self.unit, &location.data, self.moves) else { continue };
            for Range { start, end } in self.moves.code.ranges(&(location.range.begin..location.range.end)) {
                let (begin, end) = (Address::Constant(start), Address::Constant(end));
                locations.push(Location::StartEnd { begin, end, data: data.clone() });
            }
        }
        if locations.is_empty() {
            return Ok(None);
        }
        Ok(Some(AttributeValue::LocationListRef(self.unit.unit.locations.add(LocationList(locations)))))
    }

    /// Sets the code ranges of a function or of a part of one.
    fn code(&mut self, id: UnitEntryId, entry: &ConvertUnitEntry<'_, Reader<'a>>) -> Result<Vec<Range<u64>>, Fault> {
        let mut code = Vec::new();
        let has = |name| entry.attr(name).is_some();
        if has(DW_AT_high_pc) || has(DW_AT_ranges) {
            let mut ranges = self.unit.read_unit.die_ranges(entry)?;
            while let Some(range) = ranges.next()? {
                code.extend(self.moves.code.ranges(&(range.begin..range.end)));
            }
        } else if let Some(low) = entry.attr_value(DW_AT_low_pc) {
            // A label, with an address and no range.
            let address = self.unit.read_unit.attr_address(low)?.and_then(|low| self.address(low));
            let value = address.map(|address| AttributeValue::Address(Address::Constant(address)));
            value.into_iter().for_each(|value| self.unit.unit.get_mut(id).set(DW_AT_low_pc, value));
        }
        let version = self.unit.unit.version();
        match code.as_slice() {
            [] => {}
            [only] => {
                let entry = self.unit.unit.get_mut(id);
                entry.set(DW_AT_low_pc, AttributeValue::Address(Address::Constant(only.start)));
                // Before DWARF 4, the end is an address.
                let end = match version {
                    ..4 => AttributeValue::Address(Address::Constant(only.end)),
                    _ => AttributeValue::Data4((only.end - only.start) as u32),
                };
                entry.set(DW_AT_high_pc, end);
            }
            several => {
                let list = self.unit.unit.ranges.add(list(several));
                self.unit.unit.get_mut(id).set(DW_AT_ranges, AttributeValue::RangeListRef(list));
            }
        }
        Ok(code)
    }

    /// Sets the code ranges of the unit. The base address is zero, so that range and location lists contain absolute
    /// offsets.
    fn root_ranges(&mut self, root: UnitEntryId, mut code: Vec<Range<u64>>) {
        code.sort_by_key(|range| (range.start, range.end));
        let mut merged: Vec<Range<u64>> = Vec::new();
        for range in code {
            match merged.last_mut() {
                Some(last) if range.start <= last.end => last.end = last.end.max(range.end),
                _ => merged.push(range),
            }
        }
        merged.retain(|range| range.start < range.end);
        let zero = AttributeValue::Address(Address::Constant(0));
        self.unit.unit.get_mut(root).set(DW_AT_low_pc, zero);
        if !merged.is_empty() {
            let list = self.unit.unit.ranges.add(list(&merged));
            self.unit.unit.get_mut(root).set(DW_AT_ranges, AttributeValue::RangeListRef(list));
        }
    }
}

fn list(ranges: &[Range<u64>]) -> RangeList {
    let range = |range: &Range<u64>| gimli::write::Range::StartEnd {
        begin: Address::Constant(range.start),
        end: Address::Constant(range.end),
    };
    RangeList(ranges.iter().map(range).collect())
}
