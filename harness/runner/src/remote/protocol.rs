//! Messages between the harness and an external host, each a line of JSON. `docs/hosts.md` documents them.

use std::collections::BTreeSet;

use polyfill_builder::case::{LimitName, Proposal, Seed};
use rand::SeedableRng;
use rand_chacha::ChaCha8Rng;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::observation::TrapInfo;

/// Protocol version. Incremented for changes that are incompatible with existing hosts.
pub const PROTOCOL: u32 = 1;

/// Message from the harness.
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
    /// Directory in which the host may cache data derived from components. Kept between runs; it may not exist yet.
    pub cache: String,
}

/// Run request.
#[derive(Clone, Debug, Serialize)]
#[serde(rename_all = "kebab-case")]
pub(super) struct Run {
    /// Path of the component's file.
    pub component: String,
    /// SHA-256 of its bytes, hexadecimal.
    pub hash: String,
    pub args: Vec<String>,
    pub env: Vec<(String, String)>,
    /// Standard input, hexadecimal.
    pub stdin: String,
    pub preopens: Vec<Preopen>,
    pub random: Random,
    pub clock: Clock,
    /// Calls to make, in order.
    pub calls: Vec<Call>,
    pub answers: Vec<Answer>,
    pub limits: Limits,
    /// Proposals that the case enables, in addition to those that engines enable by default.
    pub wasm: BTreeSet<Proposal>,
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
    /// Stream of ChaCha8 with this key (hexadecimal), counter 0 and nonce 0.
    Chacha8(String),
    /// Different bytes in every run.
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
    /// Constant time of the wall clock in seconds since 1970.
    pub wall: u64,
    /// Nanoseconds by which the monotonic clock advances on each read, and the resolution of both clocks.
    pub step: u64,
}

/// Function of the component with its type.
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
    /// Call expression of the case.
    pub invoke: String,
}

#[derive(Clone, Debug, Serialize)]
#[serde(rename_all = "kebab-case")]
pub(super) struct Answer {
    #[serde(flatten)]
    pub function: Function,
    /// One result per call; the last one is repeated. Empty for a function without a result.
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

/// Message from a host.
#[derive(Clone, Debug, PartialEq, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub(super) enum Event {
    /// Answer to the harness's `hello`.
    Hello(Greeting),
    /// The component is ready and the guest starts.
    Started,
    /// Bytes on standard output, hexadecimal.
    Stdout(String),
    /// Bytes on standard error, hexadecimal.
    Stderr(String),
    /// A call across the component boundary has ended.
    Call(Called),
    /// A requested call has returned.
    Returned(Returned),
    /// The run has ended.
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
    /// Absent if the function has no result or did not return.
    #[serde(default, deserialize_with = "given")]
    pub result: Option<Value>,
}

#[derive(Clone, Debug, PartialEq, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub(super) struct Returned {
    /// Call expression of the request. Optional for compatibility with existing hosts of this version.
    #[serde(default)]
    pub invoke: Option<String>,
    #[serde(default, deserialize_with = "given")]
    pub value: Option<Value>,
}

#[derive(Clone, Debug, PartialEq, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub(super) struct End {
    pub outcome: Ended,
    /// Initial pages of all memories, and pages by which they grew.
    #[serde(default)]
    pub pages: Option<[u64; 2]>,
}

/// [`Outcome`](crate::Outcome) without the variants that the harness determines itself.
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

/// Deserializes a present value. `null` is a value (an option that is none) and differs from an absent field.
fn given<'de, D: serde::Deserializer<'de>>(deserializer: D) -> Result<Option<Value>, D::Error> {
    Value::deserialize(deserializer).map(Some)
}

pub(super) fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

/// Decodes pairs of hexadecimal digits.
pub(super) fn unhex(text: &str) -> Option<Vec<u8>> {
    let digits = text.as_bytes();
    let digit = |digit: u8| char::from(digit).to_digit(16);
    let byte = |pair: &[u8]| Some((digit(pair[0])? * 16 + digit(*pair.get(1)?)?) as u8);
    digits.chunks(2).map(byte).collect()
}
