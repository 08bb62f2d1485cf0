//! A finding -> a guest of its own with its case and what is seen of it: files that a suite can take in as they are.

mod evidence;
mod wat;

use std::collections::BTreeMap;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use polyfill_build::case::{Bug, Bytes, Case, Expect, HexBytes};
use polyfill_build::side::Side;
use polyfill_build::tree::{Entry, Node, Tree};
use polyfill_runner::{Inputs, Observation, Outcome, Seen};
use thiserror::Error;

use super::Finding;
use super::bench::{Bench, BenchError};
use super::trial::Sides;

/// The case of an emitted guest.
const CASE: &str = "hunt";

/// A finding as files.
#[derive(Clone, Debug)]
pub struct Emitted {
    /// The guest's name.
    pub name: String,
    /// Its source.
    pub guest: String,
    /// Its case.
    pub case: String,
    /// What is seen, for those who can mend it.
    pub evidence: String,
    /// Whether the guest shows the difference by itself. What does not needs a guest that is called from outside.
    pub alone: bool,
}

/// A finding that could not be written.
#[derive(Debug, Error)]
pub enum EmitError {
    /// Its guest does not run.
    #[error(transparent)]
    Bench(#[from] BenchError),
    /// Its guest, or its case, cannot be made.
    #[error("finding {name}: {why}")]
    Made {
        /// The guest's name.
        name: String,
        /// Why.
        why: String,
    },
    /// A file cannot be written.
    #[error("cannot write `{}`: {source}", path.display())]
    Write {
        /// The file.
        path: PathBuf,
        /// Why.
        source: io::Error,
    },
}

/// Makes the files of a finding, and looks whether they show it.
pub fn emit(sides: &Sides, finding: &Finding, name: &str) -> Result<Emitted, EmitError> {
    let made = |why: String| EmitError::Made { name: name.to_string(), why };
    let guest = wat::guest(finding, name);
    let wasm = wat::parse(&guest).map_err(made)?;
    let inputs = Inputs::of(name, &finding.trial.program.world).map_err(|error| made(error.to_string()))?;
    let [old, new] = &sides.benches;
    let seen = [old.observe(&wasm, &inputs)?, new.observe(&wasm, &inputs)?];
    let alone = differ(&seen);
    let case = toml::to_string(&case(finding, name, [old, new], &seen[0])).map_err(|error| made(error.to_string()))?;
    let evidence = evidence::text(finding, name, [old.side(), new.side()], &seen, alone);
    Ok(Emitted { name: name.to_string(), guest, case, evidence, alone })
}

impl Emitted {
    /// Writes the files into a folder, which is a suite then.
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

/// Whether two runs differ in what a case can expect.
fn differ([old, new]: &[Observation; 2]) -> bool {
    let end = |observation: &Observation| match &observation.outcome {
        Outcome::Returned => Some(0),
        Outcome::Exit(code) => Some(*code),
        _ => None,
    };
    let content = |observation: &Observation| observation.files.as_ref().map(tree);
    end(old) != end(new) || old.stdout != new.stdout || old.stderr != new.stderr || content(old) != content(new)
}

/// What the first side shows is expected; a release of a published adapter that shows something else has the bug.
fn case(finding: &Finding, name: &str, [old, new]: [&Bench; 2], seen: &Observation) -> Case {
    let found = &finding.difference;
    let [a, b] = [old, new].map(|bench| bench.side().to_string());
    let mut case = finding.trial.program.world.clone();
    case.description = Some(format!("{} {}: {} on {a}, {} on {b}", found.function, found.place, found.old, found.new));
    if let Some(release) = new.side().release() {
        let present = Some(vec![format!("={}", release.version)]);
        case.bug =
            Some(Bug { id: name.to_string(), present, with: None, link: Some(format!("docs/findings/{name}.md")) });
    }
    if let Side::Adapted { stack, .. } = new.side() {
        case.adapters = Some(vec![stack.clone()]);
    }
    let mut hosts = vec![new.side().host().to_string()];
    if *old.side() == Side::Native {
        hosts.insert(0, old.side().host().to_string());
    }
    case.hosts = Some(hosts);
    case.expect = expect(seen, wat::stream(finding) == 2);
    case
}

fn expect(seen: &Observation, stderr: bool) -> Expect {
    let mut expect = Expect { stdout: Some(bytes(&seen.stdout)), ..Expect::default() };
    expect.stderr = stderr.then(|| bytes(&seen.stderr));
    match &seen.outcome {
        Outcome::Returned => {}
        Outcome::Exit(code) => expect.exit = Some(*code),
        Outcome::Trap(info) | Outcome::HostError(info) => expect.trap = Some(info.message.clone()),
        _ => {}
    }
    expect.files = seen.files.as_ref().map(tree);
    expect
}

fn tree(files: &BTreeMap<String, Seen>) -> Tree {
    let entry = |seen: &Seen| match seen {
        Seen::File { content, .. } => Entry::File(bytes(content)),
        Seen::Link { to } => Entry::Node(Node { link: Some(to.clone()), ..Node::default() }),
        Seen::Folder { .. } | Seen::Other => Entry::Node(Node { folder: true, ..Node::default() }),
    };
    files.iter().map(|(path, seen)| (path.clone(), entry(seen))).collect()
}

fn bytes(content: &[u8]) -> Bytes {
    match std::str::from_utf8(content) {
        Ok(text) => Bytes::Text(text.to_string()),
        Err(_) => Bytes::Hex(HexBytes { hex: content.iter().map(|byte| format!("{byte:02x} ")).collect() }),
    }
}
