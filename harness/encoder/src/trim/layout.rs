//! Layout of stack and static data within the adapter region.
//!
//! ```text
//! region            data start (16-aligned)                       region end
//! | stack, downwards | data with contents | data that is zero   |
//! ```

use std::collections::BTreeMap;

use super::data::{Landmark, Target, Units};
use super::error::Problem;
use super::live::Live;

/// Minimum alignment of the region, in bytes: the stack alignment of the C ABI.
const ALIGNMENT: u32 = 16;

/// Layout of a region. Offsets are relative to the start of its data.
#[derive(Debug, Default)]
pub(super) struct Layout {
    /// Size of the stack in bytes. It precedes the data.
    pub stack: u32,
    /// Size of the nonzero data in bytes.
    pub contents: u32,
    /// Total size of the data in bytes, rounded up to the alignment.
    pub data: u32,
    /// Required alignment of the region's start, in bytes.
    pub alignment: u32,
    offsets: BTreeMap<usize, u32>,
}

impl Layout {
    /// Lays out the live data chunks after a stack of `stack` bytes.
    ///
    /// # Errors
    ///
    /// Returns [`Problem::RegionTooLarge`] if the region would exceed half of the address space.
    pub fn of(units: &Units<'_>, live: &Live, stack: u32) -> Result<Layout, Problem> {
        let mut layout = Layout { stack, alignment: ALIGNMENT, ..Layout::default() };
        let live = live.units.iter().filter_map(|&index| Some((index, units.units.get(index)?)));
        // Zeros come last, where they take no bytes in the module.
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
        // The start of data has the region's alignment, too.
        layout.stack = layout.stack.checked_next_multiple_of(layout.alignment).ok_or(Problem::RegionTooLarge)?;
        // Limiting the size to half of the address space prevents overflow in all sums of offsets.
        match layout.stack.checked_add(layout.data) {
            Some(total) if total <= i32::MAX.cast_unsigned() => Ok(layout),
            _ => Err(Problem::RegionTooLarge),
        }
    }

    /// Returns the total size of stack and data in bytes.
    pub fn size(&self) -> u32 {
        // A region without stack and data is still a valid target of linker-defined addresses.
        (self.stack + self.data).max(ALIGNMENT)
    }

    /// Returns the offset of a live data chunk.
    pub fn offset(&self, unit: usize) -> u32 {
        *self.offsets.get(&unit).expect("each live data chunk has a place in the region")
    }

    /// Resolves a target to an absolute value or to an offset from the start of data.
    pub fn place(&self, target: Target) -> Placed {
        match target {
            Target::Absolute(value) => Placed::Absolute(value),
            Target::Unit { unit, delta } => Placed::Data(self.offset(unit).wrapping_add(delta).cast_signed()),
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

/// A relocated value.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Placed {
    /// A value that does not depend on the region's address.
    Absolute(u32),
    /// An address, as an offset from the start of data.
    Data(i32),
}

/// Returns true if all bytes are zero. Works in chunks that the compiler can vectorize.
fn is_zero(bytes: &[u8]) -> bool {
    bytes.chunks(64).all(|piece| piece.iter().fold(0, |all, byte| all | byte) == 0)
}

/// Returns the first offset from `end` on that is congruent to `address`. `modulus` is a power of two.
fn congruent(end: u32, address: u32, modulus: u32) -> Option<u32> {
    let mask = modulus - 1;
    end.checked_add(address.wrapping_sub(end) & mask)
}
