//! Defines the case file: one run of a guest, described in TOML next to the guest's source.
//!
//! Unknown keys are errors in every table.

mod bug;
mod bytes;
mod calls;
mod expect;
mod inputs;
mod limits;
mod proposal;
mod size;

use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Serialize};

pub use self::bug::Bug;
pub(crate) use self::bytes::from_hex;
pub use self::bytes::{Bytes, BytesError, FileBytes, HexBytes, PatternBytes, RepeatBytes, Text};
pub use self::calls::{Answer, Call};
pub use self::expect::{Expect, Handles, HostCalls, SomeCalls};
pub use self::inputs::{Closed, EncodeOptions, Pieces, Seed, Series, Stdin};
pub use self::limits::{CaseLimits, LimitName};
pub use self::proposal::Proposal;
pub use self::size::TooLarge;
use crate::matrix::{Override, Product, Skip, Xfail};
use crate::tree::{Preopen, Tree};

/// One run of a guest: its inputs, the calls to make, and the expected results.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields, rename_all = "kebab-case", default)]
pub struct Case {
    /// Purpose of the case, in one line.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub description: Option<String>,
    /// Known bug of the reference adapters that the case detects.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub bug: Option<Bug>,
    /// Adapter chains to run through: adapter names joined by `+`, or `none`. Default: every chain that fits the
    /// guest.
    ///
    /// Each import of the guest is resolved to the first adapter in the chain that exports the function. Imports of an
    /// adapter from its own import module are resolved to the adapters after it. `interpose(wasi_snapshot_preview1)`
    /// in a chain records each call of an import module, selected by name or pattern, and forwards it to the adapters
    /// after it: see `expect.core-calls`.
    ///
    /// `reference-command@48.0.8` is a published release of the reference adapters (likewise `reference-reactor` and
    /// `reference-proxy`). Without a version, it is the newest release. `reference` selects the command or the reactor
    /// adapter to match the guest.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub adapters: Option<Vec<String>>,
    /// Hosts to run on. Default: the suite's default hosts. The host `native` runs the guest's core module without
    /// adapters, once for all adapter chains.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub hosts: Option<Vec<String>>,
    /// Additional combinations of adapter chains and hosts.
    #[serde(rename = "run", skip_serializing_if = "Vec::is_empty")]
    pub runs: Vec<Product>,
    /// True if `runs` comes from the group. Combinations that do not apply to a guest are then skipped instead of
    /// reported.
    #[serde(skip)]
    pub runs_by_group: bool,
    /// Index of the group that `runs` comes from.
    #[serde(skip)]
    pub runs_of: Option<usize>,
    /// Trials to leave out.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub skip: Vec<Skip>,
    /// Expectations that replace those in `expect` for some of the trials.
    #[serde(rename = "override", skip_serializing_if = "Vec::is_empty")]
    pub overrides: Vec<Override>,
    /// Trials that are expected to fail.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub xfail: Vec<Xfail>,
    /// Arguments of the guest, after the program name. Default: none.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub args: Vec<String>,
    /// Environment variables of the guest. The guest sees no others. Default: none.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub env: BTreeMap<String, Text>,
    /// Numbered environment variables: `{ name = "N", value = "x", count = 3 }` defines `N0`, `N1` and `N2`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub env_series: Option<Series>,
    /// Content of standard input. Default: empty.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub stdin: Option<Stdin>,
    /// Files of the guest on hosts with a file system (`wasi`, `native`). They are created in a private directory,
    /// which is removed after the run. See [`Entry`](crate::tree::Entry).
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub files: Tree,
    /// Directories of `files` to preopen, by the guest's name for each, in sorted order of these names. Default: all
    /// of `files` as `/`, if the case has files.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub preopens: Option<BTreeMap<String, Preopen>>,
    /// Source of random bytes: the number that seeds a deterministic generator, or `"random"`. Default: 0.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub seed: Option<Seed>,
    /// Reason why a run takes long. In a test binary, its trials are ignored unless the arguments include ignored tests;
    /// `polyfill test` runs them.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub slow: Option<String>,
    /// Resource limits of the run.
    #[serde(skip_serializing_if = "CaseLimits::is_empty")]
    pub limits: CaseLimits,
    /// Proposals of core WebAssembly that the engine enables for the case, in addition to those that it enables by default.
    #[serde(skip_serializing_if = "BTreeSet::is_empty")]
    pub wasm: BTreeSet<Proposal>,
    /// Options for encoding the component.
    pub encode: EncodeOptions,
    /// Checks the adapters' effects at each call of a described import module. During a call,
    /// main's memory may change only in the call's output buffers, in the regions of adapters that share that memory,
    /// and where main's realloc writes when an adapter allocates memory. Memory may not grow. A call that fails writes
    /// no output. For a call that does not return, memory is checked after the run, and its output may be present or
    /// absent. All of main's memory is compared at each of the first 1000 calls, and at every 97th call after those.
    /// Calls of main's realloc must follow the Canonical ABI, and handles of the host must be dropped when their
    /// descriptor is closed.
    ///
    /// `false` disables these checks even if all trials are checked (`polyfill test --sanitize`).
    #[serde(skip_serializing_if = "Option::is_none")]
    pub sanitize: Option<bool>,
    /// Reason to record no calls across the core boundary in a traced run (`polyfill test --trace` or `--sanitize`).
    /// Required for a guest that calls its adapters from its realloc while the host lowers a value into it: the
    /// Canonical ABI forbids leaving the component at that time, so the calls cannot be recorded.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub untraced: Option<String>,
    /// Allows adapters that share main's memory to grow it while main runs; the new pages belong to the adapter. A
    /// main whose allocator assumes that it owns all pages breaks in that case, so memory checks report the growth
    /// unless this key is set. Default: false.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub adapters_grow: bool,
    /// Exports to call, in order. Default: the entry point of a command (`run`, or `wasi:cli/run`).
    #[serde(rename = "call", skip_serializing_if = "Vec::is_empty")]
    pub calls: Vec<Call>,
    /// Host mocks: responses to calls of the guest's own imports.
    #[serde(rename = "import", skip_serializing_if = "Vec::is_empty")]
    pub imports: Vec<Answer>,
    /// Set when Rust code in the suite's test binary implements the guest's imports (`Runner::imports`). Without such
    /// code, as in the `polyfill` command, the case is ignored. A case that combines host code with `[[import]]`
    /// responses must set this key. Default: false.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub host_code: bool,
    /// Expected results.
    pub expect: Expect,
}

impl Case {
    /// Returns the directories to preopen, or `None` if the guest gets none.
    pub fn preopened(&self) -> Option<BTreeMap<String, Preopen>> {
        let everything = || BTreeMap::from([("/".to_string(), Preopen::Folder(String::new()))]);
        self.preopens.clone().or_else(|| (!self.files.is_empty()).then(everything))
    }
}
