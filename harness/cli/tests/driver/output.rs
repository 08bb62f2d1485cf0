//! Output of the commands of a test, and its golden files: `<test>.stdout` and `<test>.stderr` next to it. An empty
//! output has no file.

use std::path::{Path, PathBuf};

use polyfill_testing::golden;

/// Extensions of golden files.
const ENDS: [&str; 2] = [".stdout", ".stderr"];

/// Returns the test of a golden file.
pub fn owner(name: &str) -> Option<&str> {
    ENDS.iter().find_map(|end| name.strip_suffix(end))
}

/// Actual output: standard output and standard error.
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

    /// Compares the output with the golden files of a test.
    pub fn check(&self, test: &Path) -> Result<(), String> {
        let check = |(end, text): (&str, &String)| {
            let path = PathBuf::from(format!("{}{end}", test.display()));
            golden::check_optional(&path, (!text.is_empty()).then_some(text))
        };
        let problems: Vec<String> = ENDS.into_iter().zip(&self.0).map(check).filter_map(Result::err).collect();
        if problems.is_empty() { Ok(()) } else { Err(problems.join("\n\n")) }
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
