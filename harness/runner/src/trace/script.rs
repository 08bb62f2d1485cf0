//! What answers calls in a host's place.

use super::End;

/// Answers some calls, or all of them, so that the host does not hear of these.
pub trait Script: Send {
    /// What becomes of a call, given its arguments as a trace has them. Handles that are dropped are told of, too
    /// (`[resource-drop]name`), whatever the answer.
    fn answer(&mut self, function: &str, arguments: &[String]) -> Says;
}

/// What a script says to a call.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Says {
    /// The host is to answer.
    Nothing,
    /// This is how it ends. A result is in WAVE, its handles by name: such a handle has nothing behind it, so that the script
    /// has to answer the calls that are made with it. [`End::Never`] stands for a trap without a word.
    Ends(End),
    /// The host is to answer, and hears of another argument.
    Asks {
        /// Which one, from 0.
        argument: usize,
        /// In WAVE, in its place.
        value: String,
    },
}
