//! Small worlds of this project, distributed over main and adapters: few types, many kinds of wiring.

use super::{Sample, split, wit};
use crate::random::Random;

/// Generates a small world and distributes it.
pub fn sample(random: &mut Random) -> Option<Sample> {
    let (resolve, world) = wit::world(random, false)?;
    split::share(random, &resolve, world)
}
