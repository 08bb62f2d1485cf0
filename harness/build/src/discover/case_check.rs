//! What TOML's shape alone does not say about a case.

use crate::case::{Bytes, Case, Seed};

/// All that is wrong with a case, each line naming the key.
pub(super) fn check(case: &Case) -> Vec<String> {
    let mut problems = Vec::new();
    if let Some(Seed::Word(word)) = &case.seed
        && word != "random"
    {
        problems.push(format!("`seed`: `\"{word}\"` is neither a number nor `\"random\"`"));
    }
    for (key, names) in [("adapters", &case.adapters), ("hosts", &case.hosts)] {
        problems.extend(names.as_ref().and_then(|names| check_names(key, names)));
    }
    let expect = &case.expect;
    for (key, bytes) in [
        ("stdin", &case.stdin),
        ("expect.stdout", &expect.stdout),
        ("expect.stderr", &expect.stderr),
        ("expect.error", &expect.error),
        ("expect.core-calls", &expect.core_calls),
    ] {
        problems.extend(bytes.as_ref().and_then(|bytes| check_bytes(key, bytes)));
    }
    let outcomes = [expect.exit.is_some(), expect.trap.is_some(), expect.error.is_some()];
    if outcomes.into_iter().filter(|given| *given).count() > 1 {
        problems.push("`expect`: only one of `exit`, `trap` and `error` can be expected".to_string());
    }
    if !expect.backtrace.is_empty() && expect.trap.is_none() {
        problems.push("`expect.backtrace`: there is one only where `expect.trap` is given too".to_string());
    }
    if let Some([least, most]) = expect.pages_grown
        && least > most
    {
        problems.push(format!("`expect.pages-grown`: [{least}, {most}] is no [least, most]"));
    }
    for answer in &case.imports {
        if answer.trap_at == Some(0) {
            problems.push(format!("`import` of `{}`: `trap-at` counts calls from 1", answer.function));
        }
    }
    problems
}

fn check_names(key: &str, names: &[String]) -> Option<String> {
    if names.is_empty() {
        return Some(format!("`{key}`: an empty list runs nothing; leave the key out to have all that fit"));
    }
    if let Some(name) = names.iter().find(|name| name.is_empty() || name.contains(char::is_whitespace)) {
        return Some(format!("`{key}`: `{name}` is no name; trial names have no spaces"));
    }
    let twice = names.iter().enumerate().find(|(i, name)| names[..*i].contains(name));
    twice.map(|(_, name)| format!("`{key}`: `{name}` stands there twice"))
}

fn check_bytes(key: &str, bytes: &Bytes) -> Option<String> {
    if let Bytes::File(file) = bytes
        && file.content.is_some()
    {
        return Some(format!("`{key}`: `content` is filled in by the build, only `file` can be given"));
    }
    bytes.read().err().map(|error| format!("`{key}`: {error}"))
}
