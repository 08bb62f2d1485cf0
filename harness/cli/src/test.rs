//! `polyfill test`

mod engines;
mod expectations;
mod files;
mod selection;
mod table;

use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::time::{Duration, Instant};

use polyfill_build::index::NATIVE;
use polyfill_build::{Built, Suite, terminal};
use polyfill_runner::{Accepted, CellResult, Compared, Detail, Runner, Verdict};

use self::engines::Engines;
use self::expectations::Expectations;
use self::files::Trial;
use self::selection::Selection;
use crate::args::TestArgs;
use crate::error::Error;
use crate::output;

/// Builds the suite, runs the trials that are asked for, and tells of them.
pub(crate) fn test(args: &TestArgs) -> Result<ExitCode, Error> {
    let expectations = Expectations::read(args.expectations.as_deref())?;
    let engines = Engines::new(args);
    let suite = suite(args);
    let built = suite.filter(engines.filters()).progress(output::progress).build()?;
    let mut runner = Runner::new(&built.out_dir).root(root(args)).repeat(&again(args)).engines(engines.kinds());
    runner = runner.keep(polyfill_bundle::keep);
    if args.trace {
        runner = runner.trace(Detail::Short);
    }
    if args.sanitize {
        runner = runner.accepted(Accepted::of(root(args))?);
    }
    if args.bless {
        runner = runner.bless(true);
    }
    let index = runner.index()?;
    let selection = Selection::new(args, &index)?;
    if args.list {
        let names: String = selection.cells().map(|cell| format!("{}\n", terminal::line(&cell.name()))).collect();
        output::text(&names)?;
        return Ok(ExitCode::SUCCESS);
    }
    let start = Instant::now();
    let mut results = runner.run_cells(|cell| selection.wants(cell), 0, |_| {})?;
    let ran = start.elapsed();
    expectations.apply(selection.cells().zip(&mut results), args.expectations.as_deref())?;
    let trials: Vec<Trial<'_>> = selection.cells().zip(&results).collect();
    for (file, text) in [(&args.json, files::json as fn(&[Trial<'_>]) -> String), (&args.junit, files::junit)] {
        if let Some(file) = file {
            output::file(file, text(&trials).as_bytes())?;
        }
    }

    output::text(&table::table(&results))?;
    output::text(&failures(&results))?;
    if args.sanitize {
        output::text(&format!("\n{}", Compared::of(selection.cells().zip(&results))))?;
    }
    output::text(&summary(&results, &selection, &built, ran))?;
    let failed = results.iter().any(|result| matches!(result.verdict, Verdict::Failed { .. }));
    Ok(if failed { ExitCode::FAILURE } else { ExitCode::SUCCESS })
}

/// A suite, or what stands for one.
fn suite(args: &TestArgs) -> Suite {
    let suite = Suite::new(root(args));
    if args.wasi_testsuite.is_none() {
        return suite.sanitize(args.sanitize).every_release(args.all_adapters).trace(args.trace);
    }
    let adapter = args.adapter.clone().unwrap_or_else(|| "reference-command".to_string());
    let hosts = match (&args.host, &args.adapter) {
        (Some(host), _) => vec![host.clone()],
        (None, Some(_)) => vec!["wasi".to_string()],
        (None, None) => vec![NATIVE.to_string(), "wasi".to_string()],
    };
    suite.wasi_testsuite([adapter]).hosts(hosts).trace(args.trace)
}

/// The folder that trials come from.
fn root(args: &TestArgs) -> &PathBuf {
    args.wasi_testsuite.as_ref().unwrap_or(&args.suite)
}

/// The command for one trial, up to its name.
fn again(args: &TestArgs) -> String {
    let mut check = if args.sanitize { " --sanitize" } else { "" }.to_string();
    if args.all_adapters {
        check += " --all-adapters";
    }
    if args.trace {
        check += " --trace";
    }
    match &args.wasi_testsuite {
        Some(folder) => {
            // They say what the trials are.
            let named = |flag: &str, name: &Option<String>| {
                name.as_ref().map(|name| format!(" --{flag} {name}")).unwrap_or_default()
            };
            let (adapter, host) = (named("adapter", &args.adapter), named("host", &args.host));
            format!("polyfill test{check} --wasi-testsuite {}{adapter}{host}", folder.display())
        }
        None if args.suite == Path::new(".") => format!("polyfill test{check}"),
        None => format!("polyfill test{check} --suite {}", args.suite.display()),
    }
}

fn failures(results: &[CellResult]) -> String {
    let mut text = String::new();
    for result in results {
        if let Verdict::Failed { report } = &result.verdict {
            text.push_str(&format!("\n---- {} ----\n{}\n", terminal::line(&result.name), report.trim_end()));
        }
    }
    text
}

fn summary(results: &[CellResult], selection: &Selection<'_>, built: &Built, ran: Duration) -> String {
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
