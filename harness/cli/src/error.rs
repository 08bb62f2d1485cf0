//! Errors that end a command. Each message is printed as `error: ..`.

use std::collections::BTreeSet;
use std::io;
use std::path::PathBuf;

use polyfill_builder::module::ModuleError;
use polyfill_builder::reference::IMPORT_MODULE;
use polyfill_builder::wit::WitError;
use polyfill_builder::{BuildError, Gated, Problems};
use polyfill_encoder::{Error as Found, Errors};
use polyfill_runner::EngineError;
use thiserror::Error;

/// Error of a command.
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
    Record(#[from] polyfill_recording::RecordError),
    #[error(transparent)]
    Replay(#[from] polyfill_recording::ReplayError),
    #[error(transparent)]
    Shrink(#[from] polyfill_recording::ShrinkError),
    #[error(transparent)]
    Standalone(#[from] polyfill_recording::StandaloneError),
    #[error("`{}`: {source}", file.display())]
    Recording { file: PathBuf, source: polyfill_recording::RecordingError },
    #[error(transparent)]
    Runner(#[from] polyfill_runner::Error),
    #[error("{0}")]
    Host(String),
    #[error(
        "--sanitize is not supported by the external host `{host}`\n  help: remove --sanitize, or select another host with --host"
    )]
    Unchecked { host: String },
    #[error("cannot create a directory in `{}`: {source}", folder.display())]
    Private { folder: PathBuf, source: io::Error },
    #[error("cannot read `{}`: {source}", path.display())]
    Read { path: PathBuf, source: io::Error },
    #[error("cannot write `{}`: {source}", path.display())]
    Write { path: PathBuf, source: io::Error },
    #[error("cannot write to standard output: {0}")]
    Stdout(io::Error),
    #[error(
        "refusing to write a binary component to a terminal\n  help: write to a file (-o OUT), or print text (--wat)"
    )]
    Terminal,
    #[error("cannot print the component as text: {0}")]
    Print(String),
    #[error("no adapter name in the file name `{}`: it starts with a dot\n  help: name the adapter: `--adapt NAME={}`", file.display(), file.display())]
    NoName { file: PathBuf },
    #[error("{flag} is not supported for `{}`, which is already a component\n  help: remove {flag}", file.display())]
    Finished { file: PathBuf, flag: &'static str },
    #[error(
        "{flag} requires --adapt: guest `{guest}` is encoded with the settings of the suite\n  help: add --adapt, or change the case or the sidecar files of the guest and its adapters"
    )]
    SuiteDecides { guest: String, flag: &'static str },
    #[error(
        "{flag} is not supported by host `native`, which runs the guest's core module without adapters\n  help: remove {flag}, or select another host with --host"
    )]
    Native { flag: &'static str },
    #[error("cannot run `{}` on host `native`: expected a core module, found a component\n  help: select another host with --host", file.display())]
    NoModule { file: PathBuf },
    #[error(transparent)]
    Reference(#[from] polyfill_builder::reference::Unknown),
    #[error("adapter `{adapter}` does not match guest `{guest}`\n  help: use one of its adapter chains: {stacks}")]
    NoStack { guest: String, adapter: String, stacks: String },
    #[error("guest `{guest}` is ignored: {reason}")]
    Ignored { guest: String, reason: String },
    #[error("guest `{guest}` {outcome}")]
    NotBuilt { guest: String, outcome: String },
    #[error(
        "adapter `{adapter}` not found: {why}\n  help: use a published adapter (`reference-command@48.0.8`) or a file (`--adapt FILE`)"
    )]
    NoSuchAdapter { adapter: String, why: String },
    #[error("cannot embed the WIT in the module: {0}")]
    Embed(String),
    #[error("unknown host `{host}`\n  help: available hosts: {hosts}")]
    NoHost { host: String, hosts: String },
    #[error(transparent)]
    Rules(#[from] polyfill_runner::reviewed::RulesError),
    #[error("the known differences in `{}` are for {about}\n  help: pass the file for the compared sides with --rules, or remove --rules", path.display())]
    OtherRules { path: PathBuf, about: String },
    #[error(transparent)]
    Bench(#[from] polyfill_lab::fuzz::BenchError),
    #[error(transparent)]
    Entry(#[from] polyfill_lab::stress::EntryError),
    #[error("`{side}` has no adapter")]
    NoAdapter { side: String },
    #[error(transparent)]
    Adapter(#[from] polyfill_lab::adapter::AdapterError),
    #[error(transparent)]
    Emit(#[from] polyfill_lab::fuzz::EmitError),
    #[error(transparent)]
    Inject(#[from] polyfill_lab::inject::InjectError),
    #[error(
        "cannot bisect {0}: it has no published adapter\n  help: use a published adapter, for example `--candidate reference-command@wasi`"
    )]
    NoReleases(String),
    #[error("`{}`: {message}", path.display())]
    Expectations { path: PathBuf, message: String },
    #[error("{0}")]
    NothingToTest(String),
}

impl Error {
    /// Wraps the errors of an encoding, with help if an excluded WIT feature causes one of them.
    pub(crate) fn encode(errors: Errors, left_out: &Gated) -> Error {
        match help(errors.iter(), left_out) {
            Some(help) => Error::LeftOut { errors, help },
            None => errors.into(),
        }
    }

    /// Returns all messages. Commands that validate a whole input report several.
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

/// Returns the messages of an encoding. The first one about preview1 names the published adapters.
fn with_advice(errors: &Errors) -> Vec<String> {
    let is_preview1 = |error: &polyfill_encoder::Error| matches!(error, polyfill_encoder::Error::UnknownImport { import_module, .. } if import_module == IMPORT_MODULE);
    let first = errors.iter().position(is_preview1);
    let advice = format!(
        "\n  help: `{IMPORT_MODULE}` is WASI preview1: add the newest published adapter: `--adapt reference-command` for a module \
         with `_start`, otherwise `--adapt reference-reactor`"
    );
    let messages = errors.iter().enumerate().map(|(number, error)| {
        let advice = if Some(number) == first { &*advice } else { "" };
        format!("{error}{advice}")
    });
    messages.collect()
}

/// Returns an error if there are filters that match no trial.
pub(crate) fn refuse_idle(words: &[String]) -> Result<(), Error> {
    let quoted: Vec<String> = words.iter().map(|word| format!("`{word}`")).collect();
    match quoted.is_empty() {
        true => Ok(()),
        false => Err(Error::NothingToTest(format!("no trial name contains {}", quoted.join(", ")))),
    }
}

/// Returns the help for errors caused by excluded WIT features.
pub(crate) fn help<'a>(errors: impl Iterator<Item = &'a Found>, left_out: &Gated) -> Option<String> {
    let mut features = BTreeSet::new();
    for error in errors {
        features.extend(left_out.missed_by(error).map(str::to_string));
    }
    let list: Vec<String> = features.into_iter().collect();
    let flag = (!list.is_empty()).then(|| list.join(","))?;
    Some(format!("  help: `@unstable` items of the WIT are excluded by default: include them with `--features {flag}`"))
}
