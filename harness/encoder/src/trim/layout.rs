//! Where stack and static data go within the region.
//!
//! ```text
//! region            data start (16-aligned)                       region end
//! | stack, downwards | units with contents | units that are zero |
//! ```

use std::collections::BTreeMap;

use super::data::{Landmark, Target, Units};
use super::error::Problem;
use super::live::Live;

/// The alignment that the C ABI asks of a stack, and what an allocator can be trusted with.
const ALIGNMENT: u32 = 16;

/// A region, laid out. Offsets are relative to where its data starts.
#[derive(Debug, Default)]
pub(super) struct Layout {
    /// Bytes of stack, in front of the data.
    pub stack: u32,
    /// Bytes of data that have contents.
    pub contents: u32,
    /// Bytes of data in all, rounded up.
    pub data: u32,
    /// What the region's start must be aligned to.
    pub alignment: u32,
    offsets: BTreeMap<usize, u32>,
}

impl Layout {
    /// Lays out what is live, beside a stack of so many bytes.
    pub fn of(units: &Units<'_>, live: &Live, stack: u32) -> Result<Layout, Problem> {
        let mut layout = Layout { stack, alignment: ALIGNMENT, ..Layout::default() };
        let live = live.units.iter().filter_map(|&index| Some((index, units.units.get(index)?)));
        // Zeros behind everything else, where they need no bytes in the module.
        let (zeros, contents): (Vec<_>, Vec<_>) = live.partition(|(_, unit)| is_zero(unit.bytes));
        let mut end = 0;
        for (list, zeros) in [(contents, false), (zeros, true)] {
            for (index, unit) in list {
                layout.alignment = layout.alignment.max(unit.modulus);
                let offset = congruent(end, unit.addresses.start, unit.modulus);
                let next = offset.and_then(|o| o.checked_add(unit.bytes.len() as u32));
                let (Some(offset), Some(next)) = (offset, next) else {
                    return Err(Problem::RegionTooLarge);
                };
                layout.offsets.insert(index, offset);
                end = next;
            }
            if !zeros {
                layout.contents = end;
            }
        }
        layout.data = end.checked_next_multiple_of(ALIGNMENT).ok_or(Problem::RegionTooLarge)?;
        // Data starts at the region's alignment, too.
        layout.stack = layout.stack.checked_next_multiple_of(layout.alignment).ok_or(Problem::RegionTooLarge)?;
        // Half of the address space: no sum of offsets wraps.
        match layout.stack.checked_add(layout.data) {
            Some(total) if total <= i32::MAX.cast_unsigned() => Ok(layout),
            _ => Err(Problem::RegionTooLarge),
        }
    }

    /// Bytes of stack and data.
    pub fn size(&self) -> u32 {
        // A region without either still is a place that landmarks can point to.
        (self.stack + self.data).max(ALIGNMENT)
    }

    /// The offset of a unit, if it is live.
    pub fn offset(&self, unit: usize) -> Option<u32> {
        self.offsets.get(&unit).copied()
    }

    /// The distance of a target from where data starts, or the number that it is.
    pub fn place(&self, target: Target) -> Placed {
        match target {
            Target::Absolute(value) => Placed::Absolute(value),
            Target::Unit { unit, delta } => {
                let offset = self.offset(unit).unwrap_or_default();
                Placed::Data(offset.wrapping_add(delta).cast_signed())
            }
            Target::Landmark { landmark, delta } => {
                let offset = match landmark {
                    Landmark::StackLow => self.stack.wrapping_neg(),
                    Landmark::DataStart => 0,
                    Landmark::RegionEnd => self.data,
                };
                Placed::Data(offset.wrapping_add(delta).cast_signed())
            }
        }
    }
}

/// A value after the move.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Placed {
    /// The same everywhere.
    Absolute(u32),
    /// An address, as its distance from where data starts.
    Data(i32),
}

/// In pieces, each of which the compiler can look at in a few steps.
fn is_zero(bytes: &[u8]) -> bool {
    bytes.chunks(64).all(|piece| piece.iter().fold(0, |all, byte| all | byte) == 0)
}

/// The first offset from `end` on that has the same remainder as `address`.
fn congruent(end: u32, address: u32, modulus: u32) -> Option<u32> {
    let mask = modulus - 1;
    end.checked_add(address.wrapping_sub(end) & mask)
}
