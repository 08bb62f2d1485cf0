//! Writes a finding as a separate guest with a case and a description, in the file layout of a suite.

mod evidence;
mod wat;

use std::collections::BTreeMap;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use polyfill_builder::case::{Bug, Bytes, Case, Expect, HexBytes};
use polyfill_builder::side::Side;
use polyfill_builder::tree::{Entry, Node, Tree};
use polyfill_runner::{FileState, Inputs, Observation, Outcome};
use thiserror::Error;

use super::Finding;
use super::bench::{Bench, BenchError};
use super::trial::Sides;

/// Name of the case of an emitted guest.
const CASE: &str = "fuzz";

/// Files of a finding.
#[derive(Clone, Debug)]
pub struct Emitted {
    /// Name of the guest.
    pub name: String,
    /// Source of the guest.
    pub guest: String,
    /// The case.
    pub case: String,
    /// Description of the finding.
    pub evidence: String,
    /// Set when the guest reproduces the difference. Otherwise reproduction requires a guest that is called from
    /// outside.
    pub alone: bool,
}

/// Error of writing a finding.
#[derive(Debug, Error)]
pub enum EmitError {
    /// The guest cannot be run.
    #[error(transparent)]
    Bench(#[from] BenchError),
    /// The guest or its case cannot be built.
    #[error("finding {name}: {why}")]
    Made {
        /// Name of the guest.
        name: String,
        /// Cause.
        why: String,
    },
    /// A file cannot be written.
    #[error("cannot write `{}`: {source}", path.display())]
    Write {
        /// Path of the file.
        path: PathBuf,
        /// Cause.
        source: io::Error,
    },
}

/// Creates the files of a finding and checks if they reproduce it.
///
/// # Errors
///
/// Returns an error if the guest or its case cannot be built or run.
pub fn emit(sides: &Sides, finding: &Finding, name: &str) -> Result<Emitted, EmitError> {
    let made = |why: String| EmitError::Made { name: name.to_string(), why };
    let guest = wat::guest(finding, name);
    let wasm = wat::parse(&guest).map_err(made)?;
    let inputs = Inputs::of(name, &finding.trial.program.world).map_err(|error| made(error.to_string()))?;
    let [baseline, candidate] = &sides.benches;
    let observation = [baseline.observe(&wasm, &inputs)?, candidate.observe(&wasm, &inputs)?];
    let alone = differ(&observation);
    let case = toml::to_string(&case(finding, name, [baseline, candidate], &observation[0]))
        .map_err(|error| made(error.to_string()))?;
    let evidence = evidence::text(finding, name, [baseline.side(), candidate.side()], &observation, alone);
    Ok(Emitted { name: name.to_string(), guest, case, evidence, alone })
}

impl Emitted {
    /// Writes the files into a directory, which becomes a suite.
    ///
    /// # Errors
    ///
    /// Returns an error if a file cannot be written.
    pub fn write(&self, folder: &Path) -> Result<(), EmitError> {
        let name = &self.name;
        let files = [
            (format!("guests/{name}.wat"), &self.guest),
            (format!("guests/{name}.{CASE}.case.toml"), &self.case),
            (format!("docs/findings/{name}.md"), &self.evidence),
        ];
        for (file, text) in files {
            let path = folder.join(file);
            let write = || {
                fs::create_dir_all(path.parent().unwrap_or(folder))?;
                fs::write(&path, text)
            };
            write().map_err(|source| EmitError::Write { path: path.clone(), source })?;
        }
        Ok(())
    }
}

/// Returns true if two runs differ in a property that a case can expect.
fn differ([baseline, candidate]: &[Observation; 2]) -> bool {
    let end = |observation: &Observation| match &observation.outcome {
        Outcome::Returned => Some(0),
        Outcome::Exit(code) => Some(*code),
        _ => None,
    };
    let content = |observation: &Observation| observation.files.as_ref().map(tree);
    end(baseline) != end(candidate)
        || baseline.stdout != candidate.stdout
        || baseline.stderr != candidate.stderr
        || content(baseline) != content(candidate)
}

/// Returns a case that expects the baseline's observation. If the candidate is a release of a published adapter, the case
/// records it as having the bug.
fn case(finding: &Finding, name: &str, [baseline, candidate]: [&Bench; 2], observation: &Observation) -> Case {
    let found = &finding.difference;
    let [a, b] = [baseline, candidate].map(|bench| bench.side().to_string());
    let mut case = finding.trial.program.world.clone();
    case.description =
        Some(format!("{} {}: {} on {a}, {} on {b}", found.function, found.place, found.baseline, found.candidate));
    if let Some(release) = candidate.side().release() {
        let present = Some(vec![format!("={}", release.version)]);
        case.bug =
            Some(Bug { id: name.to_string(), present, with: None, link: Some(format!("docs/findings/{name}.md")) });
    }
    if let Side::Adapted { stack: chain, .. } = candidate.side() {
        case.adapters = Some(vec![chain.clone()]);
    }
    let mut hosts = vec![candidate.side().host().to_string()];
    if *baseline.side() == Side::Native {
        hosts.insert(0, baseline.side().host().to_string());
    }
    case.hosts = Some(hosts);
    case.expect = expect(observation, wat::stream(finding) == 2);
    case
}

fn expect(observation: &Observation, stderr: bool) -> Expect {
    let mut expect = Expect { stdout: Some(bytes(&observation.stdout)), ..Expect::default() };
    expect.stderr = stderr.then(|| bytes(&observation.stderr));
    match &observation.outcome {
        Outcome::Returned => {}
        Outcome::Exit(code) => expect.exit = Some(*code),
        Outcome::Trap(info) | Outcome::HostError(info) => expect.trap = Some(info.message.clone()),
        _ => {}
    }
    expect.files = observation.files.as_ref().map(tree);
    expect
}

fn tree(files: &BTreeMap<String, FileState>) -> Tree {
    let entry = |observation: &FileState| match observation {
        FileState::File { content, .. } => Entry::File(bytes(content)),
        FileState::Link { to } => Entry::Node(Node { link: Some(to.clone()), ..Node::default() }),
        FileState::Folder { .. } | FileState::Other => Entry::Node(Node { folder: true, ..Node::default() }),
    };
    files.iter().map(|(path, observation)| (path.clone(), entry(observation))).collect()
}

fn bytes(content: &[u8]) -> Bytes {
    match std::str::from_utf8(content) {
        Ok(text) => Bytes::Text(text.to_string()),
        Err(_) => Bytes::Hex(HexBytes { hex: content.iter().map(|byte| format!("{byte:02x} ")).collect() }),
    }
}
