//! Programs from files: core modules to encode, or components.

use std::collections::BTreeSet;
use std::path::Path;

use anyhow::{Error, anyhow, bail};
use polyfill_builder::reference::IMPORT_MODULE;
use polyfill_builder::tree::Tree;
use polyfill_builder::{Suite, module};
use polyfill_runner::Engine;

use super::{Code, Program};
use crate::args::{Encoding, RunArgs};
use crate::load::{self, Modules};
use crate::output;

/// Preamble of a component: magic number, version and layer.
const COMPONENT: &[u8] = b"\0asm\x0d\0\x01\0";

/// Reads the file, and encodes a core module as a component.
pub(super) fn load(args: &RunArgs) -> anyhow::Result<Program> {
    let path = Path::new(&args.program);
    let bytes = module::read_argument(path)?;
    let name = load::stem(path).unwrap_or("main");
    let mut sanitize = None;
    let flag = given(&args.encoding).or(args.adapter.as_ref().map(|_| "--adapter"));
    let flag = flag.or(args.sanitize.then_some("--sanitize"));
    let code = if super::is_native(args) {
        match flag {
            Some(flag) => return Err(not_on_native(flag)),
            None if bytes.starts_with(COMPONENT) => bail!(
                "cannot run `{}` on host `native`: expected a core module, found a component\n  help: select another \
                 host with --host",
                path.display()
            ),
            None => Code::Module(bytes),
        }
    } else if bytes.starts_with(COMPONENT) {
        match flag {
            Some(flag) => bail!(
                "{flag} is not supported for `{}`, which is already a component\n  help: remove {flag}",
                path.display()
            ),
            None => Code::Component(bytes),
        }
    } else {
        let mut modules = load::modules(name, bytes, &args.encoding, &args.encoding.adapts)?;
        let newest = wants_newest(args, &modules).then(|| load::newest(&modules.main.wasm));
        if let Some(newest) = &newest {
            output::progress(&format!(
                "`{name}` imports `{IMPORT_MODULE}`: using adapter `{newest}` (select another with --adapter)"
            ));
        }
        let chain = args.adapter.clone().or(newest);
        if let Some(chain) = &chain {
            modules = modules.through(chain, &Suite::from_env(&args.suite).progress(output::progress))?;
        }
        let (component, check) = modules.reported(args.reported()).encode(&load::options(&args.encoding, true))?;
        let chain = chain.unwrap_or_else(|| super::chain_name(args, &args.encoding.adapts));
        sanitize = check.map(|check| (chain, check));
        Code::Component(component)
    };
    Ok(Program {
        name: name.to_string(),
        code,
        answers: Vec::new(),
        files: Tree::new(),
        preopens: None,
        proposals: BTreeSet::new(),
        host: None,
        cache: None,
        sanitize,
    })
}

/// Returns true if the newest published adapter is the default: no adapter or WIT is given, and main imports
/// preview1.
fn wants_newest(args: &RunArgs, modules: &Modules) -> bool {
    let is_silent = args.adapter.is_none() && args.encoding.adapts.is_empty();
    is_silent && module::imports(&modules.main.wasm).iter().any(|module| module == IMPORT_MODULE)
}

/// Returns the default host for a component.
pub(super) fn default_host(engine: &Engine, component: &[u8]) -> anyhow::Result<&'static str> {
    let ty = engine.component(component)?.component_type();
    let wasi = ty.imports(engine.wasmtime()).any(|(name, _)| name.starts_with("wasi:"));
    Ok(if wasi { "wasi" } else { "my-wasi" })
}

/// Returns an error for an option that requires adapters.
pub(super) fn not_on_native(flag: &str) -> Error {
    anyhow!(
        "{flag} is not supported by host `native`, which runs the guest's core module without adapters\n  help: remove \
         {flag}, or select another host with --host"
    )
}

/// Returns the name of the first encoding option on the command line.
pub(super) fn given(encoding: &Encoding) -> Option<&'static str> {
    let Encoding { wit, world: _, features, adapts, encoding: _, realloc_via_memory_grow } = encoding;
    let flags = [
        (!adapts.is_empty(), "--adapt"),
        (wit.is_some(), "--wit"),
        (*realloc_via_memory_grow, "--realloc-via-memory-grow"),
    ];
    flags.into_iter().find_map(|(given, flag)| given.then_some(flag)).or(features.given())
}
