//! Results: to standard output, or into a file that is never half written.

use std::fs;
use std::io::{self, IsTerminal};
use std::path::Path;

use polyfill_build::terminal;
use polyfill_runner::Outcome;

use crate::error::Error;

/// Writes text to standard output, with control characters escaped.
pub(crate) fn text(text: &str) -> Result<(), Error> {
    terminal::out(text).map_err(Error::Stdout)
}

/// Writes JSON to standard output, with control characters escaped as JSON does it.
pub(crate) fn json(text: &str) -> Result<(), Error> {
    terminal::json(text).map_err(Error::Stdout)
}

/// Writes binary data to standard output, unless somebody is looking.
pub(crate) fn binary(bytes: &[u8]) -> Result<(), Error> {
    match io::stdout().is_terminal() {
        true => Err(Error::Terminal),
        false => terminal::raw(bytes).map_err(Error::Stdout),
    }
}

/// Writes a line to standard error, beside the results, with control characters escaped.
pub(crate) fn note(line: &str) {
    terminal::note(line);
}

/// Writes the backtrace of a run that has one to standard error.
pub(crate) fn backtrace(outcome: &Outcome) {
    let text = outcome.backtrace();
    if !text.is_empty() {
        terminal::note(text.trim_end());
    }
}

/// Says what takes its time, beside the results.
pub(crate) fn progress(line: &str) {
    terminal::note(line);
}

/// Says what is probably not as it was meant, beside the results.
pub(crate) fn warning(text: &str) {
    note(&format!("warning: {text}"));
}

/// Says how far something is, to somebody who is looking.
pub(crate) fn far(line: &str) {
    if io::stderr().is_terminal() {
        terminal::note(line);
    }
}

/// Writes a file. Whoever looks at it meanwhile sees the old one or the new one.
pub(crate) fn file(path: &Path, bytes: &[u8]) -> Result<(), Error> {
    // The link stays and what it points to is replaced.
    let target = fs::canonicalize(path).unwrap_or_else(|_| path.to_path_buf());
    // A device or a pipe must not be replaced by a file.
    let in_place = fs::metadata(&target).is_ok_and(|metadata| !metadata.is_file() && !metadata.is_dir());
    let written = if in_place { fs::write(&target, bytes) } else { replace(&target, bytes) };
    written.map_err(|source| Error::Write { path: path.to_path_buf(), source })
}

fn replace(path: &Path, bytes: &[u8]) -> io::Result<()> {
    let name = path.file_name().ok_or(io::ErrorKind::IsADirectory)?.to_string_lossy();
    let unfinished = path.with_file_name(format!(".{name}.{}", std::process::id()));
    let written = fs::write(&unfinished, bytes).and_then(|()| fs::rename(&unfinished, path));
    if written.is_err() {
        // It may not even have come into being.
        let _ = fs::remove_file(&unfinished);
    }
    written
}
