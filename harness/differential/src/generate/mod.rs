//! Random worlds: sample `n` of a seed is always the same.

mod adapters;
mod dummy;
mod flow;
mod signatures;
mod smith;
mod split;
mod wiring;
mod wit;

use crate::inputs::{Encoding, Inputs, Options, Source};
use crate::module::Core;
use crate::random::Random;

/// A generated input in a form that can be shrunk.
#[derive(Clone, Debug, PartialEq)]
pub struct Sample {
    /// Main module.
    pub main: Unit,
    /// Adapters by name.
    pub adapters: Vec<(String, Unit)>,
    /// Options.
    pub options: Options,
}

/// A module of a sample.
#[derive(Clone, Debug, PartialEq)]
pub struct Unit {
    /// The module.
    pub core: Core,
    /// Package that contains its world.
    pub wit: String,
    /// Name of the world.
    pub world: String,
    /// String encoding.
    pub encoding: Encoding,
}

impl Sample {
    /// Renders the texts of the sample.
    pub fn inputs(&self) -> Inputs {
        Inputs {
            main: self.main.source(),
            adapters: self.adapters.iter().map(|(name, unit)| (name.clone(), unit.source())).collect(),
            options: self.options,
        }
    }

    /// Returns all modules, main first.
    pub fn units(&self) -> impl Iterator<Item = &Unit> {
        std::iter::once(&self.main).chain(self.adapters.iter().map(|(_, unit)| unit))
    }

    /// Returns all modules, main first.
    pub fn units_mut(&mut self) -> impl Iterator<Item = &mut Unit> {
        std::iter::once(&mut self.main).chain(self.adapters.iter_mut().map(|(_, unit)| unit))
    }
}

impl Unit {
    fn source(&self) -> Source {
        Source { wat: self.core.wat(), wit: self.wit.clone(), world: self.world.clone(), encoding: self.encoding }
    }
}

/// Families of generators. One is chosen at random per world.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Family {
    /// A world by wit-smith and a varied dummy main module.
    Smith,
    /// A world by wit-smith whose imports and exports are distributed over main and adapters.
    Split,
    /// This project's adapters: many kinds of wiring, few types.
    Adapters,
    /// Every export is also an import, and every call is forwarded. Used to compare the behavior of components.
    Flow,
}

impl Family {
    /// All families.
    pub const ALL: [Family; 4] = [Family::Smith, Family::Split, Family::Adapters, Family::Flow];
}

/// Generates sample `number` of `seed`, by one family or a random one.
pub fn sample(family: Option<Family>, seed: u64, number: u64) -> (Family, Sample) {
    let mut random = Random::new(seed, number);
    let drawn = *random.pick(&Family::ALL).unwrap_or(&Family::Adapters);
    let family = family.unwrap_or(drawn);
    // If wit-smith rejects its random input, the next input is used.
    for _ in 0..50 {
        let sample = match family {
            Family::Smith => smith::sample(&mut random),
            Family::Split => split::sample(&mut random),
            Family::Adapters => adapters::sample(&mut random),
            Family::Flow => flow::sample(&mut random),
        };
        if let Some(sample) = sample {
            return (family, sample);
        }
    }
    (family, wit::plain())
}
