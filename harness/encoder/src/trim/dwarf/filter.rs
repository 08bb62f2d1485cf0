//! Filter of debugging entries: keeps functions whose code is kept, and everything they refer to.

use gimli::constants::DW_TAG_subprogram;
use gimli::write::FilterUnitSection;
use gimli::{Dwarf, UnitRef};

use super::{Fault, Offsets, Reader};

/// Maximum nesting depth. The writer is recursive, and deep inlining reaches some hundred levels.
const DEPTH: isize = 500;

/// Marks the entries to keep.
///
/// # Errors
///
/// Returns an error if the DWARF is malformed, not supported or nested too deeply.
pub(super) fn live<'d, 'a>(
    dwarf: &'d Dwarf<Reader<'a>>,
    offsets: &Offsets,
) -> Result<FilterUnitSection<'d, Reader<'a>>, Fault> {
    let mut filter = FilterUnitSection::new(dwarf)?;
    while let Some(mut unit) = filter.read_unit()? {
        check(unit.read_unit)?;
        let mut entry = unit.null_entry();
        while unit.read_entry(&mut entry)? {
            if entry.depth() > DEPTH {
                return Err(Fault::Depth(DEPTH));
            }
            if entry.tag() != DW_TAG_subprogram {
                continue;
            }
            let mut ranges = unit.read_unit.die_ranges(&entry)?;
            while let Some(range) = ranges.next()? {
                if offsets.within(&(range.begin..range.end)).next().is_some() {
                    unit.require_entry(entry.offset());
                    break;
                }
            }
        }
    }
    Ok(filter)
}

/// Rejects units that toolchains do not emit for 32-bit WebAssembly, or that cannot be rewritten.
fn check(unit: UnitRef<'_, Reader<'_>>) -> Result<(), Fault> {
    let encoding = unit.encoding();
    if encoding.address_size != 4 {
        return Err(Fault::AddressSize(encoding.address_size));
    }
    if encoding.format != gimli::Format::Dwarf32 {
        return Err(Fault::Format);
    }
    if unit.dwo_id.is_some() || unit.dwo_name()?.is_some() {
        return Err(Fault::Split);
    }
    Ok(())
}
