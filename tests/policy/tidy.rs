//! Rules of the source tree that the compiler does not check. `ARCHITECTURE.md` lists those that guard an invariant.

use std::fs;
use std::path::{Path, PathBuf};

/// Maximum lines per file; the encoder has a larger limit. Longer files require a reason in their header.
const LONGEST: usize = 500;
const LONGEST_OF_ENCODER: usize = 600;
const REASON: &str = "//! Long because ";

#[test]
fn every_module_has_documentation() {
    for (path, text) in sources(&["harness", "tests", "guests", "adapters", "build.rs"]) {
        assert!(text.starts_with("//!") || text.starts_with("#!["), "{path} does not begin with `//!`");
    }
}

#[test]
fn files_are_short() {
    for (path, text) in sources(&["harness", "tests", "guests", "adapters"]) {
        let most = if path.starts_with("harness/encoder/src/") { LONGEST_OF_ENCODER } else { LONGEST };
        let head = text.lines().take_while(|line| line.starts_with("//!"));
        let excused = head.into_iter().any(|line| line.strip_prefix(REASON).is_some_and(|reason| !reason.is_empty()));
        assert!(text.lines().count() <= most || excused, "{path} has more than {most} lines without `{REASON}`");
    }
}

/// Recordings and messages report the version of the linked engine.
#[test]
fn the_version_of_wasmtime_is_the_locked_one() {
    let lock = fs::read_to_string(root().join("Cargo.lock")).unwrap();
    let packages = lock.split("[[package]]");
    let versions: Vec<&str> = packages
        .filter(|package| package.contains("\nname = \"wasmtime\"\n"))
        .filter_map(|package| package.lines().find_map(|line| line.strip_prefix("version = ")))
        .collect();
    assert_eq!(versions, [format!("\"{}\"", polyfill_runner::WASMTIME)]);
}

/// The encoder's top-level function has one call per stage.
#[test]
fn encode_fits_in_forty_lines() {
    let text = read(&root().join("harness/encoder/src/lib.rs"));
    let body = text.split("\npub fn encode(").nth(1).and_then(|rest| rest.split("\n}\n").next()).expect("`encode`");
    assert!(body.lines().count() < 40, "`encode` has more than 40 lines");
}

#[test]
fn the_encoder_does_no_io_and_reads_no_environment() {
    for (path, text) in sources(&["harness/encoder/src"]) {
        if path.contains("/tests/") {
            continue;
        }
        for word in
            ["std::fs", "std::env", "std::io", "std::net", "std::process", "std::time", "std::thread", "rayon::"]
        {
            // Validation uses threads. Its result does not depend on their number.
            let may = word == "rayon::" && path.ends_with("/validate.rs");
            assert!(may || !text.contains(word), "{path} uses {word}");
        }
    }
}

#[test]
fn core_names_are_spelled_only_in_names_rs() {
    let spellings = [
        "\"cabi_",
        "\"__main_module__\"",
        "\"__main_memory__\"",
        "\"[resource-",
        "\"[export]",
        "\"cm32p2",
        "\"$root\"",
        "\"_initialize\"",
    ];
    for (path, text) in sources(&["harness/encoder/src"]) {
        if path.ends_with("/names.rs") || path.contains("/tests") {
            continue;
        }
        let code = text.split("#[cfg(test)]").next().unwrap_or_default();
        for spelling in spellings {
            assert!(!code.contains(spelling), "{path} spells {spelling}; see names.rs");
        }
    }
}

#[test]
fn component_indices_exist_only_in_emit() {
    for (path, text) in sources(&["harness/encoder/src"]) {
        if !path.contains("/emit/") {
            assert!(!text.contains("ComponentBuilder"), "{path} writes a component");
        }
    }
}

#[test]
fn audit_shares_no_code_with_wire_or_canon() {
    for (path, text) in sources(&["harness/encoder/src/audit"]) {
        if path.contains("/tests") {
            continue;
        }
        for other in ["crate::wire", "crate::canon", "wasm_signature"] {
            assert!(!text.contains(other), "{path} uses {other}");
        }
    }
}

#[test]
fn only_the_runner_and_the_command_depend_on_wasmtime() {
    for package in ["encoder", "builder"] {
        let manifest = read(&root().join("harness").join(package).join("Cargo.toml"));
        let dependencies = manifest.split("[dev-dependencies]").next().unwrap_or_default();
        assert!(!dependencies.contains("wasmtime"), "{package} depends on wasmtime");
    }
}

/// A thread of a rayon pool that waits for wasmtime would run another guest inside of the current one.
#[test]
fn guests_do_not_run_in_a_pool_of_rayon() {
    for package in ["runner", "recording", "lab", "cli"] {
        let manifest = read(&root().join("harness").join(package).join("Cargo.toml"));
        assert!(!manifest.contains("rayon"), "{package} depends on rayon");
    }
    for (path, text) in sources(&["harness", "benches"]) {
        let code = text.split("mod tests {").next().unwrap_or_default();
        let home = path == "harness/builder/src/system/threads.rs";
        assert!(home || path.contains("/tests/") || !code.contains("thread::scope("), "{path} starts threads");
    }
}

#[test]
fn processes_are_spawned_only_in_the_builder_and_for_external_hosts() {
    for (path, text) in sources(&["harness"]) {
        // Cargo locates the reference's test cases.
        let asks_cargo = path == "harness/differential/src/cases.rs";
        // External hosts.
        let host = path == "harness/runner/src/remote/process.rs";
        if !path.starts_with("harness/builder/") && !path.contains("/tests/") && !asks_cargo && !host {
            assert!(!text.contains("process::Command") && !text.contains("Command::new("), "{path} spawns processes");
        }
    }
}

/// Reading a FIFO or a device may not end, and an empty environment variable counts as unset:
/// `harness/builder/src/system/` handles both.
#[test]
fn files_and_variables_of_users_are_read_only_in_system() {
    let readers = ["fs::read(", "fs::read_to_string(", "File::open(", "env::var(", "env::var_os(", "env::temp_dir("];
    // The runner reads the files that a guest has left; a build has a lock file.
    let own = ["harness/runner/src/files.rs", "harness/builder/src/output.rs"];
    for (path, text) in
        sources(&["builder", "runner", "recording", "lab", "cli"].map(|package| format!("harness/{package}/src")))
    {
        if path.ends_with("/tests.rs") {
            continue;
        }
        let code = text.split("#[cfg(test)]").next().unwrap_or_default();
        for reader in readers {
            let own = path.starts_with("harness/builder/src/system/") || own.contains(&path.as_str());
            assert!(own || !code.contains(reader), "{path} has {reader}..); see harness/builder/src/system/");
        }
    }
}

/// Text reaches a terminal through `polyfill_builder::terminal`, which escapes control characters.
#[test]
fn output_is_printed_only_through_the_terminal_module() {
    let places = [
        "harness/builder/src/terminal.rs",
        // Lines for cargo. `terminal` escapes the part that cargo displays.
        "harness/builder/src/script.rs",
        // The output of a guest is passed on unchanged.
        "harness/runner/src/inputs.rs",
        // Output on generated worlds only, which contains no foreign text.
        "harness/differential/src/main.rs",
    ];
    let macros = ["print", "println", "eprint", "eprintln", "dbg"].map(|name| format!("{name}!("));
    let streams = ["io::stdout()", "io::stderr()", "stdout().lock", "stderr().lock"].map(String::from);
    for (path, text) in sources(&["harness"]) {
        if !path.contains("/src/") || path.contains("/tests") || places.contains(&path.as_str()) {
            continue;
        }
        for (number, line) in text.split("#[cfg(test)]").next().unwrap_or_default().lines().enumerate() {
            // Querying for a terminal writes nothing.
            let line = line.replace("io::stdout().is_terminal()", "").replace("io::stderr().is_terminal()", "");
            let is_word = |at: usize| !line[..at].ends_with(|c: char| c.is_alphanumeric() || c == '_');
            let found = macros.iter().chain(&streams).find(|word| line.match_indices(*word).any(|(at, _)| is_word(at)));
            assert!(
                found.is_none(),
                "{path}:{} writes by `{}`; see `polyfill_builder::terminal`",
                number + 1,
                found.unwrap()
            );
        }
    }
}

#[test]
fn the_build_script_is_short() {
    assert!(read(&root().join("build.rs")).lines().count() <= 20);
}

/// Code in documentation comes from files under `examples/`, which are compiled. Other code blocks are not checked.
#[test]
fn code_in_documentation_is_compiled() {
    for (path, text) in sources(&["harness"]) {
        let fence = |line: &str| {
            let line = line.trim_start();
            line.strip_prefix("//! ```").or(line.strip_prefix("/// ```")).map(str::to_string)
        };
        // Every other fence closes a block.
        for language in text.lines().filter_map(fence).step_by(2) {
            assert!(["text", "toml", "console"].contains(&language.as_str()), "{path} has code in its documentation");
        }
    }
}

#[test]
fn text_files_are_clean() {
    let extensions = ["rs", "toml", "wit", "wat", "md", "c", "go"];
    let mut files = Vec::new();
    for folder in ["harness", "tests", "guests", "adapters", "wit", "README.md", "ARCHITECTURE.md", "CHANGELOG.md"] {
        walk(&root().join(folder), &mut files);
    }
    for file in files {
        let extension = file.extension().and_then(|e| e.to_str()).unwrap_or_default();
        if !extensions.contains(&extension) {
            continue;
        }
        let text = read(&file);
        let path = file.display();
        assert!(
            text.is_empty() || (text.ends_with('\n') && !text.ends_with("\n\n")),
            "{path} does not end in one line break"
        );
        for (number, line) in text.lines().enumerate() {
            assert!(!line.ends_with([' ', '\t', '\r']), "{path}:{} ends in a space", number + 1);
        }
    }
}

/// Returns the Rust sources below directories of the repository: path from the root, and text.
fn sources(folders: &[impl AsRef<Path>]) -> Vec<(String, String)> {
    let mut files = Vec::new();
    for folder in folders {
        walk(&root().join(folder), &mut files);
    }
    files.retain(|file| file.extension().is_some_and(|extension| extension == "rs"));
    files
        .into_iter()
        .map(|file| (file.strip_prefix(root()).unwrap().to_str().unwrap().replace('\\', "/"), read(&file)))
        .collect()
}

/// Collects all files in a deterministic order, except compiler output and test fixtures.
fn walk(path: &Path, files: &mut Vec<PathBuf>) {
    if path.is_file() {
        files.push(path.to_path_buf());
        return;
    }
    let mut entries: Vec<PathBuf> = fs::read_dir(path).unwrap().map(|entry| entry.unwrap().path()).collect();
    entries.sort();
    for entry in entries {
        let name = entry.file_name().and_then(|n| n.to_str()).unwrap_or_default();
        if !["target", "suites", ".polyfill"].contains(&name) {
            walk(&entry, files);
        }
    }
}

fn root() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR"))
}

fn read(path: &Path) -> String {
    fs::read_to_string(path).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}
