//! Programs: a world and calls, as plain data.

use std::fmt;

use polyfill_builder::case::Case;

use super::functions::{Function, Kind};

/// A world and the calls of a guest in it.
#[derive(Clone, Debug, PartialEq)]
pub struct Program {
    /// Files, preopened directories, standard input, arguments and environment, as in a case.
    pub world: Case,
    /// Calls in order.
    pub calls: Vec<Call>,
}

/// A call.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Call {
    /// Id by which other calls refer to the descriptor it opens. It stays the same when earlier calls are removed.
    pub id: u32,
    /// The function.
    pub function: &'static Function,
    /// One value per parameter.
    pub values: Vec<Value>,
}

/// Value of a parameter.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Value {
    /// A descriptor.
    Fd(Fd),
    /// A number.
    Number(u64),
    /// A path.
    Path(Vec<u8>),
    /// Sizes of buffers to fill.
    Read(Vec<u32>),
    /// Buffers to write.
    Write(Vec<Chunk>),
    /// Size of a buffer to fill.
    Buffer(u32),
    /// Subscriptions.
    Subscriptions(Vec<Subscription>),
    /// Buffer for events: separate, or in place of the subscriptions.
    Events {
        /// Set when the events overwrite the subscriptions.
        in_place: bool,
    },
    /// No value: it follows from the other parameters.
    Nothing,
}

/// A symbolic descriptor. The numbers of opened descriptors differ between the sides.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Fd {
    /// A fixed number: standard streams, then preopened directories, and a number that is never open.
    Number(u32),
    /// The descriptor that the call with this id has opened.
    Opened(u32),
}

/// Consecutive letters of the alphabet.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Chunk {
    /// Index of the first letter, from `a`.
    pub first: u8,
    /// Number of letters.
    pub length: u32,
}

/// A subscription of `poll_oneoff`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Subscription {
    /// A clock.
    Clock {
        /// Clock id.
        id: u32,
        /// Timeout in nanoseconds.
        timeout: u64,
        /// Set when the timeout is absolute, not relative to now.
        absolute: bool,
    },
    /// Readiness for reading.
    Read(Fd),
    /// Readiness for writing.
    Write(Fd),
}

impl Chunk {
    /// Returns the letters.
    pub fn bytes(self) -> Vec<u8> {
        (0..self.length).map(|at| b'a' + ((u32::from(self.first) + at) % 26) as u8).collect()
    }
}

impl Call {
    /// Returns the value of a parameter by name.
    pub fn value(&self, name: &str) -> Option<&Value> {
        self.function.parameters.iter().zip(&self.values).find(|(parameter, _)| parameter.name == name).map(|(_, v)| v)
    }

    /// Returns the number passed for a parameter by name, or 0 without such a parameter.
    pub fn number(&self, name: &str) -> u64 {
        match self.value(name) {
            Some(Value::Number(number)) => *number,
            _ => 0,
        }
    }

    /// Returns all descriptors of the call: those of its parameters first.
    pub fn fds(&self) -> impl Iterator<Item = Fd> {
        let of = |value: &Value| match value {
            Value::Fd(fd) => vec![*fd],
            Value::Subscriptions(subscriptions) => subscriptions.iter().filter_map(Subscription::fd).collect(),
            _ => Vec::new(),
        };
        self.values.iter().flat_map(of)
    }
}

impl Subscription {
    /// Returns the descriptor of the subscription.
    pub fn fd(&self) -> Option<Fd> {
        match self {
            Subscription::Clock { .. } => None,
            Subscription::Read(fd) | Subscription::Write(fd) => Some(*fd),
        }
    }
}

impl fmt::Display for Fd {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Fd::Number(number) => write!(f, "{number}"),
            Fd::Opened(id) => write!(f, "${id}"),
        }
    }
}

impl fmt::Display for Subscription {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Subscription::Clock { id, timeout, absolute } => {
                write!(f, "clock {id} {} {timeout}", if *absolute { "at" } else { "in" })
            }
            Subscription::Read(fd) => write!(f, "read {fd}"),
            Subscription::Write(fd) => write!(f, "write {fd}"),
        }
    }
}

/// Formats a call: `$3 = path_open(3, dirflags 0, "a", ..)`. The id of a call that opens a descriptor comes first.
impl fmt::Display for Call {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.function.name == "path_open" {
            write!(f, "${} = ", self.id)?;
        }
        let mut words = Vec::new();
        for (parameter, value) in self.function.parameters.iter().zip(&self.values) {
            let list = |items: Vec<String>| format!("{} [{}]", parameter.name, items.join(", "));
            match value {
                Value::Fd(fd) => words.push(fd.to_string()),
                Value::Number(number) if matches!(parameter.kind, Kind::Long(_)) => {
                    words.push(format!("{} {}", parameter.name, *number as i64));
                }
                Value::Number(number) => words.push(format!("{} {number}", parameter.name)),
                Value::Path(path) => words.push(format!("\"{}\"", path.escape_ascii())),
                Value::Read(sizes) => words.push(list(sizes.iter().map(u32::to_string).collect())),
                Value::Write(chunks) => {
                    words.push(list(chunks.iter().map(|chunk| text(&chunk.bytes())).collect()));
                }
                Value::Buffer(size) => words.push(format!("{} of {size}", parameter.name)),
                Value::Subscriptions(all) => {
                    words.push(format!("[{}]", { all.iter().map(ToString::to_string).collect::<Vec<_>>().join(", ") }))
                }
                Value::Events { in_place: true } => words.push("in place".to_string()),
                Value::Events { in_place: false } | Value::Nothing => {}
            }
        }
        write!(f, "{}({})", self.function.name, words.join(", "))
    }
}

/// Formats bytes for a reader. Long ones are truncated.
pub fn text(bytes: &[u8]) -> String {
    const MOST: usize = 48;
    match bytes.get(..MOST) {
        Some(first) if bytes.len() > MOST => format!("\"{}\".. {} bytes", first.escape_ascii(), bytes.len()),
        _ => format!("\"{}\"", bytes.escape_ascii()),
    }
}
