//! Validates the content of a case beyond its TOML structure.

use crate::case::{Bytes, Case, Closed, Expect, HostCalls, Pieces, Seed, SomeCalls, Stdin};
use crate::failing::{ExpectedFailure, FailureKind, FailureKinds};
use crate::tree::{self, Node, Tree};

/// Returns all problems of a case, each line naming the key.
pub(super) fn check(case: &Case) -> Vec<String> {
    let mut problems: Vec<String> = case.check_size().err().map(|error| error.to_string()).into_iter().collect();
    if let Some(Seed::Word(word)) = &case.seed
        && word != "random"
    {
        problems.push(format!("`seed`: expected a number or `\"random\"`, found `\"{word}\"`"));
    }
    for product in case.products() {
        for (key, names) in [("adapters", &product.adapters), ("hosts", &product.hosts)] {
            problems.extend(names.as_ref().and_then(|names| check_names(key, names)));
        }
    }
    check_stdin(case, &mut problems);
    if let Some(provider) = &case.encode.provider {
        problems.extend(check_bytes("encode.provider", &Bytes::File(provider.clone())));
    }
    check_expect(case, "expect", &case.expect, &mut problems);
    for on in &case.overrides {
        check_expect(case, "override.expect", &on.expect, &mut problems);
    }
    check_patterns(case, &mut problems);
    check_failures(case, &mut problems);
    check_environment(case, &mut problems);
    check_bug(case, &mut problems);
    check_tree("files", &case.files, &mut problems);
    check_preopens(case, &mut problems);
    for answer in &case.imports {
        if answer.trap_at == Some(0) {
            problems.push(format!("`import` of `{}`: expected `trap-at` of 1 or more, found 0", answer.function));
        }
    }
    problems
}

fn check_stdin(case: &Case, problems: &mut Vec<String>) {
    match &case.stdin {
        Some(Stdin::All(Bytes::Pattern(_))) => problems.push("`stdin`: expected content, found a pattern".to_string()),
        Some(Stdin::All(bytes)) => problems.extend(check_bytes("stdin", bytes)),
        Some(Stdin::Pieces(Pieces { pieces })) if pieces.iter().any(String::is_empty) => {
            problems.push(
                "`stdin.pieces`: expected pieces that are not empty; help: the end of the input follows the last piece"
                    .to_string(),
            );
        }
        Some(Stdin::Closed(Closed { closed: false })) => {
            problems.push("`stdin.closed`: expected `true`, found `false`; help: omit the key".to_string());
        }
        Some(Stdin::Closed(_)) if case.calls.iter().any(|call| call.write_stdin.is_some()) => {
            problems.push("`write-stdin` of a call conflicts with `stdin.closed`".to_string());
        }
        Some(Stdin::Pieces(_) | Stdin::Closed(_)) | None => {}
    }
}

fn check_expect(case: &Case, at: &str, expect: &Expect, problems: &mut Vec<String>) {
    for (key, bytes) in [
        ("stdout", &expect.stdout),
        ("stderr", &expect.stderr),
        ("error", &expect.error),
        ("core-calls", &expect.core_calls),
        ("trace", &expect.trace),
    ] {
        problems.extend(bytes.as_ref().and_then(|bytes| check_bytes(&format!("{at}.{key}"), bytes)));
    }
    if let Some(HostCalls::Some(some)) = &expect.host_calls
        && *some == SomeCalls::default()
    {
        problems.push(format!("`{at}.host-calls`: expected at least one of `at-least`, `unordered` and `never`"));
    }
    let outcomes = [expect.exit.is_some(), expect.trap.is_some(), expect.error.is_some(), expect.limit.is_some()];
    if outcomes.into_iter().filter(|given| *given).count() > 1 {
        problems.push(format!("`{at}`: expected at most one of `exit`, `trap`, `error` and `limit`"));
    }
    if !expect.backtrace.is_empty() && expect.trap.is_none() {
        problems.push(format!("`{at}.backtrace` requires `{at}.trap`"));
    }
    if expect.trap_in.is_some() && expect.trap.is_none() {
        problems.push(format!("`{at}.trap-in` requires `{at}.trap`"));
    }
    if let Some([least, most]) = expect.pages_grown
        && least > most
    {
        problems.push(format!("`{at}.pages-grown`: expected [minimum, maximum], found [{least}, {most}]"));
    }
    if let Some(files) = &expect.files {
        check_tree(&format!("{at}.files"), files, problems);
        if case.files.is_empty() && case.preopens.is_none() {
            problems
                .push(format!("`{at}.files` requires `files` or `preopens`: without them, the guest has no directory"));
        }
    }
}

/// Checks patterns of trials and required reasons.
fn check_patterns(case: &Case, problems: &mut Vec<String>) {
    let excluded = case.skip.iter().map(|skip| ("skip", &skip.trials, Some(&skip.reason)));
    let failing = case.xfail.iter().map(|fails| ("xfail", &fails.trials, Some(&fails.reason)));
    let others = case.overrides.iter().map(|on| ("override", &on.trials, None));
    for (key, trials, reason) in excluded.chain(failing).chain(others) {
        if trials.patterns().is_empty() {
            problems.push(format!("`{key}.trials`: expected at least one pattern"));
        }
        for pattern in trials.patterns().iter().filter(|pattern| !pattern.contains(['@', '*'])) {
            problems.push(format!("`{key}.trials`: expected a pattern of `adapter@host`, found `{pattern}`"));
        }
        if reason.is_some_and(|reason| reason.trim().is_empty()) {
            problems.push(format!("`{key}.reason`: expected a text that is not empty"));
        }
    }
}

/// Checks expected failures.
fn check_failures(case: &Case, problems: &mut Vec<String>) {
    for with in case.xfail.iter().filter_map(|fails| fails.with.as_ref()) {
        match with {
            ExpectedFailure::Kinds(kinds) => check_kinds(case, "xfail.with", kinds, problems),
            ExpectedFailure::Actual(actual) => {
                if **actual == Expect::default() {
                    problems.push("`xfail.with`: expected at least one actual value".to_string());
                }
                check_expect(case, "xfail.with", actual, problems);
            }
        }
    }
    if let Some(kinds) = case.bug.as_ref().and_then(|bug| bug.with.as_ref()) {
        check_kinds(case, "bug.with", kinds, problems);
    }
}

fn check_kinds(case: &Case, key: &str, kinds: &FailureKinds, problems: &mut Vec<String>) {
    if kinds.kinds().is_empty() {
        problems.push(format!("`{key}`: expected at least one kind of failure"));
    }
    if kinds.kinds().contains(&FailureKind::Sanitize) && case.sanitize != Some(true) {
        problems.push(format!("`{key}`: the kind `sanitize` requires `sanitize = true` in the case"));
    }
}

fn check_environment(case: &Case, problems: &mut Vec<String>) {
    let name = |name: &str| name.is_empty() || name.contains(['=', '\0']);
    for (variable, value) in &case.env {
        if name(variable) {
            problems.push(format!("`env`: `{variable}` is not a valid name of an environment variable"));
        }
        problems.extend(value.length().err().map(|error| format!("`env.{variable}`: {error}")));
    }
    if case.env_series.as_ref().is_some_and(|series| name(&series.name)) {
        problems.push("`env-series.name`: not a valid prefix of names of environment variables".to_string());
    }
}

fn check_bug(case: &Case, problems: &mut Vec<String>) {
    let Some(bug) = &case.bug else { return };
    if bug.id.is_empty() || bug.id.contains(char::is_whitespace) {
        problems.push(format!("`bug.id`: expected a name without spaces, found `{}`", bug.id));
    }
    if case.description.is_none() {
        problems.push("`bug` requires `description`".to_string());
    }
    let some_version = semver::Version::new(1, 0, 0);
    problems.extend(bug.is_in(&some_version).err().map(|error| format!("`bug.present`: {error}")));
}

/// Checks that paths stay in the tree, that each path has one entry, and that entries are below directories only.
fn check_tree(key: &str, files: &Tree, problems: &mut Vec<String>) {
    for (path, entry) in files {
        let mut wrong = |message: &str| problems.push(format!("`{key}`: `{path}` {message}"));
        if let Some(problem) = tree::path_problem(path) {
            wrong(problem);
        }
        if let Some(node) = entry.node() {
            let given = [node.content.is_some(), node.folder, node.link.is_some()];
            if given.into_iter().filter(|given| *given).count() != 1 {
                wrong("requires exactly one of `content`, `folder` and `link`");
            }
            if let Some(Err(mode)) = node.permissions() {
                wrong(&format!("has the mode `{mode}`, expected an octal number up to 07777"));
            }
            if node.link.is_some() && (node.mode.is_some() || node.modified.is_some()) {
                wrong("is a link: `mode` and `modified` are not supported");
            }
        }
        let is_folder = entry.node().is_some_and(|node: &Node| node.folder);
        if !is_folder && files.keys().any(|other| other.strip_prefix(path).is_some_and(|rest| rest.starts_with('/'))) {
            wrong("has entries below it, but is not a directory");
        }
        let at = format!("{key}.{path}");
        if let Some(Bytes::Pattern(_)) = entry.content() {
            problems.push(format!("`{at}`: expected content, found a pattern"));
        }
        problems.extend(entry.content().and_then(|bytes| check_bytes(&at, bytes)));
    }
}

/// Checks that each preopened directory is in `files` and not below a symbolic link.
fn check_preopens(case: &Case, problems: &mut Vec<String>) {
    for (name, preopen) in case.preopens.iter().flatten() {
        let folder = preopen.folder();
        let below = |path: &String| path.strip_prefix(folder).is_some_and(|rest| rest.starts_with('/'));
        let named = case.files.get(folder).and_then(|entry| entry.node()).is_some_and(|node| node.folder);
        if !folder.is_empty() && !named && !case.files.keys().any(below) {
            problems.push(format!("`preopens`: `{name}` is `{folder}`, which is not a directory in `files`"));
        }
    }
}

fn check_names(key: &str, names: &[String]) -> Option<String> {
    if names.is_empty() {
        return Some(format!("`{key}`: expected at least one name; help: omit the key to select all that fit"));
    }
    if let Some(name) = names.iter().find(|name| name.is_empty() || name.contains(char::is_whitespace)) {
        return Some(format!("`{key}`: expected a name without spaces, found `{name}`"));
    }
    let twice = names.iter().enumerate().find(|(i, name)| names[..*i].contains(name));
    twice.map(|(_, name)| format!("`{key}`: `{name}` is listed twice"))
}

fn check_bytes(key: &str, bytes: &Bytes) -> Option<String> {
    if let Bytes::File(file) = bytes
        && file.content.is_some()
    {
        return Some(format!("`{key}`: `content` is set by the build; help: set only `file`"));
    }
    bytes.check().err().map(|error| format!("`{key}`: {error}"))
}
