//! The index: what a build made, as plain data, for the runner.
//!
//! One `index.json` beside the components it names; every path in it is relative to the folder that holds it,
//! or (`source`) to the suite's root. It holds no absolute path, no time and no random order.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::case::Case;
use crate::descriptor::Descriptor;

/// The name of the index in the output folder.
pub const FILE: &str = "index.json";

/// The host that runs a guest's core module as it stands.
pub const NATIVE: &str = "native";

/// What separates a host from the engine that it is on, where that is not the usual one: `wasi/winch`.
pub const ENGINE: char = '/';

/// The engines that stand behind a host's name, where it is not the usual one.
pub const ENGINES: [&str; 5] = ["cranelift+pooling", "winch", "winch+pooling", "pulley", "pulley+pooling"];

/// Whether a host runs the guest's core module as it stands, on whatever engine.
pub fn is_native(host: &str) -> bool {
    without_engine(host) == NATIVE
}

/// A host's name without the engine that it is on.
pub fn without_engine(host: &str) -> &str {
    host.split_once(ENGINE).map_or(host, |(host, _)| host)
}

/// Everything a build made.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Index {
    /// All cases by `guest::case`.
    pub cases: BTreeMap<String, CaseEntry>,
    /// All cells, sorted by name.
    pub cells: Vec<Cell>,
    /// The suite's hosts that are programs.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub hosts: BTreeMap<String, Descriptor>,
}

/// One case and where it was written down.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct CaseEntry {
    /// The case file (or, for a guest without one, the guest), relative to the suite's root.
    pub source: String,
    /// What it says, with every `{ file = .. }` already read.
    pub case: Case,
}

/// A case x an adapter stack x a host: one trial.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Cell {
    /// The guest's name.
    pub guest: String,
    /// The case's name.
    pub case: String,
    /// The stack: adapter names joined by `+`, or `none`.
    pub adapter: String,
    /// The host's name; with the engine, where it is not the usual one: `wasi/winch`.
    pub host: String,
    /// What there is to run.
    pub artifact: Artifact,
    /// What checks have to know, in a component that reports its calls.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub sanitize: Option<Sanitize>,
}

/// What a check of calls has to know: what adapters may write to, beside what calls give out.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct Sanitize {
    /// Addresses in main's memory, from the first to the one after the last, that belong to adapters. None are in it
    /// where all adapters are isolated.
    pub region: [u64; 2],
    /// Bytes, in whole pages, that adapters may add to main's memory, each for its region: those that main's realloc
    /// calls while it makes room for them.
    pub growth: Vec<u64>,
    /// Some adapter works in main's memory, and can grow it.
    pub shared: bool,
    /// It may, as the case says (see [`Case::adapters_grow`](crate::case::Case::adapters_grow)), or since it is a
    /// published one.
    pub adapters_grow: bool,
}

impl Cell {
    /// The trial's name: `guest::case::adapter::host`.
    pub fn name(&self) -> String {
        format!("{}::{}::{}::{}", self.guest, self.case, self.adapter, self.host)
    }

    /// The key of its case in [`Index::cases`].
    pub fn case_key(&self) -> String {
        format!("{}::{}", self.guest, self.case)
    }
}

/// What a build made of a cell.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Artifact {
    /// A component: its file, relative to the index.
    Component(String),
    /// A core module, for the host `native`: its file, relative to the index.
    Module(String),
    /// Nothing, and that is all right here: a tool is missing, for instance. The reason.
    Ignored(String),
    /// Nothing, since a step failed. Fails the trial, unless the case expects this very error.
    Failed {
        /// The step that failed.
        stage: Stage,
        /// The tool's or the encoder's message, in full.
        message: String,
    },
}

/// A step of the build.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Stage {
    /// The case file was read.
    Case,
    /// The guest was compiled.
    Compile,
    /// The adapter was compiled or checked.
    Adapter,
    /// The component was encoded.
    Encode,
}
