//! Engine kinds: wasmtime's compilers, with on-demand or pooling allocation.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;
use std::path::Path;
use std::str::FromStr;
use std::sync::{Arc, Mutex, OnceLock, PoisonError};

use polyfill_builder::case::Proposal;
use polyfill_builder::index::ENGINE;
use thiserror::Error;

use crate::engine::Engine;

/// Kind of an engine: `cranelift` (default), `winch`, `pulley+pooling`, ..
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct EngineKind {
    /// Compiler.
    pub compiler: Compiler,
    /// Use the pooling allocator for memories, tables and instances, as servers do.
    pub pooling: bool,
}

/// One of wasmtime's compilers.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Compiler {
    /// Optimizing compiler.
    #[default]
    Cranelift,
    /// Single-pass compiler.
    Winch,
    /// Portable interpreter bytecode.
    Pulley,
}

/// Unknown engine name.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
#[error("unknown engine `{name}`; known engines: {}", EngineKind::names())]
pub struct UnknownEngine {
    /// The unknown name.
    pub name: String,
}

impl EngineKind {
    /// All engine kinds.
    pub const ALL: [EngineKind; 6] = [
        EngineKind { compiler: Compiler::Cranelift, pooling: false },
        EngineKind { compiler: Compiler::Cranelift, pooling: true },
        EngineKind { compiler: Compiler::Winch, pooling: false },
        EngineKind { compiler: Compiler::Winch, pooling: true },
        EngineKind { compiler: Compiler::Pulley, pooling: false },
        EngineKind { compiler: Compiler::Pulley, pooling: true },
    ];

    /// Returns the kind with the fastest compiler.
    pub fn fastest_to_compile() -> Self {
        let winch = EngineKind { compiler: Compiler::Winch, pooling: false };
        if winch.is_missing().is_none() { winch } else { EngineKind::default() }
    }

    /// Returns the reason why this engine is not available on this machine, if it is not.
    pub fn is_missing(self) -> Option<String> {
        let winch = cfg!(any(target_arch = "x86_64", target_arch = "aarch64"));
        let missing = self.compiler == Compiler::Winch && !winch;
        missing.then(|| format!("engine `{self}`: wasmtime has no Winch for {}", std::env::consts::ARCH))
    }

    /// Returns the host's name qualified by this engine, unless it is the default.
    pub(crate) fn on(self, host: &str) -> String {
        if self == EngineKind::default() { host.into() } else { format!("{host}{ENGINE}{self}") }
    }

    /// Splits a trial's or host's name that ends with an engine into the rest and the engine.
    pub fn at_end(name: &str) -> Option<(&str, EngineKind)> {
        let (rest, word) = name.rsplit_once(ENGINE)?;
        Some((rest, word.parse().ok()?))
    }

    /// Splits a host's name into the name without its engine, and the engine.
    pub(crate) fn of(host: &str) -> Result<(&str, EngineKind), UnknownEngine> {
        match host.split_once(ENGINE) {
            None => Ok((host, EngineKind::default())),
            Some((host, engine)) => Ok((host, engine.parse()?)),
        }
    }

    fn names() -> String {
        Self::ALL.map(|kind| format!("`{kind}`")).join(", ")
    }
}

impl fmt::Display for EngineKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self.compiler {
            Compiler::Cranelift => "cranelift",
            Compiler::Winch => "winch",
            Compiler::Pulley => "pulley",
        })?;
        f.write_str(if self.pooling { "+pooling" } else { "" })
    }
}

impl FromStr for EngineKind {
    type Err = UnknownEngine;

    fn from_str(text: &str) -> Result<Self, UnknownEngine> {
        let found = Self::ALL.into_iter().find(|kind| kind.to_string() == text);
        found.ok_or_else(|| UnknownEngine { name: text.into() })
    }
}

/// Parses `all`, or a comma-separated list of names.
///
/// # Errors
///
/// Returns the first name that is not an engine.
pub fn parse_engines(text: &str) -> Result<Vec<EngineKind>, UnknownEngine> {
    if text.trim() == "all" {
        return Ok(EngineKind::ALL.to_vec());
    }
    text.split(',').map(|name| name.trim().parse()).collect()
}

/// Options of an [`Engine`].
#[derive(Clone, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub struct EngineOptions {
    /// Compiler and allocation strategy. Default: Cranelift, without a pool.
    pub kind: EngineKind,
    /// Counts instructions, as limits on fuel require. Runs are slower. Default: false.
    pub fuel: bool,
    /// Proposals to enable in addition to those that the compiler enables by default.
    pub proposals: BTreeSet<Proposal>,
}

/// Engines of a process, created on first use.
#[derive(Default)]
pub(crate) struct Engines(Mutex<BTreeMap<EngineOptions, Slot>>);

type Slot = Arc<OnceLock<Result<Arc<Engine>, String>>>;

impl Engines {
    /// One of them. Compiled code is kept in the folder.
    pub(crate) fn get(&self, options: &EngineOptions, cache: &Path) -> Result<Arc<Engine>, String> {
        let slot = self.0.lock().unwrap_or_else(PoisonError::into_inner).entry(options.clone()).or_default().clone();
        let make = || match Engine::with_options(options, Some(cache.to_path_buf())) {
            Ok(engine) => Ok(Arc::new(engine)),
            Err(error) => Err(error.to_string()),
        };
        slot.get_or_init(make).clone()
    }
}

#[cfg(test)]
mod tests {
    use polyfill_builder::index::ENGINES;

    use super::*;

    #[test]
    fn names_are_parsed_back() {
        for kind in EngineKind::ALL {
            assert_eq!(kind.to_string().parse(), Ok(kind));
            assert_eq!(EngineKind::of(&kind.on("wasi")), Ok(("wasi", kind)));
        }
        let others = EngineKind::ALL.into_iter().filter(|kind| *kind != EngineKind::default());
        assert!(others.map(|kind| kind.to_string()).eq(ENGINES.map(String::from)), "as patterns of trials know them");
        assert_eq!(parse_engines("all").unwrap().len(), 6);
        assert_eq!(parse_engines("winch, pulley+pooling").unwrap().len(), 2);
        let error = EngineKind::of("wasi/wich").unwrap_err().to_string();
        assert!(error.starts_with("unknown engine `wich`; known engines: `cranelift`, "), "{error}");
    }
}
