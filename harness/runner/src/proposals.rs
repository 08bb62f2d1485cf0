//! Proposals of core WebAssembly -> settings of wasmtime.

use std::collections::BTreeSet;

use polyfill_builder::case::Proposal;
use wasmtime::Config;

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
