//! Discovers the modules of a `wasi-testsuite` directory as guests with one case each.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

use super::{CaseFile, Found, Guest, Kind, Layout, case_check, check_name, listing, references, show};
use crate::case::{Bytes, Case, Expect, HexBytes, Stdin, Text};
use crate::digest;
use crate::error::{BuildError, Problems};
use crate::tree::{Entry, Node, Preopen, Tree};
use crate::wasi_test::{self, WasiTest};

/// Returns all modules in the directory and below it, with the adapters as their only chain.
pub(crate) fn discover(root: &Path, adapters: &[String]) -> Result<Layout, BuildError> {
    let root = root.canonicalize().map_err(BuildError::io("find the directory", root))?;
    let mut found = Found { root: root.clone(), inputs: Vec::new(), problems: Vec::new() };
    let modules: Vec<PathBuf> = listing::files_below(&root)?.into_iter().filter(|file| is_module(file)).collect();
    if modules.is_empty() {
        let message = format!("no modules (`.wasm`) in `{}` or below it", root.display());
        return Err(BuildError::Layout(Problems(vec![message])));
    }
    let names = names(&root, &modules);
    let mut guests = Vec::new();
    for (path, name) in modules.into_iter().zip(names) {
        let case = case(&mut found, &path).map(|mut case| {
            case.adapters = Some(adapters.to_vec());
            case
        });
        let faults = check_name("a test", &name, false).err().into_iter().collect();
        let source = show(&root, &path);
        let cases = vec![CaseFile { name: "test".to_string(), source, case }];
        guests.push(Guest { name, path, kind: Kind::Module, wit: None, cases, faults });
    }
    let adapters = references::named(&guests).into_values().collect();
    Ok(Layout {
        root,
        guests,
        adapters,
        hosts: Default::default(),
        abis: Vec::new(),
        groups: Vec::new(),
        inputs: found.inputs,
    })
}

fn is_module(file: &Path) -> bool {
    file.extension().is_some_and(|end| end == "wasm")
}

/// Returns the names of files without extension. Duplicate names include the directories.
fn names(root: &Path, modules: &[PathBuf]) -> Vec<String> {
    let short = |path: &Path| path.file_stem().unwrap_or_default().to_string_lossy().into_owned();
    let mut seen = BTreeSet::new();
    let doubled: BTreeSet<String> =
        modules.iter().map(|path| short(path)).filter(|name| !seen.insert(name.clone())).collect();
    let name = |path: &PathBuf| match short(path) {
        name if doubled.contains(&name) => show(root, &path.with_extension("")).replace('/', "-"),
        name => name,
    };
    modules.iter().map(name).collect()
}

fn case(found: &mut Found, module: &Path) -> Result<Case, String> {
    let json = module.with_extension("json");
    found.inputs.push(json.clone());
    let test = match crate::system::read_to_string(&json) {
        Ok(text) => wasi_test::read(&text).map_err(|message| format!("`{}`: {message}", found.show(&json)))?,
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => WasiTest::default(),
        Err(error) => return Err(format!("`{}`: {error}", found.show(&json))),
    };
    let WasiTest { args, env, preopens, stdin, exit_code, stdout, stderr } = test;
    let beside = module.parent().unwrap_or(Path::new(""));
    let mut files = Tree::new();
    for folder in preopens.values() {
        let message = |message: String| format!("`{}`: directory `{folder}`: {message}", found.show(&json));
        if let Some(problem) = crate::tree::path_problem(folder) {
            return Err(message(format!("it {problem}")));
        }
        tree(&beside.join(folder), folder, &mut files).map_err(|error| message(error.to_string()))?;
    }
    let preopens: BTreeMap<String, Preopen> =
        preopens.into_iter().map(|(name, folder)| (name, Preopen::Folder(folder))).collect();
    let case = Case {
        args,
        env: env.into_iter().map(|(name, value)| (name, Text::Plain(value))).collect(),
        stdin: stdin.map(|text| Stdin::All(Bytes::Text(text))),
        files,
        preopens: Some(preopens).filter(|preopens| !preopens.is_empty()),
        expect: Expect {
            exit: Some(exit_code),
            stdout: stdout.map(Bytes::Text),
            stderr: stderr.map(Bytes::Text),
            ..Expect::default()
        },
        ..Case::default()
    };
    match case_check::check(&case)[..] {
        [] => Ok(case),
        ref problems => Err(format!("`{}`: {}", found.show(&json), problems.join("\n"))),
    }
}

/// Reads a directory. The files themselves are never modified: tests write to a copy.
fn tree(folder: &Path, name: &str, files: &mut Tree) -> std::io::Result<()> {
    files.insert(name.to_string(), Entry::Node(Node { folder: true, ..Node::default() }));
    let mut entries: Vec<_> = std::fs::read_dir(folder)?.collect::<Result<_, _>>()?;
    entries.sort_by_key(std::fs::DirEntry::file_name);
    for entry in entries {
        let inner = format!("{name}/{}", entry.file_name().to_string_lossy());
        let kind = entry.file_type()?;
        if kind.is_symlink() {
            let link = std::fs::read_link(entry.path())?.to_string_lossy().into_owned();
            files.insert(inner, Entry::Node(Node { link: Some(link), ..Node::default() }));
        } else if kind.is_dir() {
            tree(&entry.path(), &inner, files)?;
        } else {
            let hex = digest::hex(&crate::system::read(entry.path())?);
            files.insert(inner, Entry::File(Bytes::Hex(HexBytes { hex })));
        }
    }
    Ok(())
}
