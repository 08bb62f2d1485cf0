//! Environment variables. One that is set to nothing counts as one that is not set.

use std::env;
use std::ffi::OsString;
use std::path::PathBuf;

/// The value of a variable, unless it is unset or empty.
pub fn variable(name: &str) -> Option<OsString> {
    env::var_os(name).filter(|value| !value.is_empty())
}

/// The value of a variable that is UTF-8, unless it is unset, or nothing but spaces.
pub fn text(name: &str) -> Option<String> {
    env::var(name).ok().filter(|value| !value.trim().is_empty())
}

/// Set to a value other than the empty one and `0`: for switches like `BLESS`.
pub fn is_on(name: &str) -> bool {
    variable(name).is_some_and(|value| value != "0")
}

/// The directories of `PATH`. An empty one, which means the current directory to shells, is left out.
pub fn path() -> Vec<PathBuf> {
    let path = variable("PATH").unwrap_or_default();
    env::split_paths(&path).filter(|folder| !folder.as_os_str().is_empty()).collect()
}
