//! An adapter, ready to be encoded with guests, and guests that are ready to run.

use std::collections::BTreeMap;
use std::time::Duration;

use polyfill_build::case::Case;
use polyfill_encoder::{Input, Options, Source};
use polyfill_reference::IMPORT_MODULE;
use polyfill_runner::{
    Compiler, Engine, EngineKind, Hosts, Inputs, Limits, Outcome, Session, State, errno_name, host_linker,
};
use wasmparser::{Parser, Payload};
use wasmtime::component::{Instance, InstancePre, Linker};

use super::again::Held;
use super::shape::Shape;
use super::{End, Ends, Subject, guest};
use crate::hunt::Function;

/// What guests get: a folder with a file in it, and some of everything else.
const WORLD: &str = "args = ['one']\nstdin = 'text'\n[env]\nA = 'b'\n[files]\nf = 'content'\n";
/// For a call that does not come back.
const TIMEOUT: Duration = Duration::from_secs(2);

/// An adapter on its host.
pub(super) struct Bench<'s> {
    subject: &'s Subject,
    /// What main exports for it.
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
        let host = host.ok_or_else(|| format!("there is no host `{}` within this process", subject.host))?;
        let linker = host_linker(&engine, host)?;
        let case: Case = toml::from_str(WORLD).map_err(|error| error.to_string())?;
        let inputs = Inputs::of("entry", &case).map_err(|error| error.to_string())?;
        let limits = Limits { timeout: TIMEOUT, ..Limits::default() };
        Ok(Self { subject, entry: entry(&subject.module.wasm), engine, linker, inputs, limits })
    }

    /// A guest of that shape, with these functions.
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
    /// A call without another one in it, and how often that asks the guest for memory.
    pub(super) fn first(&self, function: usize) -> (End, u32) {
        let (ends, allocations) = self.enter(function, None);
        (ends.outer, allocations)
    }

    /// The first call of its one function, in its start function if it has one.
    pub(super) fn only(&self) -> End {
        let (ends, _) = self.enter(0, None);
        ends.inner.unwrap_or(ends.outer)
    }

    /// A call, and another one while it asks for memory that many times.
    pub(super) fn enter(&self, outer: usize, inner: Option<(usize, u32)>) -> (Ends, u32) {
        let (inner, at) = inner.unwrap_or_default();
        let mut session = match self.session() {
            Ok(session) => session,
            Err(end) => return (Ends { inner: None, outer: end }, 0),
        };
        let (store, instance) = session.parts();
        let done = instance.get_typed_func::<(u32, u32, u32), (u64,)>(&mut *store, "enter");
        let done = done.and_then(|enter| enter.call(&mut *store, (outer as u32, inner as u32, at)));
        match done {
            Ok((packed,)) => {
                let [outer, inner] = [packed as u16, (packed >> 16) as u16];
                (ends(inner, errno(outer)), (packed >> 32) as u32)
            }
            Err(error) => (Ends { inner: None, outer: ended(&session.ended(&error)) }, 0),
        }
    }

    /// A call, that many times.
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
            // How much there is then says when it ended, and no more.
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

fn ends(inner: u16, outer: End) -> Ends {
    match inner {
        guest::NONE => Ends { inner: None, outer },
        guest::IN_PIECES => Ends { inner: None, outer: format!("{outer}, with a heap in pieces") },
        guest::OVERWRITTEN => Ends { inner: None, outer: format!("{outer}, with a heap that was written to") },
        _ => Ends { inner: Some(errno(inner)), outer },
    }
}

fn errno(number: u16) -> End {
    errno_name(number.into()).map_or_else(|| format!("errno {number}"), str::to_string)
}

/// Without a backtrace, and without addresses: those differ with the function that was called.
fn ended(outcome: &Outcome) -> End {
    let text = outcome.to_string();
    match text.rsplit_once("wasm trap: ") {
        Some((_, kind)) => format!("trap: {kind}"),
        None => text,
    }
}

/// The function of main that an adapter calls; for one that calls none, main is a library.
fn entry(adapter: &[u8]) -> &'static str {
    let is_called = Parser::new(0).parse_all(adapter).flatten().any(|payload| match payload {
        Payload::ImportSection(imports) => imports.into_imports().flatten().any(|import| import.name == "_start"),
        _ => false,
    });
    if is_called { "_start" } else { "_initialize" }
}

/// The module without any custom section.
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
