//! Parses the make-style dependency files of rustc, cargo and C compilers.

use std::path::{Path, PathBuf};

/// Returns the prerequisites of the first rule. Relative paths are below `folder`.
pub(super) fn parse(text: &str, folder: &Path) -> Vec<PathBuf> {
    let text = text.replace("\\\r\n", " ").replace("\\\n", " ");
    let rule = text.lines().map(str::trim_end).find_map(|line| {
        let prerequisites = line.split_once(": ").map(|(_, after)| after);
        prerequisites.filter(|_| !line.starts_with('#'))
    });
    words(rule.unwrap_or_default()).into_iter().map(|word| folder.join(word)).collect()
}

/// Splits words, in which `\ ` is a space and `$$` a dollar sign.
fn words(text: &str) -> Vec<String> {
    let mut words = vec![String::new()];
    let mut rest = text.chars().peekable();
    while let Some(c) = rest.next() {
        let word = words.len() - 1;
        match (c, rest.peek()) {
            ('\\', Some(' ' | '#')) => words[word].extend(rest.next()),
            ('$', Some('$')) => words[word].extend(rest.next()),
            (' ' | '\t', _) => words.push(String::new()),
            _ => words[word].push(c),
        }
    }
    words.retain(|word| !word.is_empty());
    words
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(text: &str, expected: &[&str]) {
        let parsed = parse(text, Path::new("/f"));
        assert_eq!(parsed, expected.iter().map(PathBuf::from).collect::<Vec<_>>());
    }

    #[test]
    fn prerequisites_of_the_first_rule_are_parsed() {
        check("out.wasm: a.rs /b.rs\n\na.rs:\n", &["/f/a.rs", "/b.rs"]);
        check("out.o: a.c \\\n  dir/b.h \\\n  c.h\n", &["/f/a.c", "/f/dir/b.h", "/f/c.h"]);
        check("out: with\\ space.rs $$x.rs", &["/f/with space.rs", "/f/$x.rs"]);
        check("# env-dep:A=: b\nout: a", &["/f/a"]);
        check("", &[]);
    }
}
