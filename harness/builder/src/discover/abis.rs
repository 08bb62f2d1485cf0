//! Discovers `abi/`: descriptions of import modules in WITX, each with an optional file of hints (`NAME.toml`).

use std::collections::{BTreeMap, BTreeSet};

use polyfill_abi::{Abi, Source};

use super::{Found, listing};
use crate::error::BuildError;

/// Returns the descriptions of a suite. A WITX file that others use is a part of them.
pub(super) fn discover(found: &mut Found) -> Result<Vec<Source>, BuildError> {
    let directory = found.root.join("abi");
    if !directory.is_dir() {
        return Ok(Vec::new());
    }
    let mut texts = BTreeMap::new();
    let mut hints = BTreeMap::new();
    for entry in listing::list_any(&directory)? {
        let shown = found.show(&entry.path);
        let kinds = [(".witx", &mut texts), (".toml", &mut hints)];
        let kind = kinds.into_iter().find(|(suffix, _)| !entry.folder && entry.name.ends_with(suffix));
        let Some((_, files)) = kind else {
            found.problem(&entry.path, "unknown file; expected `NAME.witx`, or `NAME.toml` with hints for it");
            continue;
        };
        let text = crate::system::read_to_string(&entry.path).map_err(BuildError::io("read", &entry.path))?;
        found.inputs.push(entry.path);
        files.insert(shown, text);
    }
    let used: BTreeSet<String> = texts.iter().flat_map(|(path, text)| Source::uses(path, text)).collect();
    let mut sources = Vec::new();
    for path in texts.keys().filter(|path| !used.contains(*path)) {
        let mut source = Source { path: path.clone(), files: BTreeMap::new(), hints: None };
        add(&mut source, path, &texts);
        let toml = format!("{}.toml", path.trim_end_matches(".witx"));
        source.hints = hints.remove(&toml).map(|text| (toml, text));
        match Abi::parse(&source) {
            Ok(_) => sources.push(source),
            Err(error) => found.problems.push(error.to_string()),
        }
    }
    for path in hints.keys() {
        let wanted = path.trim_end_matches(".toml");
        found.problems.push(format!("`{path}`: no file `{wanted}.witx` that these hints are for"));
    }
    Ok(sources)
}

/// Adds a file and those that it uses.
fn add(source: &mut Source, path: &str, texts: &BTreeMap<String, String>) {
    let Some(text) = texts.get(path) else { return };
    if source.files.insert(path.to_string(), text.clone()).is_none() {
        for used in Source::uses(path, text) {
            add(source, &used, texts);
        }
    }
}
