//! Formats expected and actual files as lines to compare. Pure: no I/O.

use std::collections::{BTreeMap, BTreeSet};

use polyfill_builder::case::BytesError;
use polyfill_builder::tree::{Entry, Node, Tree};

use crate::observation::FileState;
use crate::values::{bytes_text, string_text};

/// Returns a line per path, expected and actual. The lines are equal if the files match.
pub(crate) fn lines(expected: &Tree, actual: &BTreeMap<String, FileState>) -> Result<[Vec<String>; 2], BytesError> {
    let mut lines = [Vec::new(), Vec::new()];
    let paths: BTreeSet<&String> = expected.keys().chain(actual.keys()).collect();
    for path in paths {
        let entry = expected.get(path);
        if let Some(entry) = entry {
            lines[0].push(format!("{path}: {}", wanted(entry)?));
        }
        let Some(there) = actual.get(path) else { continue };
        // Parent directories of expected entries need not be listed in the case.
        let on_the_way = |other: &String| other.strip_prefix(path.as_str()).is_some_and(|rest| rest.starts_with('/'));
        if entry.is_some() || !matches!(there, FileState::Folder { .. }) || !expected.keys().any(on_the_way) {
            lines[1].push(format!("{path}: {}", found(there, entry.and_then(Entry::node))));
        }
    }
    Ok(lines)
}

fn wanted(entry: &Entry) -> Result<String, BytesError> {
    let default = Node::default();
    let node = entry.node().unwrap_or(&default);
    let mut text = match (entry.content(), &node.link) {
        (Some(content), _) => bytes_text(&content.read()?.unwrap_or_default()),
        (None, Some(to)) => format!("link to {}", string_text(to)),
        (None, None) => "directory".to_string(),
    };
    if let Some(mode) = node.permissions() {
        text.push_str(&match mode {
            Ok(mode) => shown_mode(mode),
            Err(mode) => format!(", mode {mode}"),
        });
    }
    text.extend(node.modified.map(shown_time));
    Ok(text)
}

/// Shows permissions and times only if the expected entry specifies them.
fn found(actual: &FileState, node: Option<&Node>) -> String {
    let (mut text, mode, modified) = match actual {
        FileState::File { content, mode, modified } => (bytes_text(content), *mode, *modified),
        FileState::Folder { mode, modified } => ("directory".to_string(), *mode, *modified),
        FileState::Link { to } => return format!("link to {}", string_text(to)),
        FileState::Other => return "special file (not a file, directory or link)".to_string(),
    };
    if node.is_some_and(|node| node.mode.is_some()) {
        text.push_str(&shown_mode(mode));
    }
    if node.is_some_and(|node| node.modified.is_some()) {
        text.push_str(&shown_time(modified));
    }
    text
}

fn shown_mode(mode: u32) -> String {
    format!(", mode {mode:04o}")
}

fn shown_time(seconds: i64) -> String {
    format!(", modified {seconds} s after 1970")
}

#[cfg(test)]
mod tests {
    use polyfill_builder::case::Expect;

    use super::*;

    #[track_caller]
    fn check(expected: &str, difference: &str) {
        let expect: Expect = toml::from_str(&format!("[files]\n{expected}")).unwrap();
        let file = |text: &str| FileState::File { content: text.into(), mode: 0o644, modified: 7 };
        let actual = BTreeMap::from([
            ("a".to_string(), file("text")),
            ("d".to_string(), FileState::Folder { mode: 0o755, modified: 7 }),
            ("d/b".to_string(), file("")),
            ("l".to_string(), FileState::Link { to: "a".into() }),
        ]);
        let [expected, actual] = lines(&expect.files.unwrap(), &actual).unwrap();
        let missing = expected.iter().filter(|line| !actual.contains(line)).map(|line| format!("-{line}"));
        let more = actual.iter().filter(|line| !expected.contains(line)).map(|line| format!("+{line}"));
        assert_eq!(missing.chain(more).collect::<Vec<_>>().join("; "), difference);
    }

    #[test]
    fn unlisted_files_are_differences() {
        check("a = 'text'\n'd/b' = ''\nl = { link = 'a' }", "");
        check(
            "a = { content = 'text', mode = '644' }\nd = { folder = true, modified = 7 }\n'd/b' = ''\nl = { link = 'a' }",
            "",
        );
        check("a = 'text'\nl = { link = 'a' }", "+d: directory; +d/b: \"\"");
        check("a = 'text'\nd = { folder = true }\nl = { link = 'a' }", "+d/b: \"\"");
    }

    #[test]
    fn missing_or_changed_files_are_differences() {
        check("a = 'text'\n'd/b' = ''\nl = { link = 'b' }\nx = ''", "-l: link to \"b\"; -x: \"\"; +l: link to \"a\"");
        check("a = 'Text'\n'd/b' = ''\nl = 'a'", "-a: \"Text\"; -l: \"a\"; +a: \"text\"; +l: link to \"a\"");
        check(
            "a = { content = 'text', mode = '0600', modified = 8 }\n'd/b' = ''\nl = { link = 'a' }",
            "-a: \"text\", mode 0600, modified 8 s after 1970; +a: \"text\", mode 0644, modified 7 s after 1970",
        );
    }
}
