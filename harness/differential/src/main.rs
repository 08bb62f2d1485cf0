//! `polyfill-differential`: compares this project's encoder with the reference on generated worlds.

use std::path::PathBuf;
use std::process::ExitCode;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

use clap::{Parser, Subcommand};
use polyfill_differential::generate::{self, Family};
use polyfill_differential::{folder, fuzz, search};

/// Compare this project's encoder with the reference on generated worlds. Exits with 1 if they differ.
#[derive(Parser)]
#[command(args_conflicts_with_subcommands = true)]
struct Args {
    #[command(subcommand)]
    command: Option<Command>,
    /// Number of worlds.
    #[arg(long, default_value_t = 10_000)]
    worlds: u64,
    /// Seed. The same seed generates the same worlds.
    #[arg(long, default_value_t = 0)]
    seed: u64,
    /// Number of the first world.
    #[arg(long, default_value_t = 0)]
    first: u64,
    /// Generate worlds of this family only.
    #[arg(long, value_parser = family)]
    family: Option<Family>,
    /// Number of threads.
    #[arg(long, default_value_t = 2)]
    jobs: usize,
    /// Directory to write findings to, one case directory each.
    #[arg(long)]
    out: Option<PathBuf>,
    /// Print the messages of worlds that both encoders reject.
    #[arg(long)]
    refusals: bool,
    /// Also write the first world of each known class to `--out`.
    #[arg(long, requires = "out")]
    known: bool,
    /// Also write all worlds to `--out`.
    #[arg(long, requires = "out")]
    keep: bool,
}

#[derive(Subcommand)]
enum Command {
    /// Fuzz this project's encoder with mutations of a corpus. Exits with 1 if it panics.
    Fuzz {
        /// Duration in seconds.
        #[arg(long, default_value_t = 60)]
        seconds: u64,
        /// Seed. The same seed generates the same inputs.
        #[arg(long, default_value_t = 0)]
        seed: u64,
        /// Directory of the corpora, with one directory per target.
        #[arg(long, default_value = "fuzz/corpus")]
        corpus: PathBuf,
        /// Run one target only: `encode`, `adapter`, `world` or `structured`.
        #[arg(long)]
        target: Option<String>,
        /// Directory for inputs that make the encoder panic.
        #[arg(long, default_value = "target/fuzz")]
        out: PathBuf,
    },
}

fn main() -> ExitCode {
    let args = Args::parse();
    let result = match &args.command {
        Some(Command::Fuzz { seconds, seed, corpus, target, out }) => {
            let time = Duration::from_secs(*seconds);
            fuzz(&fuzz::campaign::Plan { time, seed: *seed, corpus, target: target.as_deref(), out })
        }
        None => run(&args),
    };
    match result {
        Ok(true) => ExitCode::SUCCESS,
        Ok(false) => ExitCode::from(1),
        Err(error) => {
            eprintln!("error: {error:#}");
            ExitCode::from(2)
        }
    }
}

fn run(args: &Args) -> anyhow::Result<bool> {
    let started = Instant::now();
    if let (true, Some(out)) = (args.keep, &args.out) {
        for number in args.first..args.first + args.worlds {
            let (_, sample) = generate::sample(args.family, args.seed, number);
            folder::write(&out.join(format!("world-{number}")), &sample.inputs(), "")?;
        }
    }
    let reported = AtomicU64::new(0);
    let Args { seed, family, first, worlds, jobs, .. } = *args;
    let plan = search::Plan { seed, family, first, worlds, jobs };
    let report = search::search(&plan, |done| {
        let tenth = done * 10 / args.worlds.max(1);
        if reported.fetch_max(tenth, Ordering::Relaxed) < tenth {
            eprintln!("{done} of {} worlds after {:.0?}", args.worlds, started.elapsed());
        }
    })?;
    println!("{} worlds of seed {} from number {}", report.worlds(), args.seed, args.first);
    for (family, count) in &report.families {
        println!("  {count:>8} from {family:?}");
    }
    println!("{:>10} the same", report.same);
    println!("{:>10} rejected by both", report.refused.values().sum::<u64>());
    if args.refusals {
        for (message, count) in &report.refused {
            println!("           {count:>8} {message}");
        }
    }
    for (class, (count, first)) in &report.known {
        println!("{count:>10} known: {class} (first: {})", first.number);
        if let (true, Some(out)) = (args.known, &args.out) {
            let (sample, finding) = search::small_known(class, first);
            folder::write(&out.join(class), &sample.inputs(), &finding.text())?;
        }
    }
    for (number, (kind, (count, first))) in report.findings.iter().enumerate() {
        println!("\n{count:>10} DIFFERENT: {kind}\n           first: --first {} --worlds 1", first.number);
        let (sample, finding) = search::small(first);
        println!("{}", finding.detail.trim_end());
        if let Some(out) = &args.out {
            let path = out.join(format!("finding-{number}"));
            folder::write(&path, &sample.inputs(), &finding.text())?;
            println!("           written to {}", path.display());
        }
    }
    eprintln!("{:.1?}", started.elapsed());
    Ok(report.findings.is_empty())
}

fn fuzz(plan: &fuzz::campaign::Plan<'_>) -> anyhow::Result<bool> {
    let mut panics = 0;
    for (target, report) in fuzz::campaign::run(plan)? {
        println!("{target}: {} inputs, {} outcomes, {} panics", report.inputs, report.outcomes, report.panics.len());
        report.panics.iter().for_each(|(message, path)| println!("  {}: {message}", path.display()));
        panics += report.panics.len();
    }
    Ok(panics == 0)
}

fn family(name: &str) -> Result<Family, String> {
    let known = Family::ALL.into_iter().find(|family| format!("{family:?}").eq_ignore_ascii_case(name));
    known.ok_or_else(|| format!("expected one of {:?}", Family::ALL))
}
