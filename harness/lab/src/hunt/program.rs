//! What is run: a world and calls, as plain data.

use std::fmt;

use polyfill_build::case::Case;

use super::functions::{Function, Kind};

/// A world and the calls of a guest in it.
#[derive(Clone, Debug, PartialEq)]
pub struct Program {
    /// Files, preopened folders, standard input, arguments and environment, as a case has them.
    pub world: Case,
    /// The calls, in order.
    pub calls: Vec<Call>,
}

/// A call.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Call {
    /// By which others name what it opens. It stays when calls before it go.
    pub id: u32,
    /// The function.
    pub function: &'static Function,
    /// One for each parameter.
    pub values: Vec<Value>,
}

/// What is given for a parameter.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Value {
    /// A descriptor.
    Fd(Fd),
    /// A number.
    Number(u64),
    /// A path.
    Path(Vec<u8>),
    /// The sizes of buffers to be filled.
    Read(Vec<u32>),
    /// Buffers with something in them.
    Write(Vec<Chunk>),
    /// The size of a buffer to be filled.
    Buffer(u32),
    /// Subscriptions.
    Subscriptions(Vec<Subscription>),
    /// Events go there; or where the subscriptions are.
    Events {
        /// Where the subscriptions are.
        in_place: bool,
    },
    /// Nothing to say: it follows from the others.
    Nothing,
}

/// A descriptor by what it stands for. The numbers of those that are opened differ from side to side.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Fd {
    /// By its number: standard streams, then preopened folders, and what is never open.
    Number(u32),
    /// What the call with that id has opened.
    Opened(u32),
}

/// Letters in the order of the alphabet, from one on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Chunk {
    /// The first one, counted from `a`.
    pub first: u8,
    /// How many.
    pub length: u32,
}

/// What is waited for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Subscription {
    /// A time.
    Clock {
        /// The clock.
        id: u32,
        /// In nanoseconds.
        timeout: u64,
        /// Whether it is a time of the clock, and not from now on.
        absolute: bool,
    },
    /// Something to read.
    Read(Fd),
    /// Room to write.
    Write(Fd),
}

impl Chunk {
    /// The letters.
    pub fn bytes(self) -> Vec<u8> {
        (0..self.length).map(|at| b'a' + ((u32::from(self.first) + at) % 26) as u8).collect()
    }
}

impl Call {
    /// The value of the parameter of that name.
    pub fn value(&self, name: &str) -> Option<&Value> {
        self.function.parameters.iter().zip(&self.values).find(|(parameter, _)| parameter.name == name).map(|(_, v)| v)
    }

    /// The number given for the parameter of that name; 0 if there is none.
    pub fn number(&self, name: &str) -> u64 {
        match self.value(name) {
            Some(Value::Number(number)) => *number,
            _ => 0,
        }
    }

    /// All descriptors that it names: those of its parameters first.
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
    /// The descriptor that is waited for.
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

/// `$3 = path_open(3, dirflags 0, "a", ..)`: what it may open has its id before it.
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

/// Bytes for a reader: long ones are cut.
pub fn text(bytes: &[u8]) -> String {
    const MOST: usize = 48;
    match bytes.get(..MOST) {
        Some(first) if bytes.len() > MOST => format!("\"{}\".. {} bytes", first.escape_ascii(), bytes.len()),
        _ => format!("\"{}\"", bytes.escape_ascii()),
    }
}
