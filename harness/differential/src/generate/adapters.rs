//! Small worlds of our own, shared out to main and adapters: the types are few, the ways of wiring many.

use super::{Sample, split, wit};
use crate::random::Random;

/// A small world, shared out.
pub fn sample(random: &mut Random) -> Option<Sample> {
    let (resolve, world) = wit::world(random, false)?;
    split::share(random, &resolve, world)
}
