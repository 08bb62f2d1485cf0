//! What ends a command. Each message becomes a line `error: ..` of its own.

use std::collections::BTreeSet;
use std::io;
use std::path::PathBuf;

use polyfill_build::module::ModuleError;
use polyfill_build::reference::IMPORT_MODULE;
use polyfill_build::wit::WitError;
use polyfill_build::{BuildError, Gated, Problems};
use polyfill_encoder::{Error as Found, Errors};
use polyfill_runner::EngineError;
use thiserror::Error;

/// Why a command could not do what it was asked to.
#[derive(Debug, Error)]
pub(crate) enum Error {
    #[error(transparent)]
    Module(#[from] ModuleError),
    #[error(transparent)]
    Wit(#[from] WitError),
    #[error(transparent)]
    Encode(#[from] Errors),
    #[error("{errors}\n{help}")]
    LeftOut { errors: Errors, help: String },
    #[error(transparent)]
    Build(#[from] BuildError),
    #[error(transparent)]
    Engine(#[from] EngineError),
    #[error(transparent)]
    Record(#[from] polyfill_bundle::RecordError),
    #[error(transparent)]
    Replay(#[from] polyfill_bundle::ReplayError),
    #[error(transparent)]
    Shrink(#[from] polyfill_bundle::ShrinkError),
    #[error(transparent)]
    Freeze(#[from] polyfill_bundle::FreezeError),
    #[error("`{}`: {source}", file.display())]
    Bundle { file: PathBuf, source: polyfill_bundle::BundleError },
    #[error(transparent)]
    Runner(#[from] polyfill_runner::Error),
    #[error("{0}")]
    Host(String),
    #[error("host `{host}` is a program, of which nobody hears what adapters do: leave out --sanitize")]
    Unchecked { host: String },
    #[error("cannot create a directory in `{}`: {source}", folder.display())]
    Private { folder: PathBuf, source: io::Error },
    #[error("cannot read `{}`: {source}", path.display())]
    Read { path: PathBuf, source: io::Error },
    #[error("cannot write `{}`: {source}", path.display())]
    Write { path: PathBuf, source: io::Error },
    #[error("cannot write to standard output: {0}")]
    Stdout(io::Error),
    #[error("a component in binary form is nothing for a terminal: give a file (-o OUT), or ask for text (--wat)")]
    Terminal,
    #[error("the component cannot be printed: {0}")]
    Print(String),
    #[error("`{}` has no name up to its first dot: give the adapter one, `--adapt NAME={}`", file.display(), file.display())]
    NoName { file: PathBuf },
    #[error("`{}` is a component already: there is nothing to adapt, leave out {flag}", file.display())]
    Finished { file: PathBuf, flag: &'static str },
    #[error(
        "{flag} needs --adapt beside it: without, the suite says how its guest `{guest}` is encoded (in the case, and in the files beside guest and adapters)"
    )]
    SuiteDecides { guest: String, flag: &'static str },
    #[error("{flag} is nothing for host `native`: it runs the guest's core module as it stands")]
    Native { flag: &'static str },
    #[error("`{}` is a component: host `native` runs core modules", file.display())]
    NoModule { file: PathBuf },
    #[error(transparent)]
    Reference(#[from] polyfill_build::reference::Unknown),
    #[error("guest `{guest}` does not go through `{adapter}`; its stacks are {stacks}")]
    NoStack { guest: String, adapter: String, stacks: String },
    #[error("guest `{guest}` is not run: {reason}")]
    Ignored { guest: String, reason: String },
    #[error("guest `{guest}` {outcome}")]
    NotBuilt { guest: String, outcome: String },
    #[error(
        "no adapter `{adapter}`: {why}\n  help: name a published one (`reference-command@48.0.8`), or a file (`--adapt FILE`)"
    )]
    NoSuchAdapter { adapter: String, why: String },
    #[error("the WIT cannot be put into the module: {0}")]
    Embed(String),
    #[error("there is no host `{host}`; there are {hosts}")]
    NoHost { host: String, hosts: String },
    #[error(transparent)]
    Rules(#[from] polyfill_runner::reviewed::RulesError),
    #[error("`{}` is about {about}: name the rules for these sides (--rules), or none", path.display())]
    OtherRules { path: PathBuf, about: String },
    #[error(transparent)]
    Bench(#[from] polyfill_lab::hunt::BenchError),
    #[error(transparent)]
    Entry(#[from] polyfill_lab::entry::EntryError),
    #[error("`{side}` has no adapter")]
    NoAdapter { side: String },
    #[error(transparent)]
    Adapter(#[from] polyfill_lab::adapter::AdapterError),
    #[error(transparent)]
    Emit(#[from] polyfill_lab::hunt::EmitError),
    #[error(transparent)]
    Sweep(#[from] polyfill_lab::sweep::SweepError),
    #[error("{0} has no published adapter, whose releases could be looked through")]
    NoReleases(String),
    #[error("`{}`: {message}", path.display())]
    Expectations { path: PathBuf, message: String },
    #[error("{0}")]
    NothingToTest(String),
}

impl Error {
    /// What is wrong with an input, and which features of its WIT gate what is missing.
    pub(crate) fn encode(errors: Errors, left_out: &Gated) -> Error {
        match help(errors.iter(), left_out) {
            Some(help) => Error::LeftOut { errors, help },
            None => errors.into(),
        }
    }

    /// All messages: there can be many where a whole input was looked at.
    pub(crate) fn messages(&self) -> Vec<String> {
        match self {
            Error::Encode(errors) => with_advice(errors),
            Error::LeftOut { errors, help } => {
                let mut messages: Vec<String> = errors.iter().map(ToString::to_string).collect();
                if let Some(last) = messages.last_mut() {
                    *last = format!("{last}\n{help}");
                }
                messages
            }
            Error::Build(BuildError::Layout(Problems(problems))) => problems.clone(),
            error => vec![error.to_string()],
        }
    }
}

/// The messages of an encoding; the first one about preview1 names the published adapters.
fn with_advice(errors: &Errors) -> Vec<String> {
    let is_preview1 = |error: &polyfill_encoder::Error| matches!(error, polyfill_encoder::Error::UnknownImport { import_module, .. } if import_module == IMPORT_MODULE);
    let first = errors.iter().position(is_preview1);
    let advice = format!(
        "\n  help: `{IMPORT_MODULE}` is WASI preview1: `--adapt reference-command` is the newest published adapter for a module \
         with `_start`, `--adapt reference-reactor` the one for others"
    );
    let messages = errors.iter().enumerate().map(|(number, error)| {
        let advice = if Some(number) == first { &*advice } else { "" };
        format!("{error}{advice}")
    });
    messages.collect()
}

/// Words in trial names that select nothing are an error, even beside others that do.
pub(crate) fn refuse_idle(words: &[String]) -> Result<(), Error> {
    let quoted: Vec<String> = words.iter().map(|word| format!("`{word}`")).collect();
    match quoted.is_empty() {
        true => Ok(()),
        false => Err(Error::NothingToTest(format!("no trial's name contains {}", quoted.join(", ")))),
    }
}

/// How to get what errors miss, where features of WIT gate it.
pub(crate) fn help<'a>(errors: impl Iterator<Item = &'a Found>, left_out: &Gated) -> Option<String> {
    let mut features = BTreeSet::new();
    for error in errors {
        features.extend(left_out.missed_by(error).map(str::to_string));
    }
    let list: Vec<String> = features.into_iter().collect();
    let flag = (!list.is_empty()).then(|| list.join(","))?;
    Some(format!("  help: `@unstable` items of the WIT are left out: take them with `--features {flag}`"))
}
