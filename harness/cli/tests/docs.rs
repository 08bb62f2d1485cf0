//! What the documents show is true: commands run, paths exist, shown outputs and files are what there is.

#[path = "../../../tests/passed/mod.rs"]
mod passed;

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

/// The documents.
const DOCUMENTS: [&str; 13] = [
    "README.md",
    "ARCHITECTURE.md",
    "docs/compare.md",
    "docs/findings/README.md",
    "docs/hosts.md",
    "docs/hunt.md",
    "docs/lab.md",
    "docs/sanitize.md",
    "docs/sweep.md",
    "guests/divergences/README.md",
    "guests/museum/README.md",
    "guests/sweep/README.md",
    "hosts/README.md",
];

#[test]
fn commands_run() {
    let Some(_run) = passed::unless_passed_with("commands_run", Some(Path::new(env!("CARGO_BIN_EXE_polyfill")))) else {
        return;
    };
    let ci = fs::read_to_string(root().join(".ci/run")).unwrap();
    for block in blocks() {
        match block.language.as_str() {
            "sh" => {
                for line in block.text.lines().filter(|line| !line.is_empty()) {
                    match polyfill(line) {
                        // All trials are what `cargo test` runs already, and this test is a part of that; all releases are
                        // for CI, and so are hunts through all releases.
                        Some(args)
                            if (matches!(args[0].as_str(), "test" | "matrix" | "compare")
                                && args.iter().all(|arg| arg != "--sanitize"))
                                || args.iter().any(|arg| arg == "--museum") =>
                        {
                            assert!(ci.contains(&args.join(" ")), "`{line}` of {} is not in .ci/run", block.document);
                        }
                        Some(args) => {
                            let output = run(&args);
                            assert!(
                                output.status.success(),
                                "`{line}` of {}:\n{}",
                                block.document,
                                text(&output.stderr)
                            );
                        }
                        None => assert!(is_known(line), "nobody checks `{line}` of {}", block.document),
                    }
                }
            }
            "console" => {
                let (line, expected) = block.text.split_once('\n').unwrap();
                let line = line.strip_prefix("$ ").expect("a console block begins with `$ `");
                let output = run(&polyfill(line).expect("a console block shows our command"));
                assert_eq!(text(&output.stdout), expected, "`{line}` of {}", block.document);
            }
            _ => {}
        }
    }
}

#[test]
fn shown_files_are_what_they_are() {
    for block in blocks() {
        if let Some(path) = block.case {
            let file = fs::read_to_string(root().join(&path)).unwrap();
            assert_eq!(block.text, file, "{} shows another {path}", block.document);
        }
    }
}

#[test]
fn paths_exist() {
    for document in DOCUMENTS {
        let text = fs::read_to_string(root().join(document)).unwrap();
        let beside = root().join(document).parent().expect("documents are in a folder").to_path_buf();
        let linked = linked(&text).into_iter().map(|path| beside.join(path));
        for path in linked.chain(quoted(&text).into_iter().map(|path| root().join(path))) {
            assert!(path.exists(), "{document} names {}, which does not exist", path.display());
        }
    }
}

/// Commands of other programs that the documents show; CI runs each of them or one that contains it.
fn is_known(line: &str) -> bool {
    let known = [
        "cargo test",
        "cargo test --test suite -- --list",
        "cargo test --test suite hello",
        "cargo nextest run",
        "cargo bench",
        "npm ci --prefix hosts",
    ];
    known.contains(&line)
}

/// The arguments, if the line is a call of our command.
fn polyfill(line: &str) -> Option<Vec<String>> {
    let arguments = ["cargo run -q -- ", "cargo run -- "].iter().find_map(|prefix| line.strip_prefix(prefix))?;
    let mut words = Vec::new();
    for (index, piece) in arguments.split('\'').enumerate() {
        match index % 2 {
            0 => words.extend(piece.split_whitespace().map(str::to_string)),
            _ => words.push(piece.to_string()),
        }
    }
    Some(words)
}

fn run(args: &[String]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_polyfill")).args(args).current_dir(root()).output().unwrap()
}

struct Block {
    document: &'static str,
    language: String,
    case: Option<String>,
    text: String,
}

/// All fenced blocks.
fn blocks() -> Vec<Block> {
    let mut blocks = Vec::new();
    for document in DOCUMENTS {
        let text = fs::read_to_string(root().join(document)).unwrap();
        let mut lines = text.lines();
        while let Some(line) = lines.next() {
            let Some(info) = line.strip_prefix("```") else { continue };
            let mut words = info.split_whitespace();
            let language = words.next().unwrap_or_default().to_string();
            let case = words.find_map(|word| word.strip_prefix("case=")).map(str::to_string);
            let text = lines.by_ref().take_while(|line| *line != "```").map(|line| format!("{line}\n")).collect();
            blocks.push(Block { document, language, case, text });
        }
    }
    blocks
}

/// Targets of links within the repository.
fn linked(text: &str) -> Vec<String> {
    text.split("](")
        .skip(1)
        .filter_map(|rest| rest.split(')').next())
        .filter(|target| !target.contains("://"))
        .map(str::to_string)
        .collect()
}

/// Paths in backquotes: words with a slash, below a folder of ours.
fn quoted(text: &str) -> Vec<String> {
    text.split('`')
        .skip(1)
        .step_by(2)
        .filter(|word| ["harness/", "guests/", "adapters/", "wit/", "tests/"].iter().any(|p| word.starts_with(p)))
        .filter(|word| !word.contains(char::is_whitespace))
        .map(str::to_string)
        .collect()
}

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..").canonicalize().unwrap()
}

fn text(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).into_owned()
}
