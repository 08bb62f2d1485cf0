//! Runs polyfilled components in wasmtime and checks their behavior.
//!
//! `discover -> instantiate -> observe -> compare -> report`: the index lists the trials ([`Runner`]), [`observe()`]
//! runs one and records its behavior, [`compare()`] checks the expectations, and [`Report`] formats the differences.
//!
//! A test binary with `harness = false` takes a few lines:
//!
#![doc = "```rust"]
#![doc = include_str!("../examples/test_binary.rs")]
#![doc = "```"]
//!
//! (A suite whose `build.rs` wrote the index to `OUT_DIR` uses [`suite!`] instead of [`Runner::new`].)

mod accepted;
mod libtest;
mod options;
mod suite;
mod verdict;

mod trace;

mod drive;
mod inputs;
mod observe;
mod session;

mod failure;
mod files;
mod functions;
mod native;
mod remote;

mod backtrace;
mod cache;
mod engine;
mod engines;
mod host;
mod kept;
mod limits;
mod program;
mod proposals;
mod room;
mod time;

mod answers;
mod call;
mod core_boundary;
mod handles;
mod imports;
mod interfaces;
mod names;
mod resources;
mod skew;
mod trial;
mod values;

mod observation;
mod violation;

mod compare;
mod compared;
mod expected;
mod failed;
mod listing;
mod pattern;
mod unchecked;
mod uninitialized;
mod wave;
mod writers;

mod bless;
mod diff;
mod report;

pub mod divergence;
pub mod reviewed;

pub use accepted::{ACCEPTED_FILE, Accepted, AcceptedRule};
pub use compare::{Golden, Mismatch, Stream, compare};
pub use compared::Compared;
pub use core_boundary::AllGiven;
pub use engine::{Engine, EngineError};
pub use engines::{Compiler, EngineKind, EngineOptions, UnknownEngine, parse_engines};
pub use expected::OtherFailure;
pub use failed::{Failed, FailedKind};
pub use failure::Failure;
pub use host::{Clock, Host, Hosts, Output, Random, State, Stop, WALL_CLOCK_SECONDS};
pub use inputs::{Inputs, InputsError, Sinks};
pub use limits::Limits;
pub use native::{NativeRun, observe_native};
pub use observation::{FileState, Frame, Observation, Outcome, Returned, TrapInfo};
pub use observe::{Imports, Run, host_linker, observe, run_component, run_program};
pub use options::Options;
pub use program::Program;
pub use remote::{PROTOCOL, RemoteHost, RemoteRun};
pub use report::Report;
pub use session::Session;
pub use suite::{Error, Runner, TrialResult, Verdict, out_dir, root_dir};
pub use time::TrialTime;
pub use trace::{
    Boundary, Detail, Divergence, End, Event, Growth, Mode, Replay, Replayed, Response, Script, Staged, StagedRun,
    Trace, Written, json_lines, lines, lines_in, recorded_results, replay, shortened, written,
};
pub use unchecked::undescribed;
pub use uninitialized::judge_unwritten;
pub use values::{bytes_text, string_text, value_text};
pub use violation::{Changed, Checked, StackUse, Violation, ViolationKind};
pub use writers::name_writers;

/// Cases and the index, in the format of the build.
pub use polyfill_builder::{case, descriptor, failing, index, side, tree};
/// Version of the bundled wasmtime.
pub const WASMTIME: &str = "50.0.1";

/// The wasmtime crate that hosts and imports must use.
pub use wasmtime;
/// The wasmtime-wasi crate that implements the host `wasi`.
pub use wasmtime_wasi;

/// Creates a [`Runner`] for the index that the package's `build.rs` wrote to its `OUT_DIR`.
///
/// `OUT_DIR` and the package's directory are read from the environment when the tests run (`cargo nextest` sets them,
/// also for archives on another machine). Default: their values at compile time.
#[macro_export]
macro_rules! suite {
    () => {
        $crate::Runner::new($crate::out_dir(env!("OUT_DIR")))
            .root($crate::root_dir(env!("CARGO_MANIFEST_DIR")))
            .repeat(concat!("cargo test --test ", env!("CARGO_CRATE_NAME"), " -- --exact"))
    };
}
