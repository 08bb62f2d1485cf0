//! Host mocks: responses to calls in a host's place.

use super::End;

/// Host mock that responds to some or all calls, so that the host does not receive them.
pub trait Script: Send {
    /// Returns the response to a call. Arguments are formatted as in a trace. Also called for drops of handles
    /// (`[resource-drop]name`), where the response is ignored.
    fn answer(&mut self, function: &str, arguments: &[String]) -> Response;
}

/// Response of a host mock.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Response {
    /// Forwards the call to the host.
    Nothing,
    /// Ends the call. A result is in WAVE, with handles by name. Such a handle has no host resource, so the mock must
    /// respond to the calls that use it. [`End::Never`] traps.
    Ends(End),
    /// Forwards the call to the host with another argument.
    Asks {
        /// Index of the argument, from 0.
        argument: usize,
        /// New value in WAVE.
        value: String,
    },
}
