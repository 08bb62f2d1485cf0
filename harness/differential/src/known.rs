//! Differences that are understood and stay: what the reference cannot do, or does wrong.
//!
//! Each class has a reason, and at least one folder under `tests/known/` that shows it still occurs.

use crate::compare::Pair;
use crate::encoders::Outcome;
use crate::inputs::Binaries;

/// A class of differences.
#[derive(Debug)]
pub struct Class {
    /// A name: the folders that show the class are called so, with a number behind.
    pub name: &'static str,
    /// Why it is the reference, and not we, that should be different; or why both are right.
    pub reason: &'static str,
    matches: fn(&Binaries, &Pair) -> bool,
}

impl PartialEq for Class {
    fn eq(&self, other: &Class) -> bool {
        self.name == other.name
    }
}

/// All classes.
pub const CLASSES: &[Class] = &[];

/// The class of a difference, if it is a known one.
pub fn class(binaries: &Binaries, pair: &Pair) -> Option<&'static Class> {
    // A mistake of ours is none of the reference's.
    if matches!(pair.ours, Outcome::Panicked(_) | Outcome::Invalid(_)) {
        return None;
    }
    CLASSES.iter().find(|class| (class.matches)(binaries, pair))
}
