//! Model of a guest's descriptors between two calls, from the world and the results of the baseline.
//!
//! The model lists the usable descriptors and describes the circumstances of a call in words that rules refer to.

use std::collections::{BTreeMap, BTreeSet};

use super::observed::Observed;
use super::program::{Call, Fd, Program, Subscription, Value};

/// An open descriptor.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Object {
    /// Kind of the descriptor.
    pub kind: Kind,
    /// Set when it is open for appending.
    pub append: bool,
    /// Set when it is nonblocking.
    pub nonblock: bool,
    /// Last access since the last seek.
    last: Option<Access>,
    /// Set when it was both read and written without a seek in between.
    mixed: bool,
    /// Set after a read of zero bytes.
    empty_read: bool,
    /// Set when it was renumbered.
    renumbered: bool,
    /// Rights of the opening.
    rights: u64,
    /// Set after a read that returned fewer bytes than requested.
    at_end: bool,
    /// Set after a failed read or write.
    failed: bool,
    /// Set after a write of zero bytes.
    wrote_nothing: bool,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Access {
    Read,
    Write,
}

/// Kinds of open descriptors.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Kind {
    /// Standard input.
    Stdin,
    /// Standard output.
    Stdout,
    /// Standard error.
    Stderr,
    /// A preopened directory.
    Preopen,
    /// Another directory.
    Folder,
    /// A file.
    File,
}

impl Kind {
    fn words(self) -> &'static [&'static str] {
        match self {
            Kind::Stdin => &["stream", "stdin"],
            Kind::Stdout => &["stream", "stdout"],
            Kind::Stderr => &["stream", "stderr"],
            Kind::Preopen => &["any folder", "preopened folder"],
            Kind::Folder => &["any folder", "opened folder"],
            Kind::File => &["file"],
        }
    }
}

/// Circumstances of a call.
pub type Facts = BTreeSet<&'static str>;

/// Model of a guest's descriptors.
#[derive(Clone, Debug, Default)]
pub struct Model {
    open: BTreeMap<Fd, Object>,
    /// Closed descriptors whose number has not been reused.
    closed: BTreeSet<Fd>,
    /// Circumstances of all earlier calls of the run.
    past: Facts,
}

/// Rights that are required to read and to write a file.
const READ: u64 = 1 << 1;
const WRITE: u64 = 1 << 6;

/// A descriptor number that is never open.
pub const NEVER: u32 = 77;

/// All words for circumstances.
pub const WORDS: &[&str] = &[
    "stream",
    "stdin",
    "stdout",
    "stderr",
    "any folder",
    "preopened folder",
    "opened folder",
    "file",
    "not open",
    "to stream",
    "to folder",
    "to file",
    "to nothing",
    "onto itself",
    "after a read",
    "after a write",
    "after the end",
    "after an error",
    "after a write of nothing",
    "not to be read",
    "not to be written",
    "far offset",
    "append",
    "nonblock",
    "renumbered",
    "no buffers",
    "no bytes",
    "many bytes",
    "path is no text",
    "path is empty",
    "zero in path",
    "path ends in slash",
    "absolute path",
    "unknown bits",
    "synchronous flags",
    "cookie",
    "unknown clock",
    "code above 1",
    "code above 125",
    "in place",
    "waits for file",
    "waits for stream",
    "waits for nothing open",
    "waits for folder",
    "waits for time of day",
    "waits for time of day, absolute",
    "waits for unknown clock",
    "no subscriptions",
    "past: renumbered itself",
    "past: read and written",
    "past: empty read",
    "past: polled",
    "past: renumbered",
    "past: nonblock",
    "past: unnamed preopen",
    "preopen without name",
    "three preopens",
    "unknown whence",
    "unknown advice",
    "empty buffer",
    "past: listed",
    "both times",
    "negative offset",
    "past: changed folder",
    "past: truncated",
    "past: appended",
    "past: append changed",
];

impl Model {
    /// Returns the state before the first call.
    pub fn new(program: &Program) -> Model {
        let mut model = Model::default();
        for (number, kind) in [Kind::Stdin, Kind::Stdout, Kind::Stderr].into_iter().enumerate() {
            model.open.insert(Fd::Number(number as u32), Object::of(kind));
        }
        let preopens = program.world.preopened().unwrap_or_default();
        for number in 0..preopens.len() {
            model.open.insert(Fd::Number(3 + number as u32), Object::of(Kind::Preopen));
        }
        if preopens.keys().any(String::is_empty) {
            model.past.insert("past: unnamed preopen");
        }
        if preopens.len() > 2 {
            model.past.insert("three preopens");
        }
        model
    }

    /// Returns all open descriptors in a deterministic order.
    pub fn open(&self) -> impl Iterator<Item = (Fd, &Object)> {
        self.open.iter().map(|(fd, object)| (*fd, object))
    }

    /// Returns the closed descriptors that a call can still refer to.
    pub fn closed(&self) -> impl Iterator<Item = Fd> {
        self.closed.iter().copied()
    }

    /// Returns the object of a descriptor.
    pub fn object(&self, fd: Fd) -> Option<&Object> {
        self.open.get(&fd)
    }

    /// Returns true if the descriptors of a call refer to the same objects on all sides.
    pub fn can_name(&self, call: &Call) -> bool {
        let known = |fd| self.open.contains_key(&fd) || self.closed.contains(&fd) || fd == Fd::Number(NEVER);
        call.fds().all(known)
    }

    /// Returns the circumstances of a call.
    pub fn facts(&self, call: &Call) -> Facts {
        let mut facts = self.past.clone();
        let mut fds = call.values.iter().filter_map(|value| match value {
            Value::Fd(fd) => Some(*fd),
            _ => None,
        });
        let first = fds.next();
        if let Some(fd) = first {
            match self.object(fd) {
                None => drop(facts.insert("not open")),
                Some(object) => {
                    facts.extend(object.kind.words());
                    let more = [
                        (object.append, "append"),
                        (object.nonblock, "nonblock"),
                        (object.renumbered, "renumbered"),
                        (object.last == Some(Access::Read), "after a read"),
                        (object.last == Some(Access::Write), "after a write"),
                        (object.rights & READ == 0, "not to be read"),
                        (object.rights & WRITE == 0, "not to be written"),
                        (object.at_end, "after the end"),
                        (object.failed, "after an error"),
                        (object.wrote_nothing, "after a write of nothing"),
                    ];
                    facts.extend(more.into_iter().filter(|(is, _)| *is).map(|(_, word)| word));
                }
            }
        }
        if let Some(fd) = fds.next() {
            facts.insert(match self.object(fd).map(|object| object.kind) {
                None => "to nothing",
                Some(Kind::Stdin | Kind::Stdout | Kind::Stderr) => "to stream",
                Some(Kind::Preopen | Kind::Folder) => "to folder",
                Some(Kind::File) => "to file",
            });
            if Some(fd) == first {
                facts.insert("onto itself");
            }
        }
        for value in &call.values {
            self.value_facts(value, &mut facts);
        }
        number_facts(call, &mut facts);
        facts
    }

    fn value_facts(&self, value: &Value, facts: &mut Facts) {
        let mut sizes = |sizes: &mut dyn Iterator<Item = u32>| {
            let all: Vec<u32> = sizes.collect();
            let sum: u64 = all.iter().map(|size| u64::from(*size)).sum();
            if all.is_empty() {
                facts.insert("no buffers");
            }
            if sum == 0 {
                facts.insert("no bytes");
            }
            if sum > 4096 {
                facts.insert("many bytes");
            }
        };
        match value {
            Value::Read(read) => sizes(&mut read.iter().copied()),
            Value::Write(chunks) => sizes(&mut chunks.iter().map(|chunk| chunk.length)),
            Value::Buffer(0) => drop(facts.insert("empty buffer")),
            Value::Path(path) => {
                let words = [
                    (std::str::from_utf8(path).is_err(), "path is no text"),
                    (path.is_empty(), "path is empty"),
                    (path.contains(&0), "zero in path"),
                    (path.ends_with(b"/"), "path ends in slash"),
                    (path.starts_with(b"/"), "absolute path"),
                ];
                facts.extend(words.into_iter().filter(|(is, _)| *is).map(|(_, word)| word));
            }
            Value::Events { in_place: true } => drop(facts.insert("in place")),
            Value::Subscriptions(all) => {
                if all.is_empty() {
                    facts.insert("no subscriptions");
                }
                facts.extend(all.iter().filter_map(|one| match *one {
                    Subscription::Clock { id: 0, absolute: true, .. } => Some("waits for time of day, absolute"),
                    Subscription::Clock { id: 0, .. } => Some("waits for time of day"),
                    Subscription::Clock { id: 1, .. } => None,
                    Subscription::Clock { .. } => Some("waits for unknown clock"),
                    Subscription::Read(fd) | Subscription::Write(fd) => {
                        Some(match self.object(fd).map(|object| object.kind) {
                            None => "waits for nothing open",
                            Some(Kind::File) => "waits for file",
                            Some(Kind::Preopen | Kind::Folder) => "waits for folder",
                            Some(Kind::Stdin | Kind::Stdout | Kind::Stderr) => "waits for stream",
                        })
                    }
                }));
            }
            _ => {}
        }
    }

    /// Updates the model with the baseline's result of a call.
    pub fn learn(&mut self, call: &Call, observed: &Observed) {
        let fd = call.fds().next().unwrap_or(Fd::Number(NEVER));
        self.learn_past(call, fd);
        self.learn_streams(call, fd, observed);
        if !observed.succeeded() {
            return;
        }
        match call.function.name {
            "path_open" => {
                let flags = call.number("fdflags");
                let object = Object {
                    append: flags & 1 != 0,
                    nonblock: flags & 4 != 0,
                    rights: call.number("base"),
                    ..Object::of(Kind::File)
                };
                if object.nonblock {
                    self.past.insert("past: nonblock");
                }
                self.open.insert(Fd::Opened(call.id), object);
                // The new descriptor may reuse the number of a closed one.
                self.closed.clear();
            }
            "fd_close" => {
                self.open.remove(&fd);
                self.closed.insert(fd);
            }
            "fd_renumber" => self.renumber(call, fd),
            "fd_read" => self.access(fd, Access::Read),
            "fd_write" => self.access(fd, Access::Write),
            "fd_seek" => {
                if let Some(object) = self.open.get_mut(&fd) {
                    object.last = None;
                }
            }
            "fd_fdstat_set_flags" => {
                let flags = call.number("flags");
                if let Some(object) = self.open.get_mut(&fd) {
                    if object.last == Some(Access::Write) && object.append != (flags & 1 != 0) {
                        self.past.insert("past: append changed");
                    }
                    object.append = flags & 1 != 0;
                    object.nonblock = flags & 4 != 0;
                    if object.nonblock {
                        self.past.insert("past: nonblock");
                    }
                }
            }
            _ => {}
        }
    }

    /// Updates an opened descriptor with the result of `fd_fdstat_get`.
    pub fn learn_kind(&mut self, fd: Fd, observed: &Observed) {
        const FOLDER: &str = "3";
        if let (Some(object), Some(FOLDER)) = (self.open.get_mut(&fd), observed.field("filetype")) {
            object.kind = Kind::Folder;
        }
    }

    fn learn_past(&mut self, call: &Call, fd: Fd) {
        let no_bytes = self.facts(call).contains("no bytes");
        let word = match call.function.name {
            "fd_read" if no_bytes => {
                if let Some(object) = self.open.get_mut(&fd) {
                    object.empty_read = true;
                }
                "past: empty read"
            }
            "poll_oneoff" if call.fds().any(|fd| self.object(fd).is_some_and(|object| object.kind == Kind::File)) => {
                "past: polled"
            }
            "fd_readdir" => "past: listed",
            "path_create_directory"
            | "path_remove_directory"
            | "path_rename"
            | "path_link"
            | "path_symlink"
            | "path_unlink_file" => "past: changed folder",
            "fd_filestat_set_size" => "past: truncated",
            "fd_write" | "fd_pwrite" if self.object(fd).is_some_and(|object| object.append) => "past: appended",
            _ => return,
        };
        self.past.insert(word);
    }

    /// Updates the state of sequential reads and writes.
    fn learn_streams(&mut self, call: &Call, fd: Fd, observed: &Observed) {
        let no_bytes = self.facts(call).contains("no bytes");
        let Some(object) = self.open.get_mut(&fd) else { return };
        match call.function.name {
            "fd_read" | "fd_write" if !observed.succeeded() => object.failed = true,
            "fd_write" if no_bytes => object.wrote_nothing = true,
            "fd_read" => {
                let asked: u32 = match call.value("iovs") {
                    Some(Value::Read(sizes)) => sizes.iter().sum(),
                    _ => 0,
                };
                object.at_end |= observed.count.unwrap_or_default() < asked;
            }
            "fd_seek" if observed.succeeded() => (object.at_end, object.failed) = (false, false),
            _ => {}
        }
    }

    fn renumber(&mut self, call: &Call, from: Fd) {
        let to = call.fds().nth(1).unwrap_or(from);
        if to == from {
            self.past.insert("past: renumbered itself");
            return;
        }
        self.past.insert("past: renumbered");
        if let Some(object) = self.open.remove(&from) {
            self.open.insert(to, Object { renumbered: true, ..object });
            self.closed.remove(&to);
            self.closed.insert(from);
        }
    }

    fn access(&mut self, fd: Fd, access: Access) {
        let Some(object) = self.open.get_mut(&fd) else { return };
        if object.kind == Kind::File && object.last.is_some_and(|last| last != access) {
            object.mixed = true;
            self.past.insert("past: read and written");
        }
        object.last = Some(access);
    }
}

impl Object {
    fn of(kind: Kind) -> Object {
        Object {
            kind,
            append: false,
            nonblock: false,
            last: None,
            mixed: false,
            empty_read: false,
            renumbered: false,
            rights: u64::MAX,
            at_end: false,
            failed: false,
            wrote_nothing: false,
        }
    }

    /// Returns true if reading (or writing) now lacks a seek after the opposite access.
    pub fn is_mixed_by(&self, writes: bool) -> bool {
        self.last.is_some_and(|last| (last == Access::Write) != writes)
    }
}

fn number_facts(call: &Call, facts: &mut Facts) {
    let number = |name| call.number(name);
    let name = call.function.name;
    let fd_flags = if name == "fd_fdstat_set_flags" { number("flags") } else { number("fdflags") };
    let lookup =
        if name.starts_with("path_") { number("flags") | number("dirflags") | number("baseline_flags") } else { 0 };
    let words = [
        (
            fd_flags >> 5 != 0 || lookup >> 1 != 0 || number("oflags") >> 4 != 0 || number("fst_flags") >> 4 != 0,
            "unknown bits",
        ),
        (fd_flags & 0b11010 != 0, "synchronous flags"),
        (number("cookie") != 0, "cookie"),
        (number("id") > 3, "unknown clock"),
        (number("rval") > 1, "code above 1"),
        (number("rval") > 125, "code above 125"),
        (number("whence") > 2, "unknown whence"),
        (number("advice") > 5, "unknown advice"),
        (number("fst_flags") & 3 == 3 || number("fst_flags") & 12 == 12, "both times"),
        ((number("offset") as i64) < 0, "negative offset"),
        (number("offset") as i64 > i64::MAX / 2, "far offset"),
    ];
    facts.extend(words.into_iter().filter(|(is, _)| *is).map(|(_, word)| word));
}
