//! The command line as it is typed. Nothing is read or looked up here.

mod bundle;
mod lab;
mod limit;
mod sweep;

use std::path::PathBuf;
use std::sync::Arc;

use clap::{Args, Parser, Subcommand};
use polyfill_build::Features;
use polyfill_build::case::{Proposal, Seed};
use polyfill_build::reference::Span;
use polyfill_build::schema::FileKind;
use polyfill_build::side::Side;
use polyfill_runner::{Detail, EngineKind, UnknownEngine, parse_engines};
use wit_component::StringEncoding;

pub(crate) use self::bundle::{FreezeArgs, RecordArgs, ReplayArgs, ShowArgs, ShrinkArgs};
pub(crate) use self::lab::{EntryArgs, HuntArgs};
pub(crate) use self::limit::LimitArgs;
pub(crate) use self::sweep::SweepArgs;
use crate::adapt::{Adapt, AdapterArg, WitArg, encoding};
use crate::load::Reported;

/// Makes components from core modules and adapters, runs them, and tests them.
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
    Hunt(HuntArgs),
    Entry(EntryArgs),
    Sweep(SweepArgs),
    Run(RunArgs),
    Record(RecordArgs),
    Replay(ReplayArgs),
    Show(ShowArgs),
    Shrink(ShrinkArgs),
    Freeze(FreezeArgs),
    Encode(EncodeArgs),
    Explain(ExplainArgs),
    Check(CheckArgs),
    Schema(SchemaArgs),
}

/// Compile, encode, run and check everything in a suite folder
///
/// A suite is a folder with guests/, and mostly adapters/ and wit/ beside it. Every case of every guest runs through
/// every adapter stack that fits and on every host: a trial each, named guest::case::adapter::host.
/// The exit code is 0 only if no trial fails.
#[derive(Debug, Args)]
pub(crate) struct TestArgs {
    /// Only trials whose names contain one of these words
    #[arg(value_name = "FILTER")]
    pub(crate) filters: Vec<String>,
    /// The suite's folder
    #[arg(long, value_name = "DIR", default_value = ".")]
    pub(crate) suite: PathBuf,
    /// A folder of wasi-testsuite in place of a suite: modules (.wasm), and JSON beside them
    ///
    /// Each runs without an adapter (host native) and through the newest published adapter (host wasi); or, with
    /// --adapter and --host, through that one (`reference-command@48.0.8`), and there.
    #[arg(long, value_name = "DIR", conflicts_with_all = ["suite", "sanitize", "bless", "all_adapters"])]
    pub(crate) wasi_testsuite: Option<PathBuf>,
    /// Only trials with this adapter, or this stack of adapters (`a+b`, or `none`)
    #[arg(long, value_name = "NAME")]
    pub(crate) adapter: Option<String>,
    /// Only trials on this host
    #[arg(long, value_name = "NAME")]
    pub(crate) host: Option<String>,
    /// Each published adapter that a case names without a release in every release, too
    #[arg(long)]
    pub(crate) all_adapters: bool,
    /// The engines to run on, with commas between them, or `all`: cranelift, winch, pulley, each also with +pooling
    ///
    /// A trial on another engine than Cranelift is named guest::case::adapter::host/engine. Without the option, the variable
    /// POLYFILL_ENGINES says so; without that, it is Cranelift.
    #[arg(long, value_name = "NAMES", value_parser = engines)]
    pub(crate) engines: Option<Engines>,
    /// On all engines: --engines all
    #[arg(long, conflicts_with = "engines")]
    pub(crate) all_engines: bool,
    /// Guests that are to fail, or to be passed over, in the words of wasi-testsuite; one that passes is a failure then
    #[arg(long, value_name = "FILE.toml")]
    pub(crate) expectations: Option<PathBuf>,
    /// Write the verdicts to a file as JSON
    #[arg(long, value_name = "FILE")]
    pub(crate) json: Option<PathBuf>,
    /// Write the verdicts to a file as JUnit's XML
    #[arg(long, value_name = "FILE")]
    pub(crate) junit: Option<PathBuf>,
    /// Check what adapters do at each call: to main's memory, with its realloc, and with handles of the host
    ///
    /// What published adapters are known for stands in sanitize.toml in the suite's folder, and fails nothing. Of bytes that
    /// are changed without leave it is told who wrote them; at the end, how much of its stack an adapter used at most. Each
    /// trial is run twice, with other bytes where nobody has written.
    #[arg(long)]
    pub(crate) sanitize: bool,
    /// Run with traces: each failure is told with the calls across both boundaries that led to it
    ///
    /// Nothing else is different: the same trials pass.
    #[arg(long)]
    pub(crate) trace: bool,
    /// Print the names of trials and run none
    #[arg(long)]
    pub(crate) list: bool,
    /// Rewrite expected files by what is seen (as with BLESS=1); refused where CI is set
    #[arg(long, conflicts_with = "list")]
    pub(crate) bless: bool,
}

/// Run the cases that name a bug through every release of the published adapters
///
/// Prints bugs and releases, red and green, and how each bug showed. What is known of a bug stands in its case
/// (`bug.present`): the exit code is 0 only if all releases that have it are red and all others green.
#[derive(Debug, Args)]
pub(crate) struct MatrixArgs {
    /// Only guests whose trials' names contain one of these words
    #[arg(value_name = "FILTER")]
    pub(crate) filters: Vec<String>,
    /// The suite's folder
    #[arg(long, value_name = "DIR", default_value = ".")]
    pub(crate) suite: PathBuf,
    /// A file that has to hold this very matrix
    #[arg(long, value_name = "FILE")]
    pub(crate) golden: Option<PathBuf>,
    /// Write that file
    #[arg(long, requires = "golden")]
    pub(crate) bless: bool,
}

/// Run every case on two sides, and tell where they differ
///
/// A side is `native`, which is the guest's core module alone on wasmtime's own wasi_snapshot_preview1, or ADAPTER@HOST:
/// `reference-command@48.0.8@wasi`. Without @HOST it is the host wasi; guests without _start go through the reactor of the
/// same release. ADAPTER may be a file: `target/adapter.wasm@wasi`. Compared are outcome, standard output and error, results
/// of calls, and the files that are left. Pages and calls are told where they are not the same.
/// The exit code is 0 only if a rule names each difference, a difference shows each rule, and budgets are kept.
#[derive(Debug, Args)]
pub(crate) struct CompareArgs {
    /// Only trials whose names contain one of these words
    #[arg(value_name = "FILTER")]
    pub(crate) filters: Vec<String>,
    /// What is compared with
    #[arg(long, value_name = "SIDE", default_value = "native")]
    pub(crate) old: Side,
    /// What is compared
    #[arg(long, value_name = "SIDE", default_value = "reference-command@wasi")]
    pub(crate) new: Side,
    /// The suite's folder
    #[arg(long, value_name = "DIR", default_value = ".")]
    pub(crate) suite: PathBuf,
    /// The rules [default: divergences.toml in the suite's folder, if it is about these sides]
    #[arg(long, value_name = "FILE")]
    pub(crate) rules: Option<PathBuf>,
    /// What the new side may take, in place of the budget in the rules: bytes, instructions, calls
    #[arg(long, value_name = "FILE")]
    pub(crate) budget: Option<PathBuf>,
    /// Compare calls across the core boundary, too, in a second run with an interposer in front of the adapters
    #[arg(long)]
    pub(crate) calls: bool,
    /// Show where calls of the host part, by traces: that is the adapter's own business, and no difference
    #[arg(long)]
    pub(crate) host_calls: bool,
    /// Count instructions, and tell of cases that take at least 1 % more or fewer
    #[arg(long)]
    pub(crate) fuel: bool,
    /// Compare the adapters: bytes, imports, exports, and what is left of them for each function of preview1
    #[arg(long)]
    pub(crate) adapters: bool,
    /// Run the new side's adapter in each release from A to Z, and tell which is the first with each change
    ///
    /// Each cell is run once. The exit code is 0 then, whatever has changed.
    #[arg(long, value_name = "A..Z", conflicts_with_all = ["old", "rules", "budget", "fuel", "adapters", "host_calls"])]
    pub(crate) bisect: Option<Span>,
    /// Write everything to a file as JSON
    #[arg(long, value_name = "FILE")]
    pub(crate) json: Option<PathBuf>,
}

/// Run a guest of a suite, or a module or component in a file
///
/// Prints the guest's output as it comes and the values that --invoke returns, and ends with the guest's exit code:
/// 134 for a trap, 124 if its time is over, 1 if it could not be run at all. It has 60 seconds of processor time, 1 GiB of
/// memory, and 64 MiB of output and of files: --limit gives it more, or less.
/// Runs repeat themselves: random bytes are those of a seed, clocks are virtual, and the environment is empty.
#[derive(Debug, Args)]
pub(crate) struct RunArgs {
    /// A guest's name; or a file (anything with a dot or a slash in it): a core module, or a finished component
    ///
    /// A guest of the suite is compiled and goes through the adapters that fit it. Its case `default` (or its first
    /// case without `host-code`) answers its own imports and has its files; arguments and the like are those of this
    /// command line.
    #[arg(value_name = "GUEST|FILE")]
    pub(crate) program: String,
    /// The guest's arguments, after its name
    #[arg(last = true, value_name = "ARGS")]
    pub(crate) args: Vec<String>,
    #[command(flatten)]
    pub(crate) encoding: Encoding,
    /// The suite's folder, for a guest
    #[arg(long, value_name = "DIR", default_value = ".")]
    pub(crate) suite: PathBuf,
    /// The adapter, or stack of adapters (`a+b`), for a guest that several fit; or a published one for any guest or file
    ///
    /// For a file: published ones (`reference-command@48.0.8`; `reference` is the newest one for it), adapters of the suite by
    /// their names, or `none`. A file that imports wasi_snapshot_preview1 goes through the newest published one if nothing is
    /// said.
    #[arg(long, value_name = "NAME", conflicts_with = "adapts")]
    pub(crate) adapter: Option<String>,
    /// The host [default: the one the guest's case names; wasi for a file that imports wasi:*; my-wasi otherwise]
    ///
    /// On `native` the guest's core module runs as it stands, on wasmtime's own wasi_snapshot_preview1. A suite may have
    /// hosts of its own, which are programs: `hosts/NAME.toml`.
    #[arg(long, value_name = "NAME")]
    pub(crate) host: Option<String>,
    /// A variable of the guest's environment
    #[arg(long, value_name = "K=V", value_parser = variable)]
    pub(crate) env: Vec<(String, String)>,
    /// What the guest reads from standard input; `-` is this command's own, and nothing is the default
    #[arg(long, value_name = "FILE")]
    pub(crate) stdin: Option<PathBuf>,
    /// The seed of the guest's random bytes, or `random` for other bytes in each run
    #[arg(long, value_name = "N", default_value = "0", value_parser = seed)]
    pub(crate) seed: Seed,
    /// Check what adapters do at each call, and print on standard error what they must not do
    ///
    /// The exit code is not 0 then, unless sanitize.toml in the suite's folder knows of it. The guest is run again for it, with
    /// other bytes where nobody has written, and to see who has written what must not be; nothing of that is printed.
    #[arg(long)]
    pub(crate) sanitize: bool,
    /// Print the calls across both boundaries on standard error, when the guest has ended
    #[arg(long)]
    pub(crate) trace: bool,
    /// Write these calls to a file, in full, a line of JSON each
    #[arg(long, value_name = "FILE")]
    pub(crate) trace_json: Option<PathBuf>,
    /// An export to call, in WAVE: 'f(1, "x")'; without it, the one that starts a command
    ///
    /// May be given several times. Handles that a call returns are $1, $2, .. in later ones.
    #[arg(long, value_name = "CALL")]
    pub(crate) invoke: Vec<String>,
    /// Enable a proposal of core WebAssembly, as `gc` or `custom-page-sizes`; may be given several times
    ///
    /// The engine's defaults stay enabled. Names are those of the option `-W` of the command `wasmtime`; a case has the key
    /// `wasm`.
    #[arg(long, value_name = "FEATURE")]
    pub(crate) wasm: Vec<Proposal>,
    #[command(flatten)]
    pub(crate) limits: LimitArgs,
}

impl RunArgs {
    /// Whether calls are to be told of.
    pub(crate) fn is_traced(&self) -> bool {
        self.trace || self.trace_json.is_some()
    }

    /// By what is reported between adapters.
    pub(crate) fn reported(&self) -> Reported {
        match (self.sanitize, self.is_traced()) {
            (true, _) => Reported::Sanitized,
            (false, true) => Reported::Traced,
            (false, false) => Reported::AsGiven,
        }
    }

    /// And how much of their values.
    pub(crate) fn detail(&self) -> Detail {
        match (self.trace, &self.trace_json) {
            (_, Some(_)) => Detail::Full,
            (true, None) => Detail::Short,
            (false, None) => Detail::Off,
        }
    }
}

/// Make a component from a core module and adapters
#[derive(Debug, Args)]
pub(crate) struct EncodeArgs {
    #[command(flatten)]
    pub(crate) input: Input,
    /// The file to write: all of it or nothing; without it, standard output
    #[arg(short, long, value_name = "OUT")]
    pub(crate) output: Option<PathBuf>,
    /// Write text
    #[arg(long)]
    pub(crate) wat: bool,
    /// Do not validate the component
    #[arg(long)]
    pub(crate) no_validate: bool,
}

/// Print what encode would do and why
///
/// Takes the arguments of encode and writes no component: modules, who asked for what, wires with their reasons,
/// the order of instantiation, exports.
#[derive(Debug, Args)]
pub(crate) struct ExplainArgs {
    #[command(flatten)]
    pub(crate) input: Input,
    /// Every function of every adapter: why it is kept, by the chain of who asked for it, or that it is dropped
    #[arg(short, long)]
    pub(crate) verbose: bool,
    /// JSON for tools, with everything that --verbose tells
    #[arg(long, conflicts_with = "verbose")]
    pub(crate) json: bool,
    /// Means nothing here: for a command line of encode with the verb changed.
    #[arg(short, long, value_name = "OUT", hide = true)]
    output: Option<PathBuf>,
    #[arg(long, hide = true)]
    wat: bool,
    #[arg(long, hide = true)]
    no_validate: bool,
}

/// Tell all that is wrong with an adapter
#[derive(Debug, Args)]
pub(crate) struct CheckArgs {
    /// The adapter, .wasm or .wat, or a published one (`reference-command@48.0.8`)
    ///
    /// With what `--adapt` of `encode` takes beside a file: `[NAME=]FILE[:WIT[#WORLD]][,OPTION=VALUE]..`.
    #[arg(value_name = "ADAPTER")]
    pub(crate) adapter: AdapterArg,
    /// Its WIT, a file or a folder that is one package, if it has no component-type section
    #[arg(long, value_name = "PATH[#WORLD]")]
    pub(crate) wit: Option<WitArg>,
    #[command(flatten)]
    pub(crate) features: FeatureArgs,
}

/// Print the JSON schema of a file of a suite
///
/// TOML editors take it to complete and check keys: `#:schema FILE` in a file's first line.
#[derive(Debug, Args)]
pub(crate) struct SchemaArgs {
    /// Which: case, group, guest or adapter
    #[arg(value_name = "FILE", default_value = "case")]
    pub(crate) file: FileKind,
}

/// What a component is made from.
#[derive(Debug, Args)]
pub(crate) struct Input {
    /// The guest's core module, .wasm or .wat
    #[arg(value_name = "MODULE")]
    pub(crate) module: PathBuf,
    #[command(flatten)]
    pub(crate) encoding: Encoding,
}

/// How a component is made from a core module.
#[derive(Debug, Args)]
pub(crate) struct Encoding {
    /// The module's WIT, a file or a folder that is one package, beside its component-type sections
    #[arg(long, value_name = "PATH[#WORLD]")]
    pub(crate) wit: Option<WitArg>,
    /// The world in that WIT, if there are several
    #[arg(long, value_name = "NAME", requires = "wit")]
    pub(crate) world: Option<String>,
    #[command(flatten)]
    pub(crate) features: FeatureArgs,
    /// An adapter, .wasm or .wat, and its WIT; may be given several times
    ///
    /// In place of the file there can be a published one: `reference-command` (reactor, proxy) is the newest,
    /// `reference-command@48.0.8` another release of it.
    ///
    /// NAME is the import module that it implements: its file's name up to the first dot, if it is not given. The first
    /// adapter that implements an import module and has the function is asked, and those behind it are for what it
    /// imports from there itself. `interpose(NAME)` reports each call of an import module, by name or pattern, to the
    /// host: through the interface polyfill:interpose/calls, which all hosts here have.
    ///
    /// OPTIONs are what a sidecar says of an adapter: `form=isolated` (a memory of its own) or `form=shared` (main's);
    /// `stack.size=BYTES`, `stack.guard=true` (overflow traps), `stack.pointer=GLOBAL` (the index of the global, where the module
    /// does not tell); `encoding=utf16` or `latin1+utf16` (strings of the given WIT, which are UTF-8 otherwise).
    #[arg(long = "adapt", value_name = "[NAME=]FILE[:WIT[#WORLD]][,OPTION=VALUE]..|interpose(NAME)")]
    pub(crate) adapts: Vec<Adapt>,
    /// The encoding of strings of the given WIT in the module's memory: utf8, utf16 or latin1+utf16 [default: utf8]
    #[arg(long, value_name = "NAME", requires = "wit", value_parser = encoding)]
    pub(crate) encoding: Option<StringEncoding>,
    /// Let adapters take their memory by memory.grow even where the module exports a realloc
    #[arg(long)]
    pub(crate) realloc_via_memory_grow: bool,
}

/// Which gated items of given WIT are taken.
#[derive(Debug, Args)]
pub(crate) struct FeatureArgs {
    /// Take the items of given WIT that are gated by `@unstable(feature = NAME)`; may be given several times, or as a list
    ///
    /// Applies to --wit and to the WIT of adapters. Default: such items are left out, as if they were not written there.
    /// What a module's component-type section says is always taken.
    #[arg(long = "features", value_name = "NAME", value_delimiter = ',')]
    pub(crate) names: Vec<String>,
    /// Take all items that are gated by `@unstable`
    #[arg(long, conflicts_with = "names")]
    pub(crate) all_features: bool,
}

impl FeatureArgs {
    /// The features.
    pub(crate) fn features(&self) -> Features {
        if self.all_features { Features::all() } else { Features::of(self.names.iter().map(|name| name.trim())) }
    }

    /// The first of these options that is given.
    pub(crate) fn given(&self) -> Option<&'static str> {
        match (self.all_features, self.names.is_empty()) {
            (true, _) => Some("--all-features"),
            (false, false) => Some("--features"),
            (false, true) => None,
        }
    }
}

/// A list: clap takes a plain vector for an argument that is given several times.
pub(crate) type Engines = Arc<[EngineKind]>;

fn engines(text: &str) -> Result<Engines, UnknownEngine> {
    parse_engines(text).map(Arc::from)
}

fn variable(text: &str) -> Result<(String, String), String> {
    match text.split_once('=') {
        Some((name, value)) if !name.is_empty() => Ok((name.to_string(), value.to_string())),
        _ => Err("not of the form NAME=VALUE".to_string()),
    }
}

fn seed(text: &str) -> Result<Seed, String> {
    match text.parse() {
        Ok(number) => Ok(Seed::Number(number)),
        Err(_) if text == "random" => Ok(Seed::Word(text.to_string())),
        Err(_) => Err("neither a number (from 0 to 2^64-1) nor `random`".to_string()),
    }
}
