//! State of one run, available to host functions in the store.

use std::any::{Any, TypeId};
use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use polyfill_builder::case::{Call, LimitName};
use polyfill_builder::index::Sanitize;
use thiserror::Error;
use wasmtime::component::ResourceTable;
use wasmtime_wasi::filesystem::WasiFilesystemCtxView;
use wasmtime_wasi::p1::WasiP1Ctx;
use wasmtime_wasi::{WasiCtx, WasiView};

use super::stdio::Input;
use super::{Clock, Output, Random, descriptors, left, wasi};
use crate::core_boundary::CoreBoundary;
use crate::files::{Files, Meter};
use crate::inputs::{Inputs, Sinks};
use crate::limits::{Limits, Pages};
use crate::observation::{Outcome, TrapInfo};
use crate::time::Watch;
use crate::trace::{Detail, Tape};

/// Maximum number of recorded calls. Further calls are only counted.
const MOST_CALLS: usize = 100_000;

/// Error by which a host function ends the guest on purpose.
#[derive(Clone, Debug, Error, PartialEq)]
pub enum Stop {
    /// The guest exited with this code.
    #[error("exit with code {0}")]
    Exit(i32),
    /// The guest exceeded the output limit.
    #[error("more than {bytes} bytes on standard {stream}")]
    OutputLimit {
        /// `output` or `error`.
        stream: &'static str,
        /// Limit in bytes.
        bytes: usize,
    },
    /// The guest exceeded the wall-clock limit, but not the processor time limit.
    #[error("still running after {} s of wall-clock time", .limit.as_secs_f64())]
    Clock {
        /// Wall-clock limit.
        limit: Duration,
        /// Processor time used.
        processor: Duration,
    },
    /// The guest exceeded the byte limit of files.
    #[error("more than {bytes} bytes of files")]
    FilesLimit {
        /// Limit in bytes.
        bytes: usize,
    },
    /// The guest exceeded the limit on files, directories and links.
    #[error("more than {entries} files, directories and links")]
    EntriesLimit {
        /// Maximum number of entries.
        entries: usize,
    },
    /// The size of the guest's files cannot be determined.
    #[error("cannot measure the guest's files: {why}")]
    FilesUnknown {
        /// Cause of the error.
        why: String,
    },
    /// The guest requested too many random bytes at once.
    #[error("more than {bytes} random bytes in one call")]
    RandomLimit {
        /// Maximum number of bytes per call.
        bytes: usize,
    },
    /// An answer of the case traps in this call.
    #[error("trap by `trap-at`, in call {call} of `{function}`")]
    Trap {
        /// Imported function.
        function: String,
        /// Number of the call of this function, from 1.
        call: u32,
    },
}

impl Stop {
    /// Returns the outcome of a run that this error ended, if the harness raised it.
    pub(crate) fn outcome(&self) -> Outcome {
        let limit = match self {
            Self::Exit(code) => return Outcome::Exit(*code),
            Self::Trap { .. } => return Outcome::HostError(TrapInfo { message: self.to_string(), frames: Vec::new() }),
            Self::Clock { limit, processor } => {
                let milliseconds = limit.as_millis() as u64;
                let used = Some(processor.as_millis() as u64);
                return Outcome::Timeout { milliseconds, used, frames: Vec::new() };
            }
            Self::OutputLimit { .. } => LimitName::Output,
            Self::FilesLimit { .. } | Self::EntriesLimit { .. } | Self::FilesUnknown { .. } => LimitName::Files,
            Self::RandomLimit { .. } => LimitName::Random,
        };
        Outcome::Limit { limit, message: self.to_string() }
    }
}

/// Data of a store: `store.data()`.
///
/// Most methods take `&self`, so that a function can read the guest's memory in place at the same time.
pub struct State {
    stdout: Output,
    stderr: Output,
    stdin: Arc<Mutex<Input>>,
    args: Vec<String>,
    env: Vec<(String, String)>,
    random: Mutex<Random>,
    clock: Clock,
    trace: Mutex<Trace>,
    core_boundary: Mutex<CoreBoundary>,
    tape: Mutex<Tape>,
    table: ResourceTable,
    /// Resources that answers of the case created and that were not dropped: number and type name.
    answered: BTreeMap<u32, String>,
    own: BTreeMap<TypeId, Box<dyn Any + Send>>,
    pub(super) wasi: WasiCtx,
    /// Set instead of `wasi` on the host `native`.
    preview1: Option<WasiP1Ctx>,
    /// Counts what the guest adds to its files, if it has any.
    meter: Option<Arc<Mutex<Meter>>>,
    pub(crate) pages: Pages,
    pub(crate) watch: Watch,
}

impl State {
    pub(crate) fn new(
        inputs: &Inputs,
        sinks: Sinks,
        limits: &Limits,
        check: Option<&Sanitize>,
        files: Option<&Files>,
        detail: Detail,
    ) -> wasmtime::Result<Self> {
        let stdout = Output::new("output", sinks.stdout, limits.output);
        let stderr = Output::new("error", sinks.stderr, limits.output);
        let clock = Clock::default();
        let mut table = ResourceTable::new();
        table.set_max_capacity(descriptors::most(limits.handles));
        let stdin = Arc::new(Mutex::new(Input::new(inputs.stdin.clone(), &inputs.stdin_pieces)));
        Ok(Self {
            wasi: wasi::context(inputs, &stdin, [&stdout, &stderr], &clock, files)?.build(),
            preview1: None,
            meter: files.map(|files| Arc::new(Mutex::new(files.meter(limits)))),
            stdout,
            stderr,
            stdin,
            args: inputs.args.clone(),
            env: inputs.env.clone(),
            random: Mutex::new(Random::new(inputs.seed.as_ref())),
            clock,
            trace: Mutex::default(),
            core_boundary: Mutex::new(CoreBoundary::new(check, &inputs.abi, &inputs.args, &inputs.env)),
            tape: Mutex::new(Tape::new(detail, &inputs.abi)),
            table,
            answered: BTreeMap::new(),
            own: BTreeMap::new(),
            pages: Pages::new(limits.memory),
            watch: Watch::new(limits),
        })
    }

    /// Creates the state of a run on the host `native`.
    pub(crate) fn native(
        inputs: &Inputs,
        sinks: Sinks,
        limits: &Limits,
        files: Option<&Files>,
    ) -> wasmtime::Result<Self> {
        let mut state = Self::new(inputs, sinks, limits, None, None, Detail::Off)?;
        let streams = [&state.stdout, &state.stderr];
        let mut preview1 = wasi::context(inputs, &state.stdin, streams, &state.clock, files)?.build_p1();
        preview1.ctx().table.set_max_capacity(descriptors::most(limits.handles));
        state.preview1 = Some(preview1);
        state.meter = files.map(|files| Arc::new(Mutex::new(files.meter(limits))));
        Ok(state)
    }

    /// Returns the guest's standard output.
    pub fn stdout(&self) -> &Output {
        &self.stdout
    }

    /// Returns the guest's standard error.
    pub fn stderr(&self) -> &Output {
        &self.stderr
    }

    /// Reads up to `most` bytes of standard input; returns none at the end.
    pub fn read_stdin(&self, most: usize) -> Vec<u8> {
        lock(&self.stdin).read(most)
    }

    /// Applies the settings of a `[[call]]`: advances the clock, and appends standard input.
    pub(crate) fn before(&self, call: &Call) {
        self.clock.sleep(call.wait());
        lock(&self.stdin).write(call.write_stdin.as_deref().unwrap_or_default().as_bytes());
    }

    /// Returns the guest's arguments, beginning with its name.
    pub fn args(&self) -> &[String] {
        &self.args
    }

    /// Returns the guest's environment, sorted by name.
    pub fn env(&self) -> &[(String, String)] {
        &self.env
    }

    /// Fills the buffer with the next random bytes.
    pub fn fill_random(&self, buffer: &mut [u8]) {
        lock(&self.random).fill(buffer);
    }

    /// Returns the clocks.
    pub fn clock(&self) -> &Clock {
        &self.clock
    }

    /// Records a call across the component boundary: `instance.function`, arguments and result in WAVE (see
    /// [`value_text`](crate::value_text), [`bytes_text`](crate::bytes_text)).
    pub fn record(&self, function: &str, arguments: &[String], result: Option<String>) {
        let mut line = format!("{function}({})", arguments.join(", "));
        if let Some(result) = result {
            line.push_str(" -> ");
            line.push_str(&result);
        }
        lock(&self.trace).push(line);
    }

    /// Returns the resource table of host functions.
    pub fn table(&mut self) -> &mut ResourceTable {
        &mut self.table
    }

    /// Returns the remaining resources by name, in the table and of answers; `None` on the host `native`, which has a
    /// different table.
    pub(crate) fn handles_left(&mut self) -> Option<BTreeMap<String, u64>> {
        if self.preview1.is_some() {
            return None;
        }
        let mut left = left::by_name(&mut self.table);
        for name in self.answered.values() {
            *left.entry(name.clone()).or_default() += 1;
        }
        Some(left)
    }

    /// Returns the resources that answers created and that were not dropped, in creation order.
    pub(crate) fn answered_left(&self) -> Vec<String> {
        self.answered.iter().map(|(number, name)| format!("{name}#{number}")).collect()
    }

    /// Registers a resource that an answer creates.
    pub(crate) fn give(&mut self, name: &str, number: u32) {
        self.answered.insert(number, name.to_string());
    }

    /// Removes a dropped resource of an answer.
    pub(crate) fn end(&mut self, number: u32) {
        self.answered.remove(&number);
    }

    /// Accesses data that a host, or Rust code that implements imports, keeps during a run: one value per type.
    pub fn with<T: Any + Send + Default>(&mut self) -> &mut T {
        let value = self.own.entry(TypeId::of::<T>()).or_insert_with(|| Box::new(T::default()));
        value.downcast_mut().expect("an entry holds a value of the type that is its key")
    }

    pub(super) fn wasi_parts(&mut self) -> (&mut WasiCtx, &mut ResourceTable) {
        (&mut self.wasi, &mut self.table)
    }

    pub(crate) fn preview1(&mut self) -> &mut WasiP1Ctx {
        self.preview1.as_mut().expect("set for all runs on the host `native`, and it is asked for by no others")
    }

    pub(super) fn filesystem(&mut self) -> wasi::FilesystemView<'_> {
        let inner = WasiFilesystemCtxView { ctx: self.wasi.filesystem(), table: &mut self.table };
        wasi::FilesystemView { inner, meter: self.meter.as_ref() }
    }

    /// Returns the meter of the guest's files; `None` if it has no files.
    pub(crate) fn meter(&self) -> Option<&Arc<Mutex<Meter>>> {
        self.meter.as_ref()
    }

    pub(super) fn clock_parts(&mut self) -> (&Clock, &mut ResourceTable) {
        (&self.clock, &mut self.table)
    }

    pub(crate) fn core_boundary(&self) -> MutexGuard<'_, CoreBoundary> {
        lock(&self.core_boundary)
    }

    pub(crate) fn tape(&self) -> MutexGuard<'_, Tape> {
        lock(&self.tape)
    }

    pub(crate) fn take_trace(&self) -> (Vec<String>, u64) {
        std::mem::take(&mut *lock(&self.trace)).take()
    }
}

/// Recorded calls.
#[derive(Default)]
pub(crate) struct Trace {
    lines: Vec<String>,
    dropped: u64,
}

impl Trace {
    /// Returns the recorded calls, and the number of further calls.
    pub(crate) fn take(self) -> (Vec<String>, u64) {
        (self.lines, self.dropped)
    }

    pub(crate) fn push(&mut self, line: String) {
        if self.lines.len() < MOST_CALLS { self.lines.push(line) } else { self.dropped += 1 }
    }
}

pub(crate) fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
