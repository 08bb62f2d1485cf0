//! Output to standard output and to files, which are written atomically.

use std::io::{self, IsTerminal};
use std::path::Path;

use anyhow::{Context, bail};
use polyfill_builder::{system, terminal};
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
    system::write(path, bytes).with_context(|| format!("cannot write `{}`", path.display()))
}
