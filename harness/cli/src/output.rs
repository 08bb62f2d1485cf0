//! Output to standard output and to files, which are written atomically.

use std::fs;
use std::io::{self, IsTerminal};
use std::path::Path;

use anyhow::{Context, bail};
use polyfill_builder::terminal;
use polyfill_runner::Outcome;

const STDOUT: &str = "cannot write to standard output";

/// Writes text to standard output, with control characters escaped.
pub(crate) fn text(text: &str) -> anyhow::Result<()> {
    terminal::out(text).context(STDOUT)
}

/// Writes JSON to standard output, with control characters escaped as in JSON.
pub(crate) fn json(text: &str) -> anyhow::Result<()> {
    terminal::json(text).context(STDOUT)
}

/// Writes binary data to standard output. Fails if standard output is a terminal.
pub(crate) fn binary(bytes: &[u8]) -> anyhow::Result<()> {
    if io::stdout().is_terminal() {
        bail!(
            "refusing to write a binary component to a terminal\n  help: write to a file (-o OUT), or print text (--wat)"
        );
    }
    terminal::raw(bytes).context(STDOUT)
}

/// Writes a line to standard error, with control characters escaped.
pub(crate) fn note(line: &str) {
    terminal::note(line);
}

/// Writes the backtrace of a run to standard error, if it has one.
pub(crate) fn backtrace(outcome: &Outcome) {
    let text = outcome.backtrace();
    if !text.is_empty() {
        terminal::note(text.trim_end());
    }
}

/// Writes a progress message to standard error.
pub(crate) fn progress(line: &str) {
    terminal::note(line);
}

/// Writes a warning to standard error.
pub(crate) fn warning(text: &str) {
    note(&format!("warning: {text}"));
}

/// Writes a progress message to standard error, if it is a terminal.
pub(crate) fn far(line: &str) {
    if io::stderr().is_terminal() {
        terminal::note(line);
    }
}

/// Writes a file atomically: concurrent readers see the old or the new contents.
pub(crate) fn file(path: &Path, bytes: &[u8]) -> anyhow::Result<()> {
    // Follow a symbolic link and replace its target.
    let target = fs::canonicalize(path).unwrap_or_else(|_| path.to_path_buf());
    // Write to devices and pipes in place.
    let in_place = fs::metadata(&target).is_ok_and(|metadata| !metadata.is_file() && !metadata.is_dir());
    let written = if in_place { fs::write(&target, bytes) } else { replace(&target, bytes) };
    written.with_context(|| format!("cannot write `{}`", path.display()))
}

fn replace(path: &Path, bytes: &[u8]) -> io::Result<()> {
    let name = path.file_name().ok_or(io::ErrorKind::IsADirectory)?.to_string_lossy();
    let unfinished = path.with_file_name(format!(".{name}.{}", std::process::id()));
    let written = fs::write(&unfinished, bytes).and_then(|()| fs::rename(&unfinished, path));
    if written.is_err() {
        // The temporary file may not exist.
        let _ = fs::remove_file(&unfinished);
    }
    written
}
