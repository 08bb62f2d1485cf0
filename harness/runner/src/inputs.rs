//! Inputs of a run.

use std::collections::BTreeMap;
use std::io::Write;

use polyfill_abi::Descriptions;
use polyfill_builder::case::{Answer, Bytes, BytesError, Call, Case, Pieces, Seed, Stdin, TooLarge};
use polyfill_builder::tree::{Preopen, Tree};
use thiserror::Error;

/// Invalid inputs in a case.
#[derive(Debug, Error)]
pub enum InputsError {
    /// The values together are too large for memory.
    #[error(transparent)]
    TooLarge(#[from] TooLarge),
    /// Standard input cannot be read.
    #[error("`stdin`: {0}")]
    Bytes(#[from] BytesError),
    /// The value of an environment variable cannot be read.
    #[error("`env.{variable}`: {error}")]
    Env {
        /// Name of the environment variable.
        variable: String,
        /// Description of the error.
        error: BytesError,
    },
    /// Invalid seed.
    #[error("invalid `seed` \"{word}\"; expected a number or \"random\"")]
    Seed {
        /// The invalid value.
        word: String,
    },
    /// The standard input file did not exist when the suite was built.
    #[error("`stdin`: file `{file}` not found in the directory of the case")]
    NoFile {
        /// Path of the file.
        file: String,
    },
}

/// Inputs of a run.
#[derive(Clone, Debug, Default)]
pub struct Inputs {
    /// Arguments, beginning with the guest's name.
    pub args: Vec<String>,
    /// Environment variables, sorted by name.
    pub env: Vec<(String, String)>,
    /// Contents of standard input.
    pub stdin: Vec<u8>,
    /// Lengths of the pieces in which standard input arrives. If empty, all input is available at once.
    pub stdin_pieces: Vec<usize>,
    /// Set if reads of standard input fail; its contents are ignored.
    pub stdin_closed: bool,
    /// Contents of the guest's private directory.
    pub files: Tree,
    /// Preopened directories by name. If empty, the guest has no private directory.
    pub preopens: Option<BTreeMap<String, Preopen>>,
    /// Seed of random bytes. Default: 0.
    pub seed: Option<Seed>,
    /// Exports to call, in order. If empty, the command entry point is called.
    pub calls: Vec<Call>,
    /// Answers to imports.
    pub answers: Vec<Answer>,
    /// Descriptions of main's import modules, for traces and checks.
    pub abi: Descriptions,
}

impl Inputs {
    /// Returns the inputs that a case specifies.
    ///
    /// # Errors
    ///
    /// Fails if a value is invalid. A case whose values exceed [`Case::MOST_BYTES`] in total is refused before any
    /// value is expanded.
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
            abi: Descriptions::default(),
        })
    }
}

/// Returns the environment sorted by name. Individually named variables take precedence.
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

/// Sinks that receive output as it is written. Streams without a sink are captured in the observation, up to a limit.
#[derive(Default)]
pub struct Sinks {
    /// Sink of standard output.
    pub stdout: Option<Box<dyn Write + Send>>,
    /// Sink of standard error.
    pub stderr: Option<Box<dyn Write + Send>>,
}

impl Sinks {
    /// Forwards to this process's own streams. The guest's bytes are passed through unmodified, including control
    /// characters.
    pub fn inherit() -> Self {
        Self { stdout: Some(Box::new(std::io::stdout())), stderr: Some(Box::new(std::io::stderr())) }
    }
}
