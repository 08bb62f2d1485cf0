//! Command `polyfill test`.

mod engines;
mod expectations;
mod files;
mod selection;
mod table;
mod wasi_suites;

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::time::{Duration, Instant};

use polyfill_builder::index::{NATIVE, Stage};
use polyfill_builder::{Built, Suite, terminal};
use polyfill_runner::{Accepted, Compared, Detail, Options, Outcome, Runner, TrialResult, Verdict};

use self::engines::Engines;
use self::expectations::Expectations;
use self::files::Judged;
use self::selection::Selection;
use crate::args::TestArgs;
use crate::output;

/// Builds the suite, runs the selected trials, and prints the report.
pub(crate) fn test(args: &TestArgs) -> anyhow::Result<ExitCode> {
    let expectations = Expectations::read(&args.expectations)?;
    let options = Options::from_env()?;
    let engines = Engines::new(args, &options);
    let suite = suite(args);
    let built = suite.filter(engines.filters()).progress(output::progress).build()?;
    let kinds = engines.kinds();
    let mut runner = Runner::new(&built.out_dir).root(root(args)).repeat(&again(args)).options(options).engines(kinds);
    runner = runner.keep(polyfill_recording::keep).proposals(args.proposals.wasm.iter().copied());
    if args.trace {
        runner = runner.trace(Detail::Short);
    }
    let accepted = if args.sanitize { Accepted::of(root(args))? } else { Accepted::default() };
    runner = runner.accepted(accepted.clone());
    if args.bless {
        runner = runner.bless(true);
    }
    let index = runner.index()?;
    let selection = Selection::new(args, &index, &built)?;
    expectations.check(&built.wasi_suites)?;
    if args.list {
        let names: String = selection.trials().map(|trial| format!("{}\n", terminal::line(&trial.name()))).collect();
        output::text(&names)?;
        return Ok(ExitCode::SUCCESS);
    }
    let start = Instant::now();
    let mut results = runner.run_trials(|trial| selection.wants(trial), 0, |_| {})?;
    let ran = start.elapsed();
    expectations.apply(selection.trials().zip(&mut results), &built.wasi_suites, selection.is_whole())?;
    let trials: Vec<Judged<'_>> = selection.trials().zip(&results).collect();
    for (file, text) in [(&args.json, files::json as fn(&[Judged<'_>]) -> String), (&args.junit, files::junit)] {
        if let Some(file) = file {
            output::file(file, text(&trials).as_bytes())?;
        }
    }

    output::text(&table::table(&results))?;
    output::text(&failures(&results))?;
    if args.sanitize {
        output::text(&format!("\n{}", Compared::of(selection.trials().zip(&results))))?;
        let idle = if selection.is_whole() { accepted.idle(selection.trials().zip(&results)) } else { Vec::new() };
        output::text(&idle.iter().map(|line| format!("not observed: {line}\n")).collect::<String>())?;
    }
    output::text(&table::ignored(&results))?;
    output::text(&unasked(&selection, &results))?;
    output::text(&wasi_suites::counts(&built.wasi_suites, selection.trials().zip(&results)))?;
    output::text(&expectations.elsewhere(&built.wasi_suites))?;
    output::text(&summary(&results, &selection, &built, ran))?;
    runner.finish_hosts()?;
    let failed = results.iter().any(|result| matches!(result.verdict, Verdict::Failed { .. }));
    Ok(if failed { ExitCode::FAILURE } else { ExitCode::SUCCESS })
}

/// Returns the suite, or the wasi-testsuite directory as a suite.
fn suite(args: &TestArgs) -> Suite {
    let suite = Suite::from_env(root(args));
    if args.wasi_testsuite.is_none() {
        return suite.sanitize(args.sanitize).every_release(args.all_adapters).trace(args.trace);
    }
    let adapter = args.adapter.clone().unwrap_or_else(|| "reference-command".to_string());
    let hosts = match (&args.host, &args.adapter) {
        (Some(host), _) => vec![host.clone()],
        (None, Some(_)) => vec!["wasi".to_string()],
        (None, None) => vec![NATIVE.to_string(), "wasi".to_string()],
    };
    suite.wasi_testsuite([adapter]).adapters_of(&args.suite).hosts(hosts).trace(args.trace)
}

/// Returns the directory of the trials.
fn root(args: &TestArgs) -> &PathBuf {
    args.wasi_testsuite.as_ref().unwrap_or(&args.suite)
}

/// Returns the command that repeats one trial, without its name.
fn again(args: &TestArgs) -> String {
    let mut check = if args.sanitize { " --sanitize" } else { "" }.to_string();
    if args.all_adapters {
        check += " --all-adapters";
    }
    if args.trace {
        check += " --trace";
    }
    check += &args.proposals.option();
    match &args.wasi_testsuite {
        Some(folder) => {
            // These options determine the trials of wasi-testsuite.
            let named = |flag: &str, name: &Option<String>| {
                name.as_ref().map(|name| format!(" --{flag} {name}")).unwrap_or_default()
            };
            let (adapter, host) = (named("adapter", &args.adapter), named("host", &args.host));
            let suite = match args.suite == Path::new(".") {
                true => String::new(),
                false => format!(" --suite {}", args.suite.display()),
            };
            format!("polyfill test{check} --wasi-testsuite {}{suite}{adapter}{host}", folder.display())
        }
        None if args.suite == Path::new(".") => format!("polyfill test{check}"),
        None => format!("polyfill test{check} --suite {}", args.suite.display()),
    }
}

fn failures(results: &[TrialResult]) -> String {
    let mut text = String::new();
    let mut shown: BTreeMap<(&str, &str), &str> = BTreeMap::new();
    for result in results {
        let Verdict::Failed { report } = &result.verdict else { continue };
        text.push_str(&format!("\n---- {} ----\n", terminal::line(&result.name)));
        // A guest that does not compile has the same error on all hosts.
        let guest = result.name.split("::").next().unwrap_or_default();
        match not_compiled(result).and_then(|message| shown.insert((guest, message), &result.name)) {
            Some(first) => {
                text.push_str(&format!("not built: same error as {}\n", terminal::line(first)));
                not_compiled(result).and_then(|message| shown.insert((guest, message), first));
            }
            None => text.push_str(&format!("{}\n", report.trim_end())),
        }
    }
    text
}

/// Lists the mocked functions (`[[import]]`) that no trial has called, one per line. Empty unless all trials ran.
fn unasked(selection: &Selection<'_>, results: &[TrialResult]) -> String {
    let mut cases: BTreeMap<String, Option<BTreeSet<&str>>> = BTreeMap::new();
    if !selection.is_whole() {
        return String::new();
    }
    for (trial, result) in selection.trials().zip(results) {
        let Some(observation) = &result.observation else { continue };
        let unasked: BTreeSet<&str> = observation.unasked.iter().map(String::as_str).collect();
        let of_case = cases.entry(trial.case_key()).or_default();
        *of_case = Some(match of_case.take() {
            Some(others) => others.intersection(&unasked).copied().collect(),
            None => unasked,
        });
    }
    let lines =
        cases.iter().flat_map(|(case, functions)| functions.iter().flatten().map(move |function| (case, function)));
    let lines: Vec<String> =
        lines.map(|(case, function)| format!("not called: `{function}`, mocked in {case}\n")).collect();
    if lines.is_empty() { String::new() } else { format!("\n{}", lines.concat()) }
}

/// Returns the compiler's message, if the trial failed because the guest did not compile.
fn not_compiled(result: &TrialResult) -> Option<&str> {
    match &result.observation.as_ref()?.outcome {
        Outcome::NotBuilt { stage: Stage::Case | Stage::Compile, message } => Some(message),
        _ => None,
    }
}

fn summary(results: &[TrialResult], selection: &Selection<'_>, built: &Built, ran: Duration) -> String {
    let count = |wanted: fn(&Verdict) -> bool| results.iter().filter(|result| wanted(&result.verdict)).count();
    let passed = count(|verdict| matches!(verdict, Verdict::Passed | Verdict::FailedAsExpected { .. }));
    let failed = count(|verdict| matches!(verdict, Verdict::Failed { .. }));
    let ignored = count(|verdict| matches!(verdict, Verdict::Ignored { .. }));
    let blessed = match count(|verdict| matches!(verdict, Verdict::Blessed { .. })) {
        0 => String::new(),
        blessed => format!(", {blessed} blessed"),
    };
    let stage = |name| {
        let times = built.timings.iter().filter(|(stage, _)| *stage == name).map(|(_, time)| time.as_secs_f64());
        times.sum::<f64>()
    };
    let times = [("compile", stage("compile")), ("encode", stage("encode")), ("run", ran.as_secs_f64())];
    let times = times.map(|(name, seconds)| format!("{name} {seconds:.2} s")).join(", ");
    let expected = match count(|verdict| matches!(verdict, Verdict::FailedAsExpected { .. })) {
        0 => String::new(),
        expected => format!(" ({expected} of them by failing as expected)"),
    };
    let size = selection.size();
    format!("\n{passed} passed{expected}, {failed} failed, {ignored} ignored{blessed}; {size}; {times}\n")
}
