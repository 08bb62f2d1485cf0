//! Baseline: the same instantiations with plain wasmtime, in a simple loop: one engine, each component linked once, and
//! for each run a store with limits, in-memory streams, and an instance.

use std::path::Path;
use std::time::{Duration, Instant};

use polyfill_builder::index::{Artifact, Index, Trial};
use polyfill_runner::Inputs;
use polyfill_runner::wasmtime::component::{Component, Linker, ResourceTable};
use polyfill_runner::wasmtime::{Config, Engine, OptLevel, Store, StoreLimits, StoreLimitsBuilder};
use polyfill_runner::wasmtime_wasi::p2::bindings::sync::CommandPre;
use polyfill_runner::wasmtime_wasi::p2::pipe::{MemoryInputPipe, MemoryOutputPipe};
use polyfill_runner::wasmtime_wasi::{I32Exit, WasiCtx, WasiCtxView, WasiView};

/// Trial that is ready to run.
pub struct Bare {
    engine: Engine,
    command: CommandPre<State>,
    inputs: Inputs,
}

struct State {
    wasi: WasiCtx,
    table: ResourceTable,
    limits: StoreLimits,
}

impl WasiView for State {
    fn ctx(&mut self) -> WasiCtxView<'_> {
        WasiCtxView { ctx: &mut self.wasi, table: &mut self.table }
    }
}

impl Bare {
    pub fn new(out_dir: &Path, index: &Index, trial: &Trial) -> Self {
        let mut config = Config::new();
        config.cranelift_opt_level(OptLevel::Speed).epoch_interruption(true);
        let engine = Engine::new(&config).expect("an engine");
        let mut linker = Linker::new(&engine);
        polyfill_runner::wasmtime_wasi::p2::add_to_linker_sync(&mut linker).expect("WASI 0.2");
        let Artifact::Component(file) = &trial.artifact else { panic!("{} has no component", trial.name()) };
        let component = Component::from_file(&engine, out_dir.join(file)).expect("a component");
        let inputs = Inputs::of(&trial.guest, &index.cases[&trial.case_key()].case).expect("inputs");
        let linked = linker.instantiate_pre(&component).expect("it imports WASI 0.2 alone");
        let command = CommandPre::new(linked).expect("a command");
        Self { engine, command, inputs }
    }

    /// Runs the trial. Returns the time between instantiation and end.
    pub fn run(&self) -> Duration {
        let stdout = MemoryOutputPipe::new(64 << 20);
        let stderr = MemoryOutputPipe::new(64 << 20);
        let mut wasi = WasiCtx::builder();
        wasi.args(&self.inputs.args)
            .envs(&self.inputs.env)
            .stdin(MemoryInputPipe::new(self.inputs.stdin.clone()))
            .stdout(stdout.clone())
            .stderr(stderr.clone());
        let limits = StoreLimitsBuilder::new().memory_size(1 << 30).build();
        let mut store = Store::new(&self.engine, State { wasi: wasi.build(), table: ResourceTable::new(), limits });
        store.limiter(|state| &mut state.limits);
        store.set_epoch_deadline(1000);
        let command = self.command.instantiate(&mut store).expect("an instance");
        let start = Instant::now();
        let result = command.wasi_cli_run().call_run(&mut store);
        let own = start.elapsed();
        let ended = result.is_ok() || result.is_err_and(|error| error.is::<I32Exit>());
        assert!(ended, "{}", self.inputs.args[0]);
        drop(store);
        let output = [stdout.contents(), stderr.contents()];
        assert!(output.iter().any(|bytes| !bytes.is_empty()), "{} printed nothing", self.inputs.args[0]);
        own
    }
}
