//! Encodes an adapter with generated guests and runs them.

use std::collections::BTreeMap;
use std::time::Duration;

use polyfill_abi::errno_name;
use polyfill_builder::case::Case;
use polyfill_encoder::{Input, Options, Source};
use polyfill_reference::IMPORT_MODULE;
use polyfill_runner::{Compiler, Engine, EngineKind, Hosts, Inputs, Limits, Outcome, Session, State, host_linker};
use wasmparser::{Parser, Payload};
use wasmtime::component::{Instance, InstancePre, Linker};

use super::again::Held;
use super::shape::Shape;
use super::{CallResults, End, Subject, guest};
use crate::fuzz::Function;

/// Inputs of the guests: a directory with a file in it, an argument, standard input and an environment variable.
const WORLD: &str = "args = ['one']\nstdin = 'text'\n[env]\nA = 'b'\n[files]\nf = 'content'\n";
/// Limit for a call that does not return.
const TIMEOUT: Duration = Duration::from_secs(2);

/// An adapter on its host.
pub(super) struct Bench<'s> {
    subject: &'s Subject,
    /// Name of the function of main that the adapter calls.
    entry: &'static str,
    engine: Engine,
    linker: Linker<State>,
    inputs: Inputs,
    limits: Limits,
}

/// A guest with the adapter, linked.
pub(super) struct Guest<'b> {
    bench: &'b Bench<'b>,
    linked: InstancePre<State>,
}

impl<'s> Bench<'s> {
    pub(super) fn new(subject: &'s Subject) -> Result<Self, String> {
        let engine = Engine::of(EngineKind { compiler: Compiler::Cranelift, pooling: true }, None);
        let engine = engine.map_err(|error| error.to_string())?;
        let hosts = Hosts::default();
        let host = hosts.get(&subject.host).filter(|host| !host.is_async());
        let host = host.ok_or_else(|| format!("no in-process host `{}`", subject.host))?;
        let linker = host_linker(&engine, host)?;
        let case: Case = toml::from_str(WORLD).map_err(|error| error.to_string())?;
        let inputs = Inputs::of("entry", &case).map_err(|error| error.to_string())?;
        let limits = Limits { timeout: TIMEOUT, ..Limits::default() };
        Ok(Self { subject, entry: entry(&subject.module.wasm), engine, linker, inputs, limits })
    }

    /// Encodes a guest of a module layout with the given functions.
    pub(super) fn guest(&self, shape: Shape, functions: &[Function]) -> Result<Guest<'_>, String> {
        let main = wat::parse_str(guest::text(shape, functions, self.entry)).map_err(|error| error.to_string())?;
        let main = if shape == Shape::Stripped { without_names(&main) } else { main };
        let main = Source { name: "entry".to_string(), wasm: &main, wit: Some(guest::wit()?) };
        let adapters = vec![self.subject.module.adapter(IMPORT_MODULE)];
        let encoded = polyfill_encoder::encode(&Input { main, adapters }, &Options::default());
        let component = encoded.map_err(|errors| errors.to_string())?.component;
        let program = self.engine.program(&component).map_err(|error| error.to_string())?;
        let linked = self.linker.instantiate_pre(program.component()).map_err(|error| format!("{error:#}"))?;
        Ok(Guest { bench: self, linked })
    }
}

impl Guest<'_> {
    /// Makes one call, and returns its result and the number of allocations that it requested.
    pub(super) fn first(&self, function: usize) -> (End, u32) {
        let (ends, allocations) = self.enter(function, None);
        (ends.outer, allocations)
    }

    /// Makes the first call of the guest's only function, in the start function if the layout has one.
    pub(super) fn only(&self) -> End {
        let (ends, _) = self.enter(0, None);
        ends.inner.unwrap_or(ends.outer)
    }

    /// Makes a call, and an inner call during its allocation of the given number.
    pub(super) fn enter(&self, outer: usize, inner: Option<(usize, u32)>) -> (CallResults, u32) {
        let (inner, at) = inner.unwrap_or_default();
        let mut session = match self.session() {
            Ok(session) => session,
            Err(end) => return (CallResults { inner: None, outer: end }, 0),
        };
        let (store, instance) = session.parts();
        let done = instance.get_typed_func::<(u32, u32, u32), (u64,)>(&mut *store, "enter");
        let done = done.and_then(|enter| enter.call(&mut *store, (outer as u32, inner as u32, at)));
        match done {
            Ok((packed,)) => {
                let [outer, inner] = [packed as u16, (packed >> 16) as u16];
                (ends(inner, errno(outer)), (packed >> 32) as u32)
            }
            Err(error) => (CallResults { inner: None, outer: ended(&session.ended(&error)) }, 0),
        }
    }

    /// Makes a call the given number of times.
    pub(super) fn again(&self, function: usize, times: u32) -> Held {
        let gone = |end| Held { end, held: BTreeMap::new() };
        let mut session = match self.session() {
            Ok(session) => session,
            Err(end) => return gone(end),
        };
        let (store, instance) = session.parts();
        let done = instance.get_typed_func::<(u32, u32), (u64,)>(&mut *store, "again");
        let done = done.and_then(|again| again.call(&mut *store, (function as u32, times)));
        let (end, allocations) = match done {
            Ok((packed,)) => (errno(packed as u16), packed >> 32),
            // The run has ended: the amounts describe the moment of its end only.
            Err(error) => return gone(ended(&session.ended(&error))),
        };
        let observation = session.finish(Outcome::Returned);
        let mut held = observation.handles_left.unwrap_or_default();
        held.insert("blocks of the guest's allocator".to_string(), allocations);
        held.insert("pages".to_string(), observation.pages_grown);
        Held { end, held }
    }

    fn session(&self) -> Result<Session<Instance>, End> {
        let Bench { engine, inputs, limits, .. } = self.bench;
        Session::adapted(engine, &self.linked, inputs, limits).map_err(|outcome| ended(&outcome))
    }
}

fn ends(inner: u16, outer: End) -> CallResults {
    match inner {
        guest::NONE => CallResults { inner: None, outer },
        guest::IN_PIECES => CallResults { inner: None, outer: format!("{outer}, with a fragmented heap") },
        guest::OVERWRITTEN => CallResults { inner: None, outer: format!("{outer}, with an overwritten heap") },
        _ => CallResults { inner: Some(errno(inner)), outer },
    }
}

fn errno(number: u16) -> End {
    errno_name(number.into()).map_or_else(|| format!("errno {number}"), str::to_string)
}

/// Formats an outcome without a backtrace and addresses, which differ with the called function.
fn ended(outcome: &Outcome) -> End {
    let text = outcome.to_string();
    match text.rsplit_once("wasm trap: ") {
        Some((_, kind)) => format!("trap: {kind}"),
        None => text,
    }
}

/// Returns the function of main that an adapter calls. If it calls none, main is a library.
fn entry(adapter: &[u8]) -> &'static str {
    let is_called = Parser::new(0).parse_all(adapter).flatten().any(|payload| match payload {
        Payload::ImportSection(imports) => imports.into_imports().flatten().any(|import| import.name == "_start"),
        _ => false,
    });
    if is_called { "_start" } else { "_initialize" }
}

/// Removes all custom sections of a module.
fn without_names(wasm: &[u8]) -> Vec<u8> {
    const HEADER: usize = 8;
    let mut stripped = wasm.get(..HEADER).unwrap_or_default().to_vec();
    let mut from = HEADER;
    for payload in Parser::new(0).parse_all(wasm).flatten() {
        let Some((_, range)) = payload.as_section() else { continue };
        let end = range.end as usize;
        if !matches!(payload, Payload::CustomSection(_)) {
            stripped.extend_from_slice(wasm.get(from..end).unwrap_or_default());
        }
        from = end;
    }
    stripped
}
