//! Golden files: expected output, compared with the actual output of a test.
//!
//! With the environment variable `BLESS` set, the files are written instead. That is an error if `CI` is set. A variable
//! that is empty counts as unset, and so does `BLESS=0`.

use std::ffi::OsString;
use std::io::ErrorKind;
use std::path::Path;
use std::{env, fs};

use similar::TextDiff;

/// Compares text with a golden file, or writes the file if `BLESS` is set.
///
/// # Errors
///
/// A message with the path and the differences, or with the reason why the file cannot be read or written.
pub fn check(path: &Path, actual: &str) -> Result<(), String> {
    check_optional(path, Some(actual))
}

/// Compares as [`check`] does, where no output means that the golden file must not exist. `BLESS` removes it.
///
/// # Errors
///
/// As for [`check`].
pub fn check_optional(path: &Path, actual: Option<&str>) -> Result<(), String> {
    let bless = blesses(env::var_os("BLESS"), env::var_os("CI"))?;
    compare(path, actual, bless)
}

/// Asserts that [`check`] succeeds.
///
/// # Panics
///
/// Panics with its message if it does not.
#[track_caller]
pub fn assert(path: &Path, actual: &str) {
    check(path, actual).unwrap_or_else(|message| panic!("{message}"));
}

/// Returns true if golden files are to be written.
fn blesses(bless: Option<OsString>, ci: Option<OsString>) -> Result<bool, String> {
    let bless = bless.is_some_and(|value| !value.is_empty() && value != "0");
    match bless && ci.is_some_and(|value| !value.is_empty()) {
        true => Err("BLESS is not allowed in CI; help: bless golden files on a local machine".to_string()),
        false => Ok(bless),
    }
}

fn compare(path: &Path, actual: Option<&str>, bless: bool) -> Result<(), String> {
    let failed = |error| format!("{}: {error}", path.display());
    let expected = match fs::read_to_string(path) {
        Ok(text) => Some(text),
        Err(error) if error.kind() == ErrorKind::NotFound => None,
        Err(error) => return Err(failed(error)),
    };
    if expected.as_deref() == actual {
        return Ok(());
    }
    if !bless {
        return Err(difference(path, expected.as_deref(), actual));
    }
    let blessed = match actual {
        Some(text) => fs::write(path, text),
        None => fs::remove_file(path),
    };
    blessed.map_err(failed)
}

fn difference(path: &Path, expected: Option<&str>, actual: Option<&str>) -> String {
    let diff = TextDiff::from_lines(expected.unwrap_or_default(), actual.unwrap_or_default());
    let diff = diff.unified_diff().header("expected", "actual").to_string();
    let note = match (expected, actual) {
        (None, _) => ": the golden file does not exist",
        (_, None) => ": expected no golden file, because there is no output",
        _ => "",
    };
    format!("{}{note}\n{diff}to accept the new output, re-run with BLESS=1", path.display())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn differences_are_shown_with_path_and_remedy() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("a.txt");
        fs::write(&path, "one\ntwo\n").unwrap();
        assert_eq!(compare(&path, Some("one\ntwo\n"), false), Ok(()));
        let message = compare(&path, Some("one\nthree\n"), false).unwrap_err();
        assert!(message.starts_with(&path.display().to_string()), "{message}");
        assert!(message.contains("\n-two\n+three\n"), "{message}");
        assert!(message.ends_with("re-run with BLESS=1"), "{message}");
        assert_eq!(fs::read_to_string(&path).unwrap(), "one\ntwo\n");
    }

    #[test]
    fn no_output_and_empty_output_differ() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("a.txt");
        assert_eq!(compare(&path, None, false), Ok(()));
        assert!(compare(&path, Some(""), false).unwrap_err().contains("does not exist"));
        fs::write(&path, "").unwrap();
        assert_eq!(compare(&path, Some(""), false), Ok(()));
        assert!(compare(&path, None, false).unwrap_err().contains("expected no golden file"));
    }

    #[test]
    fn blessing_writes_and_removes_files() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("a.txt");
        for actual in [Some("one\n"), Some("two\n"), None] {
            assert_eq!(compare(&path, actual, true), Ok(()));
            assert_eq!(fs::read_to_string(&path).ok().as_deref(), actual);
        }
    }

    #[test]
    fn bless_is_rejected_in_ci() {
        let set = |value: &str| Some(OsString::from(value));
        for (bless, ci, expected) in [
            (None, None, Some(false)),
            (set(""), set("true"), Some(false)),
            (set("0"), set("true"), Some(false)),
            (set("1"), None, Some(true)),
            (set("1"), set(""), Some(true)),
            (set("1"), set("true"), None),
        ] {
            assert_eq!(blesses(bless.clone(), ci.clone()).ok(), expected, "{bless:?} {ci:?}");
        }
    }
}
