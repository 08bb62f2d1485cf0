//! Discovers `toolchains/`: scripts that compile guests in languages without built-in support.

use std::collections::BTreeMap;
use std::path::PathBuf;

use super::guests::FILE_GUESTS;
use super::{Found, listing};
use crate::error::BuildError;

/// Returns the scripts by the file extension of the guests that they compile.
pub(super) fn discover(found: &mut Found) -> Result<BTreeMap<String, PathBuf>, BuildError> {
    let folder = found.root.join("toolchains");
    let mut scripts = BTreeMap::new();
    if !folder.is_dir() {
        return Ok(scripts);
    }
    for entry in listing::list(&folder)? {
        let end = entry.name.strip_suffix(".sh").filter(|end| !entry.folder && !end.is_empty());
        match end {
            Some(end) if FILE_GUESTS.contains(&end) || ["h", "toml"].contains(&end) => {
                found.problem(&entry.path, format!("the file extension `.{end}` is already in use"));
            }
            Some(end) => drop(scripts.insert(end.to_string(), entry.path)),
            None => found.problem(&entry.path, "expected a script named `<file extension of the guests>.sh`"),
        }
    }
    Ok(scripts)
}
