//! Golden files: `BLESS=1` updates them, except under `CI`.

use std::env;
use std::fs;
use std::path::Path;

/// Asserts that the file contains the text.
pub fn is_golden(path: &Path, text: &str) {
    let is_set = |name: &str| env::var_os(name).is_some_and(|value| !value.is_empty() && value != "0");
    if is_set("BLESS") {
        assert!(!is_set("CI"), "BLESS is not supported under CI");
        return fs::write(path, text).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
    }
    let expected = fs::read_to_string(path).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
    assert!(
        text == expected,
        "{}; help: re-run with BLESS=1 to update\n--- expected\n{expected}--- actual\n{text}",
        path.display()
    );
}
