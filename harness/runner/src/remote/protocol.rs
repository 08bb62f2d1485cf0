//! The lines between the harness and a host that is a program, each of them JSON. `docs/hosts.md` says what they mean.

use polyfill_build::case::{LimitName, Seed};
use rand::SeedableRng;
use rand_chacha::ChaCha8Rng;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::observation::TrapInfo;

/// The version of the protocol: another one where a program that knows this one would go wrong.
pub const PROTOCOL: u32 = 1;

/// What the harness says.
#[derive(Clone, Debug, Serialize)]
#[serde(rename_all = "kebab-case")]
pub(super) enum Request {
    Hello(Hello),
    Run(Box<Run>),
}

#[derive(Clone, Debug, Serialize)]
#[serde(rename_all = "kebab-case")]
pub(super) struct Hello {
    pub protocol: u32,
    /// A folder for what the host makes of components, kept between runs; it need not be there yet.
    pub cache: String,
}

/// One run.
#[derive(Clone, Debug, Serialize)]
#[serde(rename_all = "kebab-case")]
pub(super) struct Run {
    /// The component's file.
    pub component: String,
    /// SHA-256 of its bytes, in hexadecimal digits.
    pub hash: String,
    pub args: Vec<String>,
    pub env: Vec<(String, String)>,
    /// In hexadecimal digits.
    pub stdin: String,
    pub preopens: Vec<Preopen>,
    pub random: Random,
    pub clock: Clock,
    /// What to call, in order.
    pub calls: Vec<Call>,
    pub answers: Vec<Answer>,
    pub limits: Limits,
}

#[derive(Clone, Debug, Serialize)]
#[serde(rename_all = "kebab-case")]
pub(super) struct Preopen {
    pub name: String,
    pub folder: String,
    pub read_only: bool,
}

#[derive(Clone, Debug, Serialize)]
#[serde(rename_all = "kebab-case")]
pub(super) enum Random {
    /// The stream of ChaCha8 with this key (hexadecimal digits), counter and nonce 0.
    Chacha8(String),
    /// Other bytes in every run.
    System,
}

impl Random {
    pub(super) fn of(seed: Option<&Seed>) -> Self {
        match seed {
            Some(Seed::Word(_)) => Self::System,
            Some(Seed::Number(number)) => Self::Chacha8(hex(&ChaCha8Rng::seed_from_u64(*number).get_seed())),
            None => Self::of(Some(&Seed::Number(0))),
        }
    }
}

#[derive(Clone, Debug, Serialize)]
#[serde(rename_all = "kebab-case")]
pub(super) struct Clock {
    /// What the wall clock shows, always: seconds since 1970.
    pub wall: u64,
    /// Nanoseconds by which the monotonic clock moves when it is read, and the resolution of both.
    pub step: u64,
}

/// A function of the component with its type.
#[derive(Clone, Debug, Serialize)]
#[serde(rename_all = "kebab-case")]
pub(super) struct Function {
    pub instance: Option<String>,
    pub function: String,
    pub parameters: Vec<Value>,
    pub result: Option<Value>,
}

#[derive(Clone, Debug, Serialize)]
#[serde(rename_all = "kebab-case")]
pub(super) struct Call {
    #[serde(flatten)]
    pub function: Function,
    pub arguments: Vec<Value>,
    /// As the case has it.
    pub invoke: String,
}

#[derive(Clone, Debug, Serialize)]
#[serde(rename_all = "kebab-case")]
pub(super) struct Answer {
    #[serde(flatten)]
    pub function: Function,
    /// One for each call, the last one from then on; none for a function without a result.
    pub returns: Vec<Value>,
    pub print: Option<String>,
    pub trap_at: Option<u32>,
}

#[derive(Clone, Debug, Serialize)]
#[serde(rename_all = "kebab-case")]
pub(super) struct Limits {
    pub milliseconds: u64,
    pub memory: usize,
    pub output: usize,
    pub handles: usize,
}

/// What a host says.
#[derive(Clone, Debug, PartialEq, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub(super) enum Event {
    /// The answer to the harness's own greeting.
    Hello(Greeting),
    /// The component is ready, and the guest's own time begins.
    Started,
    /// Bytes on standard output, in hexadecimal digits.
    Stdout(String),
    /// Bytes on standard error.
    Stderr(String),
    /// A call across the component boundary is over.
    Call(Called),
    /// A call that was asked for has returned.
    Returned(Returned),
    /// The run is over.
    End(End),
}

#[derive(Clone, Debug, PartialEq, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub(super) struct Greeting {
    pub protocol: u32,
}

#[derive(Clone, Debug, PartialEq, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub(super) struct Called {
    #[serde(default)]
    pub instance: Option<String>,
    pub function: String,
    pub arguments: Vec<Value>,
    /// Not there if the function has none, or did not return.
    #[serde(default, deserialize_with = "given")]
    pub result: Option<Value>,
}

#[derive(Clone, Debug, PartialEq, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub(super) struct Returned {
    /// The call, as the request has it. Optional, so that hosts of this version can leave it out.
    #[serde(default)]
    pub invoke: Option<String>,
    #[serde(default, deserialize_with = "given")]
    pub value: Option<Value>,
}

#[derive(Clone, Debug, PartialEq, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub(super) struct End {
    pub outcome: Ended,
    /// Pages of all memories when they were created, and those by which they grew.
    #[serde(default)]
    pub pages: Option<[u64; 2]>,
}

/// As [`Outcome`](crate::Outcome), but for what the harness sees itself.
#[derive(Clone, Debug, PartialEq, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub(super) enum Ended {
    Returned,
    Exit(i32),
    Trap(TrapInfo),
    HostError(TrapInfo),
    Limit { limit: LimitName, message: String },
    NotRun(String),
}

/// `null` is a value (an option that is none), and not the same as nothing.
fn given<'de, D: serde::Deserializer<'de>>(deserializer: D) -> Result<Option<Value>, D::Error> {
    Value::deserialize(deserializer).map(Some)
}

pub(super) fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

/// The bytes of pairs of hexadecimal digits.
pub(super) fn unhex(text: &str) -> Option<Vec<u8>> {
    let digits = text.as_bytes();
    let digit = |digit: u8| char::from(digit).to_digit(16);
    let byte = |pair: &[u8]| Some((digit(pair[0])? * 16 + digit(*pair.get(1)?)?) as u8);
    digits.chunks(2).map(byte).collect()
}
