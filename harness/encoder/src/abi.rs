//! Helpers for generated core modules: flattened function types and type aliases.

use wasm_encoder::ValType;
use wit_parser::abi::{AbiVariant, WasmType};
use wit_parser::{Function, Resolve, Type, TypeDefKind, TypeId};

/// Returns the parameters and results of the core function for a WIT function ([flattening] in the canonical ABI).
///
/// [flattening]: https://github.com/WebAssembly/component-model/blob/main/design/mvp/CanonicalABI.md#flattening
pub fn core_type(resolve: &Resolve, variant: AbiVariant, function: &Function) -> (Vec<ValType>, Vec<ValType>) {
    let signature = resolve.wasm_signature(variant, function);
    let encode = |types: &[WasmType]| types.iter().map(val_type).collect();
    (encode(&signature.params), encode(&signature.results))
}

/// Resolves type aliases: returns the type that `id` finally refers to.
pub fn definition(resolve: &Resolve, mut id: TypeId) -> TypeId {
    while let TypeDefKind::Type(Type::Id(next)) = resolve.types[id].kind {
        id = next;
    }
    id
}

fn val_type(ty: &WasmType) -> ValType {
    match ty {
        WasmType::I32 | WasmType::Pointer | WasmType::Length => ValType::I32,
        WasmType::I64 | WasmType::PointerOrI64 => ValType::I64,
        WasmType::F32 => ValType::F32,
        WasmType::F64 => ValType::F64,
    }
}
