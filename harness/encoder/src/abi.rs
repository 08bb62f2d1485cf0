//! What a core module that is written here needs to know of WIT.

use wasm_encoder::ValType;
use wit_parser::abi::{AbiVariant, WasmType};
use wit_parser::{Function, Resolve, Type, TypeDefKind, TypeId};

/// Parameters and results of the core function that stands for one of WIT ("flattening" in the canonical ABI).
pub fn core_type(resolve: &Resolve, variant: AbiVariant, function: &Function) -> (Vec<ValType>, Vec<ValType>) {
    let signature = resolve.wasm_signature(variant, function);
    let encode = |types: &[WasmType]| types.iter().map(val_type).collect();
    (encode(&signature.params), encode(&signature.results))
}

/// A type behind other names for it.
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
