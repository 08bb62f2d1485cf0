//! State machine of a host's process: the messages allowed in each state and the next state. `docs/hosts.md` has the
//! same table.

use std::fmt;

use super::protocol::{Ended, Event};

/// State of the protocol as seen by the harness.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum State {
    /// Started, no `hello` yet.
    Greeting,
    /// Between runs.
    Idle,
    /// A run with this number of calls was requested; the guest has not started.
    Preparing { calls: usize },
    /// The guest runs. `returned` of `calls` calls have returned.
    Running { returned: usize, calls: usize },
    /// A call across the component boundary did not return, so the guest cannot continue.
    Unwinding,
}

/// Message that is not allowed in the current state.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Misplaced {
    message: String,
    state: State,
    expected: String,
}

impl State {
    /// Returns the state after a message.
    pub(super) fn after(self, event: &Event) -> Result<State, Misplaced> {
        let next = match (self, event) {
            (State::Greeting, Event::Hello(_)) => Some(State::Idle),
            (State::Preparing { calls }, Event::Started) => Some(State::Running { returned: 0, calls }),
            (State::Preparing { .. }, Event::End(end)) => {
                matches!(end.outcome, Ended::NotRun(_)).then_some(State::Idle)
            }
            (State::Running { .. } | State::Unwinding, Event::Stdout(_) | Event::Stderr(_)) => Some(self),
            (State::Running { .. }, Event::Call(_)) => Some(self),
            (State::Running { returned, calls }, Event::Returned(_)) => {
                (returned < calls).then_some(State::Running { returned: returned + 1, calls })
            }
            (State::Running { returned, calls }, Event::End(end)) => match end.outcome {
                Ended::NotRun(_) => None,
                Ended::Returned => (returned == calls).then_some(State::Idle),
                _ => Some(State::Idle),
            },
            (State::Unwinding, Event::End(end)) => {
                (!matches!(end.outcome, Ended::NotRun(_) | Ended::Returned)).then_some(State::Idle)
            }
            _ => None,
        };
        next.ok_or_else(|| Misplaced { message: named(event), state: self, expected: self.expected() })
    }

    /// Describes the messages that are allowed in this state.
    fn expected(self) -> String {
        let started = "`stdout`, `stderr`, `call`";
        match self {
            State::Greeting => "`hello`".into(),
            State::Idle => "no message before the next request".into(),
            State::Preparing { .. } => "`started`, or `end` with `not-run`".into(),
            State::Running { returned, calls } if returned < calls => format!(
                "{started}, `returned` of call {} of {calls}, or `end` with an outcome other than `returned` and `not-run`",
                returned + 1
            ),
            State::Running { .. } => format!("{started}, or `end` with an outcome other than `not-run`"),
            State::Unwinding => {
                "`stdout`, `stderr`, or `end` with an outcome other than `returned` and `not-run`".into()
            }
        }
    }
}

impl fmt::Display for State {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            State::Greeting => "greeting",
            State::Idle => "idle",
            State::Preparing { .. } => "preparing",
            State::Running { .. } => "running",
            State::Unwinding => "unwinding",
        })
    }
}

impl fmt::Display for Misplaced {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "message {} in the state `{}`: expected {}", self.message, self.state, self.expected)
    }
}

/// Formats a message for errors.
fn named(event: &Event) -> String {
    let name = match event {
        Event::Hello(_) => "hello",
        Event::Started => "started",
        Event::Stdout(_) => "stdout",
        Event::Stderr(_) => "stderr",
        Event::Call(_) => "call",
        Event::Returned(_) => "returned",
        Event::End(end) => {
            let outcome = match end.outcome {
                Ended::Returned => "returned",
                Ended::Exit(_) => "exit",
                Ended::Trap(_) => "trap",
                Ended::HostError(_) => "host-error",
                Ended::Limit { .. } => "limit",
                Ended::NotRun(_) => "not-run",
            };
            return format!("`end` with `{outcome}`");
        }
    };
    format!("`{name}`")
}

#[cfg(test)]
mod tests {
    use super::*;

    const STATES: [State; 7] = [
        State::Greeting,
        State::Idle,
        State::Preparing { calls: 2 },
        State::Running { returned: 0, calls: 2 },
        State::Running { returned: 1, calls: 2 },
        State::Running { returned: 2, calls: 2 },
        State::Unwinding,
    ];

    /// Messages with the indices of the states that accept them and of the next states.
    const TAKEN: [(&str, &[(usize, usize)]); 12] = [
        (r#"{"hello": {"protocol": 1}}"#, &[(0, 1)]),
        (r#""started""#, &[(2, 3)]),
        (r#"{"stdout": "00"}"#, &[(3, 3), (4, 4), (5, 5), (6, 6)]),
        (r#"{"stderr": "00"}"#, &[(3, 3), (4, 4), (5, 5), (6, 6)]),
        (r#"{"call": {"function": "f", "arguments": []}}"#, &[(3, 3), (4, 4), (5, 5)]),
        (r#"{"returned": {}}"#, &[(3, 4), (4, 5)]),
        (r#"{"end": {"outcome": "returned"}}"#, &[(5, 1)]),
        (r#"{"end": {"outcome": {"exit": 0}}}"#, &[(3, 1), (4, 1), (5, 1), (6, 1)]),
        (r#"{"end": {"outcome": {"trap": {"message": "", "frames": []}}}}"#, &[(3, 1), (4, 1), (5, 1), (6, 1)]),
        (r#"{"end": {"outcome": {"host-error": {"message": "", "frames": []}}}}"#, &[(3, 1), (4, 1), (5, 1), (6, 1)]),
        (r#"{"end": {"outcome": {"limit": {"limit": "memory", "message": ""}}}}"#, &[(3, 1), (4, 1), (5, 1), (6, 1)]),
        (r#"{"end": {"outcome": {"not-run": ""}}}"#, &[(2, 1)]),
    ];

    #[test]
    fn messages_are_accepted_in_their_states_only() {
        for (message, taken) in TAKEN {
            let event: Event = serde_json::from_str(message).unwrap();
            for (number, state) in STATES.iter().enumerate() {
                let expected = taken.iter().find(|(from, _)| *from == number).map(|(_, to)| STATES[*to]);
                let after = state.after(&event);
                assert_eq!(after.as_ref().ok(), expected.as_ref(), "{message} in {state:?}");
                let Err(misplaced) = after else { continue };
                let text = misplaced.to_string();
                let parts = [named(&event), format!("in the state `{state}`: expected {}", state.expected())];
                assert!(parts.iter().all(|part| text.contains(part.as_str())), "{text}");
            }
        }
    }

    #[test]
    fn the_documentation_lists_every_state() {
        let text = include_str!("../../../../docs/hosts.md");
        for state in STATES {
            assert!(text.contains(&format!("\n| `{state}` |")), "docs/hosts.md has no row for the state `{state}`");
        }
    }
}
