//! Hosts `wasi` and `wasi-async`: WASI 0.2 of wasmtime-wasi, isolated from the machine and deterministic.
//!
//! Files and environment come from the case, and the network is inaccessible. Random bytes, clocks and streams are per
//! run. The monotonic clock of wasmtime-wasi, which sleeps in real time, is replaced by a virtual clock.

mod filesystem;
mod interfaces;

use std::future::poll_fn;
use std::io;
use std::pin::Pin;
use std::sync::{Arc, Mutex};
use std::task::{Context, Poll};
use std::time::Duration;

use bytes::Bytes;
use tokio::io::AsyncWrite;
use wasmtime::component::{HasData, Linker, Resource, ResourceTable};
use wasmtime_wasi::cli::{IsTerminal, StdoutStream};
use wasmtime_wasi::p2::bindings::clocks::monotonic_clock;
use wasmtime_wasi::p2::pipe::MemoryInputPipe;
use wasmtime_wasi::p2::{DynPollable, OutputStream, Pollable, StreamError, StreamResult, subscribe};
use wasmtime_wasi::{
    FsPerms, HostMonotonicClock, HostWallClock, WasiCtx, WasiCtxBuilder, WasiCtxView, WasiView, async_trait,
};

pub(super) use self::filesystem::View as FilesystemView;
use super::random::Bytewise;
use super::stdin::{Closed, Pipe};
use super::stdio::Input;
use super::{Clock, Host, Output, Random, State};
use crate::files::Files;
use crate::inputs::Inputs;

/// Maximum number of bytes of one stream write.
const MOST_WRITTEN: usize = 1 << 20;

/// Host `wasi`: WASI 0.2 with synchronous functions.
pub(super) struct Wasi;

impl Host for Wasi {
    fn name(&self) -> &str {
        "wasi"
    }

    fn has_files(&self) -> bool {
        true
    }

    fn interfaces(&self) -> Vec<String> {
        interfaces::declared()
    }

    fn add_to_linker(&self, linker: &mut Linker<State>) -> wasmtime::Result<()> {
        wasmtime_wasi::p2::add_to_linker_sync(linker)?;
        linker.allow_shadowing(true);
        filesystem::add_to_linker_sync(linker)?;
        add_clock(linker)
    }
}

/// Host `wasi-async`: WASI 0.2 on an asynchronous store.
pub(super) struct WasiAsync;

impl Host for WasiAsync {
    fn name(&self) -> &str {
        "wasi-async"
    }

    fn is_async(&self) -> bool {
        true
    }

    fn has_files(&self) -> bool {
        true
    }

    fn interfaces(&self) -> Vec<String> {
        interfaces::declared()
    }

    fn add_to_linker(&self, linker: &mut Linker<State>) -> wasmtime::Result<()> {
        wasmtime_wasi::p2::add_to_linker_async(linker)?;
        linker.allow_shadowing(true);
        filesystem::add_to_linker_async(linker)?;
        add_clock(linker)
    }
}

/// Defines the virtual clock, shadowing wasmtime-wasi's.
fn add_clock(linker: &mut Linker<State>) -> wasmtime::Result<()> {
    linker.allow_shadowing(true);
    monotonic_clock::add_to_linker::<State, VirtualClock>(linker, |state| {
        let (clock, table) = state.clock_parts();
        VirtualClockView { clock, table }
    })?;
    linker.allow_shadowing(false);
    Ok(())
}

/// Returns the wasmtime-wasi context of the run, for WASI 0.2 and preview1.
pub(super) fn context(
    inputs: &Inputs,
    stdin: &Arc<Mutex<Input>>,
    [stdout, stderr]: [&Output; 2],
    clock: &Clock,
    files: Option<&Files>,
) -> wasmtime::Result<WasiCtxBuilder> {
    let seed = Random::new(inputs.seed.as_ref());
    let mut insecure_seed = [0; 16];
    seed.clone().fill(&mut insecure_seed);
    let mut builder = WasiCtx::builder();
    builder
        .args(&inputs.args)
        .envs(&inputs.env)
        .stdout(stdout.clone())
        .stderr(stderr.clone())
        .secure_random(Bytewise(seed.clone()))
        .insecure_random(Bytewise(seed))
        .insecure_random_seed(u128::from_le_bytes(insecure_seed))
        .wall_clock(clock.clone())
        .monotonic_clock(clock.clone())
        .allow_tcp(false)
        .allow_udp(false);
    let is_whole = inputs.stdin_pieces.is_empty() && inputs.calls.iter().all(|call| call.write_stdin.is_none());
    match (inputs.stdin_closed, is_whole) {
        (true, _) => builder.stdin(Closed),
        (false, true) => builder.stdin(MemoryInputPipe::new(inputs.stdin.clone())),
        (false, false) => builder.stdin(Pipe(stdin.clone())),
    };
    for opened in files.map_or(&[][..], |files| &files.preopens) {
        let allowed = if opened.read_only { FsPerms::ReadOnly } else { FsPerms::ReadWrite };
        builder.preopened_dir(opened.path(), &opened.name, allowed)?;
    }
    Ok(builder)
}

impl WasiView for State {
    fn ctx(&mut self) -> WasiCtxView<'_> {
        let (ctx, table) = self.wasi_parts();
        WasiCtxView { ctx, table }
    }
}

impl HostWallClock for Clock {
    fn resolution(&self) -> Duration {
        Duration::from_nanos(Clock::resolution(self))
    }

    fn now(&self) -> Duration {
        Duration::from_nanos(self.wall())
    }
}

impl HostMonotonicClock for Clock {
    fn resolution(&self) -> u64 {
        Clock::resolution(self)
    }

    fn now(&self) -> u64 {
        self.monotonic()
    }
}

struct VirtualClock;

impl HasData for VirtualClock {
    type Data<'a> = VirtualClockView<'a>;
}

struct VirtualClockView<'a> {
    clock: &'a Clock,
    table: &'a mut ResourceTable,
}

impl monotonic_clock::Host for VirtualClockView<'_> {
    fn now(&mut self) -> wasmtime::Result<u64> {
        Ok(self.clock.monotonic())
    }

    fn resolution(&mut self) -> wasmtime::Result<u64> {
        Ok(self.clock.resolution())
    }

    fn subscribe_instant(&mut self, when: u64) -> wasmtime::Result<Resource<DynPollable>> {
        let alarm = self.table.push(Alarm { clock: self.clock.clone(), when })?;
        subscribe(self.table, alarm)
    }

    fn subscribe_duration(&mut self, duration: u64) -> wasmtime::Result<Resource<DynPollable>> {
        self.subscribe_instant(self.clock.monotonic().saturating_add(duration))
    }
}

/// Timer on the virtual clock. When only later timers are pending, it completes by advancing the clock.
pub(super) struct Alarm {
    clock: Clock,
    when: u64,
}

#[async_trait]
impl Pollable for Alarm {
    async fn ready(&mut self) {
        let waiting = self.clock.wait_for(self.when);
        // All other pollables are polled once before the clock advances, and are then ready or not. A timer that
        // becomes the earliest one only after another timer completed is not polled again.
        let mut was_first = false;
        loop {
            let is_first = waiting.is_first();
            once_more().await;
            if waiting.is_over() || was_first && waiting.is_first() {
                break;
            }
            was_first = is_first;
        }
        self.clock.sleep_until(self.when);
    }
}

/// Yields once, so that other futures are polled first.
async fn once_more() {
    let mut asked = false;
    poll_fn(|context| {
        if std::mem::replace(&mut asked, true) {
            return Poll::Ready(());
        }
        context.waker().wake_by_ref();
        Poll::Pending
    })
    .await
}

impl IsTerminal for Output {
    fn is_terminal(&self) -> bool {
        false
    }
}

impl StdoutStream for Output {
    fn async_stream(&self) -> Box<dyn AsyncWrite + Send + Sync> {
        Box::new(self.clone())
    }

    // The output streams of wasmtime-wasi write from a separate task, which might not finish after a trap.
    fn p2_stream(&self) -> Box<dyn OutputStream> {
        Box::new(self.clone())
    }
}

impl AsyncWrite for Output {
    fn poll_write(self: Pin<&mut Self>, _: &mut Context<'_>, data: &[u8]) -> Poll<io::Result<usize>> {
        Poll::Ready(self.write(data).map(|()| data.len()).map_err(io::Error::other))
    }

    fn poll_flush(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<io::Result<()>> {
        Poll::Ready(Ok(()))
    }

    fn poll_shutdown(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<io::Result<()>> {
        Poll::Ready(Ok(()))
    }
}

#[async_trait]
impl OutputStream for Output {
    fn write(&mut self, bytes: Bytes) -> StreamResult<()> {
        Output::write(self, &bytes).map_err(|stop| StreamError::Trap(stop.into()))
    }

    fn flush(&mut self) -> StreamResult<()> {
        Ok(())
    }

    fn check_write(&mut self) -> StreamResult<usize> {
        Ok(MOST_WRITTEN)
    }
}

#[async_trait]
impl Pollable for Output {
    async fn ready(&mut self) {}
}
