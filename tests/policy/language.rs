//! Checks the language of documents, messages and doc comments: no banned opening, no banned word.
//!
//! `tests/policy/banned.toml` lists both, with the terms to use, and the places where a word is allowed.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

use serde::Deserialize;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Banned {
    openings: Vec<String>,
    words: BTreeMap<String, String>,
    phrases: BTreeMap<String, String>,
    /// Words by the beginning of a path.
    allowed: BTreeMap<String, Vec<String>>,
}

/// One line of prose: where it is, and if it begins a doc comment.
struct Prose {
    place: String,
    text: String,
    begins: bool,
}

#[test]
fn prose_has_no_banned_opening_and_no_banned_word() {
    let banned = banned();
    let mut used = Vec::new();
    let mut findings = Vec::new();
    let mut files = 0;
    for file in tracked() {
        let Ok(text) = fs::read_to_string(root().join(&file)) else { continue };
        files += 1;
        for line in prose(&file, &text) {
            for (word, instead) in banned.found(&line) {
                let allowed =
                    banned.allowed.iter().find(|(path, words)| file.starts_with(*path) && words.contains(&word));
                match allowed {
                    Some((path, _)) => used.push((path.clone(), word)),
                    None => {
                        findings.push(format!("{}: `{word}`: write `{instead}`\n    {}", line.place, line.text.trim()))
                    }
                }
            }
        }
    }
    assert!(files > 1000, "only {files} files were read");
    for (path, words) in &banned.allowed {
        for word in words {
            let entry = (path.clone(), word.clone());
            if !used.contains(&entry) {
                findings.push(format!("tests/policy/banned.toml: `{path}` is allowed to use `{word}`, and does not"));
            }
        }
    }
    assert!(findings.is_empty(), "{} findings\n{}", findings.len(), findings.join("\n"));
}

#[test]
fn planted_language_mistakes_are_found() {
    let banned = banned();
    let found = |file: &str, text: &str| -> Vec<String> {
        prose(file, text).iter().flat_map(|line| banned.found(line)).map(|(word, _)| word).collect()
    };
    assert_eq!(found("a.rs", "/// What a thing is.\nstruct A;\n"), ["What"]);
    assert_eq!(found("a.rs", "/// The name.\n/// What follows is a sentence that goes on.\n"), [""; 0]);
    assert_eq!(found("a.rs", "let told = format!(\"x is told to {y}\"); // it tells\n"), ["told", "tells"]);
    assert_eq!(found("a.rs", "let told = 1; // `told` is a name\n"), [""; 0]);
    assert_eq!(found("a.md", "A module is nothing for `native`.\n\n```\ntold\n```\n"), ["is nothing for"]);
    assert_eq!(found("a.toml", "told = 'x'\nreason = \"nobody knows\" # a loan\n"), ["nobody", "loan"]);
}

impl Banned {
    /// Returns each banned word of a line with the term to use.
    fn found(&self, line: &Prose) -> Vec<(String, String)> {
        let mut found = Vec::new();
        let first = line.text.split_whitespace().next().unwrap_or_default();
        if line.begins && self.openings.iter().any(|opening| opening == first) {
            found.push((first.to_string(), "a verb or a noun".to_string()));
        }
        let lower = line.text.to_lowercase();
        for word in lower.split(|c: char| !c.is_alphanumeric() && c != '-' && c != '_') {
            if let Some(instead) = self.words.get(word) {
                found.push((word.to_string(), instead.clone()));
            }
        }
        let phrases = self.phrases.iter().filter(|(phrase, _)| lower.contains(phrase.as_str()));
        found.extend(phrases.map(|(phrase, instead)| (phrase.clone(), instead.clone())));
        found
    }
}

fn banned() -> Banned {
    let path = root().join("tests/policy/banned.toml");
    toml::from_str(&fs::read_to_string(path).expect("the list")).expect("a list of this form")
}

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

/// Returns the files of the repository that hold prose, sorted.
fn tracked() -> Vec<String> {
    let mut files = Vec::new();
    let mut directories = vec![root().to_path_buf()];
    while let Some(directory) = directories.pop() {
        for entry in fs::read_dir(&directory).expect("a directory").map(|entry| entry.expect("an entry")) {
            let (path, name) = (entry.path(), entry.file_name().to_string_lossy().into_owned());
            let kind = entry.file_type().expect("a kind");
            if kind.is_dir() && !["target", "node_modules", "corpus"].contains(&name.as_str()) && !name.starts_with('.')
            {
                directories.push(path);
            } else if kind.is_file()
                && ["rs", "md", "toml", "txt", "stdout", "stderr", "json", "wat", "wit"]
                    .iter()
                    .any(|end| has_end(&name, end))
            {
                let relative = path.strip_prefix(root()).expect("below the root").to_string_lossy().replace('\\', "/");
                files.push(relative);
            }
        }
    }
    files.retain(|file| !["tests/policy/language.rs", "tests/policy/banned.toml"].contains(&file.as_str()));
    files.sort();
    files
}

fn has_end(name: &str, end: &str) -> bool {
    name.rsplit_once('.').is_some_and(|(_, found)| found == end)
}

/// Returns the prose of a file: comments and string literals of code, all text but code blocks of documents, and all of an
/// expected output. Code in backticks is left out.
fn prose(file: &str, text: &str) -> Vec<Prose> {
    let end = file.rsplit_once('.').map_or("", |(_, end)| end);
    let mut prose = Vec::new();
    let (mut in_block, mut in_comment) = (false, false);
    for (index, line) in text.lines().enumerate() {
        let place = format!("{file}:{}", index + 1);
        let trimmed = line.trim_start();
        let mut push = |text: &str, begins: bool| {
            prose.push(Prose { place: place.clone(), text: without_code(text), begins });
        };
        match end {
            "rs" => {
                let doc = ["///", "//!"].iter().find_map(|mark| trimmed.strip_prefix(mark));
                if let Some(doc) = doc {
                    in_block ^= doc.trim_start().starts_with("```");
                    if !in_block {
                        push(doc, !in_comment);
                    }
                } else {
                    strings(line).iter().for_each(|string| push(string, false));
                    if let Some((_, comment)) = split_comment(line, "//") {
                        push(comment, false);
                    }
                }
                in_comment = doc.is_some();
                in_block &= in_comment;
            }
            "toml" => {
                strings(line).iter().for_each(|string| push(string, false));
                if let Some((_, comment)) = split_comment(line, "#") {
                    push(comment, false);
                }
            }
            "wat" | "wit" => {
                let mark = if end == "wat" { ";;" } else { "//" };
                if let Some((_, comment)) = line.split_once(mark) {
                    push(comment, false);
                }
            }
            "md" => {
                in_block ^= trimmed.starts_with("```");
                if !in_block {
                    push(line, false);
                }
            }
            _ => push(line, false),
        }
    }
    prose
}

/// Splits a line at a comment that does not stand in a string.
fn split_comment<'l>(line: &'l str, mark: &str) -> Option<(&'l str, &'l str)> {
    let mut quoted = false;
    for (at, c) in line.char_indices() {
        match c {
            '"' if !line[..at].ends_with('\\') => quoted = !quoted,
            _ if !quoted && line[at..].starts_with(mark) => return Some((&line[..at], &line[at + mark.len()..])),
            _ => {}
        }
    }
    None
}

/// Returns the string literals of a line that are closed on it.
fn strings(line: &str) -> Vec<&str> {
    let code = split_comment(line, "//").map_or(line, |(code, _)| code);
    code.split('"').skip(1).step_by(2).collect()
}

/// Returns a text without code in backticks and without placeholders in braces.
fn without_code(text: &str) -> String {
    let prose = text.split('`').step_by(2).collect::<Vec<_>>().join("`");
    let mut pieces = prose.split('{');
    let first = pieces.next().unwrap_or_default().to_string();
    pieces.fold(first, |text, piece| text + "{}" + piece.split_once('}').map_or(piece, |(_, rest)| rest))
}
