//! What answers calls in a host's place.

use super::End;

/// Answers some calls, or all of them, so that the host does not hear of these.
pub(crate) trait Script: Send {
    /// How a call ends, given its arguments as a trace has them; none if the host is to answer.
    ///
    /// A result is in WAVE, its handles by name. [`End::Never`] stands for a trap without a word.
    fn answer(&mut self, function: &str, arguments: &[String]) -> Option<End>;
}
