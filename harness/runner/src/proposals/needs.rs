//! Proposals that code needs: those without which it is invalid.

use polyfill_builder::case::Proposal;
use wasmparser::{Validator, WasmFeatures};
use wasmtime::{Engine, Module};

/// Proposal that code needs.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Need {
    /// Name, as in the key `wasm` of a case.
    pub name: String,
    /// The proposal, if a case can enable it.
    pub proposal: Option<Proposal>,
    /// True if some engine of wasmtime supports it.
    pub is_known: bool,
}

impl Need {
    /// Returns true if the engine compiles a module that needs this. (`Module::validate` accepts compact imports without
    /// their proposal.)
    fn is_met_by(&self, engine: &Engine) -> bool {
        match self.proposal {
            Some(proposal) => compiles(engine, proposal),
            None => self.is_known && compiles_text(engine, "(table 1 externref)"),
        }
    }
}

/// Returns true if the engine compiles a module that needs the proposal. An engine can enable a proposal that its
/// compiler lacks.
pub(super) fn compiles(engine: &Engine, proposal: Proposal) -> bool {
    compiles_text(engine, probe(proposal))
}

fn compiles_text(engine: &Engine, probe: &str) -> bool {
    wat::parse_str(probe).is_ok_and(|probe| Module::new(engine, &probe).is_ok())
}

/// Features that every engine has. Some engines have no references to collected objects (`GC_TYPES`), for example
/// `externref`.
const BASE: WasmFeatures = WasmFeatures::WASM2.difference(WasmFeatures::GC_TYPES);

/// Returns the proposals that the code needs and the engine has not enabled. Empty if the code is invalid with all
/// proposals.
pub(super) fn missing(engine: &Engine, code: &[u8]) -> Vec<Need> {
    let mut missing = needs(code);
    missing.retain(|need| !need.is_met_by(engine));
    // These references are part of other proposals, which explain more.
    if missing.iter().any(|need| matches!(need.proposal, Some(Proposal::Gc | Proposal::Exceptions))) {
        missing.retain(|need| need.name != EXTERNREF);
    }
    missing
}

/// Name for references to collected objects outside of the proposals that need them.
const EXTERNREF: &str = "externref";

fn needs(code: &[u8]) -> Vec<Need> {
    let all = WasmFeatures::all();
    let is_valid = |features| Validator::new_with_features(features).validate_all(code).is_ok();
    if !is_valid(all) {
        return Vec::new();
    }
    let core = all.iter_names().filter(|(name, feature)| {
        !BASE.contains(*feature) && !name.starts_with("CM") && *feature != WasmFeatures::COMPONENT_MODEL
    });
    core.filter(|(_, feature)| !is_valid(all.difference(*feature))).map(|(name, feature)| need(name, feature)).collect()
}

fn need(name: &str, feature: WasmFeatures) -> Need {
    if feature == WasmFeatures::GC_TYPES {
        return Need { name: EXTERNREF.into(), proposal: None, is_known: true };
    }
    let name = name.to_lowercase().replace('_', "-");
    let proposal = name.parse().ok();
    Need { name, proposal, is_known: proposal.is_some() }
}

/// Returns fields of a module that is valid only with the proposal.
fn probe(proposal: Proposal) -> &'static str {
    match proposal {
        Proposal::CompactImports => r#"(import "m" (item "f" (func)) (item "g" (func)))"#,
        Proposal::CustomPageSizes => "(memory 1 (pagesize 1))",
        Proposal::Exceptions => "(tag) (func (try_table (throw 0)))",
        Proposal::ExtendedConst => "(global i32 (i32.add (i32.const 1) (i32.const 1)))",
        Proposal::FunctionReferences => "(type $f (func)) (func (param (ref $f)) (call_ref $f (local.get 0)))",
        Proposal::Gc => "(type (struct))",
        Proposal::Memory64 => "(memory i64 1)",
        Proposal::MultiMemory => "(memory 1) (memory 1)",
        Proposal::ReferenceTypes => "(table 1 funcref) (table 1 funcref)",
        Proposal::RelaxedSimd => "(func (param v128) (result v128) (i32x4.relaxed_trunc_f32x4_s (local.get 0)))",
        Proposal::SharedEverythingThreads => {
            "(global (shared i32) (i32.const 0)) (func (drop (global.atomic.get seqcst 0)))"
        }
        Proposal::StackSwitching => "(type $f (func)) (type (cont $f))",
        Proposal::TailCall => "(func return_call 0)",
        Proposal::Threads => "(memory 1) (func (drop (i32.atomic.load (i32.const 0))))",
        Proposal::WideArithmetic => {
            "(func (param i64 i64) (result i64 i64) (i64.mul_wide_u (local.get 0) (local.get 1)))"
        }
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;
    use crate::engines::{Compiler, EngineKind, EngineOptions};

    #[test]
    fn each_probe_needs_its_proposal() {
        for proposal in Proposal::ALL.into_iter().filter(|proposal| *proposal != Proposal::ReferenceTypes) {
            let needs = needs(&wat::parse_str(probe(proposal)).unwrap());
            assert!(needs.iter().any(|need| need.proposal == Some(proposal)), "{proposal}: {needs:?}");
        }
        let legacy = wat::parse_str("(func try catch_all end)").unwrap();
        assert_eq!(needs(&legacy)[0], Need { name: "legacy-exceptions".into(), proposal: None, is_known: false });
        assert_eq!(needs(b"\0asm\x01\0\0\0\x01\x09"), []);
    }

    #[test]
    fn each_engine_enables_its_defaults() {
        use Proposal::*;
        let lacks = |compiler, proposals: &[Proposal]| {
            let kind = EngineKind { compiler, pooling: false };
            let options = EngineOptions { kind, proposals: proposals.iter().copied().collect(), fuel: false };
            let engine = crate::Engine::with_options(&options, None).unwrap();
            let is_lacking = |proposal: &Proposal| !compiles(engine.wasmtime(), *proposal);
            Proposal::ALL.into_iter().filter(is_lacking).collect::<BTreeSet<_>>()
        };
        let always = BTreeSet::from([CompactImports, CustomPageSizes, SharedEverythingThreads, StackSwitching]);
        assert_eq!(lacks(Compiler::Cranelift, &[]), always);
        assert_eq!(lacks(Compiler::Pulley, &[]), &always | &BTreeSet::from([Threads]));
        assert!(!lacks(Compiler::Cranelift, &[CustomPageSizes]).contains(&CustomPageSizes));
        if cfg!(target_arch = "x86_64") {
            let winch =
                BTreeSet::from([Exceptions, FunctionReferences, Gc, RelaxedSimd, TailCall, Threads, WideArithmetic]);
            assert_eq!(lacks(Compiler::Winch, &[]), &always | &winch);
        }
    }
}
