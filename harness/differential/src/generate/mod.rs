//! Worlds at random: number `n` of a seed is always the same one.

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

/// A generated input in a form that can be made smaller.
#[derive(Clone, Debug, PartialEq)]
pub struct Sample {
    /// The main module.
    pub main: Unit,
    /// The adapters by name.
    pub adapters: Vec<(String, Unit)>,
    /// The options.
    pub options: Options,
}

/// A module of a sample.
#[derive(Clone, Debug, PartialEq)]
pub struct Unit {
    /// The module.
    pub core: Core,
    /// The package with its world.
    pub wit: String,
    /// The world.
    pub world: String,
    /// How its strings lie in memory.
    pub encoding: Encoding,
}

impl Sample {
    /// The texts that the encoders are given.
    pub fn inputs(&self) -> Inputs {
        Inputs {
            main: self.main.source(),
            adapters: self.adapters.iter().map(|(name, unit)| (name.clone(), unit.source())).collect(),
            options: self.options,
        }
    }

    /// All modules, main first.
    pub fn units(&self) -> impl Iterator<Item = &Unit> {
        std::iter::once(&self.main).chain(self.adapters.iter().map(|(_, unit)| unit))
    }

    /// All modules, main first.
    pub fn units_mut(&mut self) -> impl Iterator<Item = &mut Unit> {
        std::iter::once(&mut self.main).chain(self.adapters.iter_mut().map(|(_, unit)| unit))
    }
}

impl Unit {
    fn source(&self) -> Source {
        Source { wat: self.core.wat(), wit: self.wit.clone(), world: self.world.clone(), encoding: self.encoding }
    }
}

/// The generators. A family is drawn for each world.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Family {
    /// A world of wit-smith, and a dummy main for it, changed here and there.
    Smith,
    /// A world of wit-smith, its imports and exports shared out to main and adapters.
    Split,
    /// Adapters of our own making: many ways of wiring, few types.
    Adapters,
    /// What is exported is imported, too, and every call is passed on: for comparing what components do.
    Flow,
}

impl Family {
    /// All of them.
    pub const ALL: [Family; 4] = [Family::Smith, Family::Split, Family::Adapters, Family::Flow];
}

/// World number `number` of `seed`; of one generator, or of one that is drawn.
pub fn sample(family: Option<Family>, seed: u64, number: u64) -> (Family, Sample) {
    let mut random = Random::new(seed, number);
    let drawn = *random.pick(&Family::ALL).unwrap_or(&Family::Adapters);
    let family = family.unwrap_or(drawn);
    // What wit-smith gives up on is tried again with what the generator gives next.
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
