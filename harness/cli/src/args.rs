//! Command-line arguments. Parsing reads no files.

mod inject;
mod lab;
mod limit;
mod proposals;
mod recording;

use std::path::PathBuf;
use std::sync::Arc;

use clap::{Args, Parser, Subcommand};
use polyfill_builder::Features;
use polyfill_builder::case::Seed;
use polyfill_builder::reference::Span;
use polyfill_builder::schema::FileKind;
use polyfill_builder::side::Side;
use polyfill_runner::{Detail, EngineKind, UnknownEngine, parse_engines};
use wit_component::StringEncoding;

pub(crate) use self::inject::InjectArgs;
pub(crate) use self::lab::{FuzzArgs, StressArgs};
pub(crate) use self::limit::LimitArgs;
pub(crate) use self::proposals::ProposalArgs;
pub(crate) use self::recording::{RecordArgs, ReplayArgs, ShowArgs, ShrinkArgs, StandaloneArgs};
use crate::adapt::{Adapt, AdapterArg, WitArg, encoding};
use crate::load::Reported;

/// Build components from core modules and adapters, run them and test them
#[derive(Debug, Parser)]
#[command(name = "polyfill", version)]
pub(crate) struct Cli {
    #[command(subcommand)]
    pub(crate) verb: Verb,
}

#[derive(Debug, Subcommand)]
pub(crate) enum Verb {
    Test(TestArgs),
    Matrix(MatrixArgs),
    Compare(CompareArgs),
    Fuzz(FuzzArgs),
    Stress(StressArgs),
    Inject(InjectArgs),
    Run(RunArgs),
    Record(RecordArgs),
    Replay(ReplayArgs),
    Show(ShowArgs),
    Shrink(ShrinkArgs),
    Standalone(StandaloneArgs),
    Encode(EncodeArgs),
    Explain(ExplainArgs),
    Check(CheckArgs),
    Schema(SchemaArgs),
}

/// Run the trials of a suite
///
/// A suite is a directory with `guests/` and optionally `adapters/` and `wit/`. Each case of each guest is compiled,
/// encoded with every matching adapter chain, and run on every host: one trial each, named
/// `guest::case::adapter::host`.
///
/// The exit code is 0 only if no trial fails.
#[derive(Debug, Args)]
pub(crate) struct TestArgs {
    /// Select trials by name: run only trials whose name contains one of these strings
    #[arg(value_name = "FILTER")]
    pub(crate) filters: Vec<String>,
    /// Suite directory
    #[arg(long, value_name = "DIR", default_value = ".")]
    pub(crate) suite: PathBuf,
    /// Run a wasi-testsuite directory instead of a suite: one suite of it, or a directory tree with several
    ///
    /// Each directory with modules (`.wasm`) is a suite; `manifest.json` contains its name. A module can have a JSON
    /// file of the same name with its inputs and expected results. Finished components, and tests for servers or HTTP,
    /// are ignored, with the reason.
    ///
    /// Each module runs twice: without an adapter (host `native`), and with the newest published adapter (host
    /// `wasi`). `--adapter` and `--host` select another combination. The adapter is a published one
    /// (`reference-command@48.0.8`), a file (`target/adapter.wasm`), an adapter of the suite in `--suite`, or a chain.
    /// Trials are named `suite.test::test::adapter::host`.
    #[arg(long, value_name = "DIR", conflicts_with_all = ["sanitize", "bless", "all_adapters"])]
    pub(crate) wasi_testsuite: Option<PathBuf>,
    /// Select trials by adapter: an adapter name, an adapter chain (`a+b`) or `none`
    ///
    /// With `--wasi-testsuite`: the adapter to run with.
    #[arg(long, value_name = "NAME")]
    pub(crate) adapter: Option<String>,
    /// Select trials by host name
    #[arg(long, value_name = "NAME")]
    pub(crate) host: Option<String>,
    /// Run every release of each published adapter that a case names without a release
    #[arg(long)]
    pub(crate) all_adapters: bool,
    /// Engines to run on, separated by commas, or `all`: cranelift, winch, pulley, each also with the suffix
    /// `+pooling`
    ///
    /// A trial on an engine other than Cranelift is named `guest::case::adapter::host/engine`. Default: the
    /// environment variable `POLYFILL_ENGINES`, or Cranelift if it is not set.
    #[arg(long, value_name = "NAMES", value_parser = engines)]
    pub(crate) engines: Option<Engines>,
    /// Run on all engines; the same as `--engines all`
    #[arg(long, conflicts_with = "engines")]
    pub(crate) all_engines: bool,
    #[command(flatten)]
    pub(crate) proposals: ProposalArgs,
    /// File of expected failures and skipped tests, in a format of wasi-testsuite: TOML, or the older JSON; can be
    /// repeated
    ///
    /// An expected failure that passes fails the run. With `--wasi-testsuite`, entries apply to the suite of this name;
    /// suites in other directories are listed, and an unknown test of a suite in the directory is an error.
    #[arg(long, value_name = "FILE")]
    pub(crate) expectations: Vec<PathBuf>,
    /// Write the verdicts to a file as JSON
    #[arg(long, value_name = "FILE")]
    pub(crate) json: Option<PathBuf>,
    /// Write the verdicts to a file as JUnit XML
    #[arg(long, value_name = "FILE")]
    pub(crate) junit: Option<PathBuf>,
    /// Check each adapter call: accesses to main's memory, use of main's realloc, and handles of the host
    ///
    /// Known violations of published adapters are listed in `known/violations.toml` in the suite directory and do not fail a
    /// trial. Each unexpected write is reported with the code that made it. The report ends with the maximum shadow
    /// stack use of each adapter. Each trial runs twice, with different contents in uninitialized memory.
    #[arg(long)]
    pub(crate) sanitize: bool,
    /// Record traces: report each failure with the preceding calls across both boundaries
    ///
    /// Verdicts do not change.
    #[arg(long)]
    pub(crate) trace: bool,
    /// Print the names of the selected trials without running them
    #[arg(long)]
    pub(crate) list: bool,
    /// Overwrite the files of expected output with the actual output, like `BLESS=1`; rejected if `CI` is set
    #[arg(long, conflicts_with = "list")]
    pub(crate) bless: bool,
}

/// Run the cases that reproduce a known bug with every release of the published adapters
///
/// Prints a table of bugs and releases, and the failure of each bug. The releases that have a bug are listed in its
/// case (`bug.present`). The exit code is 0 only if exactly these releases fail.
#[derive(Debug, Args)]
pub(crate) struct MatrixArgs {
    /// Select guests: run only guests with a trial whose name contains one of these strings
    #[arg(value_name = "FILTER")]
    pub(crate) filters: Vec<String>,
    /// Suite directory
    #[arg(long, value_name = "DIR", default_value = ".")]
    pub(crate) suite: PathBuf,
    /// Compare the printed table with this file; a difference is a failure
    #[arg(long, value_name = "FILE")]
    pub(crate) golden: Option<PathBuf>,
    /// Overwrite the file of `--golden` with the actual table
    #[arg(long, requires = "golden")]
    pub(crate) bless: bool,
}

/// Run every case on a baseline and a candidate, and report the differences
///
/// A side is `native` or `ADAPTER@HOST`, for example `reference-command@48.0.8@wasi`. `native` runs the core module
/// of the guest directly, on wasmtime's implementation of `wasi_snapshot_preview1`. Default host: `wasi`. Guests
/// without `_start` use the reactor adapter of the same release. ADAPTER can be a file: `target/adapter.wasm@wasi`.
///
/// Compares the outcome, standard output, standard error, call results, and the files after the run. Also reports
/// differences in memory pages and in the number of calls.
///
/// The exit code is 0 only if each difference matches a known difference, each known difference occurs, and no budget
/// is exceeded.
#[derive(Debug, Args)]
pub(crate) struct CompareArgs {
    /// Select trials by name: run only trials whose name contains one of these strings
    #[arg(value_name = "FILTER")]
    pub(crate) filters: Vec<String>,
    /// Baseline
    #[arg(long, value_name = "SIDE", default_value = "native")]
    pub(crate) baseline: Side,
    /// Candidate
    #[arg(long, value_name = "SIDE", default_value = "reference-command@wasi")]
    pub(crate) candidate: Side,
    /// Suite directory
    #[arg(long, value_name = "DIR", default_value = ".")]
    pub(crate) suite: PathBuf,
    /// File of known differences [default: known/output.toml in the suite directory, if it is for these sides]
    #[arg(long, value_name = "FILE")]
    pub(crate) rules: Option<PathBuf>,
    /// File with the budget of the candidate (bytes, instructions, calls); overrides the budget in the known
    /// differences
    #[arg(long, value_name = "FILE")]
    pub(crate) budget: Option<PathBuf>,
    /// Also compare the calls across the core boundary, in a second run with an interposition adapter in front of the
    /// chain
    #[arg(long)]
    pub(crate) calls: bool,
    /// Show the first different call of the host, from traces; for information only
    #[arg(long)]
    pub(crate) host_calls: bool,
    /// Count executed instructions, and report cases that change by 1 % or more
    #[arg(long)]
    pub(crate) fuel: bool,
    /// Compare the adapters: size in bytes, imports, exports, and size after garbage collection for each preview1
    /// function
    #[arg(long)]
    pub(crate) adapters: bool,
    /// Run the candidate's adapter in each release from A to Z, and report the first release with each change
    ///
    /// Each trial runs once. The exit code is 0 regardless of the changes.
    #[arg(long, value_name = "A..Z", conflicts_with_all = ["baseline", "rules", "budget", "fuel", "adapters", "host_calls"])]
    pub(crate) bisect: Option<Span>,
    #[command(flatten)]
    pub(crate) proposals: ProposalArgs,
    /// Write the report to a file as JSON
    #[arg(long, value_name = "FILE")]
    pub(crate) json: Option<PathBuf>,
}

/// Run a guest of a suite, or a core module or component from a file
///
/// Prints the output of the guest as it is written, and the values that `--invoke` returns. The exit code is that of
/// the guest, 134 after a trap, 124 after a timeout, or 1 if the guest could not be run.
///
/// Default limits: 60 seconds of processor time, 1 GiB of memory, 64 MiB of output and 64 MiB of files. `--limit`
/// changes them. Runs are deterministic: random bytes come from a seed, clocks are virtual, and the environment is
/// empty.
#[derive(Debug, Args)]
pub(crate) struct RunArgs {
    /// Name of a guest, or path of a core module or component (an argument with a dot or a slash is a path)
    ///
    /// A guest of the suite is compiled and encoded with the matching adapters. Its imports and files come from its
    /// case `default`, or from its first case without `host-code`. Arguments, environment and standard input come
    /// from this command line.
    #[arg(value_name = "GUEST|FILE")]
    pub(crate) program: String,
    /// Arguments of the guest, after its name
    #[arg(last = true, value_name = "ARGS")]
    pub(crate) args: Vec<String>,
    #[command(flatten)]
    pub(crate) encoding: Encoding,
    /// Suite directory of the guest
    #[arg(long, value_name = "DIR", default_value = ".")]
    pub(crate) suite: PathBuf,
    /// Adapter or adapter chain (`a+b`); required for a guest that several match
    ///
    /// For a file: a published adapter (`reference-command@48.0.8`; `reference` selects the newest suitable one), an
    /// adapter of the suite, or `none`. Default for a file that imports `wasi_snapshot_preview1`: the newest
    /// published adapter.
    #[arg(long, value_name = "NAME", conflicts_with = "adapts")]
    pub(crate) adapter: Option<String>,
    /// Host [default: the host of the guest's case; `wasi` for a file that imports wasi:*; `my-wasi` otherwise]
    ///
    /// `native` runs the core module of the guest directly, on wasmtime's implementation of `wasi_snapshot_preview1`.
    /// A suite can define external hosts in `hosts/NAME.toml`.
    #[arg(long, value_name = "NAME")]
    pub(crate) host: Option<String>,
    /// Set an environment variable of the guest
    #[arg(long, value_name = "K=V", value_parser = variable)]
    pub(crate) env: Vec<(String, String)>,
    /// Standard input of the guest: a file, or `-` for the standard input of this command [default: empty]
    #[arg(long, value_name = "FILE")]
    pub(crate) stdin: Option<PathBuf>,
    /// Seed of the random bytes, or `random` for a different seed in each run
    #[arg(long, value_name = "N", default_value = "0", value_parser = seed)]
    pub(crate) seed: Seed,
    /// Describe an import module in WITX; hints are read from a file of the same name that ends in `.toml`
    ///
    /// Adapter calls are checked and shown by these descriptions, in addition to those in `abi/` of the suite. Can be
    /// repeated.
    #[arg(long, value_name = "FILE")]
    pub(crate) abi: Vec<PathBuf>,
    /// Check each adapter call, and print violations to standard error
    ///
    /// A violation that is not listed in `known/violations.toml` in the suite directory makes the exit code nonzero. The
    /// guest runs again, with different contents in uninitialized memory, and to attribute unexpected writes; the
    /// output of these runs is discarded.
    #[arg(long)]
    pub(crate) sanitize: bool,
    /// Print the calls across both boundaries to standard error after the run
    #[arg(long)]
    pub(crate) trace: bool,
    /// Write the calls across both boundaries to a file, with full values, one JSON object per line
    #[arg(long, value_name = "FILE")]
    pub(crate) trace_json: Option<PathBuf>,
    /// Call an export, in WAVE syntax: 'f(1, "x")' [default: the entry point of a command]
    ///
    /// Can be repeated. Later calls refer to the handles that a call returns as $1, $2, and so on.
    #[arg(long, value_name = "CALL")]
    pub(crate) invoke: Vec<String>,
    #[command(flatten)]
    pub(crate) proposals: ProposalArgs,
    #[command(flatten)]
    pub(crate) limits: LimitArgs,
}

impl RunArgs {
    /// Returns true if the run is traced.
    pub(crate) fn is_traced(&self) -> bool {
        self.trace || self.trace_json.is_some()
    }

    /// Returns the instrumentation between adapters.
    pub(crate) fn reported(&self) -> Reported {
        match (self.sanitize, self.is_traced()) {
            (true, _) => Reported::Sanitized,
            (false, true) => Reported::Traced,
            (false, false) => Reported::AsGiven,
        }
    }

    /// Returns the level of detail of traced values.
    pub(crate) fn detail(&self) -> Detail {
        match (self.trace, &self.trace_json) {
            (_, Some(_)) => Detail::Full,
            (true, None) => Detail::Short,
            (false, None) => Detail::Off,
        }
    }
}

/// Encode a core module and adapters as a component
#[derive(Debug, Args)]
pub(crate) struct EncodeArgs {
    #[command(flatten)]
    pub(crate) input: Input,
    /// Write the component to this file, atomically [default: standard output]
    #[arg(short, long, value_name = "OUT")]
    pub(crate) output: Option<PathBuf>,
    /// Write the text format (WAT)
    #[arg(long)]
    pub(crate) wat: bool,
    /// Skip validation of the component
    #[arg(long)]
    pub(crate) no_validate: bool,
}

/// Explain the component that `encode` would write
///
/// Prints the modules and the reason for each, the resolution of each import, the order of instantiation, and the
/// exports. Writes no component.
#[derive(Debug, Args)]
pub(crate) struct ExplainArgs {
    #[command(flatten)]
    pub(crate) input: Input,
    /// Also print every function of every adapter: the chain of references that keeps it, or that it is dropped
    #[arg(short, long)]
    pub(crate) verbose: bool,
    /// Print JSON, with all details of `--verbose`
    #[arg(long, conflicts_with = "verbose")]
    pub(crate) json: bool,
}

/// Validate an adapter and report every error
#[derive(Debug, Args)]
pub(crate) struct CheckArgs {
    /// Adapter: a file (.wasm or .wat), or a published adapter (`reference-command@48.0.8`)
    ///
    /// Accepts the full syntax of `encode --adapt`: `[NAME=]FILE[:WIT[#WORLD]][,OPTION=VALUE]..`.
    #[arg(value_name = "ADAPTER")]
    pub(crate) adapter: AdapterArg,
    /// WIT of the adapter, if it has no component-type section: a file, or the directory of one package
    #[arg(long, value_name = "PATH[#WORLD]")]
    pub(crate) wit: Option<WitArg>,
    #[command(flatten)]
    pub(crate) features: FeatureArgs,
}

/// Print the JSON schema of a suite's file format
///
/// TOML editors use the schema for completion and validation: put `#:schema FILE` on the first line of a file.
#[derive(Debug, Args)]
pub(crate) struct SchemaArgs {
    /// File format: case, group, guest or adapter
    #[arg(value_name = "FILE", default_value = "case")]
    pub(crate) file: FileKind,
}

/// Inputs of a component.
#[derive(Debug, Args)]
pub(crate) struct Input {
    /// Core module of the guest, .wasm or .wat
    #[arg(value_name = "MODULE")]
    pub(crate) module: PathBuf,
    #[command(flatten)]
    pub(crate) encoding: Encoding,
}

/// Options for encoding a core module as a component.
#[derive(Debug, Args)]
pub(crate) struct Encoding {
    /// WIT of the module, in addition to its component-type sections: a file, or the directory of one package
    #[arg(long, value_name = "PATH[#WORLD]")]
    pub(crate) wit: Option<WitArg>,
    /// World in the file or package of `--wit`; required if it has several
    #[arg(long, value_name = "NAME", requires = "wit")]
    pub(crate) world: Option<String>,
    #[command(flatten)]
    pub(crate) features: FeatureArgs,
    /// Add an adapter, .wasm or .wat, with its WIT; can be repeated
    ///
    /// A published adapter can replace the file: `reference-command` (also `reference-reactor`, `reference-proxy`) is
    /// the newest release, `reference-command@48.0.8` a specific one.
    ///
    /// NAME is the import module that the adapter implements. Default: the file name up to the first dot. An import
    /// resolves to the first adapter with this NAME that exports the function. An adapter's own imports from the same
    /// module resolve to the adapters after it. `interpose(NAME)` adds an interposition adapter, which reports each
    /// call of an import module (a name or a pattern) to the host, through the interface `polyfill:interpose/calls`.
    /// All hosts of this harness implement the interface.
    ///
    /// OPTIONs are the settings of an adapter's sidecar file: `form=isolated` (a separate memory) or `form=shared`
    /// (main's memory); `stack.size=BYTES`; `stack.guard=true` (trap on shadow stack overflow);
    /// `stack.pointer=GLOBAL` (index of the stack pointer's global, if it cannot be determined from the module);
    /// `encoding=utf16` or `encoding=latin1+utf16` (string encoding of the given WIT; default: UTF-8).
    #[arg(long = "adapt", value_name = "[NAME=]FILE[:WIT[#WORLD]][,OPTION=VALUE]..|interpose(NAME)")]
    pub(crate) adapts: Vec<Adapt>,
    /// String encoding of the WIT of `--wit` in the module's memory: utf8, utf16 or latin1+utf16 [default: utf8]
    #[arg(long, value_name = "NAME", requires = "wit", value_parser = encoding)]
    pub(crate) encoding: Option<StringEncoding>,
    /// Allocate the memory of adapters with memory.grow even if the module exports a realloc function
    #[arg(long)]
    pub(crate) realloc_via_memory_grow: bool,
}

/// Selection of feature-gated WIT items.
#[derive(Debug, Args)]
pub(crate) struct FeatureArgs {
    /// Include WIT items gated by `@unstable(feature = NAME)`; separated by commas, can be repeated
    ///
    /// Applies to `--wit` and to the WIT of adapters. Gated items are excluded by default. Items of a component-type
    /// section are always included.
    #[arg(long = "features", value_name = "NAME", value_delimiter = ',')]
    pub(crate) names: Vec<String>,
    /// Include all WIT items gated by `@unstable`
    #[arg(long, conflicts_with = "names")]
    pub(crate) all_features: bool,
}

impl FeatureArgs {
    /// Returns the selected features.
    pub(crate) fn features(&self) -> Features {
        if self.all_features { Features::all() } else { Features::of(self.names.iter().map(|name| name.trim())) }
    }

    /// Returns the name of the first of these options on the command line.
    pub(crate) fn given(&self) -> Option<&'static str> {
        match (self.all_features, self.names.is_empty()) {
            (true, _) => Some("--all-features"),
            (false, false) => Some("--features"),
            (false, true) => None,
        }
    }
}

/// List of engines. Not a `Vec`, which clap parses as a repeatable argument.
pub(crate) type Engines = Arc<[EngineKind]>;

fn engines(text: &str) -> Result<Engines, UnknownEngine> {
    parse_engines(text).map(Arc::from)
}

fn variable(text: &str) -> Result<(String, String), String> {
    match text.split_once('=') {
        Some((name, value)) if !name.is_empty() => Ok((name.to_string(), value.to_string())),
        _ => Err("expected NAME=VALUE".to_string()),
    }
}

fn seed(text: &str) -> Result<Seed, String> {
    match text.parse() {
        Ok(number) => Ok(Seed::Number(number)),
        Err(_) if text == "random" => Ok(Seed::Word(text.to_string())),
        Err(_) => Err("expected a number (from 0 to 2^64-1) or `random`".to_string()),
    }
}
