//! What goes into a run.

use std::io::Write;

use polyfill_build::case::{Answer, Call, Case, Seed};

use crate::bytes::{self, BytesError};

/// What goes into a run, whoever wrote it down.
#[derive(Clone, Debug, Default)]
pub struct Inputs {
    /// The arguments, the guest's name first.
    pub args: Vec<String>,
    /// The environment, sorted by name.
    pub env: Vec<(String, String)>,
    /// All of standard input.
    pub stdin: Vec<u8>,
    /// Where random bytes come from: 0 without it.
    pub seed: Option<Seed>,
    /// The exports to call, in order; if there are none, the one that starts a command.
    pub calls: Vec<Call>,
    /// Answers to imports.
    pub answers: Vec<Answer>,
}

impl Inputs {
    /// What a case gives its guest.
    pub fn of(guest: &str, case: &Case) -> Result<Self, BytesError> {
        Ok(Self {
            args: [guest.to_string()].into_iter().chain(case.args.iter().cloned()).collect(),
            env: case.env.clone().into_iter().collect(),
            stdin: case.stdin.as_ref().map(bytes::resolve).transpose()?.unwrap_or_default(),
            seed: case.seed.clone(),
            calls: case.calls.clone(),
            answers: case.imports.clone(),
        })
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
    /// This process's own streams.
    pub fn inherit() -> Self {
        Self { stdout: Some(Box::new(std::io::stdout())), stderr: Some(Box::new(std::io::stderr())) }
    }
}
