//! Programs from files: core modules to encode, or components.

use std::collections::BTreeSet;
use std::path::Path;

use polyfill_builder::reference::IMPORT_MODULE;
use polyfill_builder::tree::Tree;
use polyfill_builder::{Suite, module};
use polyfill_runner::Engine;

use super::{Code, Program};
use crate::args::{Encoding, RunArgs};
use crate::error::Error;
use crate::load::{self, Modules};
use crate::output;

/// Preamble of a component: magic number, version and layer.
const COMPONENT: &[u8] = b"\0asm\x0d\0\x01\0";

/// Reads the file, and encodes a core module as a component.
pub(super) fn load(args: &RunArgs) -> Result<Program, Error> {
    let path = Path::new(&args.program);
    let bytes = module::read_argument(path)?;
    let name = load::stem(path).unwrap_or("main");
    let mut sanitize = None;
    let flag = given(&args.encoding).or(args.adapter.as_ref().map(|_| "--adapter"));
    let flag = flag.or(args.sanitize.then_some("--sanitize"));
    let code = if super::is_native(args) {
        match flag {
            Some(flag) => return Err(Error::Native { flag }),
            None if bytes.starts_with(COMPONENT) => return Err(Error::NoModule { file: path.to_path_buf() }),
            None => Code::Module(bytes),
        }
    } else if bytes.starts_with(COMPONENT) {
        match flag {
            Some(flag) => return Err(Error::Finished { file: path.to_path_buf(), flag }),
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
        let stack = args.adapter.clone().or(newest);
        if let Some(stack) = &stack {
            modules = modules.through(stack, &Suite::from_env(&args.suite).progress(output::progress))?;
        }
        let (component, check) = modules.reported(args.reported()).encode(&load::options(&args.encoding, true))?;
        let stack = stack.unwrap_or_else(|| super::chain_name(args, &args.encoding.adapts));
        sanitize = check.map(|check| (stack, check));
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
pub(super) fn default_host(engine: &Engine, component: &[u8]) -> Result<&'static str, Error> {
    let ty = engine.component(component)?.component_type();
    let wasi = ty.imports(engine.wasmtime()).any(|(name, _)| name.starts_with("wasi:"));
    Ok(if wasi { "wasi" } else { "my-wasi" })
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
