//! Expected output of a test: `<test>.stdout` and `<test>.stderr` next to it. An empty output has no file.

use std::fmt::Write;
use std::fs;
use std::path::{Path, PathBuf};

use similar::TextDiff;

/// Extensions of expected files.
const ENDS: [&str; 2] = [".stdout", ".stderr"];

/// Returns true if the file is the expected output of a test.
pub fn is_golden(name: &str) -> bool {
    owner(name).is_some()
}

/// Returns the test of an expected file.
pub fn owner(name: &str) -> Option<&str> {
    ENDS.iter().find_map(|end| name.strip_suffix(end))
}

/// Actual output.
#[derive(Default)]
pub struct Seen([String; 2]);

impl Seen {
    /// Adds the output of one command, under a heading.
    pub fn add(&mut self, heading: &str, stdout: &str, stderr: &str) {
        for (all, text) in self.0.iter_mut().zip([stdout, stderr]) {
            if !text.is_empty() {
                all.push_str(heading);
                all.push_str(text);
            }
        }
    }
}

/// Expected files of a test.
pub struct Goldens([PathBuf; 2]);

impl Goldens {
    /// Returns the expected files of this test file.
    pub fn of(file: &Path) -> Goldens {
        Goldens(ENDS.map(|end| PathBuf::from(format!("{}{end}", file.display()))))
    }

    /// Overwrites the expected output with the actual output.
    pub fn write(&self, seen: &Seen) -> Result<(), String> {
        for (path, seen) in self.0.iter().zip(&seen.0) {
            let written = match (seen.is_empty(), path.exists()) {
                (true, true) => fs::remove_file(path),
                (true, false) => Ok(()),
                (false, _) => fs::write(path, seen),
            };
            written.map_err(|error| format!("{}: {error}", path.display()))?;
        }
        Ok(())
    }

    /// Compares the actual output with the expected output.
    pub fn compare(&self, seen: &Seen) -> Result<(), String> {
        let mut report = String::new();
        for (path, seen) in self.0.iter().zip(&seen.0) {
            let expected = match path.exists() {
                true => fs::read_to_string(path).map_err(|error| format!("{}: {error}", path.display()))?,
                false => String::new(),
            };
            if expected.is_empty() && path.exists() {
                let _ = writeln!(report, "{} is empty: where nothing is printed there is no file", path.display());
            }
            if expected != *seen {
                let diff = TextDiff::from_lines(expected.as_str(), seen.as_str());
                let _ = write!(report, "{} (- expected, + actual)\n{}", path.display(), diff.unified_diff());
            }
        }
        match report.is_empty() {
            true => Ok(()),
            false => Err(format!("{report}\nif this is how it should be: the same with BLESS=1")),
        }
    }
}

/// Normalizes output, so that it is the same on every machine and in every run.
pub fn normal(bytes: &[u8], folder: &Path, temporary: &Path) -> String {
    if bytes.starts_with(b"\0asm") {
        return binary(bytes);
    }
    let text = String::from_utf8_lossy(bytes);
    let text = text.replace(&temporary.display().to_string(), "%tmp").replace(&folder.display().to_string(), "%folder");
    let text = text.replace(concat!("polyfill ", env!("CARGO_PKG_VERSION")), "polyfill %version");
    without_place(&without_times(&text))
}

/// Replaces the build directory, whose name depends on the location of the suite: `recording:
/// ../%suite/out/failed/..`.
fn without_place(text: &str) -> String {
    let place = |line: &str| {
        let rest = line.strip_prefix("recording: ")?.split_once("/polyfill/")?.1.split_once('/')?.1;
        Some(format!("recording: ../%suite/{rest}"))
    };
    text.split_inclusive('\n').map(|line| place(line).unwrap_or_else(|| line.to_string())).collect()
}

fn binary(bytes: &[u8]) -> String {
    let mut validator = wasmparser::Validator::new_with_features(wasmparser::WasmFeatures::all());
    let kind = if wasmparser::Parser::is_component(bytes) { "component" } else { "core module" };
    match validator.validate_all(bytes) {
        Ok(_) => format!("(a valid {kind} in binary form)\n"),
        Err(error) => format!("(an invalid {kind}: {error})\n"),
    }
}

/// Replaces times in summaries: `compile 1.23 s` becomes `compile _ s`.
fn without_times(text: &str) -> String {
    text.split_inclusive('\n')
        .map(|line| if line.contains("; compile ") { without_numbers(line) } else { line.into() })
        .collect()
}

fn without_numbers(line: &str) -> String {
    let (counts, times) = line.split_once("; compile ").unwrap_or((line, ""));
    let words = times.split(' ').map(|word| if word.parse::<f64>().is_ok() { "_" } else { word });
    format!("{counts}; compile {}", words.collect::<Vec<_>>().join(" "))
}
