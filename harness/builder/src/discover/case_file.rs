//! Parses a case file, reads the files that it names, and checks it.

use std::path::{Path, PathBuf};

use super::{CaseFile, Found, bytes, case_check};
use crate::case::Case;

/// Suffix of case files.
pub(super) const SUFFIX: &str = ".case.toml";

/// Case with the other files that it names.
pub(super) struct Read {
    pub(super) case: CaseFile,
    pub(super) refers_to: Vec<PathBuf>,
}

/// Reads a case file. Problems become part of the case.
pub(super) fn read(found: &mut Found, name: &str, path: &Path) -> Read {
    found.inputs.push(path.to_path_buf());
    let source = found.show(path);
    let mut refers_to = Vec::new();
    let case = parse(path)
        .and_then(|mut case| {
            let problems = case_check::check(&case);
            if !problems.is_empty() {
                return Err(problems.join("\n"));
            }
            let folder = path.parent().unwrap_or(path);
            bytes::read_files(folder, &mut case, &mut refers_to)?;
            Ok(case)
        })
        .map_err(|message| format!("`{source}`: {message}"));
    if case.is_err() {
        refers_to.extend(bytes::named_in(path));
    }
    found.inputs.extend(refers_to.iter().filter(|file| file.is_file()).cloned());
    Read { case: CaseFile { name: name.to_string(), source, case }, refers_to }
}

fn parse(path: &Path) -> Result<Case, String> {
    let text = crate::system::read_to_string(path).map_err(|error| error.to_string())?;
    toml::from_str(&text).map_err(|error| error.to_string().trim_end().to_string())
}
