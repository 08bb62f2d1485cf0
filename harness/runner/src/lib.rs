//! Runs polyfilled components in wasmtime and checks what they did.
//!
//! `discover -> instantiate -> observe -> compare -> report`: the index says which cells there are ([`Runner`]),
//! [`observe()`] runs one and only looks, [`compare()`] judges and runs nothing, [`Report`] tells a reader about it.
//!
//! A test binary with `harness = false` is a few lines:
//!
#![doc = "```rust"]
#![doc = include_str!("../examples/test_binary.rs")]
#![doc = "```"]
//!
//! (A suite whose `build.rs` wrote the index to `OUT_DIR` begins with [`suite!`] in place of [`Runner::new`].)

mod accepted;
mod suite;
mod trials;
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
mod cell;
mod core_boundary;
mod handles;
mod imports;
mod names;
mod resources;
mod skew;
mod values;

mod errno;
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
pub use errno::{errno_name, errno_number};
pub use expected::OtherFailure;
pub use failed::{Failed, FailedKind};
pub use failure::Failure;
pub use host::{Clock, Host, Hosts, Output, Random, State, Stop, WALL_CLOCK_SECONDS};
pub use inputs::{Inputs, InputsError, Sinks};
pub use limits::Limits;
pub use native::{NativeRun, observe_native};
pub use observation::{Frame, Observation, Outcome, Returned, Seen, TrapInfo};
pub use observe::{Imports, Run, host_linker, observe, run_component, run_program};
pub use program::Program;
pub use remote::{PROTOCOL, RemoteHost, RemoteRun};
pub use report::Report;
pub use session::Session;
pub use suite::{CellResult, Error, Runner, Verdict, engines_of_environment, out_dir, root_dir};
pub use time::TrialTime;
pub use trace::{
    Boundary, Detail, Divergence, End, Event, Growth, Mode, Replay, Replayed, Says, Script, Staged, StagedRun, Trace,
    Written, json_lines, lines, lines_in, recorded_results, replay, shortened, written,
};
pub use unchecked::nothing_to_check;
pub use uninitialized::judge_unwritten;
pub use values::{bytes_text, string_text, value_text};
pub use violation::{Changed, LookedAt, StackUse, Violation, What};
pub use writers::name_writers;

/// Cases and the index, as the build writes them.
pub use polyfill_build::{case, descriptor, failing, index, side, tree};
/// The version of wasmtime that runs components here.
pub const WASMTIME: &str = "48.0.8";

/// The very wasmtime that hosts and imports are written against.
pub use wasmtime;
/// The very wasmtime-wasi that the host `wasi` is made of.
pub use wasmtime_wasi;

/// A [`Runner`] for the index that the package's `build.rs` wrote to its `OUT_DIR`.
///
/// Both `OUT_DIR` and the package's folder are looked up when the tests run (`cargo nextest` sets them, also for
/// archives on another machine); those of the compilation are what is left otherwise.
#[macro_export]
macro_rules! suite {
    () => {
        $crate::Runner::new($crate::out_dir(env!("OUT_DIR")))
            .root($crate::root_dir(env!("CARGO_MANIFEST_DIR")))
            .repeat(concat!("cargo test --test ", env!("CARGO_CRATE_NAME"), " -- --exact"))
    };
}
