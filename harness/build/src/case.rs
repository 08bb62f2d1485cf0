//! The case: one run of a guest, written down in TOML beside it.
//!
//! Unknown keys are refused everywhere.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::matrix::{Exclude, Fails, On, Product};
use crate::tree::{Preopen, Tree};

/// One run: inputs, what to call, what to expect.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case", default)]
pub struct Case {
    /// What the case is there for, one line.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub description: Option<String>,
    /// The known bug of the reference adapters that the case detects.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub bug: Option<Bug>,
    /// The adapter stacks to run through (adapter names joined by `+`, or `none`); without it, every stack that fits.
    ///
    /// An import is given to the first adapter of the stack that has the function; what an adapter imports from its own
    /// import module is given to those behind it. `interpose(wasi_snapshot_preview1)` in a stack reports each call of an
    /// import module, by name or pattern, to those behind it: see `expect.core-calls`.
    ///
    /// `reference-command@48.0.8` is a published release of the reference adapters (and `reference-reactor`,
    /// `reference-proxy`); without the version, it is the newest. `reference` is the one for a command or for a reactor, as
    /// the guest is.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub adapters: Option<Vec<String>>,
    /// The hosts to run on; without it, the suite's default hosts. On `native` it is the guest's core module that runs, once,
    /// whatever adapters there are.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub hosts: Option<Vec<String>>,
    /// More adapter stacks x hosts.
    #[serde(rename = "run", skip_serializing_if = "Vec::is_empty")]
    pub runs: Vec<Product>,
    /// It is the group that says so, for all of its cases: cells that make no sense for a guest are not there.
    #[serde(skip)]
    pub runs_by_group: bool,
    /// Cells that are left out.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub exclude: Vec<Exclude>,
    /// What is expected of some cells in place of what `expect` says.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub on: Vec<On>,
    /// Cells that must fail.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub fails: Vec<Fails>,
    /// The guest's arguments after the program's name.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub args: Vec<String>,
    /// The guest's environment; nothing else is in it.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub env: BTreeMap<String, Text>,
    /// Many variables: `{ name = "N", value = "x", count = 3 }` stands for `N0`, `N1` and `N2`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub env_series: Option<Series>,
    /// What the guest reads from standard input; empty without it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub stdin: Option<Bytes>,
    /// What the guest finds on hosts that have files (`wasi`, `native`): a private folder, made for the run and removed after
    /// it, with these in it. See [`Entry`](crate::tree::Entry).
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub files: Tree,
    /// Folders of `files` by the names under which they are preopened, in the order of these. Without it, all of `files` is
    /// `/`, if there are any.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub preopens: Option<BTreeMap<String, Preopen>>,
    /// Where random bytes come from: a number, or `"random"`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub seed: Option<Seed>,
    /// How the component is encoded.
    pub encode: EncodeOptions,
    /// Main's memory is compared before and after each call into `wasi_snapshot_preview1` and `wasi_unstable`: not a byte
    /// may change but those that the call gives out, the regions of adapters that share main's memory, and what main's
    /// realloc changes when an adapter asks it for memory; and no page may be added. A call that never returns is looked
    /// at when the run is over: what it gives out may be there or not. A run of very many calls is looked at in all of the
    /// first 1000, and in each 97th after those.
    ///
    /// With `false` that is not done either where all trials are checked (`polyfill test --memory-check`).
    #[serde(skip_serializing_if = "Option::is_none")]
    pub memory_check: Option<bool>,
    /// Adapters that share main's memory may add pages to it in the middle of main's life, which then are theirs. An
    /// allocator of main's that takes all pages for its own does not survive that, so where memory is checked, it takes
    /// this key.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub adapters_grow: bool,
    /// The exports to call, in order; without it, the one that starts a command (`run`, or `wasi:cli/run`).
    #[serde(rename = "call", skip_serializing_if = "Vec::is_empty")]
    pub calls: Vec<Call>,
    /// Answers to the guest's own imports.
    #[serde(rename = "import", skip_serializing_if = "Vec::is_empty")]
    pub imports: Vec<Answer>,
    /// Rust code answers the guest's imports: that of the suite's own test binary (`Runner::imports`). Where there is no
    /// such code, as in the `polyfill` command, the case is ignored. A case with answers of its own needs the key to
    /// have both.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub host_code: bool,
    /// What must be seen.
    pub expect: Expect,
}

/// A known bug of the reference adapters.
///
/// A trial through one of the releases that have it must fail, and with the others it must pass: where it is the other way
/// round, the trial is a failure. `polyfill matrix` shows all bugs and releases.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct Bug {
    /// A short name for it, a row of the matrix. What it is is told by the case's `description`.
    pub id: String,
    /// The releases that have it, by requirements on their versions in Cargo's words, any of which is met (`">=25, <33"`;
    /// `"*"` is all of them). Without the key that is not known, and the case must pass.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub present: Option<Vec<String>>,
    /// Where it was reported or mended.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub link: Option<String>,
}

/// A text, or one repeated.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(untagged, expecting = "expected a text, or { repeat = \"text\", times = number }")]
pub enum Text {
    /// As it stands.
    Plain(String),
    /// Repeated.
    Repeat(RepeatBytes),
}

/// Variables that differ in a number.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Series {
    /// The names, before the number.
    pub name: String,
    /// The value of each.
    pub value: String,
    /// How many: numbers begin at 0.
    pub count: u32,
}

/// A seed of the random bytes that a host gives out.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(untagged, expecting = "expected a number or \"random\"")]
pub enum Seed {
    /// The same bytes in every run.
    Number(u64),
    /// `"random"`: other bytes in every run.
    Word(String),
}

/// How the component is encoded.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case", default)]
pub struct EncodeOptions {
    /// Adapters take their memory by `memory.grow`, even where main has a realloc to offer.
    pub realloc_via_memory_grow: bool,
}

impl EncodeOptions {
    /// A word for each choice.
    pub(crate) fn word(&self) -> &'static str {
        if self.realloc_via_memory_grow { "grow" } else { "" }
    }
}

/// One call of an export.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct Call {
    /// The call in WAVE, `f(1, "x")`; an interface's function is `ns:pkg/interface.f(..)` or `interface.f(..)`, and one of
    /// a resource is `interface.counter.add(..)`, or `interface.counter(..)` for the constructor.
    ///
    /// Handles that calls return are `$1`, `$2`, .. in the order in which they come, counted over all calls of the case.
    /// Later calls have them as arguments, `interface.counter.add($1, 5)`; `drop($1)` drops one.
    pub invoke: String,
    /// The result in WAVE, handles as `$1`, `$2`, ..; not looked at without it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub returns: Option<String>,
}

/// Answers to one of the guest's own imports, so that no host code has to be written for it.
///
/// Where nobody else gives them, this also defines the resources of the function's interface and those in its type, and
/// their constructors. Nothing is behind a handle but its number: `host-calls` shows the third one that answers gave out
/// as `counter#3`, if it is one of a `counter`, and the guest's dropping it as `interface.[resource-drop]counter(counter#3)`.
/// A handle that the guest gives away comes to its end with the call, which `host-calls` does not show.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct Answer {
    /// `interface.function`, or `function` at the world's root; `interface.counter.add` for one of a resource, and
    /// `interface.counter` for its constructor.
    pub function: String,
    /// Text to put on the guest's standard output at each call, one that traps included.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub print: Option<String>,
    /// What it returns, in WAVE: one value for each call, the last one from then on. A new handle is `$new`, also within
    /// other values: `some($new)`, `[$new, $new]`. A constructor returns one without being told.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub returns: Vec<String>,
    /// The call that traps, counted from 1, and each one after it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub trap_at: Option<u32>,
}

/// What must be seen. What is not named is not looked at, except for the outcome.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case", default)]
pub struct Expect {
    /// The exit code; 0 also stands for a plain return. Without `exit`, `trap` and `error`, 0 is expected.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub exit: Option<i32>,
    /// A trap: its kind as wasmtime words it (`unreachable`, `out of bounds memory access`), or a part of its message.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub trap: Option<String>,
    /// Functions of the trap's backtrace, innermost first: each a part of a frame's name, others may lie between.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub backtrace: Vec<String>,
    /// Encoding fails, with this message in full.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub error: Option<Bytes>,
    /// Standard output, exactly.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub stdout: Option<Bytes>,
    /// Standard error, exactly.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub stderr: Option<Bytes>,
    /// Calls across the component boundary, all of them in order: `my-wasi.print([104, 105]) -> 2`.
    /// Lists of bytes are written as strings where they are text: `my-wasi.print("hi") -> 2`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub host_calls: Option<Vec<String>>,
    /// Calls that interposers report, a line each in the order in which they began, with core values:
    /// `wasi_snapshot_preview1.fd_write(1, 1048, 1, 1060) -> 0`. Those within another call are indented by two spaces;
    /// one that did not return has no result.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub core_calls: Option<Bytes>,
    /// The component's imported functions, sorted: `my-wasi.print`; without those by which interposers report.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub imports: Option<Vec<String>>,
    /// Words that are in the name of no function that the component imports: `wasi:sockets`.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub no_imports: Vec<String>,
    /// The interfaces that the component's core modules import, adapters among them, have one version in each namespace
    /// (`wasi`): not one of the world and another one in the code, which only some hosts let through.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub one_version: bool,
    /// Pages by which the guest's memory grew: `[least, most]`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub pages_grown: Option<[u64; 2]>,
    /// All that is in the folder of `files` afterwards; the folders on the way need not be named. Permissions and times are
    /// looked at where an entry names them.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub files: Option<Tree>,
}

/// Bytes in a case file.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(
    untagged,
    expecting = "expected a text, { file = \"path\" }, { hex = \"00 ff\" } or { repeat = \"text\", times = number }"
)]
pub enum Bytes {
    /// Text as it stands.
    Text(String),
    /// The content of a file, relative to the case file.
    File(FileBytes),
    /// Pairs of hexadecimal digits; white space is passed over.
    Hex(HexBytes),
    /// A text repeated: `{ repeat = "0123456789abcdef", times = 65536 }`.
    Repeat(RepeatBytes),
}

/// See [`Bytes::File`].
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct FileBytes {
    /// The path.
    pub file: String,
    /// The content: empty in a case file, filled in by the build as hexadecimal digits.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub content: Option<String>,
}

/// See [`Bytes::Hex`].
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct HexBytes {
    /// The digits.
    pub hex: String,
}

/// See [`Bytes::Repeat`].
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RepeatBytes {
    /// The text.
    pub repeat: String,
    /// How often.
    pub times: usize,
}

/// Bytes in a case file that cannot be read.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum BytesError {
    /// Something else than pairs of hexadecimal digits.
    #[error("`{0}` is no pair of hexadecimal digits")]
    Hex(String),
    /// A repeated text that would not fit into memory.
    #[error("a text repeated to more than {} bytes", Bytes::MOST)]
    TooLong,
}

impl Case {
    /// The folders that are preopened; `None` if the guest gets none.
    pub fn preopened(&self) -> Option<BTreeMap<String, Preopen>> {
        let everything = || BTreeMap::from([("/".to_string(), Preopen::Folder(String::new()))]);
        self.preopens.clone().or_else(|| (!self.files.is_empty()).then(everything))
    }
}

impl Answer {
    /// An answer that says no more than whose it is.
    pub fn of(function: impl Into<String>) -> Self {
        Self { function: function.into(), print: None, returns: Vec::new(), trap_at: None }
    }
}

impl Bytes {
    /// The most bytes that a repeated text may come to.
    pub const MOST: usize = 1 << 30;

    /// The bytes, or `None` for a file that the build did not find.
    pub fn read(&self) -> Result<Option<Vec<u8>>, BytesError> {
        match self {
            Bytes::Text(text) => Ok(Some(text.clone().into_bytes())),
            Bytes::File(file) => file.content.as_deref().map(from_hex).transpose(),
            Bytes::Hex(digits) => from_hex(&digits.hex).map(Some),
            Bytes::Repeat(text) => Ok(Some(text.read()?.into_bytes())),
        }
    }
}

impl RepeatBytes {
    fn read(&self) -> Result<String, BytesError> {
        match self.repeat.len().checked_mul(self.times) {
            Some(length) if length <= Bytes::MOST => Ok(self.repeat.repeat(self.times)),
            _ => Err(BytesError::TooLong),
        }
    }
}

impl Text {
    /// The text.
    pub fn read(&self) -> Result<String, BytesError> {
        match self {
            Text::Plain(text) => Ok(text.clone()),
            Text::Repeat(text) => text.read(),
        }
    }
}

impl Series {
    /// Names and values.
    pub fn variables(&self) -> impl Iterator<Item = (String, String)> {
        (0..self.count).map(|number| (format!("{}{number}", self.name), self.value.clone()))
    }
}

impl Bug {
    /// Whether a release has it; nothing where that is not known. The error names the requirement that is none.
    pub fn is_in(&self, release: &semver::Version) -> Result<Option<bool>, String> {
        let Some(present) = &self.present else { return Ok(None) };
        let mut found = false;
        for text in present {
            let requirement: semver::VersionReq =
                text.parse().map_err(|error| format!("`{text}` is no requirement on a version: {error}"))?;
            found |= requirement.matches(release);
        }
        Ok(Some(found))
    }
}

fn from_hex(digits: &str) -> Result<Vec<u8>, BytesError> {
    let digits: Vec<char> = digits.chars().filter(|c| !c.is_whitespace()).collect();
    let pair = |pair: &[char]| {
        let text: String = pair.iter().collect();
        let both = pair.len() == 2 && pair.iter().all(char::is_ascii_hexdigit);
        both.then(|| u8::from_str_radix(&text, 16).ok()).flatten().ok_or(BytesError::Hex(text))
    };
    digits.chunks(2).map(pair).collect()
}
