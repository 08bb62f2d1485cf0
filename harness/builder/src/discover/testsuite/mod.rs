//! Discovers the suites of a `wasi-testsuite` directory: each module is a guest with one case.

mod case;
mod folders;
mod names;

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

use wasmparser::{Parser, Payload};

use self::folders::{SuiteFolder, Walk};
use super::{Adapter, CaseFile, Found, Guest, Kind, Layout, check_name, references, show, sides};
use crate::built::WasiSuite;
use crate::case::Case;
use crate::chain::AdapterChain;
use crate::error::{BuildError, Problems};
use crate::module;
use crate::side::is_file;

/// Returns all modules in the directory and below it, with the adapters as their only chain, and their suites. `own`
/// are adapters of a suite, which the chains may name.
pub(crate) fn discover(
    root: &Path,
    adapters: &[String],
    own: Vec<Adapter>,
) -> Result<(Layout, Vec<WasiSuite>), BuildError> {
    let root = root.canonicalize().map_err(BuildError::io("find the directory", root))?;
    let mut found = Found { root: root.clone(), inputs: Vec::new(), problems: Vec::new() };
    let mut walk = Walk::default();
    walk.visit(&mut found, &root)?;
    let files = file_adapters(&mut found, adapters);
    if !found.problems.is_empty() {
        return Err(BuildError::Layout(Problems(found.problems)));
    }
    let named: Vec<(String, String)> = walk.suites.iter().map(|suite| names_of(&root, suite)).collect();
    let words = names::words(&named);
    let (mut guests, mut suites) = (Vec::new(), Vec::new());
    for ((suite, (name, folder)), word) in walk.suites.iter().zip(named).zip(words) {
        let mut tests = BTreeMap::new();
        for path in &suite.modules {
            let test = path.file_stem().unwrap_or_default().to_string_lossy().into_owned();
            let guest = guest(&mut found, path, format!("{word}.{test}"), &test, adapters);
            tests.insert(test, guest.name.clone());
            guests.push(guest);
        }
        let without_module = suite.without_module.iter().map(|json| show(&root, json)).collect();
        suites.push(WasiSuite {
            name,
            folder,
            path: suite.path.clone(),
            has_manifest_name: suite.name.is_some(),
            tests,
            without_module,
        });
    }
    runnable(&root, &walk, &guests)?;
    let mut adapters = references::named(&guests);
    adapters.extend(files.into_iter().chain(own).map(|adapter| (adapter.id.clone(), adapter)));
    let adapters = adapters.into_values().collect();
    let (hosts, abis, groups) = (BTreeMap::new(), Vec::new(), Vec::new());
    let layout = Layout { root, guests, adapters, hosts, abis, groups, inputs: found.inputs };
    Ok((layout, suites))
}

/// Returns the adapters of the chains that are names of a suite's adapters: neither files nor published.
pub(crate) fn own_adapters(adapters: &[String]) -> BTreeSet<String> {
    let ids = adapters.iter().flat_map(|chain| ids(chain));
    ids.filter(|id| !is_file(id) && polyfill_reference::find(id).is_none()).collect()
}

fn ids(chain: &str) -> Vec<String> {
    AdapterChain::parse(chain).for_main(true).adapters().map(str::to_string).collect()
}

/// Reads the adapters of the chains that are files. An unknown release of a published adapter is a problem of all tests.
fn file_adapters(found: &mut Found, adapters: &[String]) -> Vec<Adapter> {
    let (files, names): (BTreeSet<String>, BTreeSet<String>) =
        adapters.iter().flat_map(|chain| ids(chain)).partition(|id| is_file(id));
    let unknown = names.iter().filter_map(|id| polyfill_reference::find(id)?.err());
    found.problems.extend(unknown.map(|unknown| unknown.to_string()));
    let read = files.iter().filter_map(|id| match sides::file(id) {
        Ok(adapter) => Some(adapter),
        Err(problem) => {
            found.problems.push(problem);
            None
        }
    });
    read.collect()
}

/// Returns the name of a suite and its directory relative to the root. A suite without a name is named by its
/// directory.
fn names_of(root: &Path, suite: &SuiteFolder) -> (String, String) {
    let folder = match show(root, &suite.path) {
        folder if folder.is_empty() => ".".to_string(),
        folder => folder,
    };
    let last = || suite.path.file_name().unwrap_or_default().to_string_lossy().into_owned();
    let name = suite.name.clone().unwrap_or_else(|| if folder == "." { last() } else { folder.clone() });
    (name, folder)
}

fn guest(found: &mut Found, path: &Path, name: String, test: &str, adapters: &[String]) -> Guest {
    let source = found.show(path);
    let (kind, case) = match component(path) {
        Some(reason) => (Kind::PassedOver(reason), Ok(Case::default())),
        None => case::read(found, path),
    };
    let case = case.map(|case| Case { adapters: Some(adapters.to_vec()), ..case });
    let faults = check_name("a test", test, false).err().into_iter().collect();
    let cases = vec![CaseFile { name: "test".to_string(), source, case }];
    Guest { name, path: path.to_path_buf(), kind, wit: None, cases, faults }
}

/// Returns the reason to pass over a finished component; `None` for a core module. A file that cannot be read is
/// reported when it is compiled.
fn component(path: &Path) -> Option<String> {
    let wasm = module::read(path).ok().filter(|wasm| Parser::is_component(wasm))?;
    let (mut exports, mut imports) = (BTreeSet::new(), BTreeSet::new());
    let mut depth = 0;
    for payload in Parser::new(0).parse_all(&wasm).map_while(Result::ok) {
        match payload {
            Payload::Version { .. } => depth += 1,
            Payload::End(_) => depth -= 1,
            Payload::ComponentExportSection(section) if depth == 1 => {
                exports.extend(section.into_iter().map_while(Result::ok).map(|export| export.name.name.to_string()));
            }
            Payload::ComponentImportSection(section) if depth == 1 => {
                imports.extend(section.into_iter().map_while(Result::ok).map(|import| import.name.name.to_string()));
            }
            _ => {}
        }
    }
    // The last of several versions is the newest.
    let wasi = |names: BTreeSet<String>| names.into_iter().rfind(|name| name.starts_with("wasi:"));
    let what = match (wasi(exports), wasi(imports)) {
        (Some(export), _) => format!(" that exports `{export}`"),
        (None, Some(import)) => format!(" that imports `{import}`"),
        (None, None) => String::new(),
    };
    Some(format!("a finished component{what}; only core modules have adapters"))
}

/// Returns an error if no test can run.
fn runnable(root: &Path, walk: &Walk, guests: &[Guest]) -> Result<(), BuildError> {
    let mut reasons: BTreeMap<&str, Vec<&PathBuf>> = BTreeMap::new();
    for guest in guests {
        match &guest.kind {
            Kind::PassedOver(reason) => reasons.entry(reason).or_default().push(&guest.path),
            _ => return Ok(()),
        }
    }
    let shown = root.display();
    let help =
        "\n  help: name a directory of precompiled tests, as in the branch `prod/testsuite-base` of wasi-testsuite";
    let message = if guests.is_empty() {
        let counted = |count: usize, one: &str, several: &str| match count {
            1 => format!("1 {one}"),
            count => format!("{count} {several}"),
        };
        let folders = counted(walk.folders, "directory", "directories");
        let files = counted(walk.files, "other file", "other files");
        let manifests = match walk.suites.len() {
            0 => String::new(),
            count => format!(", with {}", counted(count, "manifest", "manifests")),
        };
        format!(
            "no tests in `{shown}` or below it\n  expected: modules (`.wasm`), each with an optional JSON file of the same \
             name\n  actual:   {folders}, {files}{manifests}{help}"
        )
    } else {
        let reasons = reasons.iter().map(|(reason, paths)| match &paths[..] {
            [path] => format!("\n    {}: {reason}", show(root, path)),
            paths => format!("\n    {} files: {reason}", paths.len()),
        });
        format!(
            "no test in `{shown}` or below it can run\n  expected: core modules (`.wasm`)\n  actual:{}{help}",
            reasons.collect::<String>()
        )
    };
    Err(BuildError::Layout(Problems(vec![message])))
}
