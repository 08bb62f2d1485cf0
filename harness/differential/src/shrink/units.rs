//! Reductions of modules: fewer adapters, smaller modules.

use super::Edit;
use crate::generate::Sample;
use crate::inputs::{Encoding, Options};

/// Lists the reductions of modules and options, the largest ones first.
pub(super) fn edits(sample: &Sample) -> Vec<Edit> {
    let mut edits: Vec<Edit> = (0..sample.adapters.len()).map(Edit::Adapter).collect();
    if sample.options != Options::default() {
        edits.push(Edit::Options);
    }
    for (number, unit) in sample.units().enumerate() {
        if unit.encoding != Encoding::Utf8 {
            edits.push(Edit::Encoding(number));
        }
        edits.extend(unit.core.parts().into_iter().map(|part| Edit::Part(number, part)));
    }
    edits
}

/// Applies a reduction to a sample.
pub(super) fn apply(sample: &Sample, edit: &Edit) -> Option<Sample> {
    let mut smaller = sample.clone();
    match *edit {
        Edit::Adapter(number) => drop(smaller.adapters.remove(number)),
        Edit::Options => smaller.options = Options::default(),
        Edit::Encoding(number) => smaller.units_mut().nth(number)?.encoding = Encoding::Utf8,
        Edit::Part(number, part) => smaller.units_mut().nth(number)?.core.remove(part),
        Edit::Cut(..) => return None,
    }
    Some(smaller)
}
