//! Runs programs on one side: the guest is compiled once, and each program gets a fresh instance.

use std::collections::BTreeMap;

use polyfill_builder::side::Side;
use polyfill_builder::{AdapterModule, Suite};
use polyfill_encoder::{Input, Options, Source};
use polyfill_reference::{Flavour, IMPORT_MODULE, Reference};
use polyfill_runner::{
    Compiler, Engine, EngineKind, Hosts, Inputs, Limits, NativeRun, Observation, Outcome, Session, Sinks, State,
    host_linker, observe_native, run_component,
};
use thiserror::Error;
use wasmtime::component::{InstancePre, TypedFunc as Lifted, WasmList};
use wasmtime::{Module, TypedFunc};

use super::functions;
use super::guest::{self, MOST, ROOM, SCRATCH};
use super::lower::{Argument, lower};
use super::observed::Observed;
use super::program::{Call, Fd};
use crate::adapter::{AdapterError, adapter};

/// Error of a side that cannot run programs.
#[derive(Debug, Error)]
pub enum BenchError {
    /// Differential fuzzing supports in-process hosts only.
    #[error(
        "`{0}` is not supported by differential fuzzing; help: use `native`, or an adapter on a synchronous in-process host"
    )]
    Side(String),
    /// Adapter not found.
    #[error(transparent)]
    Adapter(#[from] AdapterError),
    /// The guest cannot be encoded.
    #[error("cannot encode the fuzzing guest for {side}: {why}")]
    Guest {
        /// Side of the comparison.
        side: String,
        /// Cause.
        why: String,
    },
}

/// One side, prepared to run programs.
pub struct Bench {
    side: Side,
    engine: Engine,
    limits: Limits,
    code: Code,
}

enum Code {
    Native(Module),
    Adapted {
        /// Component of the guest that is called from outside.
        linked: InstancePre<State>,
        /// Adapter for guests with `_start`.
        command: AdapterModule,
    },
}

impl Bench {
    /// Encodes the guest for a side. The adapter may be one of the suite's own.
    ///
    /// # Errors
    ///
    /// Returns an error if the side is not supported, its adapter is not found, or the guest cannot be encoded.
    pub fn new(suite: &Suite, side: &Side) -> Result<Bench, BenchError> {
        let failed = |why: String| BenchError::Guest { side: side.to_string(), why };
        // Memories come from a pool, because their setup would take longer than all calls.
        let kind = EngineKind { compiler: Compiler::Cranelift, pooling: true };
        let engine = Engine::of(kind, None).map_err(|error| failed(error.to_string()))?;
        let main = wat::parse_str(guest::text()).map_err(|error| failed(error.to_string()))?;
        let code = match side {
            Side::Native => Code::Native(engine.module(&main).map_err(|error| failed(error.to_string()))?),
            Side::Adapted { stack: chain, host } => {
                let no_side = || BenchError::Side(side.to_string());
                let hosts = Hosts::default();
                let host = hosts.get(host).filter(|host| !host.is_async()).ok_or_else(no_side)?;
                let [reactor, command] = adapters(suite, chain)?;
                let main = Source { name: "fuzz".to_string(), wasm: &main, wit: Some(guest::wit().map_err(failed)?) };
                let component = component(main, &reactor).map_err(failed)?;
                let program = engine.program(&component).map_err(|error| failed(error.to_string()))?;
                let linker = host_linker(&engine, host).map_err(failed)?;
                let linked = linker.instantiate_pre(program.component());
                Code::Adapted { linked: linked.map_err(|error| failed(format!("{error:#}")))?, command }
            }
        };
        Ok(Bench { side: side.clone(), engine, limits: Limits::default(), code })
    }

    /// Returns the side.
    pub fn side(&self) -> &Side {
        &self.side
    }

    /// Runs a guest with `_start` to its end.
    ///
    /// # Errors
    ///
    /// Returns an error if the guest cannot be encoded or instantiated.
    pub fn observe(&self, wasm: &[u8], inputs: &Inputs) -> Result<Observation, BenchError> {
        let failed = |why: String| BenchError::Guest { side: self.side.to_string(), why };
        let (engine, limits) = (&self.engine, &self.limits);
        let Code::Adapted { command, .. } = &self.code else {
            let module = engine.module(wasm).map_err(|error| failed(error.to_string()))?;
            return Ok(observe_native(&NativeRun { engine, module: &module, inputs, limits }, Sinks::default()));
        };
        let hosts = Hosts::default();
        let host = hosts.get(self.side.host()).ok_or_else(|| BenchError::Side(self.side.to_string()))?;
        let main = Source { name: "fuzz".to_string(), wasm, wit: None };
        let component = component(main, command).map_err(failed)?;
        run_component(engine, &component, host, inputs, limits, Sinks::default())
            .map_err(|error| failed(error.to_string()))
    }

    /// Instantiates a guest that has not made a call yet.
    ///
    /// # Errors
    ///
    /// Returns the outcome of a guest that ended during instantiation.
    pub fn start(&self, inputs: &Inputs) -> Result<Guest, Outcome> {
        let lost = |error: wasmtime::Error| Outcome::NotRun(format!("{error:#}"));
        let code = match &self.code {
            Code::Native(module) => {
                let mut session = Session::native(&self.engine, module, inputs, &self.limits)?;
                let (store, instance) = session.parts();
                let call = instance.get_typed_func(&mut *store, "call").map_err(lost)?;
                let memory = instance.get_memory(&mut *store, "memory");
                let memory = memory.ok_or_else(|| Outcome::NotRun("the guest has no memory".to_string()))?;
                Running::Native { session, call, memory }
            }
            Code::Adapted { linked, .. } => {
                let mut session = Session::adapted(&self.engine, linked, inputs, &self.limits)?;
                let (store, instance) = session.parts();
                let poke = instance.get_typed_func(&mut *store, "poke").map_err(lost)?;
                let call = instance.get_typed_func(&mut *store, "call").map_err(lost)?;
                let peek = instance.get_typed_func(&mut *store, "peek").map_err(lost)?;
                Running::Adapted { session, poke, call, peek }
            }
        };
        Ok(Guest { code, opened: BTreeMap::new(), outcome: Outcome::Returned })
    }
}

/// Returns the adapters for a guest that is called from outside and for one with `_start`. Of a published adapter,
/// these are the reactor and command variants, unless the name is that of the proxy variant.
fn adapters(suite: &Suite, chain: &str) -> Result<[AdapterModule; 2], AdapterError> {
    match polyfill_reference::find(chain) {
        Some(Ok(Reference { flavour: Flavour::Command | Flavour::Reactor, release })) => {
            let of = |flavour| AdapterModule::published(&Reference { flavour, release });
            Ok([Flavour::Reactor, Flavour::Command].map(of))
        }
        _ => adapter(suite, chain).map(|adapter| [adapter.clone(), adapter]),
    }
}

fn component(main: Source<'_>, adapter: &AdapterModule) -> Result<Vec<u8>, String> {
    let input = Input { main, adapters: vec![adapter.adapter(IMPORT_MODULE)] };
    let encoded = polyfill_encoder::encode(&input, &Options::default()).map_err(|errors| errors.to_string())?;
    Ok(encoded.component)
}

type Numbers = (u64, u64, u64, u64, u64, u64, u64, u64, u64);
type CoreCall = TypedFunc<(u32, u64, u64, u64, u64, u64, u64, u64, u64, u64), u32>;
type LiftedCall = Lifted<(u32, u64, u64, u64, u64, u64, u64, u64, u64, u64), (u32,)>;

enum Running {
    Native {
        session: Session<wasmtime::Instance>,
        call: CoreCall,
        memory: wasmtime::Memory,
    },
    Adapted {
        session: Session<wasmtime::component::Instance>,
        poke: Lifted<(Vec<u8>,), ()>,
        call: LiftedCall,
        peek: Lifted<(u32,), (WasmList<u8>,)>,
    },
}

/// A guest between two calls.
pub struct Guest {
    code: Running,
    /// Descriptor numbers of opened files and directories, by call id.
    opened: BTreeMap<u32, u32>,
    outcome: Outcome,
}

impl Guest {
    /// Makes a call. A call after the end of the guest has no effect.
    pub fn call(&mut self, call: &Call) -> Observed {
        if self.outcome != Outcome::Returned {
            return Observed::gone(self.outcome.clone());
        }
        let mut lowered = lower(call, SCRATCH);
        for (at, fd) in lowered.fds.clone() {
            let number = self.number(fd);
            lowered.image[at..at + 4].copy_from_slice(&number.to_le_bytes());
        }
        let mut numbers = [0; MOST];
        for (number, argument) in numbers.iter_mut().zip(&lowered.arguments) {
            *number = match argument {
                Argument::Number(number) => *number,
                Argument::Fd(fd) => u64::from(self.number(*fd)),
            };
        }
        let function = functions::find(call.function.name).map_or(0, |(number, _)| number as u32);
        let done = if lowered.image.len() > ROOM {
            Err(wasmtime::format_err!("a call needs more memory than the guest has"))
        } else {
            self.code.call(function, numbers.into(), &lowered.image)
        };
        match done {
            Ok((errno, after)) => {
                let observed = Observed::of(call, &lowered, errno, &after);
                if let Some(number) = observed.opened {
                    self.opened.insert(call.id, number);
                }
                observed
            }
            Err(error) => {
                self.outcome = self.code.ended(&error);
                Observed::gone(self.outcome.clone())
            }
        }
    }

    /// Ends the guest, and returns its output and files.
    pub fn finish(self) -> Observation {
        match self.code {
            Running::Native { session, .. } => session.finish(self.outcome),
            Running::Adapted { session, .. } => session.finish(self.outcome),
        }
    }

    /// Returns the number of a descriptor, or a number that is never open if its call opened nothing.
    fn number(&self, fd: Fd) -> u32 {
        match fd {
            Fd::Number(number) => number,
            Fd::Opened(id) => self.opened.get(&id).copied().unwrap_or(u32::MAX - 1),
        }
    }
}

impl Running {
    fn call(&mut self, function: u32, numbers: Numbers, image: &[u8]) -> wasmtime::Result<(u32, Vec<u8>)> {
        let (a0, a1, a2, a3, a4, a5, a6, a7, a8) = numbers;
        let arguments = (function, a0, a1, a2, a3, a4, a5, a6, a7, a8);
        match self {
            Running::Native { session, call, memory } => {
                let (store, _) = session.parts();
                memory.write(&mut *store, SCRATCH as usize, image)?;
                let errno = call.call(&mut *store, arguments)?;
                let mut after = vec![0; image.len()];
                memory.read(&*store, SCRATCH as usize, &mut after)?;
                Ok((errno, after))
            }
            Running::Adapted { session, poke, call, peek } => {
                let (store, _) = session.parts();
                poke.call(&mut *store, (image.to_vec(),))?;
                let (errno,) = call.call(&mut *store, arguments)?;
                let (after,) = peek.call(&mut *store, (image.len() as u32,))?;
                let after = after.as_le_slice(&*store).to_vec();
                Ok((errno, after))
            }
        }
    }

    fn ended(&self, error: &wasmtime::Error) -> Outcome {
        match self {
            Running::Native { session, .. } => session.ended(error),
            Running::Adapted { session, .. } => session.ended(error),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fuzz::functions::find;
    use crate::fuzz::program::Value;
    use polyfill_builder::case::Case;

    fn side(text: &str) -> Bench {
        Bench::new(&Suite::from_env("../.."), &text.parse().unwrap()).unwrap()
    }

    #[test]
    fn files_are_read_the_same_on_all_sides() {
        let case: Case = toml::from_str("[files]\na = 'content'\n").unwrap();
        let inputs = Inputs::of("fuzz", &case).unwrap();
        let call = |id, name, values| Call { id, function: find(name).unwrap().1, values };
        let open = vec![
            Value::Fd(Fd::Number(3)),
            Value::Number(0),
            Value::Path(b"a".to_vec()),
            Value::Number(0),
            Value::Number(2),
            Value::Number(0),
            Value::Number(0),
            Value::Nothing,
        ];
        let read = vec![Value::Fd(Fd::Opened(0)), Value::Read(vec![4]), Value::Nothing];
        for text in ["native", "reference-command", "reference-reactor@24.0.13"] {
            let mut guest = side(text).start(&inputs).unwrap();
            assert!(guest.call(&call(0, "path_open", open.clone())).succeeded(), "{text}");
            let observed = guest.call(&call(1, "fd_read", read.clone()));
            assert_eq!((observed.field("iovs"), observed.count), (Some("\"cont\""), Some(4)), "{text}: {observed:?}");
            assert_eq!(guest.finish().files.unwrap().len(), 1);
        }
    }

    #[test]
    fn calls_after_the_end_of_a_guest_have_no_effect() {
        let inputs = Inputs::of("fuzz", &Case::default()).unwrap();
        let exit = Call { id: 0, function: find("proc_exit").unwrap().1, values: vec![Value::Number(33)] };
        for (text, code) in [("native", 33), ("reference-command", 1)] {
            let mut guest = side(text).start(&inputs).unwrap();
            let observed = guest.call(&exit);
            assert_eq!(observed.end.to_string(), format!("exit {code}"));
            assert_eq!(guest.call(&exit), observed);
        }
    }

    #[test]
    fn unsupported_sides_are_rejected() {
        let candidate = |text: &str| Bench::new(&Suite::from_env("../.."), &text.parse().unwrap());
        for text in ["reference-command@wasi-async", "reference-command@node"] {
            assert!(matches!(candidate(text), Err(BenchError::Side(_))), "{text}");
        }
        assert!(matches!(candidate("mine@wasi"), Err(BenchError::Adapter(AdapterError::None(_)))));
    }
}
