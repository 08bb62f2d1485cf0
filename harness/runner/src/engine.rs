//! Wasmtime engine with its compiled components and modules.

use std::num::NonZeroUsize;
use std::ops::Range;
use std::path::PathBuf;
use std::sync::Arc;
use std::thread;
use std::time::Duration;

use sha2::{Digest, Sha256};
use thiserror::Error;
use wasmtime::component::Component;
use wasmtime::{Config, Module, OptLevel, Strategy, WasmBacktraceDetails};

use crate::backtrace;
use crate::cache::{Cache, Code};
use crate::engines::{Compiler, EngineKind, EngineOptions};
use crate::functions::Functions;
use crate::kept::{Hash, Kept};
use crate::program::Program;
use crate::proposals;
use crate::room::{self, Room, Taken};

/// Pulley target for this machine's pointer width and endianness.
const PULLEY: &str = match (cfg!(target_pointer_width = "64"), cfg!(target_endian = "little")) {
    (true, true) => "pulley64",
    (true, false) => "pulley64be",
    (false, true) => "pulley32",
    (false, false) => "pulley32be",
};

/// Interval between epoch ticks.
const TICK: Duration = Duration::from_millis(20);

/// Error from creating the engine or compiling a component.
#[derive(Debug, Error)]
pub enum EngineError {
    /// The engine cannot be created on this machine.
    #[error("cannot create the wasmtime engine: {0}")]
    Setup(String),
    /// The bytes are not a valid component or module, or need a feature that this wasmtime lacks.
    #[error("wasmtime rejected the component: {0}")]
    Compile(String),
    /// As [`EngineError::Compile`], for a core module.
    #[error("wasmtime rejected the core module: {0}")]
    Module(String),
}

/// Maximum number of frames in a backtrace. Includes up to two instrumentation frames of a sanitized run.
const MOST_FRAMES: usize = 40;

/// Wasmtime engine configured for tests: backtraces with names and source lines, and interruption.
pub struct Engine {
    engine: wasmtime::Engine,
    kind: EngineKind,
    cache: Option<Cache>,
    programs: Kept<Program>,
    modules: Kept<Module>,
    room: Option<Room>,
}

impl Engine {
    /// Creates the default engine, which caches compiled components in a directory (created on demand), or only in
    /// memory if no directory is passed.
    ///
    /// # Errors
    ///
    /// [`EngineError::Setup`] if wasmtime does not support this machine.
    pub fn new(cache: Option<PathBuf>) -> Result<Self, EngineError> {
        Self::of(EngineKind::default(), cache)
    }

    /// Returns an engine of a kind, with defaults for all other options.
    ///
    /// # Errors
    ///
    /// As [`Engine::with_options`].
    pub fn of(kind: EngineKind, cache: Option<PathBuf>) -> Result<Self, EngineError> {
        Self::with_options(&EngineOptions { kind, ..EngineOptions::default() }, cache)
    }

    /// Returns an engine that keeps compiled code in the directory `cache`, or in memory alone.
    ///
    /// # Errors
    ///
    /// The kind of engine does not exist on this machine, or its compiler does not implement a proposal.
    pub fn with_options(options: &EngineOptions, cache: Option<PathBuf>) -> Result<Self, EngineError> {
        let kind = options.kind;
        if let Some(missing) = kind.is_missing() {
            return Err(EngineError::Setup(missing));
        }
        // Bound the thread pool in which wasmtime compiles functions.
        polyfill_builder::system::threads::bound_rayon();
        let mut config = config(options)?;
        if kind.pooling {
            config.allocation_strategy(room::pool());
        }
        let refused = |error| proposals::refused(options).map_or(error, EngineError::Setup);
        let mut engine = Self::with(&config, cache).map_err(refused)?;
        engine.kind = kind;
        engine.room = kind.pooling.then(Room::default);
        start_clock(&engine.engine)?;
        Ok(engine)
    }

    /// Creates an engine from a custom configuration. It does not interrupt guests.
    ///
    /// # Errors
    ///
    /// [`EngineError::Setup`] if wasmtime rejects the configuration.
    pub fn with(config: &Config, cache: Option<PathBuf>) -> Result<Self, EngineError> {
        let engine = wasmtime::Engine::new(config).map_err(|error| EngineError::Setup(backtrace::message(&error)))?;
        let (programs, modules) = Default::default();
        Ok(Self { engine, kind: EngineKind::default(), cache: cache.map(Cache::new), programs, modules, room: None })
    }

    /// Returns the wasmtime engine.
    pub fn wasmtime(&self) -> &wasmtime::Engine {
        &self.engine
    }

    /// Returns the compiled component, from the cache if possible.
    ///
    /// # Errors
    ///
    /// Fails if wasmtime rejects the component.
    pub fn component(&self, bytes: &[u8]) -> Result<Component, EngineError> {
        self.program(bytes).map(|program| program.component().clone())
    }

    /// Returns the compiled component with its metadata, from the cache if possible.
    ///
    /// # Errors
    ///
    /// Fails if wasmtime rejects the component.
    pub fn program(&self, bytes: &[u8]) -> Result<Program, EngineError> {
        let hash = hash(bytes);
        let make = || {
            let component = self.compiled(&hash, bytes, Component::from_binary)?;
            let image = size(component.image_range());
            Ok((Program::new(component, bytes.to_vec()), image + bytes.len()))
        };
        self.programs.get_or_make(&hash, make).map_err(EngineError::Compile)
    }

    /// Returns the component with that hash if it is in memory.
    pub(crate) fn known_program(&self, hash: &Hash) -> Option<Program> {
        self.programs.get(hash)?.ok()
    }

    /// Returns the compiled core module, from the cache if possible.
    ///
    /// # Errors
    ///
    /// Fails if wasmtime rejects the module.
    pub fn module(&self, bytes: &[u8]) -> Result<Module, EngineError> {
        let hash = hash(bytes);
        let make = || {
            let module = self.compiled(&hash, bytes, Module::from_binary)?;
            let image = size(module.image_range());
            Ok((module, image))
        };
        self.modules.get_or_make(&hash, make).map_err(EngineError::Module)
    }

    /// Returns the module with that hash if it is in memory.
    pub(crate) fn known_module(&self, hash: &Hash) -> Option<Module> {
        self.modules.get(hash)?.ok()
    }

    /// Waits for a permit for one run, if the number of runs is bounded. Hold it as long as the run's store.
    pub(crate) fn room(&self) -> Option<Taken<'_>> {
        self.room.as_ref().map(Room::take)
    }

    /// Loads from the directory, or compiles.
    fn compiled<T: Code>(
        &self,
        hash: &Hash,
        bytes: &[u8],
        compile: fn(&wasmtime::Engine, &[u8]) -> wasmtime::Result<T>,
    ) -> Result<T, String> {
        if let Some(code) = self.cache.as_ref().and_then(|cache| cache.load(&self.engine, hash)) {
            return Ok(code);
        }
        let code = compile(&self.engine, bytes).map_err(|error| self.rejection(&error, bytes))?;
        if let Some(cache) = &self.cache {
            cache.store(&self.engine, hash, &code);
        }
        Ok(code)
    }

    /// Returns the error of rejected code, with the proposals that it needs.
    fn rejection(&self, error: &wasmtime::Error, code: &[u8]) -> String {
        let message = backtrace::message(error);
        // Messages of Winch contain the backtrace of the compiler if `RUST_BACKTRACE` is set.
        let message = message.split("\nStack backtrace:").next().unwrap_or_default().trim_end();
        match proposals::explain(&self.engine, self.kind, code) {
            Some(why) => format!("{message}\n  {why}"),
            None => message.to_string(),
        }
    }
}

/// Returns the configuration of an engine, without its allocation strategy.
pub(crate) fn config(options: &EngineOptions) -> Result<Config, EngineError> {
    let setup = |error| EngineError::Setup(backtrace::message(&error));
    let EngineOptions { kind, fuel, ref proposals } = *options;
    let mut config = Config::new();
    config
        .cranelift_opt_level(OptLevel::Speed)
        .wasm_component_model(true)
        .wasm_backtrace_details(WasmBacktraceDetails::Enable)
        .wasm_backtrace_max_frames(NonZeroUsize::new(MOST_FRAMES))
        .epoch_interruption(true)
        .consume_fuel(fuel);
    // Winch does not support the per-function cache, and compiles fast.
    if kind.compiler != Compiler::Winch {
        config.enable_incremental_compilation(Arc::new(Functions::default())).map_err(setup)?;
    }
    match kind.compiler {
        Compiler::Cranelift => config.strategy(Strategy::Cranelift),
        Compiler::Winch => config.strategy(Strategy::Winch),
        Compiler::Pulley => config.target(PULLEY).map_err(setup)?,
    };
    proposals::enable(&mut config, proposals);
    Ok(config)
}

/// Returns the cache key of the code.
pub(crate) fn hash(bytes: &[u8]) -> Hash {
    Sha256::digest(bytes).into()
}

fn size(image: Range<*const u8>) -> usize {
    image.end.addr() - image.start.addr()
}

/// One thread increments the epoch for all guests of an engine until the engine is dropped.
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
    fn compiled_components_are_cached_and_corrupt_entries_recompiled() {
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
    fn invalid_components_are_rejected() {
        let engine = Engine::new(None).unwrap();
        for bytes in [&b"\0asm"[..], b"", b"(component)"] {
            assert!(matches!(engine.component(bytes), Err(EngineError::Compile(_))));
        }
    }
}
