//! Each function of preview1 as the very first call, and each out of the guest's allocator while an adapter asks it for memory.
//!
//! An adapter sets itself up at its first call, whichever that is, and may ask main for memory then and later. An allocator of
//! a language with a runtime may look at the clock meanwhile, or print: a call into an adapter that is in the middle of one.

mod guest;
mod report;

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Mutex, PoisonError};
use std::thread;
use std::time::Duration;

use polyfill_build::case::Case;
use polyfill_encoder::{Adapter, Input, Options, Source};
use polyfill_runner::{
    Compiler, Engine, EngineKind, Hosts, Inputs, Limits, Outcome, Session, State, errno_name, host_linker,
};
use thiserror::Error;
use wasmtime::component::InstancePre;

use crate::hunt::{FUNCTIONS, Function};
pub use report::Report;

/// What guests get: a folder with a file in it, and some of everything else.
const WORLD: &str = "args = ['one']\nstdin = 'text'\n[env]\nA = 'b'\n[files]\nf = 'content'\n";
/// For a call that does not come back.
const TIMEOUT: Duration = Duration::from_secs(2);

/// An adapter that cannot be looked at.
#[derive(Debug, Error)]
#[error("the guest cannot be made for {name}: {why}")]
pub struct EntryError {
    /// The adapter.
    pub name: String,
    /// Why.
    pub why: String,
}

/// An adapter, and where it runs.
#[derive(Clone, Debug)]
pub struct Subject {
    /// How it is called.
    pub name: String,
    /// The import modules that it implements.
    pub implements: Vec<String>,
    /// Its binary.
    pub wasm: Vec<u8>,
    /// The host.
    pub host: String,
}

/// How a call went: an errno by its name, or how the run ended.
pub type End = String;

/// What two calls came to.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Ends {
    /// Of the call out of the allocator; none if the run was over before it came back.
    inner: Option<End>,
    outer: End,
}

/// Makes all calls, on all processors.
pub fn entry(subject: &Subject) -> Result<Report, EntryError> {
    let failed = |why: String| EntryError { name: subject.name.clone(), why };
    let ready = Ready::new(subject).map_err(failed)?;
    let firsts: Vec<(End, u32)> = FUNCTIONS.iter().map(|function| ready.first(function)).collect();
    let (next, done) = (AtomicUsize::new(0), Mutex::new(BTreeMap::new()));
    let threads = thread::available_parallelism().map_or(1, usize::from);
    thread::scope(|scope| {
        for _ in 0..threads {
            scope.spawn(|| {
                while let Some((number, outer)) = next_of(&next, FUNCTIONS) {
                    for at in 1..=firsts[number].1 {
                        let ends = FUNCTIONS.iter().map(|inner| ready.enter(outer, Some((inner, at))).0).collect();
                        done.lock().unwrap_or_else(PoisonError::into_inner).insert((number, at), ends);
                    }
                }
            });
        }
    });
    let within = done.into_inner().unwrap_or_else(PoisonError::into_inner);
    Ok(Report { subject: subject.name.clone(), host: subject.host.clone(), firsts, within })
}

fn next_of<'a, T>(next: &AtomicUsize, all: &'a [T]) -> Option<(usize, &'a T)> {
    let number = next.fetch_add(1, Ordering::Relaxed);
    all.get(number).map(|item| (number, item))
}

/// The guest with the adapter, linked.
struct Ready {
    engine: Engine,
    linked: InstancePre<State>,
    inputs: Inputs,
    limits: Limits,
}

impl Ready {
    fn new(subject: &Subject) -> Result<Self, String> {
        let engine = Engine::of(EngineKind { compiler: Compiler::Cranelift, pooling: true }, None);
        let engine = engine.map_err(|error| error.to_string())?;
        let main = wat::parse_str(guest::text()).map_err(|error| error.to_string())?;
        let main = Source { name: "entry".to_string(), wasm: &main, wit: Some(guest::wit()?) };
        let adapters = subject.implements.iter().map(|module| Adapter::new(module, &subject.wasm)).collect();
        let encoded = polyfill_encoder::encode(&Input { main, adapters }, &Options::default());
        let component = encoded.map_err(|errors| errors.to_string())?.component;
        let program = engine.program(&component).map_err(|error| error.to_string())?;
        let hosts = Hosts::default();
        let host = hosts.get(&subject.host).filter(|host| !host.is_async());
        let host = host.ok_or_else(|| format!("there is no host `{}` within this process", subject.host))?;
        let linker = host_linker(&engine, host)?;
        let linked = linker.instantiate_pre(program.component()).map_err(|error| format!("{error:#}"))?;
        let case: Case = toml::from_str(WORLD).map_err(|error| error.to_string())?;
        let inputs = Inputs::of("entry", &case).map_err(|error| error.to_string())?;
        Ok(Self { engine, linked, inputs, limits: Limits { timeout: TIMEOUT, ..Limits::default() } })
    }

    /// A call without another one in it, and how often that asks the guest for memory.
    fn first(&self, function: &Function) -> (End, u32) {
        let (ends, allocations) = self.enter(function, None);
        (ends.outer, allocations)
    }

    fn enter(&self, outer: &Function, inner: Option<(&Function, u32)>) -> (Ends, u32) {
        let number =
            |function: &Function| FUNCTIONS.iter().position(|other| other == function).unwrap_or_default() as u32;
        let (inner, at) = inner.map_or((0, 0), |(inner, at)| (number(inner), at));
        let mut session = match Session::adapted(&self.engine, &self.linked, &self.inputs, &self.limits) {
            Ok(session) => session,
            Err(outcome) => return (Ends { inner: None, outer: ended(&outcome) }, 0),
        };
        let (store, instance) = session.parts();
        let done = instance.get_typed_func::<(u32, u32, u32), (u64,)>(&mut *store, "enter");
        let done = done.and_then(|enter| enter.call(&mut *store, (number(outer), inner, at)));
        match done {
            Ok((packed,)) => {
                let [outer, inner] = [packed as u16, (packed >> 16) as u16];
                let inner = (inner != guest::NONE).then(|| errno(inner));
                (Ends { inner, outer: errno(outer) }, (packed >> 32) as u32)
            }
            Err(error) => (Ends { inner: None, outer: ended(&session.ended(&error)) }, 0),
        }
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
