//! The case: one run of a guest, written down in TOML beside it.
//!
//! Unknown keys are refused everywhere.

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
use crate::matrix::{Exclude, Fails, On, Product};
use crate::tree::{Preopen, Tree};

/// One run: inputs, what to call, what to expect.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
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
    /// The number of that group.
    #[serde(skip)]
    pub runs_of: Option<usize>,
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
    pub stdin: Option<Stdin>,
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
    /// How much the guest may use.
    #[serde(skip_serializing_if = "CaseLimits::is_empty")]
    pub limits: CaseLimits,
    /// Proposals of core WebAssembly that the engine enables for the case, in addition to those that it enables by default.
    #[serde(skip_serializing_if = "BTreeSet::is_empty")]
    pub wasm: BTreeSet<Proposal>,
    /// How the component is encoded.
    pub encode: EncodeOptions,
    /// What adapters do is checked at each call into `wasi_snapshot_preview1` and `wasi_unstable`. Not a byte of main's
    /// memory may change but those that the call gives out, the regions of adapters that share that memory, and what main's
    /// realloc changes when an adapter asks it for memory; and no page may be added. A call that fails gives nothing out; one
    /// that never returns is looked at when the run is over: what it gives out may be there or not. Main's memory is compared
    /// in all of the first 1000 calls, and in each 97th after those. Main's realloc is asked as the canonical ABI says, and
    /// handles of the host are dropped when what they belong to is closed.
    ///
    /// With `false` that is not done either where all trials are checked (`polyfill test --sanitize`).
    #[serde(skip_serializing_if = "Option::is_none")]
    pub sanitize: Option<bool>,
    /// Why calls across the core boundary are not reported in a traced run (`polyfill test --trace`, and `--sanitize`): a
    /// guest that calls its adapters from its realloc, while the host hands it a value, could not report them. The canonical
    /// ABI lets nothing leave the component then.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub untraced: Option<String>,
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

impl Case {
    /// The folders that are preopened; `None` if the guest gets none.
    pub fn preopened(&self) -> Option<BTreeMap<String, Preopen>> {
        let everything = || BTreeMap::from([("/".to_string(), Preopen::Folder(String::new()))]);
        self.preopens.clone().or_else(|| (!self.files.is_empty()).then(everything))
    }
}
