//! Proposals of core WebAssembly: settings of wasmtime, and explanations of rejected code.

mod needs;

use std::collections::BTreeSet;

use polyfill_builder::case::Proposal;
use wasmtime::Config;

use self::needs::{Need, compiles, missing};
use crate::WASMTIME;
use crate::engine;
use crate::engines::{EngineKind, EngineOptions};

/// Enables proposals. The engine refuses those that its compiler does not implement.
pub(crate) fn enable(config: &mut Config, proposals: &BTreeSet<Proposal>) {
    for proposal in proposals {
        match proposal {
            Proposal::CompactImports => config.wasm_compact_imports(true),
            Proposal::CustomPageSizes => config.wasm_custom_page_sizes(true),
            Proposal::Exceptions => config.wasm_exceptions(true),
            Proposal::ExtendedConst => config.wasm_extended_const(true),
            Proposal::FunctionReferences => config.wasm_function_references(true),
            Proposal::Gc => config.wasm_gc(true),
            Proposal::Memory64 => config.wasm_memory64(true),
            Proposal::MultiMemory => config.wasm_multi_memory(true),
            Proposal::ReferenceTypes => config.wasm_reference_types(true),
            Proposal::RelaxedSimd => config.wasm_relaxed_simd(true),
            Proposal::SharedEverythingThreads => config.wasm_shared_everything_threads(true),
            Proposal::StackSwitching => config.wasm_stack_switching(true),
            Proposal::TailCall => config.wasm_tail_call(true),
            Proposal::Threads => config.wasm_threads(true),
            Proposal::WideArithmetic => config.wasm_wide_arithmetic(true),
        };
    }
}

/// Returns the reason why an engine with these options cannot be created, if it is a proposal.
pub(crate) fn refused(options: &EngineOptions) -> Option<String> {
    let refused = options.proposals.iter().copied().filter(|proposal| !is_implemented(options.kind, *proposal));
    let names: Vec<String> = refused.map(|proposal| proposal.to_string()).collect();
    let what = listed(&names)?;
    Some(format!("{} does not support {what}\n  help: {}", named(options.kind), other_engine(options.kind)))
}

/// Returns lines that name the proposals for which an engine rejected the code, and the remedy; `None` if the code is
/// invalid with all proposals, or needs none that is missing.
pub(crate) fn explain(engine: &wasmtime::Engine, kind: EngineKind, code: &[u8]) -> Option<String> {
    let missing = missing(engine, code);
    let names = |is: &dyn Fn(&Need) -> bool| -> Vec<String> {
        missing.iter().filter(|need| is(need)).map(|need| need.name.clone()).collect()
    };
    let anywhere = |need: &Need| match need.proposal {
        Some(proposal) => is_implemented(EngineKind::default(), proposal),
        None => need.is_known,
    };
    let here = |need: &Need| need.proposal.is_some_and(|proposal| is_implemented(kind, proposal));
    if let Some(what) = listed(&names(&|need| !anywhere(need))) {
        return Some(format!(
            "the code uses {what}, which wasmtime {WASMTIME} does not support\n  help: compile the guest without it"
        ));
    }
    if let Some(what) = listed(&names(&|need| !here(need))) {
        let (engine, help) = (named(kind), other_engine(kind));
        return Some(format!("the code uses {what}, which {engine} does not support\n  help: {help}"));
    }
    let names = names(&|_| true);
    let what = listed(&names)?;
    let key = names.iter().map(|name| format!("\"{name}\"")).collect::<Vec<_>>().join(", ");
    Some(format!(
        "the code uses {what}, which {} does not enable by default\n  \
         help: add `wasm = [{key}]` to the case, or `--wasm {}` to the command line",
        named(kind),
        names.join(",")
    ))
}

/// Returns true if the engine implements the proposal.
fn is_implemented(kind: EngineKind, proposal: Proposal) -> bool {
    // A pool reserves memory and does not matter here.
    let kind = EngineKind { pooling: false, ..kind };
    let options = EngineOptions { kind, fuel: false, proposals: BTreeSet::from([proposal]) };
    let engine = engine::config(&options).ok().and_then(|config| wasmtime::Engine::new(&config).ok());
    engine.is_some_and(|engine| compiles(&engine, proposal))
}

fn named(kind: EngineKind) -> String {
    if kind == EngineKind::default() { "wasmtime".into() } else { format!("engine `{kind}`") }
}

fn other_engine(kind: EngineKind) -> &'static str {
    if kind == EngineKind::default() {
        "remove it from the key `wasm` of the case, and from `--wasm`"
    } else {
        "select the engine `cranelift`, or add a `[[skip]]` for this engine to the case"
    }
}

/// Formats proposals as `proposal `gc``, or `proposals `gc` and `threads``.
fn listed(names: &[String]) -> Option<String> {
    let quoted: Vec<String> = names.iter().map(|name| format!("`{name}`")).collect();
    match &quoted[..] {
        [] => None,
        [name] => Some(format!("proposal {name}")),
        [names @ .., last] => Some(format!("proposals {} and {last}", names.join(", "))),
    }
}
