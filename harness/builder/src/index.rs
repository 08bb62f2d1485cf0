//! Defines the index: the results of a build as plain data, for the runner.
//!
//! `index.json` is in the same directory as the components that it names. Its paths are relative to that
//! directory, except `source`, which is relative to the suite's root. It contains no absolute paths, no times and
//! no nondeterministic order.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::case::Case;
use crate::descriptor::Descriptor;

/// File name of the index in the output directory.
pub const FILE: &str = "index.json";

/// Name of the host that runs a guest's unmodified core module.
pub const NATIVE: &str = "native";

/// Separator between a host and its engine, if that is not the default: `wasi/winch`.
pub const ENGINE: char = '/';

/// Engines that can follow a host's name, other than the default.
pub const ENGINES: [&str; 5] = ["cranelift+pooling", "winch", "winch+pooling", "pulley", "pulley+pooling"];

/// Returns true if a host runs the guest's unmodified core module, on any engine.
pub fn is_native(host: &str) -> bool {
    without_engine(host) == NATIVE
}

/// Returns a host's name without its engine.
pub fn without_engine(host: &str) -> &str {
    host.split_once(ENGINE).map_or(host, |(host, _)| host)
}

/// Results of a build.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Index {
    /// Cases by `guest::case`.
    pub cases: BTreeMap<String, CaseEntry>,
    /// Trials, sorted by name.
    pub trials: Vec<Trial>,
    /// External hosts of the suite.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub hosts: BTreeMap<String, Descriptor>,
    /// Published adapters by the name that a sidecar of the suite gives them (`of = "reference-command"`).
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub published: BTreeMap<String, String>,
    /// Descriptions of import modules of the suite.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub abis: Vec<polyfill_abi::Source>,
}

/// Case and its location.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct CaseEntry {
    /// Case file, or the guest for a case without a file, relative to the suite's root.
    pub source: String,
    /// Content of the case, with every `{ file = .. }` already read.
    pub case: Case,
}

/// Trial: a case with an adapter chain on a host.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Trial {
    /// Name of the guest.
    pub guest: String,
    /// Name of the case.
    pub case: String,
    /// Adapter chain: adapter names joined by `+`, or `none`.
    pub adapter: String,
    /// Name of the host, with the engine if that is not the default: `wasi/winch`.
    pub host: String,
    /// Artifact to run.
    pub artifact: Artifact,
    /// Parameters of the checks, for a component that records its calls.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub sanitize: Option<Sanitize>,
}

/// Parameters of the checks: memory that adapters may write to, in addition to the output of calls.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct Sanitize {
    /// Address range in main's memory that belongs to adapters: first address, and end address (exclusive). Empty if
    /// all adapters are isolated.
    pub region: [u64; 2],
    /// Bytes, in whole pages, by which each adapter may grow main's memory for its region, through calls of main's
    /// realloc that allocate the region.
    pub growth: Vec<u64>,
    /// Set if an adapter works in main's memory and can grow it.
    pub shared: bool,
    /// Set if adapters may grow main's memory: the case allows it (see
    /// [`Case::adapters_grow`](crate::case::Case::adapters_grow)), or the adapter is a published one.
    pub adapters_grow: bool,
}

impl Index {
    /// Returns an adapter chain with published adapters by their own names.
    pub fn resolved(&self, chain: &str) -> String {
        let own = |id| self.published.get(id).map_or(id, String::as_str);
        chain.split('+').map(own).collect::<Vec<_>>().join("+")
    }
}

impl Trial {
    /// Returns the trial's name: `guest::case::adapter::host`.
    pub fn name(&self) -> String {
        format!("{}::{}::{}::{}", self.guest, self.case, self.adapter, self.host)
    }

    /// Returns the key of its case in [`Index::cases`].
    pub fn case_key(&self) -> String {
        format!("{}::{}", self.guest, self.case)
    }
}

/// Artifact of a trial.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Artifact {
    /// Path of a component, relative to the index.
    Component(String),
    /// Path of a core module for the host `native`, relative to the index.
    Module(String),
    /// No artifact, without an error; for instance, a tool is missing. Contains the reason.
    Ignored(String),
    /// No artifact, since a step failed. Fails the trial, unless the case expects this error.
    Failed {
        /// Step that failed.
        stage: Stage,
        /// Complete message of the tool or the encoder.
        message: String,
    },
}

/// Step of the build.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Stage {
    /// Reading the case file.
    Case,
    /// Compiling the guest.
    Compile,
    /// Compiling or checking the adapter.
    Adapter,
    /// Encoding the component.
    Encode,
}
