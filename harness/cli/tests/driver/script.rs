//! Commands in the head of a test file, and their execution.

use std::fs::{self, File};
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};

use crate::output::{self, Seen};

/// Comment prefixes of the languages of test files.
const COMMENTS: [&str; 3] = [";;", "//", "#"];

/// Environment variables that must not influence a run.
const NOT_INHERITED: [&str; 10] = [
    "BLESS",
    "CI",
    "CLICOLOR_FORCE",
    "COLUMNS",
    "POLYFILL_CC",
    "POLYFILL_CXX",
    "POLYFILL_ENGINES",
    "POLYFILL_NO_INSTALL",
    "POLYFILL_REQUIRE",
    "RUST_LOG",
];

/// Commands of a test file.
pub struct Script {
    file: PathBuf,
    lines: Vec<Line>,
    /// Set if the test takes long. It is ignored by default.
    pub is_slow: bool,
}

/// One line of commands.
struct Line {
    text: String,
    words: Vec<String>,
    action: Action,
}

/// Effect of a line.
enum Action {
    /// Runs the command, which must end with this exit code.
    Run(i32),
    /// Copies a directory, for a command that modifies it.
    Copy,
}

impl Script {
    /// Parses the head of a file: comments, up to the first line that is not a comment.
    pub fn read(file: &Path) -> Result<Script, String> {
        let bytes = fs::read(file).map_err(|error| error.to_string())?;
        let text = String::from_utf8_lossy(&bytes);
        let comment = |line: &str| {
            let rest = COMMENTS.iter().find_map(|start| line.trim_start().strip_prefix(start))?;
            Some(rest.trim_start_matches([';', '/', '#']).trim().to_string())
        };
        let head: Vec<String> = text.lines().map_while(comment).collect();
        let lines = head.iter().filter_map(|line| Line::parse(line).transpose()).collect::<Result<Vec<_>, _>>()?;
        if lines.is_empty() {
            return Err("there is no `RUN:` and no `FAIL:` in the comments at its head; see readme.txt".to_string());
        }
        let is_slow = head.iter().any(|line| line == "SLOW");
        Ok(Script { file: file.to_path_buf(), lines, is_slow })
    }

    /// Runs all commands. An unexpected exit code is an error.
    pub fn run(&self, temporary: &Path) -> Result<Seen, String> {
        let folder = self.file.parent().unwrap_or(Path::new("."));
        let mut seen = Seen::default();
        for line in &self.lines {
            let Action::Run(code) = line.action else {
                line.copy(folder, temporary)?;
                continue;
            };
            let output = line.run(&self.file, folder, temporary)?;
            let shown = |bytes: &[u8]| output::normal(bytes, folder, temporary);
            let (stdout, stderr) = (shown(&output.stdout), shown(&output.stderr));
            if output.status.code() != Some(code) {
                return Err(format!(
                    "`{}`: expected exit code {code}, but it ended with {}\n--- stdout\n{stdout}--- stderr\n{stderr}",
                    line.text, output.status
                ));
            }
            let heading = (self.lines.len() > 1).then(|| format!("$ {}\n", line.text));
            seen.add(heading.as_deref().unwrap_or_default(), &stdout, &stderr);
        }
        Ok(seen)
    }
}

impl Line {
    /// Parses `RUN: ..`, `FAIL: ..`, `FAIL[code]: ..` or `COPY: ..`. Returns `None` for any other comment.
    fn parse(line: &str) -> Result<Option<Line>, String> {
        let (action, text) = if let Some(text) = line.strip_prefix("RUN:") {
            (Action::Run(0), text)
        } else if let Some(text) = line.strip_prefix("FAIL:") {
            (Action::Run(1), text)
        } else if let Some((code, text)) = line.strip_prefix("FAIL[").and_then(|rest| rest.split_once("]:")) {
            (Action::Run(code.parse().map_err(|_| format!("`{line}`: no exit code between `[` and `]`"))?), text)
        } else if let Some(text) = line.strip_prefix("COPY:") {
            (Action::Copy, text)
        } else {
            return Ok(None);
        };
        let text = text.trim().to_string();
        Ok(Some(Line { words: words(&text)?, text, action }))
    }

    fn copy(&self, folder: &Path, temporary: &Path) -> Result<(), String> {
        let [from, to] = &self.words[..] else {
            return Err(format!("`COPY: {}`: expected two folders", self.text));
        };
        let to = to.replace("%tmp", &temporary.display().to_string());
        copy(&folder.join(from), Path::new(&to)).map_err(|error| format!("`COPY: {}`: {error}", self.text))
    }

    fn run(&self, file: &Path, folder: &Path, temporary: &Path) -> Result<Output, String> {
        let name = file.file_name().unwrap_or_default().to_string_lossy();
        let tmp = temporary.display().to_string();
        let expand = |word: &String| word.replace("%tmp", &tmp).replace('%', &name);
        let mut command = Command::new(env!("CARGO_BIN_EXE_polyfill"));
        command.current_dir(folder).stdin(Stdio::null());
        for variable in NOT_INHERITED {
            command.env_remove(variable);
        }
        command.env("CARGO_TARGET_DIR", temporary.join("target"));
        let mut words = self.words.iter().map(expand).peekable();
        while let Some((variable, value)) = words.peek().and_then(|word| word.split_once('=')) {
            command.env(variable, value);
            words.next();
        }
        while let Some(word) = words.next() {
            match (word.as_str(), words.peek()) {
                ("<", Some(input)) => {
                    let input = File::open(folder.join(input)).map_err(|error| format!("`< {input}`: {error}"))?;
                    command.stdin(input);
                    words.next();
                }
                _ => drop(command.arg(word)),
            }
        }
        command.output().map_err(|error| format!("cannot run polyfill: {error}"))
    }
}

fn copy(from: &Path, to: &Path) -> std::io::Result<()> {
    fs::create_dir_all(to)?;
    for entry in fs::read_dir(from)? {
        let entry = entry?;
        let target = to.join(entry.file_name());
        match entry.path().is_dir() {
            true => copy(&entry.path(), &target)?,
            false => drop(fs::copy(entry.path(), target)?),
        }
    }
    Ok(())
}

/// Splits words like a shell, with '..' and "..", without escapes.
fn words(text: &str) -> Result<Vec<String>, String> {
    let mut words = Vec::new();
    let mut word: Option<String> = None;
    let mut quote = None;
    for c in text.chars() {
        match (quote, c) {
            (Some(open), c) if c == open => quote = None,
            (None, '\'' | '"') => {
                quote = Some(c);
                word.get_or_insert_default();
            }
            (None, c) if c.is_whitespace() => words.extend(word.take()),
            (_, c) => word.get_or_insert_default().push(c),
        }
    }
    words.extend(word);
    match quote {
        Some(quote) => Err(format!("`{text}`: {quote} is not closed")),
        None => Ok(words),
    }
}
