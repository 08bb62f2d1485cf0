//! The two small core modules: the shim, whose functions forward through a table, and the fixup, which fills it.

use wasm_encoder::{
    CodeSection, ConstExpr, ElementSection, Elements, EntityType, ExportKind, ExportSection, Function, FunctionSection,
    ImportSection, MemorySection, MemoryType, Module, NameMap, NameSection, RefType, StartSection, TableSection,
    TableType, TypeSection,
};
use wasmparser::FuncType;

use crate::plan::Slot;

/// The shim's name.
pub(super) const SHIM: &str = "polyfill:shim";
/// The fixup's name.
pub(super) const FIXUP: &str = "polyfill:fixup";
/// The shim's export that holds the slots.
pub(super) const TABLE: &str = "$slots";
/// The shim's export that is main's memory.
pub(super) const MEMORY: &str = "$memory";

/// The name under which the fixup imports a function to call.
pub(super) fn initialize(index: usize) -> String {
    format!("init{index}")
}

/// Each function `n` calls entry `n` of the table with the parameters it got.
pub(super) fn shim(slots: &[Slot], memory: Option<wasmparser::MemoryType>, names: bool) -> Module {
    let mut types = Types::default();
    let mut functions = FunctionSection::new();
    let mut exports = ExportSection::new();
    let mut code = CodeSection::new();
    let mut function_names = NameMap::new();
    for (index, slot) in slots.iter().enumerate() {
        let ty = types.get(&slot.ty);
        functions.function(ty);
        exports.export(&index.to_string(), ExportKind::Func, index as u32);
        let mut body = Function::new([]);
        let mut sink = body.instructions();
        for param in 0..slot.ty.params().len() {
            sink.local_get(param as u32);
        }
        sink.i32_const(index as i32).call_indirect(0, ty).end();
        code.function(&body);
        function_names.append(index as u32, &slot.name);
    }

    let mut module = Module::new();
    if !slots.is_empty() {
        module.section(&types.section).section(&functions);
        let mut tables = TableSection::new();
        tables.table(table_type(slots.len()));
        exports.export(TABLE, ExportKind::Table, 0);
        module.section(&tables);
    }
    if let Some(memory) = memory {
        let mut memories = MemorySection::new();
        memories.memory(MemoryType {
            minimum: memory.initial,
            maximum: memory.maximum,
            memory64: memory.memory64,
            shared: memory.shared,
            page_size_log2: memory.page_size_log2,
        });
        exports.export(MEMORY, ExportKind::Memory, 0);
        module.section(&memories);
    }
    module.section(&exports);
    if !slots.is_empty() {
        module.section(&code);
    }
    if names {
        module.section(&name_section(SHIM, &function_names));
    }
    module
}

/// Imports the real functions and puts them behind the slots; its start function initialises the modules.
pub(super) fn fixup(slots: &[Slot], initializers: usize, names: bool) -> Module {
    let mut types = Types::default();
    let mut imports = ImportSection::new();
    for (index, slot) in slots.iter().enumerate() {
        imports.import("", &index.to_string(), EntityType::Function(types.get(&slot.ty)));
    }
    let nothing = FuncType::new([], []);
    for index in 0..initializers {
        imports.import("", &initialize(index), EntityType::Function(types.get(&nothing)));
    }
    if !slots.is_empty() {
        imports.import("", TABLE, EntityType::Table(table_type(slots.len())));
    }

    let imported = (slots.len() + initializers) as u32;
    let first_initializer = slots.len() as u32;
    let start = match initializers {
        0 => None,
        1 => Some(first_initializer),
        _ => Some(imported),
    };
    let calls_several = initializers > 1;
    let ty = calls_several.then(|| types.get(&nothing));
    let mut module = Module::new();
    module.section(&types.section).section(&imports);
    if let Some(ty) = ty {
        let mut functions = FunctionSection::new();
        functions.function(ty);
        module.section(&functions);
    }
    if let Some(function_index) = start {
        module.section(&StartSection { function_index });
    }
    if !slots.is_empty() {
        let mut elements = ElementSection::new();
        let all: Vec<u32> = (0..slots.len() as u32).collect();
        elements.active(None, &ConstExpr::i32_const(0), Elements::Functions(all.into()));
        module.section(&elements);
    }
    if calls_several {
        let mut body = Function::new([]);
        for index in first_initializer..imported {
            body.instructions().call(index);
        }
        body.instructions().end();
        let mut code = CodeSection::new();
        code.function(&body);
        module.section(&code);
    }
    if names {
        module.section(&name_section(FIXUP, &NameMap::new()));
    }
    module
}

fn table_type(slots: usize) -> TableType {
    TableType {
        element_type: RefType::FUNCREF,
        table64: false,
        minimum: slots as u64,
        maximum: Some(slots as u64),
        shared: false,
    }
}

fn name_section(module: &str, functions: &NameMap) -> NameSection {
    let mut names = NameSection::new();
    names.module(module);
    if !functions.is_empty() {
        names.functions(functions);
    }
    names
}

/// A type section in which each signature stands once.
#[derive(Default)]
struct Types {
    section: TypeSection,
    known: Vec<FuncType>,
}

impl Types {
    fn get(&mut self, ty: &FuncType) -> u32 {
        if let Some(index) = self.known.iter().position(|known| known == ty) {
            return index as u32;
        }
        let val = |types: &[wasmparser::ValType]| -> Vec<wasm_encoder::ValType> {
            types.iter().map(|ty| val_type(*ty)).collect()
        };
        self.section.ty().function(val(ty.params()), val(ty.results()));
        self.known.push(ty.clone());
        (self.known.len() - 1) as u32
    }
}

fn val_type(ty: wasmparser::ValType) -> wasm_encoder::ValType {
    match ty {
        wasmparser::ValType::I32 => wasm_encoder::ValType::I32,
        wasmparser::ValType::I64 => wasm_encoder::ValType::I64,
        wasmparser::ValType::F32 => wasm_encoder::ValType::F32,
        wasmparser::ValType::F64 => wasm_encoder::ValType::F64,
        wasmparser::ValType::V128 => wasm_encoder::ValType::V128,
        wasmparser::ValType::Ref(ty) if ty == wasmparser::RefType::EXTERNREF => wasm_encoder::ValType::EXTERNREF,
        wasmparser::ValType::Ref(_) => wasm_encoder::ValType::FUNCREF,
    }
}
