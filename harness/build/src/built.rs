//! What a build gives back.

use std::collections::BTreeMap;
use std::fmt;
use std::path::PathBuf;
use std::time::Duration;

use polyfill_encoder::{Adapter, Form, Stack};
use polyfill_reference::{IMPORT_MODULE, Reference};

use crate::index::Index;
use crate::profile::Profile;

/// A finished build. Single guests may have failed in it: see the index.
#[derive(Clone, Debug)]
pub struct Built {
    /// What there is to run. Also written to `index.json`.
    pub index: Index,
    /// The folder that holds the index and the components.
    pub out_dir: PathBuf,
    /// Trials that their cases leave out (`[[exclude]]`), by name, with the reason; of those that the filter selects.
    pub left_out: BTreeMap<String, String>,
    /// Words of the filter that are in no trial's name.
    pub idle_words: Vec<String>,
    /// Number of guests of the suite.
    pub guests: usize,
    /// The adapters of each side, if they were looked at; nothing for a side without one, or one that cannot be had.
    pub profiles: Vec<Option<Profile>>,
    /// Every file that was read, sorted.
    pub inputs: Vec<PathBuf>,
    /// The folders in which a new file would change the suite, sorted.
    pub folders: Vec<PathBuf>,
    /// What was done, sorted.
    pub log: Vec<Step>,
    /// How long each stage took, in their order.
    pub timings: Vec<(&'static str, Duration)>,
}

/// The core modules of a suite, by the names of guests and the ids of adapters; a message where there is none.
#[derive(Clone, Debug)]
pub struct CoreModules {
    /// The guests' modules.
    pub guests: BTreeMap<String, Result<Vec<u8>, String>>,
    /// The adapters' modules.
    pub adapters: BTreeMap<String, Result<Vec<u8>, String>>,
}

/// An adapter as it goes into a component.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AdapterModule {
    /// The import modules that it implements.
    pub implements: Vec<String>,
    /// Its core module.
    pub wasm: Vec<u8>,
    /// Whose memory it works in.
    pub form: Form,
    /// Its stack.
    pub stack: Stack,
}

impl AdapterModule {
    /// One of which no more is known.
    pub fn plain(implements: Vec<String>, wasm: Vec<u8>) -> AdapterModule {
        AdapterModule { implements, wasm, form: Form::default(), stack: Stack::default() }
    }

    /// A published one.
    pub fn published(reference: &Reference) -> AdapterModule {
        AdapterModule::plain(vec![IMPORT_MODULE.to_string()], reference.wasm().to_vec())
    }

    /// What an encoder takes; by that name in messages.
    pub fn adapter(&self, name: &str) -> Adapter<'_> {
        Adapter::new(name, &self.wasm).implementing(&self.implements).in_form(self.form).with_stack(self.stack)
    }
}

/// One step of a build.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Step {
    /// The kind of thing it made.
    pub what: What,
    /// The thing's name: a guest, an adapter, or a component's file.
    pub name: String,
    /// What came of it.
    pub done: Done,
}

/// The kind of thing that a step makes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum What {
    /// An adapter's core module.
    Adapter,
    /// A guest's core module.
    Guest,
    /// The findings about an adapter.
    Check,
    /// A component.
    Component,
}

/// What came of a step.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Done {
    /// It was made now.
    Made,
    /// Nothing had changed: the earlier one was taken.
    Reused,
    /// Not done, since a tool is missing.
    Ignored,
    /// It failed.
    Failed,
}

impl fmt::Display for Step {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let what = match self.what {
            What::Adapter => "adapter",
            What::Guest => "guest",
            What::Check => "check",
            What::Component => "component",
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
