//! Mutated recordings, in each command that reads one: no panic, no hang, bounded memory, and no access outside of
//! the private directory of a run.
//!
//! Tries 5,000 mutations by default. `POLYFILL_MUTATION_SECONDS=600` continues for 600 seconds, from the number in
//! `POLYFILL_MUTATION`. `POLYFILL_MUTATION` alone tries that one mutation. `POLYFILL_MUTATION_FILE` is a file to
//! write it to. See `fuzz/README.md`.

mod guard;
mod mutate;
mod seeds;

use std::collections::BTreeMap;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::Path;
use std::sync::atomic::{AtomicUsize, Ordering::Relaxed};
use std::time::{Duration, Instant};
use std::{env, fs};

use polyfill_builder::case::CaseLimits;
use polyfill_builder::system::threads;
use polyfill_builder::terminal;
use polyfill_recording::{
    Amount, Goal, Outcomes, Recording, ReplayOptions, replay, show, shrink, shrink_case, standalone,
};
use polyfill_runner::{Engine, EngineKind, Host, Hosts};

use self::mutate::{MUTATIONS, Random, Sections};

#[global_allocator]
static ALLOCATOR: guard::Limited = guard::Limited;

/// Number of mutations in the default tier.
const FEW: u64 = 500;

/// Number of mutations in the slow tier.
const MANY: u64 = 5000;

/// Maximum number of threads.
const MOST_THREADS: usize = 8;

/// Number of failures after which no further mutation is tried.
const MOST_FAILURES: usize = 5;

/// Text that no guest may read.
const SECRET: &str = "the content of a file outside";

/// Bound of the processor time of a replay ([`ReplayOptions::most`]).
const REPLAY: Duration = Duration::from_millis(20);

/// Time limit of shrinking.
const SHRINK: Duration = Duration::from_millis(20);

#[test]
fn mutated_recordings_access_nothing_outside() {
    check(FEW);
}

#[test]
#[ignore = "slow: run with `-- --ignored`"]
fn many_mutated_recordings_access_nothing_outside() {
    check(MANY);
}

/// Mutates recordings, and runs every command on them. `POLYFILL_MUTATION` selects one mutation by its number,
/// `POLYFILL_MUTATION_SECONDS` sets a duration in place of a count.
fn check(count: u64) {
    let number = |name: &str| env::var(name).ok().and_then(|text| text.parse::<u64>().ok());
    let (first, seconds) = (number("POLYFILL_MUTATION"), number("POLYFILL_MUTATION_SECONDS"));
    let (end, until) = match (first, seconds) {
        (_, Some(seconds)) => (u64::MAX, Some(Duration::from_secs(seconds))),
        (Some(first), None) => (first + 1, None),
        (None, None) => (count, None),
    };
    let outside = tempfile::tempdir().unwrap();
    let outside = outside.path();
    fs::write(outside.join("secret"), SECRET).unwrap();
    let before = listing(outside);
    let engine = Engine::of(EngineKind::fastest_to_compile(), None).unwrap();
    let seeds = seeds::all(&engine);
    let start = Instant::now();
    guard::watch(start);
    // Prefix messages of caught panics with the number of the mutation.
    std::panic::set_hook(Box::new(|_| {}));
    let failed = AtomicUsize::new(0);
    let goes_on = |_: &u64| until.is_none_or(|until| start.elapsed() <= until) && failed.load(Relaxed) <= MOST_FAILURES;
    let numbers = (first.unwrap_or_default()..end).take_while(goes_on);
    let failures = threads::map(threads::processors().min(MOST_THREADS), numbers, |number| {
        guard::begin(number, start);
        let tried = catch_unwind(AssertUnwindSafe(|| attempt(number, &seeds, &engine, outside)));
        guard::end();
        let mut failures: Vec<String> =
            tried.err().map(|panic| format!("mutation {number}: {}", message(&*panic))).into_iter().collect();
        if before != listing(outside) {
            failures.push(format!("mutation {number}, or one beside it: files outside were changed"));
        }
        failed.fetch_add(failures.len(), Relaxed);
        failures
    });
    drop(std::panic::take_hook());
    println!("{} mutations in {:.1?}", failures.len(), start.elapsed());
    let failures = failures.concat();
    assert!(failures.is_empty(), "{}", failures.join("\n"));
}

/// Runs all commands on one mutated recording.
fn attempt(number: u64, seeds: &[(&'static str, Recording)], engine: &Engine, outside: &Path) {
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
    let recording = match Recording::read(&file) {
        Ok(recording) => recording,
        Err(error) => return is_fit(&error.to_string()),
    };
    let hosts = Hosts::default();
    let host: &dyn Host = hosts.get(host).unwrap();
    let short = show(&recording, Amount::Cut);
    is_fit(&short);
    assert!(short.len() < 2_000_000, "`show` prints {} bytes", short.len());
    let long = show(&recording, Amount::All);
    assert!(long.len() < 8 * file.len() + 100_000, "`show --all` prints {} bytes of {}", long.len(), file.len());
    let with = ReplayOptions { most: Some(REPLAY), ..ReplayOptions::default() };
    said(replay(&recording, engine, with));
    said(replay(&recording, engine, ReplayOptions { host: Some(host), ..with }));
    said(replay(&recording, engine, ReplayOptions { tolerant: true, ..with }));
    // Each of these compiles other components.
    let goal = Goal { calls: random.one_in(2), most: SHRINK, limits: CaseLimits::default() };
    if random.one_in(8) {
        match shrink_case(&recording, engine, host, goal, |_, _| {}) {
            Ok(smaller) => is_fit(&show(&smaller, Amount::Cut)),
            Err(error) => is_fit(&error.to_string()),
        }
    }
    if random.one_in(4) {
        match shrink(&recording, engine, goal, |_, _| {}) {
            Ok(shrunk) => is_fit(&show(&shrunk.recording, Amount::Cut)),
            Err(error) => is_fit(&error.to_string()),
        }
    }
    if random.one_in(2) {
        match standalone(&recording, engine) {
            Ok(standalone) => {
                assert!(standalone.len() < 100 * file.len() + 1_000_000, "standalone: {} bytes", standalone.len())
            }
            Err(error) => is_fit(&error.to_string()),
        }
    }
}

/// Returns the report of a replay.
fn said(outcomes: Result<Outcomes, polyfill_recording::ReplayError>) {
    match outcomes {
        Ok(outcomes) => {
            let observation = &outcomes.observation;
            let streams = [&observation.stdout, &observation.stderr];
            let has = |bytes: &[u8]| bytes.windows(SECRET.len()).any(|window| window == SECRET.as_bytes());
            assert!(!streams.iter().any(|stream| has(stream)), "a file outside was read");
            is_fit(&outcomes.to_string());
        }
        Err(error) => is_fit(&error.to_string()),
    }
}

/// Escapes text for a terminal, like the command.
fn is_fit(text: &str) {
    let escaped = terminal::escaped(text);
    assert!(!escaped.chars().any(|c| c.is_control() && !matches!(c, '\n' | '\t')), "control characters");
    assert!(!escaped.contains(SECRET), "a file outside was read");
}

/// Returns the names in a directory, with the contents of files.
fn listing(folder: &Path) -> BTreeMap<String, Option<Vec<u8>>> {
    let entries = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap());
    entries.map(|entry| (entry.file_name().to_string_lossy().into_owned(), fs::read(entry.path()).ok())).collect()
}

fn message(panic: &(dyn std::any::Any + Send)) -> String {
    let text = panic.downcast_ref::<String>().map(String::as_str).or(panic.downcast_ref::<&str>().copied());
    text.unwrap_or("a panic").chars().take(300).collect()
}
