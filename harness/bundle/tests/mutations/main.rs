//! Recordings that somebody changed, in each command that takes one: nothing panics, hangs, takes much memory, or reaches
//! outside of a run's private directory.
//!
//! By default 5,000 mutations are tried. `POLYFILL_MUTATION_SECONDS=600` goes on for that long, from the number that
//! `POLYFILL_MUTATION` gives; with that alone, one mutation is tried.
//! `POLYFILL_MUTATION_FILE` is a file to write it to. See `fuzz/README.md`.

mod guard;
mod mutate;
mod seeds;

use std::collections::BTreeMap;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::Path;
use std::sync::atomic::{AtomicU64, Ordering::Relaxed};
use std::time::{Duration, Instant};
use std::{env, fs};

use polyfill_build::case::CaseLimits;
use polyfill_build::terminal;
use polyfill_bundle::{Amount, Bundle, Goal, Outcomes, With, freeze, replay, show, shrink, shrink_case};
use polyfill_runner::{Engine, EngineKind, Host, Hosts};

use self::mutate::{MUTATIONS, Random, Sections};

#[global_allocator]
static ALLOCATOR: guard::Limited = guard::Limited;

/// Mutations by default.
const COUNT: u64 = 5000;

/// What no guest may ever see.
const SECRET: &str = "the content of a file outside";

/// How long a replay may take: the tenth of this, since calls are recorded.
const REPLAY: Duration = Duration::from_millis(20);

/// How long shrinking may take.
const SHRINK: Duration = Duration::from_millis(20);

#[test]
fn changed_recordings_are_data() {
    let number = |name: &str| env::var(name).ok().and_then(|text| text.parse::<u64>().ok());
    let (first, seconds) = (number("POLYFILL_MUTATION"), number("POLYFILL_MUTATION_SECONDS"));
    let next = AtomicU64::new(first.unwrap_or_default());
    let (end, until) = match (first, seconds) {
        (_, Some(seconds)) => (u64::MAX, Some(Duration::from_secs(seconds))),
        (Some(first), None) => (first + 1, None),
        (None, None) => (COUNT, None),
    };
    let outside = tempfile::tempdir().unwrap();
    let outside = outside.path();
    fs::write(outside.join("secret"), SECRET).unwrap();
    let before = listing(outside);
    let engine = Engine::of(EngineKind::fastest_to_compile(), None).unwrap();
    let seeds = seeds::all(&engine);
    let start = Instant::now();
    guard::watch(start);
    // Messages of panics that are caught come with the number of the mutation.
    std::panic::set_hook(Box::new(|_| {}));
    let threads = std::thread::available_parallelism().map_or(2, |count| count.get().min(8));
    let failures: Vec<String> = std::thread::scope(|scope| {
        let workers: Vec<_> = (0..threads)
            .map(|thread| {
                let (next, seeds, engine, before) = (&next, &seeds, &engine, &before);
                scope.spawn(move || {
                    let mut failures = Vec::new();
                    loop {
                        let number = next.fetch_add(1, Relaxed);
                        if number >= end || until.is_some_and(|until| start.elapsed() > until) || failures.len() > 5 {
                            return failures;
                        }
                        guard::begin(thread, number, start);
                        let tried = catch_unwind(AssertUnwindSafe(|| attempt(number, seeds, engine, outside)));
                        guard::end(thread);
                        failures.extend(tried.err().map(|panic| format!("mutation {number}: {}", message(&*panic))));
                        if *before != listing(outside) {
                            failures.push(format!("mutation {number}, or one beside it: files outside were changed"));
                            return failures;
                        }
                    }
                })
            })
            .collect();
        workers.into_iter().flat_map(|worker| worker.join().unwrap()).collect()
    });
    drop(std::panic::take_hook());
    println!("{} mutations in {:.1?}", next.load(Relaxed).min(end), start.elapsed());
    assert!(failures.is_empty(), "{}", failures.join("\n"));
}

/// Everything that can be done with one changed recording.
fn attempt(number: u64, seeds: &[(&'static str, Bundle)], engine: &Engine, outside: &Path) {
    let mut random = Random(number);
    let (host, seed) = &seeds[random.below(seeds.len())];
    let mut sections = Sections::of(seed, outside.to_str().unwrap());
    for _ in 0..=random.below(4) {
        MUTATIONS[random.below(MUTATIONS.len())](&mut sections, &mut random);
    }
    let file = sections.write(&mut random);
    if let Some(path) = env::var_os("POLYFILL_MUTATION_FILE") {
        fs::write(path, &file).unwrap();
    }
    let bundle = match Bundle::read(&file) {
        Ok(bundle) => bundle,
        Err(error) => return is_fit(&error.to_string()),
    };
    let hosts = Hosts::default();
    let host: &dyn Host = hosts.get(host).unwrap();
    let short = show(&bundle, Amount::Cut);
    is_fit(&short);
    assert!(short.len() < 2_000_000, "`show` prints {} bytes", short.len());
    let long = show(&bundle, Amount::All);
    assert!(long.len() < 8 * file.len() + 100_000, "`show --all` prints {} bytes of {}", long.len(), file.len());
    let with = With { most: Some(REPLAY), ..With::default() };
    said(replay(&bundle, engine, with));
    said(replay(&bundle, engine, With { host: Some(host), ..with }));
    said(replay(&bundle, engine, With { tolerant: true, ..with }));
    // Each of these compiles other components.
    let goal = Goal { calls: random.one_in(2), most: SHRINK, limits: CaseLimits::default() };
    if random.one_in(8) {
        match shrink_case(&bundle, engine, host, goal, |_, _| {}) {
            Ok(smaller) => is_fit(&show(&smaller, Amount::Cut)),
            Err(error) => is_fit(&error.to_string()),
        }
    }
    if random.one_in(4) {
        match shrink(&bundle, engine, goal, |_, _| {}) {
            Ok(shrunk) => is_fit(&show(&shrunk.bundle, Amount::Cut)),
            Err(error) => is_fit(&error.to_string()),
        }
    }
    if random.one_in(2) {
        match freeze(&bundle, engine) {
            Ok(frozen) => assert!(frozen.len() < 100 * file.len() + 1_000_000, "frozen: {} bytes", frozen.len()),
            Err(error) => is_fit(&error.to_string()),
        }
    }
}

/// A replay's report.
fn said(outcomes: Result<Outcomes, polyfill_bundle::ReplayError>) {
    match outcomes {
        Ok(outcomes) => {
            let seen = &outcomes.observation;
            let streams = [&seen.stdout, &seen.stderr];
            let has = |bytes: &[u8]| bytes.windows(SECRET.len()).any(|window| window == SECRET.as_bytes());
            assert!(!streams.iter().any(|stream| has(stream)), "a file outside was read");
            is_fit(&outcomes.to_string());
        }
        Err(error) => is_fit(&error.to_string()),
    }
}

/// Text for a terminal, escaped as the command does it.
fn is_fit(text: &str) {
    let escaped = terminal::escaped(text);
    assert!(!escaped.chars().any(|c| c.is_control() && !matches!(c, '\n' | '\t')), "control characters");
    assert!(!escaped.contains(SECRET), "a file outside was read");
}

/// Names in a directory, and what is in those that are files.
fn listing(folder: &Path) -> BTreeMap<String, Option<Vec<u8>>> {
    let entries = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap());
    entries.map(|entry| (entry.file_name().to_string_lossy().into_owned(), fs::read(entry.path()).ok())).collect()
}

fn message(panic: &(dyn std::any::Any + Send)) -> String {
    let text = panic.downcast_ref::<String>().map(String::as_str).or(panic.downcast_ref::<&str>().copied());
    text.unwrap_or("a panic").chars().take(300).collect()
}
