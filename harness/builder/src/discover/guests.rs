//! Discovers `guests/`: one directory or file for each guest, with sidecars, case files and golden files.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

use super::case_file::{self, SUFFIX};
use super::listing::{self, CARGO_FILES, Entry, NPM_FILES};
use super::sidecar::{self, GroupSidecar, GuestSidecar};
use super::{CaseFile, Found, Group, Guest, Kind, check_name, toolchains};
use crate::case::Case;
use crate::compile::package;
use crate::error::BuildError;

/// File extensions of single-file guests.
pub(super) const FILE_GUESTS: [&str; 9] = ["c", "cc", "cpp", "cxx", "go", "rs", "ts", "wasm", "wat"];

/// File that makes a directory a group of guests, and the directory in it for shared files.
const GROUP: &str = "group.toml";
const COMMON: &str = "common";

/// Directory of a guest with adapters for its cases.
const ADAPTERS: &str = "adapters";

/// Contents of `guests/`.
pub(super) struct Discovered {
    pub(super) guests: Vec<Guest>,
    pub(super) groups: Vec<Group>,
    /// Directories with adapters for the cases of one guest.
    pub(super) adapters: Vec<PathBuf>,
}

pub(super) fn discover(found: &mut Found) -> Result<Discovered, BuildError> {
    let folder = found.root.join("guests");
    let toolchains = toolchains::discover(found)?;
    let mut collected = Collected { toolchains, ..Collected::default() };
    for entry in listing::list(&folder)? {
        collected.sort_in(found, entry, None)?;
    }
    collected.number_groups();
    collected.read_cases(found);
    collected.read_sidecars(found);
    collected.refuse_left_over(found);
    let mut guests: Vec<Guest> = std::mem::take(&mut collected.guests).into_values().collect();
    for guest in &mut guests {
        if guest.cases.is_empty() {
            let source = found.show(&guest.path);
            let mut case = Case::default();
            collected.all.fill_in(&mut case);
            guest.cases.push(CaseFile { name: "default".to_string(), source, case: Ok(case) });
        }
        guest.cases.sort_by(|a, b| a.name.cmp(&b.name));
    }
    let groups = collected.groups.iter().chain([&collected.all]);
    let groups = groups.map(|group| Group { source: group.source.clone(), runs: group.runs() }).collect();
    Ok(Discovered { guests, groups, adapters: collected.adapters })
}

/// Files of `guests/` by kind.
#[derive(Default)]
struct Collected {
    /// Scripts by the file extension that they compile.
    toolchains: BTreeMap<String, PathBuf>,
    guests: BTreeMap<String, Guest>,
    /// Case files.
    cases: Vec<Named>,
    /// Groups in the order in which they were found.
    groups: Vec<GroupSidecar>,
    /// Defaults for all guests, in groups or not.
    all: GroupSidecar,
    /// Sidecars: the guest, the file.
    sidecars: Vec<(String, PathBuf)>,
    /// Files with no meaning unless a case refers to them; with the guest in whose folder they are.
    others: Vec<(Option<String>, PathBuf)>,
    /// Directories `adapters` of guests.
    adapters: Vec<PathBuf>,
    /// Files that a case refers to.
    referred: BTreeSet<PathBuf>,
}

/// Sources of a guest that has a folder.
struct Source {
    /// The file, or the folder of several.
    path: PathBuf,
    kind: Kind,
    /// The ends of the names of other files that are compiled with it.
    known: &'static [&'static str],
}

/// The ends of the names of files that are compiled or included by compilers of C and C++.
const C: [&str; 6] = ["c", "cc", "cpp", "cxx", "h", "o"];

/// A case file: the guest, what follows it in the name, and where it is.
struct Named {
    guest: String,
    case: String,
    path: PathBuf,
    /// The group that it is in, of those in [`Collected::groups`].
    group: Option<usize>,
}

impl Collected {
    /// An entry of `guests/` itself, or of a group.
    fn sort_in(&mut self, found: &mut Found, entry: Entry, group: Option<usize>) -> Result<(), BuildError> {
        let Entry { name, path, folder } = entry;
        if folder && group.is_none() && path.join(GROUP).is_file() {
            return self.sort_in_group(found, path);
        }
        if folder {
            return self.sort_in_folder(found, name, path, group);
        }
        let (stem, end) = name.rsplit_once('.').unwrap_or((&name, ""));
        if name == GROUP {
            match sidecar::read::<GroupSidecar>(found, &path) {
                Ok(mut all) => {
                    all.source = found.show(&path);
                    self.all = all;
                }
                Err(message) => found.problems.push(message),
            }
        } else if CARGO_FILES.contains(&name.as_str()) || NPM_FILES.contains(&name.as_str()) || end == "h" {
            // Belongs to the workspace, or to the guests of one language.
        } else if let Some(stem) = name.strip_suffix(SUFFIX) {
            let (guest, case) = stem.split_once('.').unwrap_or((stem, ""));
            self.cases.push(Named { guest: guest.to_string(), case: case.to_string(), path, group });
        } else if let Some(kind) = self.kind_of(end, &path) {
            self.add(found, stem, path, kind);
        } else if end == "toml" {
            self.sidecars.push((stem.to_string(), path));
        } else {
            self.others.push((None, path));
        }
        Ok(())
    }

    /// A folder of guests that have something in common: in it is what can be in `guests/`, and their common sources.
    fn sort_in_group(&mut self, found: &mut Found, folder: PathBuf) -> Result<(), BuildError> {
        match sidecar::read::<GroupSidecar>(found, &folder.join(GROUP)) {
            Ok(mut group) => {
                group.source = found.show(&folder.join(GROUP));
                self.groups.push(group);
            }
            Err(message) => {
                found.problems.push(message);
                return Ok(());
            }
        }
        let group = self.groups.len() - 1;
        for entry in listing::list(&folder)? {
            if entry.name != GROUP && !(entry.folder && entry.name == COMMON) {
                self.sort_in(found, entry, Some(group))?;
            }
        }
        Ok(())
    }

    /// Sorts a guest's own folder: its sources, its cases (`<case>.toml`), its sidecar and golden files.
    fn sort_in_folder(
        &mut self,
        found: &mut Found,
        guest: String,
        folder: PathBuf,
        group: Option<usize>,
    ) -> Result<(), BuildError> {
        let entries = listing::list(&folder)?;
        let is_package = folder.join("Cargo.toml").is_file();
        let (source, known) = match self.source_in(&folder, &entries, is_package) {
            // A package that gives no module is there for the others to use.
            None if is_package => return Ok(()),
            Some(Source { path, kind, known }) => (Some((path, kind)), known),
            None => (None, &C[..]),
        };
        let owner = source.is_some().then(|| guest.clone());
        for entry in entries {
            let Entry { name, path, folder } = entry;
            let cargo_file = !folder && (CARGO_FILES.contains(&name.as_str()) || name == "build.rs");
            let is_source = source.as_ref().is_some_and(|(source, _)| *source == path);
            if (is_package && (cargo_file || (folder && name == "src"))) || (folder && name == "wit" && owner.is_some())
            {
                // The compiler's business, as far as it can read them.
                if folder {
                    listing::files_below(&path)?;
                }
            } else if folder && name == ADAPTERS && owner.is_some() {
                self.adapters.push(path);
            } else if folder {
                self.others.extend(listing::files_below(&path)?.into_iter().map(|file| (owner.clone(), file)));
            } else if name == "guest.toml" {
                self.sidecars.push((guest.clone(), path));
            } else if let Some(case) = name.strip_suffix(".toml") {
                self.cases.push(Named { guest: guest.clone(), case: case.to_string(), path, group });
            } else if !is_source && !has_end(&name, known) {
                self.others.push((owner.clone(), path));
            }
        }
        if let Some((path, kind)) = source {
            self.add(found, &guest, path, kind);
        }
        Ok(())
    }

    /// Returns the sources of a guest that has a folder: a cargo package, one file `guest.<end>`, or all files in C, C++ or
    /// AssemblyScript.
    fn source_in(&self, folder: &Path, entries: &[Entry], is_package: bool) -> Option<Source> {
        if is_package {
            let library = package::module_kind(folder)?;
            return Some(Source { path: folder.to_path_buf(), kind: Kind::Cargo { library }, known: &[] });
        }
        let sources = |ends: &[&str]| -> Option<Vec<PathBuf>> {
            let files = entries.iter().filter(|entry| !entry.folder && has_end(&entry.name, ends));
            let files: Vec<_> = files.map(|entry| entry.path.clone()).collect();
            (!files.is_empty()).then_some(files)
        };
        let single = entries.iter().filter(|entry| !entry.folder).find_map(|entry| {
            let end = entry.name.strip_prefix("guest.")?;
            let (kind, known): (_, &'static [&'static str]) = match self.kind_of(end, &entry.path)? {
                // Other files of the language are parts of the same guest.
                Kind::C(_) | Kind::AssemblyScript(_) => return None,
                Kind::Rust => (Kind::Rust, &["rs"]),
                kind => (kind, &[]),
            };
            Some(Source { path: entry.path.clone(), kind, known })
        });
        let all = |ends, known, kind: fn(Vec<PathBuf>) -> Kind| {
            sources(ends).map(|files| Source { path: folder.to_path_buf(), kind: kind(files), known })
        };
        single
            .or_else(|| all(&["c", "cc", "cpp", "cxx", "o"], &C, Kind::C))
            .or_else(|| all(&["ts"], &["ts"], Kind::AssemblyScript))
    }

    /// Returns the kind of a guest that is one file, by the end of its name.
    fn kind_of(&self, end: &str, path: &Path) -> Option<Kind> {
        Some(match end {
            "c" | "cc" | "cpp" | "cxx" => Kind::C(vec![path.to_path_buf()]),
            "go" => Kind::Go { library: false },
            "rs" => Kind::Rust,
            "ts" => Kind::AssemblyScript(vec![path.to_path_buf()]),
            "wasm" | "wat" => Kind::Module,
            _ => Kind::Script(self.toolchains.get(end)?.clone()),
        })
    }

    fn add(&mut self, found: &mut Found, name: &str, path: PathBuf, kind: Kind) {
        if let Err(message) = check_name("a guest", name, false) {
            found.problem(&path, message);
        } else if let Some(other) = self.guests.get(name) {
            let message = format!("duplicate guest `{name}`: also defined by `{}`", found.show(&other.path));
            found.problem(&path, message);
        } else {
            let guest = Guest { name: name.to_string(), path, kind, wit: None, cases: Vec::new(), faults: Vec::new() };
            self.guests.insert(name.to_string(), guest);
        }
    }

    /// Cases say by it whose `[[run]]`s they take.
    fn number_groups(&mut self) {
        let groups = self.groups.iter_mut().chain([&mut self.all]);
        groups.enumerate().for_each(|(number, group)| group.number = number);
    }

    fn read_cases(&mut self, found: &mut Found) {
        for Named { guest, case, path, group } in std::mem::take(&mut self.cases) {
            let mut read = case_file::read(found, &case, &path);
            if let Ok(case) = &mut read.case.case {
                group
                    .map(|group| &self.groups[group])
                    .into_iter()
                    .chain([&self.all])
                    .for_each(|group| group.fill_in(case));
            }
            self.referred.extend(read.refers_to);
            let Some(guest) = self.guests.get_mut(&guest) else {
                found.problem(&path, format!("no guest `{guest}` for this case"));
                continue;
            };
            match check_name("a case", &case, false) {
                Ok(()) => guest.cases.push(read.case),
                Err(message) => {
                    let is_own = |folder: &Path| folder.file_name().is_some_and(|name| name == guest.name.as_str());
                    let form = match path.parent().is_some_and(is_own) {
                        true => "<case>.toml".to_string(),
                        false => format!("<guest>.<case>{SUFFIX}"),
                    };
                    let shown = found.show(&path);
                    guest.faults.push(format!("`{shown}`: {message} (`{form}`)"));
                }
            }
        }
    }

    fn read_sidecars(&mut self, found: &mut Found) {
        for (name, path) in std::mem::take(&mut self.sidecars) {
            let Some(guest) = self.guests.get_mut(&name) else {
                found.problem(&path, format!("no guest `{name}` for this file{}", allowed(None)));
                continue;
            };
            let read = sidecar::read::<GuestSidecar>(found, &path).and_then(|sidecar| {
                match (&mut guest.kind, sidecar.library) {
                    (Kind::Go { library }, Some(wanted)) => *library = wanted,
                    (_, Some(_)) => {
                        return Err(format!("`{}`: `library` is for guests in Go", found.show(&path)));
                    }
                    (_, None) => {}
                }
                sidecar.wit(found, &path)
            });
            match read {
                Ok(wit) => guest.wit = wit,
                Err(message) => guest.faults.push(message),
            }
        }
    }

    /// Reports files that no case refers to: a golden file that checks nothing, a case with a misspelled name.
    fn refuse_left_over(&mut self, found: &mut Found) {
        for (owner, path) in &self.others {
            if self.referred.contains(path) {
                continue;
            }
            let owner = owner.clone().or_else(|| self.owner_by_name(path));
            let message = format!("unknown file, and no case refers to it{}", allowed(owner.as_deref()));
            match owner.and_then(|name| self.guests.get_mut(&name)) {
                Some(guest) => guest.faults.push(format!("`{}`: {message}", found.show(path))),
                None => found.problem(path, message),
            }
        }
    }

    fn owner_by_name(&self, path: &Path) -> Option<String> {
        let name = path.file_name()?.to_str()?.split('.').next()?;
        self.guests.contains_key(name).then(|| name.to_string())
    }
}

fn has_end(name: &str, ends: &[&str]) -> bool {
    name.rsplit_once('.').is_some_and(|(_, end)| ends.contains(&end))
}

/// Returns the accepted alternatives, as the end of a message.
fn allowed(guest: Option<&str>) -> String {
    match guest {
        Some(guest) => format!(
            "; expected `{guest}.<case>{SUFFIX}` or `{guest}.toml` next to the guest (in its directory `<case>.toml`, \
             `guest.toml` or `adapters/<id>.wat`), a file that a case names, `README.md`, or a name that begins with a dot"
        ),
        None => format!(
            "; a guest is a directory (a cargo package, `guest.rs`, `guest.wat`, .., `*.c`, `*.cpp` or `*.ts`, with cases \
             `<case>.toml`) or a file (`.rs`, `.c`, `.cpp`, `.go`, `.ts`, `.wat`, `.wasm`, or an extension with a script in \
             `toolchains`, with cases `<guest>.<case>{SUFFIX}` and a sidecar `<guest>.toml`)"
        ),
    }
}
