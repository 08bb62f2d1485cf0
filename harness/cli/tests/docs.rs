//! Documentation tests: shown commands run, paths exist, and shown outputs and files are up to date.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use polyfill_testing::golden;

/// Documents to check.
const DOCUMENTS: [&str; 13] = [
    "README.md",
    "ARCHITECTURE.md",
    "docs/compare.md",
    "docs/findings/README.md",
    "docs/hosts.md",
    "docs/fuzz.md",
    "docs/lab.md",
    "docs/sanitize.md",
    "docs/inject.md",
    "guests/differences/README.md",
    "guests/regressions/README.md",
    "guests/fault-injection/README.md",
    "hosts/README.md",
];

#[test]
#[ignore = "slow: run with `-- --ignored`"]
fn documented_commands_succeed() {
    let ci = fs::read_to_string(root().join(".ci/run")).unwrap();
    for block in blocks() {
        match block.language.as_str() {
            "sh" => {
                for line in block.text.lines().filter(|line| !line.is_empty()) {
                    match polyfill(line) {
                        // `cargo test` already runs all trials, and includes this test. CI runs all releases, and
                        // differential fuzzing of all releases.
                        Some(args)
                            if (matches!(args[0].as_str(), "test" | "matrix" | "compare")
                                && args.iter().all(|arg| arg != "--sanitize"))
                                || args.iter().any(|arg| arg == "--regressions") =>
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
                        None => assert!(is_known(line), "no check for `{line}` of {}", block.document),
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
fn shown_files_are_up_to_date() {
    for block in blocks() {
        if let Some(path) = block.case {
            let file = fs::read_to_string(root().join(&path)).unwrap();
            assert_eq!(block.text, file, "{} shows another {path}", block.document);
        }
    }
}

/// `BLESS=1 cargo test --test docs` writes the picture.
#[test]
fn the_picture_shows_real_output() {
    let args = ["test", "--suite", "harness/cli/tests/cli/inputs/failing", "hello::default", "traps"].map(String::from);
    let output = run(&args);
    let mut text = format!("$ polyfill {}\n{}{}", args.join(" "), text(&output.stdout), text(&output.stderr));
    text =
        text.lines().filter(|line| !line.starts_with("compiling")).map(|line| format!("{}\n", stable(line))).collect();
    golden::assert(&root().join("docs/trial.svg"), &picture(&text));
}

/// Replaces durations and paths of this machine in a line.
fn stable(line: &str) -> String {
    let line = match line.find("; compile ") {
        Some(at) => &line[..at],
        None => line,
    };
    match (line.strip_prefix("recording: "), line.rfind('/')) {
        (Some(_), Some(at)) => format!("recording: target/polyfill/failed{}", &line[at..]),
        _ => line.to_string(),
    }
}

/// Renders the output of a terminal as SVG.
fn picture(text: &str) -> String {
    const LINE: usize = 18;
    let lines: Vec<&str> = text.lines().collect();
    let columns = lines.iter().map(|line| line.chars().count()).max().unwrap_or_default();
    let (width, height) = (columns * 8 + 32, lines.len() * LINE + 32);
    let mut svg = format!(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"{width}\" height=\"{height}\" viewBox=\"0 0 {width} {height}\">\n\
         <rect width=\"100%\" height=\"100%\" rx=\"8\" fill=\"#16181d\"/>\n\
         <g font-family=\"ui-monospace, Menlo, Consolas, monospace\" font-size=\"13\" xml:space=\"preserve\">\n"
    );
    for (number, line) in lines.iter().enumerate().filter(|(_, line)| !line.is_empty()) {
        let color = match line.trim_start() {
            l if line.starts_with("$ ") || l.starts_with("rerun:") => "#7aa2f7",
            l if l.ends_with("FAILED") || l.starts_with('-') && !l.starts_with("--") => "#f7768e",
            l if l.ends_with(" ok") || l.starts_with('+') => "#9ece6a",
            l if l.starts_with("----") => "#e0af68",
            _ => "#c8ccd4",
        };
        let line = line.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;");
        svg += &format!("<text x=\"16\" y=\"{}\" fill=\"{color}\">{line}</text>\n", number * LINE + 28);
    }
    svg + "</g>\n</svg>\n"
}

#[test]
fn documented_paths_exist() {
    for document in DOCUMENTS {
        let text = fs::read_to_string(root().join(document)).unwrap();
        let beside = root().join(document).parent().expect("documents are in a folder").to_path_buf();
        let linked = linked(&text).into_iter().map(|path| beside.join(path));
        for path in linked.chain(quoted(&text).into_iter().map(|path| root().join(path))) {
            assert!(path.exists(), "{document} names {}, which does not exist", path.display());
        }
    }
}

/// Returns true for a command of another program in the documents. CI runs each of them, or one that contains it.
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

/// Returns the arguments, if the line is a `polyfill` command.
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
    Command::new(env!("CARGO_BIN_EXE_polyfill"))
        .args(args)
        .current_dir(root())
        // For the goldens of this test only.
        .env_remove("BLESS")
        .output()
        .unwrap()
}

struct Block {
    document: &'static str,
    language: String,
    case: Option<String>,
    text: String,
}

/// Returns all fenced blocks.
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

/// Returns the targets of links within the repository.
fn linked(text: &str) -> Vec<String> {
    text.split("](")
        .skip(1)
        .filter_map(|rest| rest.split(')').next())
        .filter(|target| !target.contains("://"))
        .filter_map(|target| target.split('#').next())
        .filter(|path| !path.is_empty())
        .map(str::to_string)
        .collect()
}

/// Returns the paths in backquotes: words with a slash, below a directory of the repository.
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
