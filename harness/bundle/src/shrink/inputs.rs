//! A bundle's case with less in it: arguments, variables, files and standard input that the run does not need. Only a real host
//! can tell, which gives them to the guest.

use polyfill_build::case::{Bytes, Case, Pieces, Stdin};
use polyfill_build::tree::Entry;
use polyfill_runner::{Engine, Host};

use super::{Goal, MORE_TIME, PATIENCE, ShrinkError, is_same_place};
use crate::format::Bundle;
use crate::replay::{ReplayError, With, replay};

/// The same failure, on that host, with a smaller case; its trace is that of the smaller run. `progress` is told how many parts
/// of the case are left to try.
pub fn shrink_case(
    bundle: &Bundle,
    engine: &Engine,
    host: &dyn Host,
    goal: Goal,
    mut progress: impl FnMut(&str, usize),
) -> Result<Bundle, ShrinkError> {
    let start = std::time::Instant::now();
    let with = |case: &Case| {
        let mut other = bundle.clone();
        other.about.case = case.clone();
        other
    };
    let on_host = With { host: Some(host), limits: goal.limits, ..With::default() };
    let whole = replay(bundle, engine, on_host)?;
    let outcome = whole.observation.outcome;
    if !is_same_place(&bundle.about.outcome, &outcome) {
        return Err(ShrinkError::NotTheSame);
    }
    let patience = start.elapsed().saturating_mul(MORE_TIME).max(PATIENCE);
    let holds = |case: &Case| -> Result<bool, ReplayError> {
        let tried = replay(&with(case), engine, With { most: Some(patience), ..on_host });
        match tried {
            // Less may be no case any more: a folder that is preopened and not there.
            Err(ReplayError::Case(_)) => Ok(false),
            tried => Ok(is_same_place(&outcome, &tried?.observation.outcome)),
        }
    };
    let mut case = bundle.about.case.clone();
    let mut at = 0;
    loop {
        let smaller = smaller(&case);
        let Some(tried) = smaller.get(at).filter(|_| start.elapsed() < goal.most) else { break };
        progress("parts of the case", smaller.len() - at);
        if holds(tried)? {
            case = tried.clone();
        } else {
            at += 1;
        }
    }
    let mut smaller = with(&case);
    let seen = replay(&smaller, engine, on_host)?.observation;
    smaller.about.outcome = seen.outcome;
    smaller.about.returned = seen.returned;
    (smaller.about.stdout, smaller.about.stderr) = (seen.stdout, seen.stderr);
    smaller.trace = seen.trace.unwrap_or_default();
    Ok(smaller)
}

/// Cases with one thing less each. What comes after the first ones is the same in a case that such a one is taken from, so that
/// each is tried once.
fn smaller(case: &Case) -> Vec<Case> {
    let mut all = Vec::new();
    let mut with = |change: &dyn Fn(&mut Case)| {
        let mut other = case.clone();
        change(&mut other);
        all.push(other);
    };
    if case.stdin.is_some() {
        with(&|case| case.stdin = None);
    }
    if case.env_series.is_some() {
        with(&|case| case.env_series = None);
    }
    // A folder goes with what is in it.
    for path in case.files.keys() {
        let within = format!("{path}/");
        with(&|case| case.files.retain(|other, _| other != path && !other.starts_with(&within)));
    }
    for name in case.env.keys() {
        with(&|case| drop(case.env.remove(name)));
    }
    for at in 0..case.args.len() {
        with(&|case| drop(case.args.remove(at)));
    }
    for (path, entry) in &case.files {
        if entry.content().is_some_and(|content| *content != nothing()) {
            with(&|case| drop(case.files.insert(path.clone(), Entry::File(nothing()))));
        }
    }
    for stdin in shorter(case.stdin.as_ref()) {
        with(&|case| case.stdin = Some(stdin.clone()));
    }
    all
}

fn nothing() -> Bytes {
    Bytes::Text(String::new())
}

/// Standard input without one piece, or without a part: halves, quarters and so on.
fn shorter(stdin: Option<&Stdin>) -> Vec<Stdin> {
    match stdin {
        Some(Stdin::Pieces(Pieces { pieces })) => {
            let without = |at: usize| {
                let others = pieces.iter().enumerate().filter(|(other, _)| *other != at);
                Stdin::Pieces(Pieces { pieces: others.map(|(_, piece)| piece.clone()).collect() })
            };
            (0..pieces.len()).map(without).collect()
        }
        // Text stays text, and people can read it.
        Some(Stdin::All(bytes)) => {
            let Some(text) = bytes.read().ok().flatten().and_then(|bytes| String::from_utf8(bytes).ok()) else {
                return Vec::new();
            };
            let mut all = Vec::new();
            let mut size = text.len() / 2;
            while size > 0 {
                for start in (0..text.len()).step_by(size) {
                    let end = (start + size).min(text.len());
                    if text.is_char_boundary(start) && text.is_char_boundary(end) {
                        all.push(Stdin::All(Bytes::Text(format!("{}{}", &text[..start], &text[end..]))));
                    }
                }
                // Of a long text, the last bytes are not worth their runs.
                size = if text.len() / size < MOST_PARTS { size / 2 } else { 0 };
            }
            all
        }
        Some(Stdin::Closed(_)) | None => Vec::new(),
    }
}

/// Into how many parts a standard input is taken apart.
const MOST_PARTS: usize = 64;

#[cfg(test)]
mod tests {
    use super::*;
    use polyfill_build::tree::Tree;

    #[test]
    fn each_part_can_go() {
        let case = Case {
            args: ["one", "two"].map(String::from).to_vec(),
            stdin: Some(Stdin::All(Bytes::Text("abcd".into()))),
            files: Tree::from(
                [("d/f", "x"), ("d", ""), ("e", "")]
                    .map(|(path, content)| (path.to_string(), Entry::File(Bytes::Text(content.into())))),
            ),
            ..Case::default()
        };
        let all = smaller(&case);
        assert_eq!(all[0].stdin, None);
        // `d` with what is in it, `d/f` alone, and `e`.
        assert_eq!(all[1..4].iter().map(|case| case.files.len()).collect::<Vec<_>>(), [1, 2, 2]);
        assert_eq!([&all[4].args, &all[5].args], [&["two"], &["one"]]);
        // Its content, halves of what is read, and quarters.
        assert_eq!(all.len(), 6 + 1 + 2 + 4);
        assert_eq!(all[7].stdin, Some(Stdin::All(Bytes::Text("cd".into()))));
        assert!(smaller(&Case::default()).is_empty());
    }
}
