//! Defines the result of a build.

use std::collections::BTreeMap;
use std::fmt;
use std::path::PathBuf;
use std::time::Duration;

use polyfill_encoder::{Adapter, Form, ShadowStack};
use polyfill_reference::{IMPORT_MODULE, Reference};

use crate::index::Index;
use crate::profile::Profile;

/// Finished build. Individual guests may have failed: see the index.
#[derive(Clone, Debug)]
pub struct Built {
    /// Trials to run. Also written to `index.json`.
    pub index: Index,
    /// Directory of the index and the components.
    pub out_dir: PathBuf,
    /// Trials that their cases leave out (`[[skip]]`), by name, with the reason. Contains only trials that the
    /// filter selects.
    pub left_out: BTreeMap<String, String>,
    /// Words of the filter that match no trial.
    pub idle_words: Vec<String>,
    /// Number of guests in the suite.
    pub guests: usize,
    /// Suites of a `wasi-testsuite` directory; empty for any other suite.
    pub wasi_suites: Vec<WasiSuite>,
    /// Profile of the adapters of each configuration, if requested; `None` for a configuration without adapters or
    /// with an unavailable one.
    pub profiles: Vec<Option<Profile>>,
    /// Files that were read, sorted.
    pub inputs: Vec<PathBuf>,
    /// Directories in which a new file would change the suite, sorted.
    pub folders: Vec<PathBuf>,
    /// Steps of the build, sorted.
    pub log: Vec<Step>,
    /// Duration of each stage, in order.
    pub timings: Vec<(&'static str, Duration)>,
}

/// Suite of a `wasi-testsuite` directory: a directory with modules or a manifest.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct WasiSuite {
    /// Name in the manifest; otherwise the directory relative to the `wasi-testsuite` directory.
    pub name: String,
    /// Directory relative to the `wasi-testsuite` directory, with `/`; `.` for itself.
    pub folder: String,
    /// Guests by the name of their test.
    pub tests: BTreeMap<String, String>,
    /// JSON files without a module of the same name, relative to the `wasi-testsuite` directory, with `/`.
    pub without_module: Vec<String>,
    pub(crate) path: PathBuf,
    pub(crate) has_manifest_name: bool,
}

impl WasiSuite {
    /// Returns true if this is the name of the suite. A suite without a name in a manifest is named by its path, from
    /// any parent directory; the last component can be missing if it is a target such as `wasm32-wasip1`.
    pub fn is_named(&self, name: &str) -> bool {
        if self.has_manifest_name || name == self.name {
            return name == self.name;
        }
        let is_target = self.path.file_name().is_some_and(|last| last.to_string_lossy().starts_with("wasm32-wasip"));
        let parent = self.path.parent().filter(|_| is_target);
        !name.is_empty() && [Some(self.path.as_path()), parent].iter().flatten().any(|path| path.ends_with(name))
    }
}

/// Core modules of a suite, by guest name and adapter id; a message if there is no module.
#[derive(Clone, Debug)]
pub struct CoreModules {
    /// The guests' modules.
    pub guests: BTreeMap<String, Result<Vec<u8>, String>>,
    /// The adapters' modules.
    pub adapters: BTreeMap<String, Result<Vec<u8>, String>>,
}

/// Adapter module with its encoding options.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AdapterModule {
    /// Import modules that the adapter implements.
    pub implements: Vec<String>,
    /// Core module.
    pub wasm: Vec<u8>,
    /// Memory that the adapter uses.
    pub form: Form,
    /// Shadow stack of the adapter.
    pub stack: ShadowStack,
}

impl AdapterModule {
    /// Returns an adapter with default options.
    pub fn plain(implements: Vec<String>, wasm: Vec<u8>) -> AdapterModule {
        AdapterModule { implements, wasm, form: Form::default(), stack: ShadowStack::default() }
    }

    /// Returns a published adapter.
    pub fn published(reference: &Reference) -> AdapterModule {
        AdapterModule::plain(vec![IMPORT_MODULE.to_string()], reference.wasm().to_vec())
    }

    /// Returns the adapter as input for the encoder, with its name in messages.
    pub fn adapter(&self, name: &str) -> Adapter<'_> {
        Adapter::new(name, &self.wasm).implementing(&self.implements).in_form(self.form).with_stack(self.stack)
    }
}

/// Step of a build.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Step {
    /// Kind of output.
    pub what: StepKind,
    /// Name of the guest, the adapter, or the component's file.
    pub name: String,
    /// Result of the step.
    pub done: Done,
}

/// Kind of output of a step.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum StepKind {
    /// An adapter's core module.
    Adapter,
    /// A guest's core module.
    Guest,
    /// Findings about an adapter.
    Check,
    /// A component.
    Component,
}

/// Result of a step.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Done {
    /// Built now.
    Made,
    /// Up to date: the result of an earlier build was used.
    Reused,
    /// Skipped, since a tool is missing.
    Ignored,
    /// Failed.
    Failed,
}

impl fmt::Display for Step {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let what = match self.what {
            StepKind::Adapter => "adapter",
            StepKind::Guest => "guest",
            StepKind::Check => "check",
            StepKind::Component => "component",
        };
        let done = match self.done {
            Done::Made => "made",
            Done::Reused => "reused",
            Done::Ignored => "ignored",
            Done::Failed => "failed",
        };
        write!(f, "{what} {}: {done}", self.name)
    }
}
