//! Describes an external host: its command line, prerequisites, capabilities, and trials.
//!
//! Read from `hosts/NAME.toml` in the suite's directory. The protocol is specified in `docs/hosts.md`.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};

use crate::case::{Case, Stdin};
use crate::system::variables;
use polyfill_encoder::fits;

/// Descriptor of an external host. Unknown keys are errors.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct Descriptor {
    /// Description in one line.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub description: Option<String>,
    /// Program and arguments. The working directory is the suite's directory.
    pub command: Vec<String>,
    /// Prerequisites. If one is missing, the host's trials are ignored.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub needs: Vec<Need>,
    /// Capabilities of the host.
    #[serde(default)]
    pub capabilities: BTreeSet<Capability>,
    /// Trials to run in addition to those whose cases name the host: patterns of `guest::case::adapter`, in which `*`
    /// matches any text. Trials that require a missing capability are omitted.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub cases: Vec<String>,
    /// Trials to leave out of those that `cases` matches.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub skip: Vec<LeftOut>,
}

/// Required program or file.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(
    untagged,
    expecting = "expected { program = \"name\", install = \"how\" } or { file = \"path\", install = \"how\" }"
)]
pub enum Need {
    /// Program in a directory of `PATH`.
    Program(Program),
    /// File in the suite's directory.
    File(File),
}

/// See [`Need::Program`].
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Program {
    /// Name of the program.
    pub program: String,
    /// Command that installs it, or equivalent instructions.
    pub install: String,
}

/// See [`Need::File`].
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct File {
    /// Path relative to the suite's directory.
    pub file: String,
    /// Command that installs it.
    pub install: String,
}

/// Optional capability of a host.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Capability {
    /// Provides the files of a case to the guest.
    Files,
    /// Records all calls across the component boundary.
    RecordsCalls,
    /// Supports host mocks for imports.
    Answers,
    /// Calls exports with arguments.
    Calls,
    /// Counts the pages of memories.
    Pages,
}

impl Capability {
    /// Returns the name used in descriptors.
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

/// Trials that a host leaves out although its patterns match them.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct LeftOut {
    /// Patterns as in [`Descriptor::cases`].
    pub trials: Vec<String>,
    /// Reason, as shown in reports.
    pub reason: String,
}

impl Descriptor {
    /// Returns the first missing prerequisite, with instructions to install it.
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

    /// Returns the first feature of a case that the host does not support.
    pub fn lacks(&self, case: &Case) -> Option<&'static str> {
        let wanted = [
            (case.preopened().is_some(), Capability::Files, "it does not provide files, which the case requires"),
            (
                !case.imports.is_empty(),
                Capability::Answers,
                "it does not support host mocks, which the case has (`[[import]]`)",
            ),
            (
                !case.calls.is_empty(),
                Capability::Calls,
                "it does not call exports, which the case requires (`[[call]]`)",
            ),
            (
                case.expect.host_calls.is_some(),
                Capability::RecordsCalls,
                "it does not record calls, which the case expects (`host-calls`)",
            ),
            (
                case.expect.pages_grown.is_some(),
                Capability::Pages,
                "it does not count pages, which the case expects (`pages-grown`)",
            ),
        ];
        if case.host_code {
            return Some("Rust code of the suite's test binary cannot be called by an external host (`host-code`)");
        }
        if case.expect.trace.is_some() {
            return Some("an external host does not record calls (`trace`)");
        }
        if case.expect.core_calls.is_some() {
            return Some("interposition adapters cannot record to an external host (`core-calls`)");
        }
        // Inputs that the protocol does not transmit.
        let not_told = [
            (case.limits.fuel.is_some(), "it does not count fuel (`limits.fuel`)"),
            (
                matches!(case.stdin, Some(Stdin::Pieces(_))),
                "it does not support standard input in pieces (`stdin.pieces`)",
            ),
            (
                matches!(case.stdin, Some(Stdin::Closed(_))),
                "it does not support closed standard input (`stdin.closed`)",
            ),
            (
                case.calls.iter().any(|call| call.write_stdin.is_some()),
                "it does not support appending to standard input (`write-stdin`)",
            ),
            (case.calls.iter().any(|call| call.wait_ms.is_some()), "it does not support virtual clocks (`wait-ms`)"),
        ];
        let lacking = wanted.into_iter().find(|(wanted, what, _)| *wanted && !self.capabilities.contains(what));
        let not_told = not_told.into_iter().find(|(wanted, _)| *wanted);
        lacking.map(|(_, _, why)| why).or(not_told.map(|(_, why)| why))
    }

    /// Returns true if the host runs a trial whose case does not name the host.
    pub fn takes(&self, guest: &str, case: &str, adapter: &str) -> bool {
        let name = format!("{guest}::{case}::{adapter}");
        self.cases.iter().any(|pattern| fits(pattern, "*", &name)) && self.left_out(&name).is_none()
    }

    /// Returns the `skip` entry that matches a trial (`guest::case::adapter`).
    pub fn left_out(&self, name: &str) -> Option<&LeftOut> {
        self.skip.iter().find(|skip| skip.trials.iter().any(|pattern| fits(pattern, "*", name)))
    }
}

/// Searches `PATH` for a program. A name with a slash is used as a path.
pub fn find_program(name: &str) -> Option<PathBuf> {
    if name.contains(['/', '\\']) {
        return Path::new(name).is_file().then(|| PathBuf::from(name));
    }
    let file = format!("{name}{}", std::env::consts::EXE_SUFFIX);
    variables::path().into_iter().map(|folder| folder.join(&file)).find(|file| file.is_file())
}
