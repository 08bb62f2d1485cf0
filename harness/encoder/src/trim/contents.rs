//! Contents of a region's static data, and the words in it that depend on its address.

use super::data::Units;
use super::layout::{Layout, Placed};
use super::live::Live;
use super::module::Module;
use super::plan::{Plan, Value};
use super::region::Fixup;

/// Builds the bytes of all live data chunks at their new offsets. Words that hold addresses are zero, and are filled in
/// at run time.
pub(super) fn bytes(module: &Module<'_>, units: &Units<'_>, live: &Live, plan: &Plan, layout: &Layout) -> Vec<u8> {
    let mut contents = vec![0; layout.contents as usize];
    for &index in &live.units {
        let unit = &units.units[index];
        let start = layout.offset(index) as usize;
        // Chunks behind the contents are zero.
        if let Some(place) = contents.get_mut(start..start + unit.bytes.len()) {
            place.copy_from_slice(unit.bytes);
        }
        for word in plan.words(module, units, index) {
            let at = start + word.at as usize;
            let value = match word.value {
                Value::Slot(slot) => plan.slot(slot),
                Value::Address(target) => match layout.place(target) {
                    Placed::Absolute(value) => value,
                    Placed::Data(_) => 0,
                },
            };
            if let Some(place) = contents.get_mut(at..at + 4) {
                place.copy_from_slice(&value.to_le_bytes());
            }
        }
    }
    contents
}

/// Lists the words that hold addresses, in ascending order of their chunks.
pub(super) fn fixups(module: &Module<'_>, units: &Units<'_>, live: &Live, plan: &Plan, layout: &Layout) -> Vec<Fixup> {
    let mut fixups = Vec::new();
    for &index in &live.units {
        let offset = layout.offset(index);
        for word in plan.words(module, units, index) {
            let Value::Address(target) = word.value else { continue };
            if let Placed::Data(to) = layout.place(target) {
                fixups.push(Fixup { at: offset + word.at, to });
            }
        }
    }
    fixups
}
