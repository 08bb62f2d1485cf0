//! Smaller samples: fewer adapters, smaller modules.

use crate::generate::Sample;
use crate::inputs::Encoding;

/// All samples that lack one thing of this one.
pub fn candidates(sample: &Sample) -> Box<dyn Iterator<Item = Sample> + '_> {
    let adapters = (0..sample.adapters.len()).map(|number| {
        let mut smaller = sample.clone();
        smaller.adapters.remove(number);
        smaller
    });
    let option = sample.memory_grow.then(|| Sample { memory_grow: false, ..sample.clone() });
    let encodings = sample.units().enumerate().filter(|(_, unit)| unit.encoding != Encoding::Utf8).map(|(number, _)| {
        let mut smaller = sample.clone();
        smaller.units_mut().nth(number).expect("as many").encoding = Encoding::Utf8;
        smaller
    });
    let parts = sample.units().enumerate().flat_map(move |(number, unit)| {
        unit.core.parts().into_iter().map(move |part| {
            let mut smaller = sample.clone();
            smaller.units_mut().nth(number).expect("as many").core.remove(part);
            smaller
        })
    });
    Box::new(adapters.chain(option).chain(encodings).chain(parts))
}
