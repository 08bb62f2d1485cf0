//! Reads the files that a case names by `{ file = .. }`, so that the runner needs only the index.

use std::path::{Path, PathBuf};

use crate::case::{Bytes, Case, Expect, FileBytes, Stdin};
use crate::digest;
use crate::failing::ExpectedFailure;
use crate::tree::Tree;

/// Fills in the content of every file that the case names.
///
/// A missing file of an expectation has no content: blessing creates it.
pub(super) fn read_files(folder: &Path, case: &mut Case, read: &mut Vec<PathBuf>) -> Result<(), String> {
    if let Some(Stdin::All(Bytes::File(file))) = &mut case.stdin {
        read_file(folder, "stdin", file, read)?;
    }
    if let Some(provider) = &mut case.encode.provider {
        read_file(folder, "encode.provider", provider, read)?;
    }
    read_tree(folder, "files", &mut case.files, read)?;
    read_expected(folder, "expect", &mut case.expect, read)?;
    case.overrides.iter_mut().try_for_each(|on| read_expected(folder, "override.expect", &mut on.expect, read))?;
    case.xfail.iter_mut().try_for_each(|fails| match &mut fails.with {
        Some(ExpectedFailure::Actual(actual)) => read_expected(folder, "xfail.with", actual, read),
        Some(ExpectedFailure::Kinds(_)) | None => Ok(()),
    })
}

/// Reads a required file.
fn read_file(folder: &Path, key: &str, file: &mut FileBytes, read: &mut Vec<PathBuf>) -> Result<(), String> {
    let path = folder.join(&file.file);
    let content =
        crate::system::read(&path).map_err(|error| format!("`{key}`: cannot read `{}`: {error}", file.file))?;
    file.content = Some(digest::hex(&content));
    read.push(path);
    Ok(())
}

fn read_tree(folder: &Path, key: &str, tree: &mut Tree, read: &mut Vec<PathBuf>) -> Result<(), String> {
    for (path, entry) in tree {
        if let Some(Bytes::File(file)) = entry.content_mut() {
            read_file(folder, &format!("{key}.{path}"), file, read)?;
        }
    }
    Ok(())
}

fn read_expected(folder: &Path, at: &str, expect: &mut Expect, read: &mut Vec<PathBuf>) -> Result<(), String> {
    if let Some(files) = &mut expect.files {
        read_tree(folder, &format!("{at}.files"), files, read)?;
    }
    for (key, bytes) in [
        ("error", &mut expect.error),
        ("stdout", &mut expect.stdout),
        ("stderr", &mut expect.stderr),
        ("core-calls", &mut expect.core_calls),
        ("trace", &mut expect.trace),
    ] {
        let Some(Bytes::File(file)) = bytes else {
            continue;
        };
        let path = folder.join(&file.file);
        match crate::system::read(&path) {
            Ok(content) => file.content = Some(digest::hex(&content)),
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => {}
            Err(error) => {
                return Err(format!("`{at}.{key}`: cannot read `{}`: {error}", file.file));
            }
        }
        read.push(path);
    }
    Ok(())
}

/// Returns the files that an invalid case file appears to name, so that they are not also reported as unused.
pub(super) fn named_in(case_file: &Path) -> Vec<PathBuf> {
    let folder = case_file.parent().unwrap_or(case_file);
    let text = crate::system::read_to_string(case_file).unwrap_or_default();
    text.split(['"', '\'']).map(|word| folder.join(word)).filter(|path| path.is_file()).collect()
}
