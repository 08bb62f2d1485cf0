//! Names of suites as parts of trial names.

use std::collections::{BTreeMap, BTreeSet};

/// Maximum length of a suite's part of a trial name, which is also a part of file names.
const LONGEST: usize = 60;

/// Returns a unique word for each suite, given by name and directory: the name without characters that are invalid in
/// trial names. Suites of the same name also have their directory in the word.
pub(super) fn words(suites: &[(String, String)]) -> Vec<String> {
    let mut count: BTreeMap<String, usize> = BTreeMap::new();
    for (name, _) in suites {
        *count.entry(word(name)).or_default() += 1;
    }
    let mut used = BTreeSet::new();
    let unique = |(name, folder): &(String, String)| {
        let short = word(name);
        let base =
            if count.get(&short).is_some_and(|count| *count > 1) { word(&format!("{name} {folder}")) } else { short };
        let numbered = (2..).map(|number| format!("{base}-{number}"));
        let mut candidates = std::iter::once(base.clone()).chain(numbered);
        candidates.find(|candidate| used.insert(candidate.clone())).unwrap_or(base)
    };
    suites.iter().map(unique).collect()
}

/// Replaces all other characters than ASCII letters, digits and `_` by single `-`.
fn word(name: &str) -> String {
    let fits = |c: char| c.is_ascii_alphanumeric() || c == '_';
    let parts: Vec<&str> = name.split(|c| !fits(c)).filter(|part| !part.is_empty()).collect();
    let mut word = parts.join("-");
    word.truncate(LONGEST);
    let word = word.trim_end_matches('-');
    if word.is_empty() { "suite".to_string() } else { word.to_string() }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn words_of(suites: &[(&str, &str)]) -> Vec<String> {
        words(&suites.iter().map(|(name, folder)| (name.to_string(), folder.to_string())).collect::<Vec<_>>())
    }

    #[test]
    fn suites_have_unique_words() {
        assert_eq!(
            words_of(&[
                ("WASI Rust tests [wasm32-wasip1]", "rust"),
                ("WASI Assemblyscript  tests", "as"),
                ("same", "a/b"),
                ("same", "a-b"),
                ("same a b", "c"),
                ("\u{e4}\u{f6}", "d"),
                (&"long-".repeat(20), "e"),
            ]),
            [
                "WASI-Rust-tests-wasm32-wasip1",
                "WASI-Assemblyscript-tests",
                "same-a-b",
                "same-a-b-2",
                "same-a-b-3",
                "suite",
                "long-long-long-long-long-long-long-long-long-long-long-long",
            ]
        );
    }
}
