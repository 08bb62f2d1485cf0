//! The one wasmtime engine of a process, and the components and modules it has compiled.

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::sync::{Arc, Mutex, OnceLock, PoisonError};
use std::thread;
use std::time::Duration;

use sha2::{Digest, Sha256};
use thiserror::Error;
use wasmtime::component::Component;
use wasmtime::{Config, Module, OptLevel, WasmBacktraceDetails};

use crate::backtrace;
use crate::cache::{Cache, Code};

/// Between two looks at the clock of running guests.
const TICK: Duration = Duration::from_millis(20);

/// A failure to set up the engine or to compile a component.
#[derive(Debug, Error)]
pub enum EngineError {
    /// The engine does not work on this machine.
    #[error("wasmtime cannot be set up here: {0}")]
    Setup(String),
    /// The bytes are no valid component or module, or one that needs what this wasmtime lacks.
    #[error("wasmtime refuses the component: {0}")]
    Compile(String),
}

/// Components or modules by the hash of their bytes. Cells that share one wait for the first to have compiled it.
type Compiled<T> = Mutex<BTreeMap<[u8; 32], Arc<OnceLock<Result<T, String>>>>>;

/// A wasmtime engine set up for tests: optimised code, backtraces with names and source lines, interruption.
pub struct Engine {
    engine: wasmtime::Engine,
    cache: Option<Cache>,
    components: Compiled<Component>,
    modules: Compiled<Module>,
}

impl Engine {
    /// An engine that keeps compiled components in a folder, made when it is needed; without one, in memory alone.
    pub fn new(cache: Option<PathBuf>) -> Result<Self, EngineError> {
        let mut config = Config::new();
        config
            .cranelift_opt_level(OptLevel::Speed)
            .wasm_component_model(true)
            .wasm_backtrace_details(WasmBacktraceDetails::Enable)
            .epoch_interruption(true);
        let engine = Self::with(&config, cache)?;
        start_clock(&engine.engine)?;
        Ok(engine)
    }

    /// An engine with settings of one's own: [`Engine::component`] alone is for those, and nothing interrupts guests.
    pub fn with(config: &Config, cache: Option<PathBuf>) -> Result<Self, EngineError> {
        let engine = wasmtime::Engine::new(config).map_err(|error| EngineError::Setup(backtrace::message(&error)))?;
        Ok(Self { engine, cache: cache.map(Cache::new), components: Mutex::default(), modules: Mutex::default() })
    }

    /// The engine itself.
    pub fn wasmtime(&self) -> &wasmtime::Engine {
        &self.engine
    }

    /// A component in binary form, compiled, if need be.
    pub fn component(&self, bytes: &[u8]) -> Result<Component, EngineError> {
        self.compiled(&self.components, bytes, Component::from_binary)
    }

    /// A core module in binary form, compiled, if need be.
    pub fn module(&self, bytes: &[u8]) -> Result<Module, EngineError> {
        self.compiled(&self.modules, bytes, Module::from_binary)
    }

    /// The deadline, in ticks from now, of a guest that may run for some time.
    pub(crate) fn ticks(&self, time: Duration) -> u64 {
        // The first tick may come at once.
        (time.as_nanos() / TICK.as_nanos()) as u64 + 1
    }

    fn compiled<T: Code>(
        &self,
        known: &Compiled<T>,
        bytes: &[u8],
        compile: fn(&wasmtime::Engine, &[u8]) -> wasmtime::Result<T>,
    ) -> Result<T, EngineError> {
        let hash = Sha256::digest(bytes).into();
        let slot = known.lock().unwrap_or_else(PoisonError::into_inner).entry(hash).or_default().clone();
        let load = || {
            if let Some(code) = self.cache.as_ref().and_then(|cache| cache.load(&self.engine, &hash)) {
                return Ok(code);
            }
            let code = compile(&self.engine, bytes).map_err(|error| backtrace::message(&error))?;
            if let Some(cache) = &self.cache {
                cache.store(&self.engine, &hash, &code);
            }
            Ok(code)
        };
        slot.get_or_init(load).clone().map_err(EngineError::Compile)
    }
}

/// One thread ticks for all guests of an engine, for as long as the engine lives.
fn start_clock(engine: &wasmtime::Engine) -> Result<(), EngineError> {
    let engine = engine.weak();
    let clock = move || {
        loop {
            thread::sleep(TICK);
            match engine.upgrade() {
                Some(engine) => engine.increment_epoch(),
                None => return,
            }
        }
    };
    match thread::Builder::new().name("epoch".into()).spawn(clock) {
        Ok(_) => Ok(()),
        Err(error) => Err(EngineError::Setup(error.to_string())),
    }
}

#[cfg(test)]
mod tests {
    use std::fs;

    use super::*;

    #[test]
    fn compiled_components_are_kept_and_damaged_ones_compiled_again() {
        let folder = tempfile::tempdir().unwrap();
        let cache = folder.path().join("compiled");
        let bytes = wat::parse_str("(component (core module (func (export \"f\"))))").unwrap();
        let load = || Engine::new(Some(cache.clone())).unwrap().component(&bytes).unwrap();
        let entries = || {
            let entries = fs::read_dir(&cache).unwrap().map(|entry| entry.unwrap().path());
            entries.map(|path| (fs::read(&path).unwrap(), path)).collect::<Vec<_>>()
        };

        load();
        let first = entries();
        assert_eq!(first.len(), 1);
        load();
        assert_eq!(entries(), first);

        let (whole, path) = &first[0];
        let mut flipped = whole.clone();
        flipped[whole.len() / 2] ^= 1;
        for damaged in [&flipped[..], &whole[..whole.len() / 2], &[]] {
            fs::write(path, damaged).unwrap();
            load();
            assert_ne!(entries()[0].0, damaged);
        }
    }

    #[test]
    fn what_is_no_component_is_refused() {
        let engine = Engine::new(None).unwrap();
        for bytes in [&b"\0asm"[..], b"", b"(component)"] {
            assert!(matches!(engine.component(bytes), Err(EngineError::Compile(_))));
        }
    }
}
