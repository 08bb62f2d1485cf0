//! Texts that are written down: `BLESS=1` writes them, but not where `CI` is set.

use std::env;
use std::fs;
use std::path::Path;

/// The text is what the file holds.
pub fn is_golden(path: &Path, text: &str) {
    let is_set = |name: &str| env::var_os(name).is_some_and(|value| !value.is_empty() && value != "0");
    if is_set("BLESS") {
        assert!(!is_set("CI"), "BLESS is refused under CI");
        return fs::write(path, text).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
    }
    let expected = fs::read_to_string(path).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
    assert!(text == expected, "{}; BLESS=1 writes it\n--- expected\n{expected}--- seen\n{text}", path.display());
}
