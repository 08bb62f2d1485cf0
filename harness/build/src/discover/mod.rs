//! A suite folder -> what there is in it. Adding a test is adding files; a file that means nothing is an error.

mod adapters;
mod alone;
mod bytes;
mod case_check;
mod case_file;
mod guests;
mod hosts;
mod listing;
mod references;
pub(crate) mod sidecar;
mod sides;
pub(crate) mod testsuite;
mod toolchains;

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use polyfill_encoder::{Answer, Form, Stack};

pub(crate) use sidecar::For;

use crate::case::Case;
use crate::descriptor::Descriptor;
use crate::error::{BuildError, Problems};
use crate::wit::Reference;

/// Everything in a suite folder, sorted by name.
#[derive(Debug)]
pub(crate) struct Layout {
    /// The folder, canonical.
    pub(crate) root: PathBuf,
    pub(crate) guests: Vec<Guest>,
    pub(crate) adapters: Vec<Adapter>,
    /// Hosts that are programs.
    pub(crate) hosts: BTreeMap<String, Descriptor>,
    /// Groups that say where their cases run.
    pub(crate) groups: Vec<Group>,
    /// Files that discovery itself read.
    pub(crate) inputs: Vec<PathBuf>,
}

/// A `group.toml` with `[[run]]`s.
#[derive(Debug)]
pub(crate) struct Group {
    /// The file, relative to the root, with `/`.
    pub(crate) source: String,
    /// How many there are.
    pub(crate) runs: usize,
}

impl Layout {
    /// Leaves the cases that name a bug, and their guests. A broken case may be one of them.
    pub(crate) fn retain_bugs(&mut self) {
        for guest in &mut self.guests {
            guest.cases.retain(|case| case.case.as_ref().map_or(true, |case| case.bug.is_some()));
        }
        self.guests.retain(|guest| !guest.cases.is_empty());
    }
}

/// One guest.
#[derive(Debug)]
pub(crate) struct Guest {
    pub(crate) name: String,
    /// The folder or file.
    pub(crate) path: PathBuf,
    pub(crate) kind: Kind,
    pub(crate) wit: Option<Reference>,
    pub(crate) cases: Vec<CaseFile>,
    /// What is wrong with its files; fails all its trials.
    pub(crate) faults: Vec<String>,
}

/// How a guest or an adapter becomes a core module.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Kind {
    /// A cargo package. Whether it is a library (`cdylib`) rather than a program.
    Cargo { library: bool },
    /// One Rust file.
    Rust,
    /// C sources and objects.
    C(Vec<PathBuf>),
    /// One Go file. Whether its functions are exported, rather than that it is a program.
    Go { library: bool },
    /// AssemblyScript sources.
    AssemblyScript(Vec<PathBuf>),
    /// A file in a language for which the suite has this script.
    Script(PathBuf),
    /// A module as it stands, in binary or text form.
    Module,
    /// A published adapter.
    Reference(polyfill_reference::Reference),
    /// An adapter without code, made from its WIT: each function gives this answer.
    Stub(Answer),
}

/// One case of a guest.
#[derive(Debug)]
pub(crate) struct CaseFile {
    pub(crate) name: String,
    /// The case file, or the guest itself where there is none; relative to the root, with `/`.
    pub(crate) source: String,
    /// What it says, files read; or what is wrong with it.
    pub(crate) case: Result<Case, String>,
}

/// One adapter.
#[derive(Clone, Debug)]
pub(crate) struct Adapter {
    pub(crate) id: String,
    /// The adapter whose code it has; its own id for most.
    pub(crate) of: String,
    pub(crate) path: PathBuf,
    pub(crate) kind: Kind,
    /// The import modules that it implements, by names or patterns; none for a stub, whose world tells.
    pub(crate) implements: Vec<String>,
    pub(crate) fits: For,
    pub(crate) default: bool,
    pub(crate) form: Form,
    pub(crate) stack: Stack,
    pub(crate) wit: Option<Reference>,
}

impl Adapter {
    /// An adapter as it is when no sidecar says more.
    pub(crate) fn plain(id: &str, path: PathBuf, kind: Kind) -> Adapter {
        Adapter {
            id: id.to_string(),
            of: id.to_string(),
            path,
            kind,
            implements: vec![module_of(id).to_string()],
            fits: For::default(),
            default: true,
            form: Form::Auto,
            stack: Stack::default(),
            wit: None,
        }
    }

    /// What messages and backtraces call it: its id up to the first dot, which mostly is its import module.
    pub(crate) fn module(&self) -> &str {
        match self.kind {
            Kind::Reference(_) => polyfill_reference::IMPORT_MODULE,
            _ => module_of(&self.id),
        }
    }

    /// Whether it implements the import module.
    pub(crate) fn serves(&self, import_module: &str) -> bool {
        self.implements.iter().any(|name| polyfill_encoder::is_named(name, import_module))
    }

    /// Whether it has code of its own to be compiled.
    pub(crate) fn is_compiled(&self) -> bool {
        self.of == self.id && !matches!(self.kind, Kind::Stub(_))
    }
}

/// Of a file, that of its last part.
fn module_of(id: &str) -> &str {
    let name = id.rsplit(['/', '\\']).next().unwrap_or(id);
    name.split('.').next().unwrap_or(name)
}

/// Reads the layout of the suite at `root`; with every release of the published adapters whose newest one it names, if so
/// wanted.
pub(crate) fn discover(root: &Path, every_release: bool) -> Result<Layout, BuildError> {
    let root = root.canonicalize().map_err(BuildError::io("find the suite folder", root))?;
    if !root.join("guests").is_dir() {
        let message =
            "no folder `guests`: a suite is a folder with `guests`, and mostly `adapters` and `wit` beside it";
        return Err(BuildError::Layout(Problems(vec![message.to_string()])));
    }
    let mut found = Found { root: root.clone(), inputs: Vec::new(), problems: Vec::new() };
    let mut adapters = adapters::discover(&mut found)?;
    let (guests, groups) = guests::discover(&mut found)?;
    let hosts = hosts::discover(&mut found)?;
    adapters.extend(references::named(&guests));
    if every_release {
        let releases = references::every_release(&adapters);
        adapters.extend(releases);
    }
    if !found.problems.is_empty() {
        found.problems.sort();
        return Err(BuildError::Layout(Problems(found.problems)));
    }
    found.inputs.sort();
    found.inputs.dedup();
    Ok(Layout { root, guests, adapters: adapters.into_values().collect(), hosts, groups, inputs: found.inputs })
}

/// The hosts that are programs, of the suite at `root`.
pub(crate) fn hosts_of(root: &Path) -> Result<BTreeMap<String, Descriptor>, BuildError> {
    let mut found = Found { root: root.to_path_buf(), inputs: Vec::new(), problems: Vec::new() };
    let hosts = hosts::discover(&mut found)?;
    if found.problems.is_empty() { Ok(hosts) } else { Err(BuildError::Layout(Problems(found.problems))) }
}

/// What all parts of discovery add to.
struct Found {
    root: PathBuf,
    inputs: Vec<PathBuf>,
    problems: Vec<String>,
}

impl Found {
    /// A path as messages show it: relative to the root, with `/`.
    fn show(&self, path: &Path) -> String {
        show(&self.root, path)
    }

    fn problem(&mut self, path: &Path, message: impl AsRef<str>) {
        self.problems.push(format!("`{}`: {}", self.show(path), message.as_ref()));
    }
}

/// A path relative to `root`, with `/` on all systems.
pub(crate) fn show(root: &Path, path: &Path) -> String {
    let parts = path.strip_prefix(root).unwrap_or(path).components();
    let parts: Vec<_> = parts.map(|part| part.as_os_str().to_string_lossy().into_owned()).collect();
    parts.join("/").replace("//", "/")
}

/// Guests, cases and adapters are parts of trial names and of file names.
fn check_name(what: &str, name: &str, dots: bool) -> Result<(), String> {
    let fits = |c: char| c.is_ascii_alphanumeric() || c == '_' || c == '-' || (dots && c == '.');
    if name.is_empty() || !name.chars().all(fits) {
        let dot = if dots { "`.`, " } else { "" };
        return Err(format!("`{name}` cannot name {what}: only letters, digits, {dot}`-` and `_` can be in it"));
    }
    if name.contains("--") {
        return Err(format!("`{name}` cannot name {what}: `--` separates guest and adapters in component files"));
    }
    Ok(())
}
