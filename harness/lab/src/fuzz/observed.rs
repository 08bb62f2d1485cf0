//! Observation of a call in a comparable form: its end and each of its results.
//!
//! Values that legitimately differ are not observed: descriptor numbers, inodes, the order of directory entries, the
//! length of a short read or write, and times during the run.

use std::time::{Duration, SystemTime, UNIX_EPOCH};

use polyfill_abi::errno_name;
use polyfill_runner::Outcome;

use super::functions::{Kind, Out};
use super::lower::{EVENT, Lowered, POISON, Region};
use super::program::{Call, Value, text};

/// End of a call.
#[derive(Clone, Debug, PartialEq)]
pub enum End {
    /// The call returned this errno.
    Errno(u32),
    /// The guest has ended.
    Gone(Outcome),
}

/// Observation of a call.
#[derive(Clone, Debug, PartialEq)]
pub struct Observed {
    /// End of the call.
    pub end: End,
    /// Results by name.
    pub fields: Vec<(String, String)>,
    /// Number of the opened descriptor.
    pub opened: Option<u32>,
    /// Number of bytes read or written.
    pub count: Option<u32>,
    /// Bytes read.
    pub content: Vec<u8>,
}

impl Observed {
    /// Returns the observation of a call that ended the guest.
    pub fn gone(outcome: Outcome) -> Observed {
        Observed { end: End::Gone(outcome), fields: Vec::new(), opened: None, count: None, content: Vec::new() }
    }

    /// Observes the effects of a returned call on its memory.
    pub fn of(call: &Call, lowered: &Lowered, errno: u32, after: &[u8]) -> Observed {
        let mut observed =
            Observed { end: End::Errno(errno), fields: Vec::new(), opened: None, count: None, content: Vec::new() };
        let mut reader = Reader { call, lowered, after, observed: &mut observed };
        match errno {
            0 => reader.results(),
            _ => reader.left_alone(),
        }
        reader.outside();
        observed
    }

    /// Returns the errno if the call returned.
    pub fn errno(&self) -> Option<u32> {
        match self.end {
            End::Errno(errno) => Some(errno),
            End::Gone(_) => None,
        }
    }

    /// Returns true if the call returned success.
    pub fn succeeded(&self) -> bool {
        self.errno() == Some(0)
    }

    /// Returns a result by name.
    pub fn field(&self, name: &str) -> Option<&str> {
        self.fields.iter().find(|(known, _)| known == name).map(|(_, text)| text.as_str())
    }
}

/// Returns the name of an errno, or its number if it has no name.
fn errno(number: u32) -> String {
    errno_name(number).map_or_else(|| number.to_string(), str::to_string)
}

/// Formats the end for readers and rules.
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
    observed: &'a mut Observed,
}

impl<'a> Reader<'a> {
    fn field(&mut self, name: &str, text: impl Into<String>) {
        self.observed.fields.push((name.to_string(), text.into()));
    }

    fn bytes(&self, region: &Region) -> &'a [u8] {
        self.after.get(region.at..region.at + region.length).unwrap_or_default()
    }

    /// Returns the output regions of a parameter.
    fn outs(&self, parameter: usize) -> Vec<&'a [u8]> {
        let regions = self.lowered.regions.iter().filter(|region| region.out && region.parameter == parameter);
        regions.map(|region| self.bytes(region)).collect()
    }

    /// Observes writes of a failed call.
    fn left_alone(&mut self) {
        for (number, parameter) in self.call.function.parameters.iter().enumerate() {
            // Buffers may be filled partially.
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

    /// Observes writes outside of the output regions.
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
        self.observed.count = count;
        for (number, parameter) in self.call.function.parameters.iter().enumerate() {
            match parameter.kind {
                Kind::Out(out) => self.result(number, parameter.name, out),
                Kind::Read => {
                    let mut content = self.outs(number).concat();
                    content.truncate(count.unwrap_or_default() as usize);
                    self.field(parameter.name, text(&content));
                    self.observed.content = content;
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

    /// Returns the value of the function's count result, if it has one.
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
                // Zero bytes are the end. Otherwise the amount per call is not compared.
                let asked = self.asked();
                let word = match number(&bytes) {
                    0 if asked == 0 => "0 of 0",
                    0 => "0",
                    some if some > asked => "more than there is room for",
                    _ => "some",
                };
                self.field(name, word);
            }
            Out::Fd => self.observed.opened = Some(number(&bytes) as u32),
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

    /// Returns the number of bytes requested or passed.
    fn asked(&self) -> u64 {
        let of = |value: &Value| match value {
            Value::Read(sizes) => sizes.iter().map(|size| u64::from(*size)).sum(),
            Value::Write(chunks) => chunks.iter().map(|chunk| u64::from(chunk.length)).sum(),
            Value::Buffer(size) => u64::from(*size),
            _ => 0,
        };
        self.call.values.iter().map(of).sum()
    }

    /// Observes directory entries. Which ones a short buffer contains depends on their order.
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

    /// Observes the addresses or the content of arguments or environment variables.
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
            .as_chunks::<EVENT>()
            .0
            .iter()
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

/// Estimates the number of bytes written from the start, by comparing them with the fill byte.
fn written(bytes: &[u8]) -> usize {
    bytes.iter().rposition(|byte| *byte != POISON).map_or(0, |last| last + 1)
}

/// Reads a little-endian number of up to 64 bits.
fn number(bytes: &[u8]) -> u64 {
    bytes.iter().take(8).rev().fold(0, |number, byte| number << 8 | u64::from(*byte))
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().take(16).map(|byte| format!("{byte:02x}")).collect()
}

/// Formats a time, or `now` for a time during this run.
fn time(nanoseconds: u64) -> String {
    const NEAR: Duration = Duration::from_secs(24 * 60 * 60);
    let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    if Duration::from_nanos(nanoseconds).abs_diff(now) < NEAR { "now".to_string() } else { nanoseconds.to_string() }
}
