//! Reads environment variables. Empty variables count as unset.

use std::env;
use std::ffi::OsString;
use std::path::PathBuf;

/// Returns the value of an environment variable, unless it is unset or empty.
pub fn variable(name: &str) -> Option<OsString> {
    env::var_os(name).filter(|value| !value.is_empty())
}

/// Returns the value of an environment variable, unless it is unset, blank, or not UTF-8.
pub fn text(name: &str) -> Option<String> {
    env::var(name).ok().filter(|value| !value.trim().is_empty())
}

/// Returns true if an environment variable is set to a value other than `0`. Used for switches such as `BLESS`.
pub fn is_on(name: &str) -> bool {
    variable(name).is_some_and(|value| value != "0")
}

/// Returns the directories of `PATH`, without empty ones, which shells take for the current directory.
pub fn path() -> Vec<PathBuf> {
    let path = variable("PATH").unwrap_or_default();
    env::split_paths(&path).filter(|folder| !folder.as_os_str().is_empty()).collect()
}
