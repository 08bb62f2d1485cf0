//! What goes into a run.

use std::collections::BTreeMap;
use std::io::Write;

use polyfill_build::case::{Answer, Bytes, BytesError, Call, Case, Pieces, Seed, Stdin, TooLarge};
use polyfill_build::tree::{Preopen, Tree};
use thiserror::Error;

/// Inputs that a case does not write down properly.
#[derive(Debug, Error)]
pub enum InputsError {
    /// All of it together would not fit into memory.
    #[error(transparent)]
    TooLarge(#[from] TooLarge),
    /// Standard input cannot be read.
    #[error("`stdin`: {0}")]
    Bytes(#[from] BytesError),
    /// A variable's value cannot be read.
    #[error("`env.{variable}`: {error}")]
    Env {
        /// The variable.
        variable: String,
        /// What is wrong.
        error: BytesError,
    },
    /// A word that is no seed.
    #[error("`seed` is \"{word}\"; it is a number, or \"random\"")]
    Seed {
        /// The word.
        word: String,
    },
    /// The file of standard input was not there when the suite was built.
    #[error("`stdin`: there is no file `{file}` beside the case file")]
    NoFile {
        /// The file.
        file: String,
    },
}

/// What goes into a run, whoever wrote it down.
#[derive(Clone, Debug, Default)]
pub struct Inputs {
    /// The arguments, the guest's name first.
    pub args: Vec<String>,
    /// The environment, sorted by name.
    pub env: Vec<(String, String)>,
    /// All of standard input.
    pub stdin: Vec<u8>,
    /// How long the pieces are in which it comes; without any, all of it is there at once.
    pub stdin_pieces: Vec<usize>,
    /// Reads of standard input fail. What it has is not looked at.
    pub stdin_closed: bool,
    /// What is in the guest's private folder.
    pub files: Tree,
    /// Folders of it by the names under which they are preopened. Without any, there is no folder.
    pub preopens: Option<BTreeMap<String, Preopen>>,
    /// Where random bytes come from: 0 without it.
    pub seed: Option<Seed>,
    /// The exports to call, in order; if there are none, the one that starts a command.
    pub calls: Vec<Call>,
    /// Answers to imports.
    pub answers: Vec<Answer>,
}

impl Inputs {
    /// What a case gives its guest.
    ///
    /// # Errors
    ///
    /// A case whose values come to more than [`Case::MOST_BYTES`] is refused before any of them is expanded.
    pub fn of(guest: &str, case: &Case) -> Result<Self, InputsError> {
        case.check_size()?;
        if let Some(Seed::Word(word)) = case.seed.as_ref()
            && word != "random"
        {
            return Err(InputsError::Seed { word: word.clone() });
        }
        let pieces = match &case.stdin {
            Some(Stdin::Pieces(Pieces { pieces })) => pieces.iter().map(String::len).collect(),
            Some(Stdin::All(_) | Stdin::Closed(_)) | None => Vec::new(),
        };
        Ok(Self {
            stdin_pieces: pieces,
            stdin_closed: matches!(case.stdin, Some(Stdin::Closed(_))),
            args: [guest.to_string()].into_iter().chain(case.args.iter().cloned()).collect(),
            env: env(case)?,
            stdin: stdin(case.stdin.as_ref())?,
            files: case.files.clone(),
            preopens: case.preopened(),
            seed: case.seed.clone(),
            calls: case.calls.clone(),
            answers: case.imports.clone(),
        })
    }
}

/// Sorted by name. One that is named by itself has the say.
fn env(case: &Case) -> Result<Vec<(String, String)>, InputsError> {
    let mut env: BTreeMap<String, String> = case.env_series.iter().flat_map(|series| series.variables()).collect();
    for (variable, text) in &case.env {
        let value = text.read().map_err(|error| InputsError::Env { variable: variable.clone(), error })?;
        env.insert(variable.clone(), value);
    }
    Ok(env.into_iter().collect())
}

fn stdin(written: Option<&Stdin>) -> Result<Vec<u8>, InputsError> {
    let written = match written {
        None | Some(Stdin::Closed(_)) => return Ok(Vec::new()),
        Some(Stdin::Pieces(Pieces { pieces })) => return Ok(pieces.concat().into_bytes()),
        Some(Stdin::All(written)) => written,
    };
    match (written.read()?, written) {
        (None, Bytes::File(file)) => Err(InputsError::NoFile { file: file.file.clone() }),
        (bytes, _) => Ok(bytes.unwrap_or_default()),
    }
}

/// Where output goes as it comes. A stream without a sink is kept for the observation, up to a limit.
#[derive(Default)]
pub struct Sinks {
    /// For standard output.
    pub stdout: Option<Box<dyn Write + Send>>,
    /// For standard error.
    pub stderr: Option<Box<dyn Write + Send>>,
}

impl Sinks {
    /// This process's own streams. The guest's bytes come out as they are, control characters among them: as of any runtime.
    pub fn inherit() -> Self {
        Self { stdout: Some(Box::new(std::io::stdout())), stderr: Some(Box::new(std::io::stderr())) }
    }
}
