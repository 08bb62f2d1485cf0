//! Converts the JSON file of a test to a case.

use std::collections::BTreeMap;
use std::path::Path;

use crate::case::{Bytes, Case, Expect, HexBytes, Stdin, Text};
use crate::digest;
use crate::discover::{Found, Kind, case_check};
use crate::tree::{Entry, Node, Preopen, Tree};
use crate::wasi_test::{self, WasiTest, WasiTestError};

/// Reads the JSON file next to a module. A module without one runs with the defaults. A valid test that cannot run here is
/// passed over.
pub(super) fn read(found: &mut Found, module: &Path) -> (Kind, Result<Case, String>) {
    let json = module.with_extension("json");
    found.inputs.push(json.clone());
    let shown = found.show(&json);
    let test = match crate::system::read_to_string(&json) {
        Ok(text) => match wasi_test::read(&text) {
            Err(unsupported @ WasiTestError::Unsupported(_)) => {
                return (Kind::PassedOver(unsupported.to_string()), Ok(Case::default()));
            }
            read => read.map_err(|error| error.to_string()),
        },
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => Ok(WasiTest::default()),
        Err(error) => Err(error.to_string()),
    };
    let test = test.map_err(|message| format!("`{shown}`: {message}"));
    (Kind::Module, test.and_then(|test| case(&shown, module, test)))
}

fn case(shown: &str, module: &Path, test: WasiTest) -> Result<Case, String> {
    let WasiTest { args, env, preopens, stdin, exit_code, stdout, stderr } = test;
    let beside = module.parent().unwrap_or(Path::new(""));
    let mut files = Tree::new();
    for folder in preopens.values() {
        if let Some(problem) = crate::tree::path_problem(folder) {
            let help = "name a directory beside the test";
            return Err(format!("`{shown}`: directory `{folder}`: it {problem}\n  help: {help}"));
        }
        tree(&beside.join(folder), folder, &mut files).map_err(|error| format!("`{shown}`: {error}"))?;
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
        ref problems => Err(format!("`{shown}`: {}", problems.join("\n"))),
    }
}

/// Reads a directory. The files themselves are never modified: tests write to a copy. The copy lacks `*.cleanup`, which
/// are left over from runs of other runners.
fn tree(folder: &Path, name: &str, files: &mut Tree) -> Result<(), String> {
    files.insert(name.to_string(), Entry::Node(Node { folder: true, ..Node::default() }));
    let entries = std::fs::read_dir(folder).and_then(|entries| entries.collect::<Result<Vec<_>, _>>());
    let mut entries = entries.map_err(|error| {
        format!("cannot list the directory `{name}`: {error}\n  help: create it, or remove it from the JSON file")
    })?;
    entries.sort_by_key(std::fs::DirEntry::file_name);
    for entry in entries {
        let last = entry.file_name().to_string_lossy().into_owned();
        let inner = format!("{name}/{last}");
        let failed = |error: std::io::Error| format!("cannot read `{inner}`: {error}");
        let kind = entry.file_type().map_err(failed)?;
        if kind.is_symlink() {
            let link = std::fs::read_link(entry.path()).map_err(failed)?.to_string_lossy().into_owned();
            files.insert(inner, Entry::Node(Node { link: Some(link), ..Node::default() }));
        } else if last.ends_with(".cleanup") {
            continue;
        } else if kind.is_dir() {
            tree(&entry.path(), &inner, files)?;
        } else {
            let hex = digest::hex(&crate::system::read(entry.path()).map_err(failed)?);
            files.insert(inner, Entry::File(Bytes::Hex(HexBytes { hex })));
        }
    }
    Ok(())
}
