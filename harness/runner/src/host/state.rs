//! The state of one run: what host functions find in the store.

use std::any::{Any, TypeId};
use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use polyfill_build::case::{Call, LimitName};
use polyfill_build::index::Sanitize;
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

/// Calls that are kept; of what comes after, only the number is.
const MOST_CALLS: usize = 100_000;

/// An error by which a host function ends the guest on purpose.
#[derive(Clone, Debug, Error, PartialEq)]
pub enum Stop {
    /// The guest asked to end with this exit code.
    #[error("exit with code {0}")]
    Exit(i32),
    /// The guest wrote too much.
    #[error("more than {bytes} bytes on standard {stream}")]
    OutputLimit {
        /// `output` or `error`.
        stream: &'static str,
        /// How many it may write.
        bytes: usize,
    },
    /// The guest takes too much time on the clock, though not of the processor.
    #[error("still running after {} s on the clock", .limit.as_secs_f64())]
    Clock {
        /// The time on the clock that it may take.
        limit: Duration,
        /// The processor time that it has used.
        processor: Duration,
    },
    /// The guest has too many bytes of files.
    #[error("more than {bytes} bytes of files")]
    FilesLimit {
        /// How many it may have.
        bytes: usize,
    },
    /// The guest has too many files, directories and links.
    #[error("more than {entries} files, directories and links")]
    EntriesLimit {
        /// How many it may have.
        entries: usize,
    },
    /// Nobody knows how many bytes of files the guest has.
    #[error("the guest's files cannot be measured: {why}")]
    FilesUnknown {
        /// Why.
        why: String,
    },
    /// The guest asked for too many random bytes at once.
    #[error("more than {bytes} random bytes in one call")]
    RandomLimit {
        /// How many it may ask for.
        bytes: usize,
    },
    /// An answer of the case traps here.
    #[error("trap as the case says, in call {call} of `{function}`")]
    Trap {
        /// The imported function.
        function: String,
        /// Which call of it, from 1.
        call: u32,
    },
}

impl Stop {
    /// How a run ends by it, if it is the harness that has seen it.
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

/// What host functions find in the store: `store.data()`.
///
/// Most of it is reached through `&self`, so that a function can read the guest's memory in place meanwhile.
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
    /// Resources that answers of the case have given and that were not dropped: each one's number, and its type's name.
    answered: BTreeMap<u32, String>,
    own: BTreeMap<TypeId, Box<dyn Any + Send>>,
    pub(super) wasi: WasiCtx,
    /// On the host `native`, instead of `wasi`.
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
            core_boundary: Mutex::new(CoreBoundary::new(check, &inputs.args, &inputs.env)),
            tape: Mutex::new(Tape::new(detail)),
            table,
            answered: BTreeMap::new(),
            own: BTreeMap::new(),
            pages: Pages::new(limits.memory),
            watch: Watch::new(limits),
        })
    }

    /// The state of a run on the host `native`.
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

    /// The guest's standard output.
    pub fn stdout(&self) -> &Output {
        &self.stdout
    }

    /// The guest's standard error.
    pub fn stderr(&self) -> &Output {
        &self.stderr
    }

    /// The next bytes of standard input, at most so many; none at its end.
    pub fn read_stdin(&self, most: usize) -> Vec<u8> {
        lock(&self.stdin).read(most)
    }

    /// What a case has before a call: time that passes, and standard input that comes.
    pub(crate) fn before(&self, call: &Call) {
        self.clock.sleep(call.wait());
        lock(&self.stdin).write(call.write_stdin.as_deref().unwrap_or_default().as_bytes());
    }

    /// The guest's arguments, its name first.
    pub fn args(&self) -> &[String] {
        &self.args
    }

    /// The guest's environment, sorted by name.
    pub fn env(&self) -> &[(String, String)] {
        &self.env
    }

    /// Fills the buffer with the next random bytes.
    pub fn fill_random(&self, buffer: &mut [u8]) {
        lock(&self.random).fill(buffer);
    }

    /// The clocks.
    pub fn clock(&self) -> &Clock {
        &self.clock
    }

    /// Tells of a call across the component boundary: `instance.function`, arguments and result in WAVE
    /// (see [`value_text`](crate::value_text), [`bytes_text`](crate::bytes_text)).
    pub fn record(&self, function: &str, arguments: &[String], result: Option<String>) {
        let mut line = format!("{function}({})", arguments.join(", "));
        if let Some(result) = result {
            line.push_str(" -> ");
            line.push_str(&result);
        }
        lock(&self.trace).push(line);
    }

    /// Where host functions keep the resources that handles stand for.
    pub fn table(&mut self) -> &mut ResourceTable {
        &mut self.table
    }

    /// The resources that are left, in the table and of those that answers have given, by name; nothing on the host
    /// `native`, which has another table.
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

    /// The resources that answers have given and that were not dropped, in the order in which they were given.
    pub(crate) fn answered_left(&self) -> Vec<String> {
        self.answered.iter().map(|(number, name)| format!("{name}#{number}")).collect()
    }

    /// Notes a resource that an answer gives.
    pub(crate) fn give(&mut self, name: &str, number: u32) {
        self.answered.insert(number, name.to_string());
    }

    /// Notes that a resource that an answer gave has come to its end.
    pub(crate) fn end(&mut self, number: u32) {
        self.answered.remove(&number);
    }

    /// What a host, or the code that answers imports, keeps for the length of a run: one value of each type.
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

    /// What counts the guest's files; nothing if it has none.
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

/// The calls so far.
#[derive(Default)]
pub(crate) struct Trace {
    lines: Vec<String>,
    dropped: u64,
}

impl Trace {
    /// What was kept, and how many were not.
    pub(crate) fn take(self) -> (Vec<String>, u64) {
        (self.lines, self.dropped)
    }

    pub(crate) fn push(&mut self, line: String) {
        match self.lines.len() < MOST_CALLS {
            true => self.lines.push(line),
            false => self.dropped += 1,
        }
    }
}

pub(crate) fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
