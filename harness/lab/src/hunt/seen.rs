//! What a call did, in words that can be compared: how it ended, and what is in each of its results.
//!
//! What is never compared is not in here: numbers of descriptors, inodes, the order of entries, the length of a short read or
//! write, and times that are those of the run.

use std::time::{Duration, SystemTime, UNIX_EPOCH};

use polyfill_runner::{Outcome, errno_name};

use super::functions::{Kind, Out};
use super::lower::{EVENT, Lowered, POISON, Region};
use super::program::{Call, Value, text};

/// How a call ended.
#[derive(Clone, Debug, PartialEq)]
pub enum End {
    /// It came back with this errno.
    Errno(u32),
    /// The guest is gone.
    Gone(Outcome),
}

/// What a call did.
#[derive(Clone, Debug, PartialEq)]
pub struct Seen {
    /// How it ended.
    pub end: End,
    /// What it gave out, by name.
    pub fields: Vec<(String, String)>,
    /// The number of what was opened.
    pub opened: Option<u32>,
    /// How many bytes were read or written.
    pub count: Option<u32>,
    /// What was read.
    pub content: Vec<u8>,
}

impl Seen {
    /// What there is to be seen when a guest has ended.
    pub fn gone(outcome: Outcome) -> Seen {
        Seen { end: End::Gone(outcome), fields: Vec::new(), opened: None, count: None, content: Vec::new() }
    }

    /// What a call that came back has done to its memory.
    pub fn of(call: &Call, lowered: &Lowered, errno: u32, after: &[u8]) -> Seen {
        let mut seen =
            Seen { end: End::Errno(errno), fields: Vec::new(), opened: None, count: None, content: Vec::new() };
        let mut reader = Reader { call, lowered, after, seen: &mut seen };
        match errno {
            0 => reader.results(),
            _ => reader.left_alone(),
        }
        reader.outside();
        seen
    }

    /// The errno, if the call came back.
    pub fn errno(&self) -> Option<u32> {
        match self.end {
            End::Errno(errno) => Some(errno),
            End::Gone(_) => None,
        }
    }

    /// Whether the call did what it was asked to.
    pub fn succeeded(&self) -> bool {
        self.errno() == Some(0)
    }

    /// The field of that name.
    pub fn field(&self, name: &str) -> Option<&str> {
        self.fields.iter().find(|(known, _)| known == name).map(|(_, text)| text.as_str())
    }
}

/// The name of an error; its number where it has none.
fn errno(number: u32) -> String {
    errno_name(number).map_or_else(|| number.to_string(), str::to_string)
}

/// For a reader, and for rules.
impl std::fmt::Display for End {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            End::Errno(number) => f.write_str(&errno(*number)),
            End::Gone(Outcome::Exit(code)) => write!(f, "exit {code}"),
            End::Gone(outcome) => write!(f, "ends: {outcome}"),
        }
    }
}

struct Reader<'a> {
    call: &'a Call,
    lowered: &'a Lowered,
    after: &'a [u8],
    seen: &'a mut Seen,
}

impl<'a> Reader<'a> {
    fn field(&mut self, name: &str, text: impl Into<String>) {
        self.seen.fields.push((name.to_string(), text.into()));
    }

    fn bytes(&self, region: &Region) -> &'a [u8] {
        self.after.get(region.at..region.at + region.length).unwrap_or_default()
    }

    /// The regions of a parameter that may be written.
    fn outs(&self, parameter: usize) -> Vec<&'a [u8]> {
        let regions = self.lowered.regions.iter().filter(|region| region.out && region.parameter == parameter);
        regions.map(|region| self.bytes(region)).collect()
    }

    /// After an error: what has been written all the same.
    fn left_alone(&mut self) {
        for (number, parameter) in self.call.function.parameters.iter().enumerate() {
            // Buffers may have been filled in part.
            let is_result = matches!(parameter.kind, Kind::Out(_) | Kind::Events);
            let in_place = self.call.values.get(number) == Some(&Value::Events { in_place: true });
            if is_result && !in_place {
                let written = self.outs(number).concat();
                if written.iter().any(|byte| *byte != POISON) {
                    self.field(parameter.name, format!("written: {}", hex(&written)));
                }
            }
        }
    }

    /// Every byte that nobody asked to be written.
    fn outside(&mut self) {
        let outs: Vec<&Region> = self.lowered.regions.iter().filter(|region| region.out).collect();
        let changed = |at: &usize| self.after.get(*at) != self.lowered.image.get(*at);
        let allowed = |at: &usize| outs.iter().any(|region| (region.at..region.at + region.length).contains(at));
        let fd = |at: &usize| self.lowered.fds.iter().any(|(fd, _)| (*fd..*fd + 4).contains(at));
        let outside = (0..self.lowered.image.len()).find(|at| changed(at) && !allowed(at) && !fd(at));
        if let Some(at) = outside {
            let region = self.lowered.regions.iter().rev().find(|region| region.at <= at);
            let name = region.and_then(|region| self.call.function.parameters.get(region.parameter));
            let name = name.map_or("memory", |parameter| parameter.name);
            let past = at - region.map_or(0, |region| region.at + region.length.min(at - region.at));
            self.field("outside", format!("written {past} bytes behind {name}"));
        }
    }

    fn results(&mut self) {
        let count = self.count();
        self.seen.count = count;
        for (number, parameter) in self.call.function.parameters.iter().enumerate() {
            match parameter.kind {
                Kind::Out(out) => self.result(number, parameter.name, out),
                Kind::Read => {
                    let mut content = self.outs(number).concat();
                    content.truncate(count.unwrap_or_default() as usize);
                    self.field(parameter.name, text(&content));
                    self.seen.content = content;
                }
                Kind::Buffer if self.call.function.name == "fd_readdir" => self.entries(number, count),
                Kind::Buffer => {
                    let mut content = self.outs(number).concat();
                    match count {
                        Some(count) => content.truncate(count as usize),
                        None => content.truncate(written(&content)),
                    }
                    self.field(parameter.name, text(&content));
                }
                Kind::Room => self.strings(number, parameter.name),
                Kind::Events => self.events(number),
                _ => {}
            }
        }
    }

    /// The number in the one result that is a count.
    fn count(&self) -> Option<u32> {
        let parameters = self.call.function.parameters.iter();
        let at = parameters.clone().position(|parameter| parameter.kind == Kind::Out(Out::Count))?;
        let bytes = self.outs(at).concat();
        (written(&bytes) > 0).then(|| number(&bytes) as u32)
    }

    fn result(&mut self, parameter: usize, name: &str, out: Out) {
        let bytes = self.outs(parameter).concat();
        if written(&bytes) == 0 {
            self.field(name, "not written");
            return;
        }
        let at = |from: usize, size: usize| number(&bytes[from..from + size]);
        match out {
            Out::Count => {
                // Nothing is the end; of everything else, how much it is at a time is nobody's affair.
                let asked = self.asked();
                let word = match number(&bytes) {
                    0 if asked == 0 => "0 of 0",
                    0 => "0",
                    some if some > asked => "more than there is room for",
                    _ => "some",
                };
                self.field(name, word);
            }
            Out::Fd => self.seen.opened = Some(number(&bytes) as u32),
            Out::Time if self.call.function.name == "clock_time_get" && self.call.number("id") != 0 => {
                self.field(name, "some time");
            }
            Out::Size | Out::Time | Out::Filesize | Out::RoFlags => self.field(name, number(&bytes).to_string()),
            Out::Prestat => {
                self.field("tag", at(0, 1).to_string());
                self.field("name length", at(4, 4).to_string());
            }
            Out::Fdstat => {
                self.field("filetype", at(0, 1).to_string());
                self.field("flags", at(2, 2).to_string());
                self.field("base", (at(8, 8) as i64).to_string());
                self.field("inheriting", (at(16, 8) as i64).to_string());
            }
            Out::Filestat => {
                self.field("filetype", at(16, 1).to_string());
                self.field("nlink", at(24, 8).to_string());
                self.field("size", at(32, 8).to_string());
                self.field("atim", time(at(40, 8)));
                self.field("mtim", time(at(48, 8)));
            }
        }
    }

    /// How many bytes there is room for, or were given.
    fn asked(&self) -> u64 {
        let of = |value: &Value| match value {
            Value::Read(sizes) => sizes.iter().map(|size| u64::from(*size)).sum(),
            Value::Write(chunks) => chunks.iter().map(|chunk| u64::from(chunk.length)).sum(),
            Value::Buffer(size) => u64::from(*size),
            _ => 0,
        };
        self.call.values.iter().map(of).sum()
    }

    /// The entries of a folder: which ones depends on their order, where not all of them are given.
    fn entries(&mut self, parameter: usize, count: Option<u32>) {
        const HEAD: usize = 24;
        let buffer = self.outs(parameter).concat();
        let used = &buffer[..(count.unwrap_or_default() as usize).min(buffer.len())];
        if used.len() == buffer.len() {
            self.field("entries", "more than there is room for");
            return;
        }
        let mut entries = Vec::new();
        let mut rest = used;
        while let Some(head) = rest.get(..HEAD) {
            let length = number(&head[16..20]) as usize;
            let name = rest.get(HEAD..HEAD + length).unwrap_or_default();
            entries.push(format!("{} {}", head[20], name.escape_ascii()));
            rest = rest.get(HEAD + length..).unwrap_or_default();
        }
        entries.sort();
        match self.call.number("cookie") {
            0 => self.field("entries", entries.join(", ")),
            _ => self.field("entries", format!("{} of them", entries.len())),
        }
    }

    /// Arguments, or variables: addresses, or what they are of.
    fn strings(&mut self, parameter: usize, name: &str) {
        let bytes = self.outs(parameter).concat();
        let bytes = &bytes[..written(&bytes)];
        let is_text = name.ends_with("_buf");
        let shown = if is_text { text(bytes) } else { format!("{} addresses", bytes.len().div_ceil(4)) };
        self.field(name, shown);
    }

    fn events(&mut self, parameter: usize) {
        let count = self.call.function.parameters.iter().position(|parameter| parameter.name == "nevents");
        let count = count.map(|at| number(&self.outs(at).concat()) as usize).unwrap_or_default();
        let bytes = self.outs(parameter).concat();
        let mut events: Vec<String> = bytes
            .chunks_exact(EVENT)
            .take(count)
            .map(|event| {
                let (user, error, kind) = (number(&event[..8]), number(&event[8..10]), event[10]);
                let (bytes, flags) = (number(&event[16..24]), number(&event[24..26]));
                let error = errno(error as u32);
                match kind {
                    0 => format!("clock {} {error}", user & 0xff),
                    _ => format!(
                        "{} {} {error} bytes {bytes} flags {flags}",
                        ["read", "write"][usize::from(kind != 1)],
                        user & 0xff
                    ),
                }
            })
            .collect();
        events.sort();
        self.field("events", events.join(", "));
    }
}

/// How many bytes from the start have been written to, as far as one can tell.
fn written(bytes: &[u8]) -> usize {
    bytes.iter().rposition(|byte| *byte != POISON).map_or(0, |last| last + 1)
}

/// A number of up to 64 bits.
fn number(bytes: &[u8]) -> u64 {
    bytes.iter().take(8).rev().fold(0, |number, byte| number << 8 | u64::from(*byte))
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().take(16).map(|byte| format!("{byte:02x}")).collect()
}

/// A time, or that it is one of this run.
fn time(nanoseconds: u64) -> String {
    const NEAR: Duration = Duration::from_secs(24 * 60 * 60);
    let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    match Duration::from_nanos(nanoseconds).abs_diff(now) < NEAR {
        true => "now".to_string(),
        false => nanoseconds.to_string(),
    }
}
