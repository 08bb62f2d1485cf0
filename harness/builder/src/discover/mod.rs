//! Discovers the contents of a suite directory. Files define tests; a file without a known meaning is an error.

mod abis;
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

use polyfill_encoder::{Answer, Form, ShadowStack};

pub(crate) use sidecar::For;

use crate::case::Case;
use crate::descriptor::Descriptor;
use crate::error::{BuildError, Problems};
use crate::wit::Reference;

/// Contents of a suite directory, sorted by name.
#[derive(Debug)]
pub(crate) struct Layout {
    /// Canonical path of the directory.
    pub(crate) root: PathBuf,
    pub(crate) guests: Vec<Guest>,
    pub(crate) adapters: Vec<Adapter>,
    /// External hosts.
    pub(crate) hosts: BTreeMap<String, Descriptor>,
    /// Descriptions of import modules.
    pub(crate) abis: Vec<polyfill_abi::Source>,
    /// Groups with `[[run]]` entries.
    pub(crate) groups: Vec<Group>,
    /// Files that discovery itself read.
    pub(crate) inputs: Vec<PathBuf>,
}

/// `group.toml` with `[[run]]` entries.
#[derive(Debug)]
pub(crate) struct Group {
    /// Path of the file relative to the root, with `/`.
    pub(crate) source: String,
    /// Number of entries.
    pub(crate) runs: usize,
}

impl Layout {
    /// Retains only the cases that name a bug, and their guests. Broken cases are retained, since they may name one.
    pub(crate) fn retain_bugs(&mut self) {
        for guest in &mut self.guests {
            guest.cases.retain(|case| case.case.as_ref().map_or(true, |case| case.bug.is_some()));
        }
        self.guests.retain(|guest| !guest.cases.is_empty());
    }
}

/// Guest.
#[derive(Debug)]
pub(crate) struct Guest {
    pub(crate) name: String,
    /// Path of the directory or file.
    pub(crate) path: PathBuf,
    pub(crate) kind: Kind,
    pub(crate) wit: Option<Reference>,
    pub(crate) cases: Vec<CaseFile>,
    /// Problems of its files. They fail all of its trials.
    pub(crate) faults: Vec<String>,
}

/// Way in which a guest or an adapter is built into a core module.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Kind {
    /// Cargo package: a library (`cdylib`) or a program.
    Cargo { library: bool },
    /// One Rust file.
    Rust,
    /// C sources and objects.
    C(Vec<PathBuf>),
    /// Go file: a library with exported functions, or a program.
    Go { library: bool },
    /// AssemblyScript sources.
    AssemblyScript(Vec<PathBuf>),
    /// File in a language that this script of the suite compiles.
    Script(PathBuf),
    /// Module in binary or text form, used unmodified.
    Module,
    /// Test of a `wasi-testsuite` that cannot run here, with the reason. Its trials are ignored.
    PassedOver(String),
    /// A published adapter.
    Reference(polyfill_reference::Reference),
    /// Generated adapter without code, made from its WIT: each function responds in this way.
    Stub(Answer),
}

/// Case of a guest.
#[derive(Debug)]
pub(crate) struct CaseFile {
    pub(crate) name: String,
    /// Path of the case file, or of the guest if there is no case file; relative to the root, with `/`.
    pub(crate) source: String,
    /// Content of the case with its files read, or its problems.
    pub(crate) case: Result<Case, String>,
}

/// Adapter.
#[derive(Clone, Debug)]
pub(crate) struct Adapter {
    pub(crate) id: String,
    /// Id of the adapter that provides the code; usually its own.
    pub(crate) of: String,
    pub(crate) path: PathBuf,
    pub(crate) kind: Kind,
    /// Import modules that it implements, as names or patterns. Empty for a stub: its world determines them.
    pub(crate) implements: Vec<String>,
    pub(crate) fits: For,
    pub(crate) default: bool,
    pub(crate) form: Form,
    pub(crate) stack: ShadowStack,
    pub(crate) wit: Option<Reference>,
}

impl Adapter {
    /// Returns an adapter with the defaults for a missing sidecar.
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
            stack: ShadowStack::default(),
            wit: None,
        }
    }

    /// Returns the name in messages and backtraces: the id up to the first dot, usually its import module.
    pub(crate) fn module(&self) -> &str {
        match self.kind {
            Kind::Reference(_) => polyfill_reference::IMPORT_MODULE,
            _ => module_of(&self.id),
        }
    }

    /// Returns true if it implements the import module.
    pub(crate) fn serves(&self, import_module: &str) -> bool {
        self.implements.iter().any(|name| polyfill_encoder::is_named(name, import_module))
    }

    /// Returns true if it has its own code to compile.
    pub(crate) fn is_compiled(&self) -> bool {
        self.of == self.id && !matches!(self.kind, Kind::Stub(_))
    }
}

/// Returns the part of an id before the first dot. For a path, uses its last component.
fn module_of(id: &str) -> &str {
    let name = id.rsplit(['/', '\\']).next().unwrap_or(id);
    name.split('.').next().unwrap_or(name)
}

/// Reads the layout of the suite at `root`. With `every_release`, includes every release of the published adapters
/// that it names without a version.
pub(crate) fn discover(root: &Path, every_release: bool) -> Result<Layout, BuildError> {
    let root = root.canonicalize().map_err(BuildError::io("find the suite directory", root))?;
    if !root.join("guests").is_dir() {
        let message =
            "directory `guests` not found; help: run in a suite directory, which contains `guests/`, or name one";
        return Err(BuildError::Layout(Problems(vec![message.to_string()])));
    }
    let mut found = Found { root: root.clone(), inputs: Vec::new(), problems: Vec::new() };
    let guests::Discovered { guests, groups, adapters } = guests::discover(&mut found)?;
    let mut adapters = adapters::discover(&mut found, &adapters)?;
    let hosts = hosts::discover(&mut found)?;
    let abis = abis::discover(&mut found)?;
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
    let adapters = adapters.into_values().collect();
    Ok(Layout { root, guests, adapters, hosts, abis, groups, inputs: found.inputs })
}

/// Returns the descriptions of import modules of the suite at `root`.
pub(crate) fn abis_of(root: &Path) -> Result<Vec<polyfill_abi::Source>, BuildError> {
    let mut found = Found { root: root.to_path_buf(), inputs: Vec::new(), problems: Vec::new() };
    let abis = abis::discover(&mut found)?;
    if found.problems.is_empty() { Ok(abis) } else { Err(BuildError::Layout(Problems(found.problems))) }
}

/// Returns the external hosts of the suite at `root`.
pub(crate) fn hosts_of(root: &Path) -> Result<BTreeMap<String, Descriptor>, BuildError> {
    let mut found = Found { root: root.to_path_buf(), inputs: Vec::new(), problems: Vec::new() };
    let hosts = hosts::discover(&mut found)?;
    if found.problems.is_empty() { Ok(hosts) } else { Err(BuildError::Layout(Problems(found.problems))) }
}

/// State that all parts of discovery add to.
struct Found {
    root: PathBuf,
    inputs: Vec<PathBuf>,
    problems: Vec<String>,
}

impl Found {
    /// Formats a path for messages: relative to the root, with `/`.
    fn show(&self, path: &Path) -> String {
        show(&self.root, path)
    }

    fn problem(&mut self, path: &Path, message: impl AsRef<str>) {
        self.problems.push(format!("`{}`: {}", self.show(path), message.as_ref()));
    }
}

/// Formats a path relative to `root`, with `/` on all systems.
pub(crate) fn show(root: &Path, path: &Path) -> String {
    let parts = path.strip_prefix(root).unwrap_or(path).components();
    let parts: Vec<_> = parts.map(|part| part.as_os_str().to_string_lossy().into_owned()).collect();
    parts.join("/").replace("//", "/")
}

/// Checks the name of a guest, case, adapter or host, which is a part of trial names and file names.
fn check_name(what: &str, name: &str, dots: bool) -> Result<(), String> {
    let fits = |c: char| c.is_ascii_alphanumeric() || c == '_' || c == '-' || (dots && c == '.');
    if name.is_empty() || !name.chars().all(fits) {
        let dot = if dots { "`.`, " } else { "" };
        return Err(format!("`{name}` is not a valid name of {what}: expected only letters, digits, {dot}`-` and `_`"));
    }
    if name.contains("--") {
        return Err(format!(
            "`{name}` is not a valid name of {what}: `--` separates guest and adapters in the names of components"
        ));
    }
    Ok(())
}
