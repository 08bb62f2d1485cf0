//! A host that is a program: how it is called, what has to be there for it, what it can do, and which cells it takes.
//!
//! `hosts/NAME.toml` in a suite's folder. What the program is told and has to say is in `docs/hosts.md`.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};

use crate::case::{Case, Stdin};
use crate::system::variables;
use polyfill_encoder::fits;

/// One such host. Unknown keys are refused.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct Descriptor {
    /// What it is, one line.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub description: Option<String>,
    /// The program and its arguments. It runs in the suite's folder.
    pub command: Vec<String>,
    /// What has to be there. Where it is not, the host's cells are ignored.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub needs: Vec<Need>,
    /// What it can do.
    #[serde(default)]
    pub capabilities: BTreeSet<Capability>,
    /// The cells that it takes beside those whose cases name it: patterns of `guest::case::adapter`, in which `*` is any text.
    /// It takes none that it has not the capabilities for.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub cases: Vec<String>,
    /// Of these, the ones that it does not take.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub exclude: Vec<LeftOut>,
}

/// A program or a file that has to be there.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(
    untagged,
    expecting = "expected { program = \"name\", install = \"how\" } or { file = \"path\", install = \"how\" }"
)]
pub enum Need {
    /// A program in one of the folders of `PATH`.
    Program(Program),
    /// A file of the suite's folder.
    File(File),
}

/// See [`Need::Program`].
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Program {
    /// Its name.
    pub program: String,
    /// The command that installs it, or words to that effect.
    pub install: String,
}

/// See [`Need::File`].
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct File {
    /// Its path in the suite's folder.
    pub file: String,
    /// The command that installs it.
    pub install: String,
}

/// What not every host can do.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Capability {
    /// The guest finds the files of its case.
    Files,
    /// All calls across the component boundary are told.
    RecordsCalls,
    /// A case's answers are given to imports.
    Answers,
    /// Exports are called with values.
    Calls,
    /// The pages of memories are counted.
    Pages,
}

impl Capability {
    /// As descriptors have it.
    pub fn name(self) -> &'static str {
        match self {
            Capability::Files => "files",
            Capability::RecordsCalls => "records-calls",
            Capability::Answers => "answers",
            Capability::Calls => "calls",
            Capability::Pages => "pages",
        }
    }
}

/// Cells that a host does not take, though its patterns include them.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct LeftOut {
    /// Patterns as in [`Descriptor::cases`].
    pub cells: Vec<String>,
    /// Why.
    pub reason: String,
}

impl Descriptor {
    /// What is not there, and how to get it; of several, the first.
    pub fn missing(&self, root: &Path) -> Option<String> {
        self.needs.iter().find_map(|need| match need {
            Need::Program(Program { program, install }) => {
                find_program(program).is_none().then(|| format!("no program `{program}`: {install}"))
            }
            Need::File(File { file, install }) => {
                (!root.join(file).is_file()).then(|| format!("no file `{file}`: `{install}`"))
            }
        })
    }

    /// What of a case it cannot do; of several, the first.
    pub fn lacks(&self, case: &Case) -> Option<&'static str> {
        let wanted = [
            (case.preopened().is_some(), Capability::Files, "it gives guests no files, which the case has"),
            (
                !case.imports.is_empty(),
                Capability::Answers,
                "it does not take the answers to imports that the case has",
            ),
            (!case.calls.is_empty(), Capability::Calls, "it does not make the calls that the case has"),
            (
                case.expect.host_calls.is_some(),
                Capability::RecordsCalls,
                "it does not tell of calls, of which the case expects some (`host-calls`)",
            ),
            (
                case.expect.pages_grown.is_some(),
                Capability::Pages,
                "it does not count pages, of which the case expects some (`pages-grown`)",
            ),
        ];
        if case.host_code {
            return Some("Rust code of the suite's test binary cannot be called by another process (`host-code`)");
        }
        if case.expect.trace.is_some() {
            return Some("another process tells of no calls (`trace`)");
        }
        if case.expect.core_calls.is_some() {
            return Some("interposers cannot report to another process (`core-calls`)");
        }
        // What the protocol does not tell any host.
        let not_told = [
            (case.limits.fuel.is_some(), "it counts no fuel (`limits.fuel`)"),
            (matches!(case.stdin, Some(Stdin::Pieces(_))), "its standard input is there at once (`stdin.pieces`)"),
            (matches!(case.stdin, Some(Stdin::Closed(_))), "its standard input is never closed (`stdin.closed`)"),
            (
                case.calls.iter().any(|call| call.write_stdin.is_some()),
                "its standard input is there at once (`write-stdin`)",
            ),
            (case.calls.iter().any(|call| call.wait_ms.is_some()), "its clocks are its own (`wait-ms`)"),
        ];
        let lacking = wanted.into_iter().find(|(wanted, what, _)| *wanted && !self.capabilities.contains(what));
        let not_told = not_told.into_iter().find(|(wanted, _)| *wanted);
        lacking.map(|(_, _, why)| why).or(not_told.map(|(_, why)| why))
    }

    /// Whether it takes a cell whose case does not name it.
    pub fn takes(&self, guest: &str, case: &str, adapter: &str) -> bool {
        let name = format!("{guest}::{case}::{adapter}");
        self.cases.iter().any(|pattern| fits(pattern, "*", &name)) && self.left_out(&name).is_none()
    }

    /// Why it does not take a cell (`guest::case::adapter`) that its patterns include.
    pub fn left_out(&self, name: &str) -> Option<&LeftOut> {
        self.exclude.iter().find(|exclude| exclude.cells.iter().any(|pattern| fits(pattern, "*", name)))
    }
}

/// A program's file; one with a slash in its name is where it says.
pub fn find_program(name: &str) -> Option<PathBuf> {
    if name.contains(['/', '\\']) {
        return Path::new(name).is_file().then(|| PathBuf::from(name));
    }
    let file = format!("{name}{}", std::env::consts::EXE_SUFFIX);
    variables::path().into_iter().map(|folder| folder.join(&file)).find(|file| file.is_file())
}
