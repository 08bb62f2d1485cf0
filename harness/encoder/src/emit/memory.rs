//! Core module that defines an isolated adapter's memory and copies between it and main's memory.
//!
//! With the multi-memory proposal, a copy is one instruction. Otherwise a second module that accesses main's memory
//! performs loads and stores for it: eight bytes at a time, then the remaining bytes one at a time.

use wasm_encoder::{
    BlockType, CodeSection, EntityType, ExportKind, ExportSection, Function, FunctionSection, ImportSection,
    InstructionSink, MemArg, MemArgTarget, MemorySection, MemoryType, Module, NameMap, NameSection, TypeSection,
    ValType,
};

use crate::names::MainMemoryOp;
use crate::plan::OwnMemory;

/// Name of the export of the memory.
pub(super) const MEMORY: &str = "memory";
/// Import name of main's memory.
pub(super) const MAIN: &str = "main";

/// Generates a module with both memories.
pub(super) fn memory(memory: &OwnMemory, name: Option<&str>) -> Module {
    let mut parts = Parts::default();
    let main = memory.main.as_ref().map(|(_, ty)| ty);
    if let Some(ty) = main {
        parts.imports.import("", MAIN, EntityType::Memory(memory_type(ty)));
    }
    // An imported main memory has index 0.
    let own = u32::from(main.is_some());
    parts.define(&memory.ty, own);
    for copy in main.iter().flat_map(|_| &memory.copies) {
        parts.function(copy.field(), params(*copy), results(*copy), |code| {
            match copy {
                MainMemoryOp::Load => _ = code.local_get(0).local_get(1).local_get(2).memory_copy(own, 0),
                MainMemoryOp::Store => _ = code.local_get(0).local_get(1).local_get(2).memory_copy(0, own),
                MainMemoryOp::Size => size(code, main),
            };
        });
    }
    parts.finish(name)
}

/// Generates the module that accesses main's memory for the module of [`copier`].
pub(super) fn reach(memory: &OwnMemory, name: Option<&str>) -> Module {
    let mut parts = Parts::default();
    let main = memory.main.as_ref().map(|(_, ty)| ty);
    if let Some(ty) = main {
        parts.imports.import("", MAIN, EntityType::Memory(memory_type(ty)));
    }
    for access in Access::ALL {
        let (params, results) = access.ty();
        parts.function(access.name(), params, results, |code| {
            access.params().for_each(|local| {
                code.local_get(local);
            });
            access.instruction(code);
        });
    }
    parts.function(MainMemoryOp::Size.field(), params(MainMemoryOp::Size), results(MainMemoryOp::Size), |code| {
        size(code, main)
    });
    parts.finish(name)
}

/// Returns the names of the functions that [`reach`] exports and [`copier`] imports.
pub(super) fn reached() -> impl Iterator<Item = &'static str> {
    Access::ALL.into_iter().map(Access::name).chain([MainMemoryOp::Size.field()])
}

/// Generates the module that defines the adapter's memory and copies through [`reach`].
pub(super) fn copier(memory: &OwnMemory, name: Option<&str>) -> Module {
    let mut parts = Parts::default();
    let [load8, load64, store8, store64] = Access::ALL.map(|access| {
        let (params, results) = access.ty();
        parts.import(access.name(), params, results)
    });
    let size = parts.import(MainMemoryOp::Size.field(), params(MainMemoryOp::Size), results(MainMemoryOp::Size));
    parts.define(&memory.ty, 0);
    for copy in &memory.copies {
        parts.function(copy.field(), params(*copy), results(*copy), |code| match copy {
            MainMemoryOp::Load => {
                pieces(code, |code, local_step| {
                    code.local_get(TO).local_get(FROM);
                    match local_step {
                        Step::Word => code.call(load64).i64_store(operand()),
                        Step::Byte => code.call(load8).i32_store8(operand()),
                    };
                });
            }
            MainMemoryOp::Store => {
                pieces(code, |code, local_step| {
                    code.local_get(TO).local_get(FROM);
                    match local_step {
                        Step::Word => code.i64_load(operand()).call(store64),
                        Step::Byte => code.i32_load8_u(operand()).call(store8),
                    };
                });
            }
            MainMemoryOp::Size => {
                code.call(size);
            }
        });
    }
    parts.finish(name)
}

const TO: u32 = 0;
const FROM: u32 = 1;
const LENGTH: u32 = 2;

/// Number of bytes that are copied at once.
#[derive(Clone, Copy)]
enum Step {
    Word,
    Byte,
}

/// Generates two loops: one for 8-byte words, then one for the remaining bytes.
fn pieces(code: &mut InstructionSink<'_>, piece: impl Fn(&mut InstructionSink<'_>, Step)) {
    for (step, size) in [(Step::Word, 8), (Step::Byte, 1)] {
        code.block(BlockType::Empty).loop_(BlockType::Empty);
        code.local_get(LENGTH).i32_const(size).i32_lt_u().br_if(1);
        piece(code, step);
        for local in [TO, FROM] {
            code.local_get(local).i32_const(size).i32_add().local_set(local);
        }
        code.local_get(LENGTH).i32_const(size).i32_sub().local_set(LENGTH);
        code.br(0).end().end();
    }
}

/// Generates code that returns the size of memory 0 in bytes, or 2^32 - 1 if it is larger.
fn size(code: &mut InstructionSink<'_>, main: Option<&wasmparser::MemoryType>) {
    let page = main.and_then(|ty| ty.page_size_log2).unwrap_or(16).min(31);
    if page == 0 {
        code.memory_size(0);
        return;
    }
    code.memory_size(0).i32_const(1 << (32 - page)).i32_ge_u();
    code.if_(BlockType::Result(ValType::I32)).i32_const(-1);
    code.else_().memory_size(0).i32_const(page as i32).i32_shl().end();
}

/// A load from main's memory or a store to it.
#[derive(Clone, Copy)]
enum Access {
    Load8,
    Load64,
    Store8,
    Store64,
}

impl Access {
    const ALL: [Access; 4] = [Access::Load8, Access::Load64, Access::Store8, Access::Store64];

    fn name(self) -> &'static str {
        match self {
            Access::Load8 => "load8",
            Access::Load64 => "load64",
            Access::Store8 => "store8",
            Access::Store64 => "store64",
        }
    }

    fn ty(self) -> (Vec<ValType>, Vec<ValType>) {
        use ValType::{I32, I64};
        match self {
            Access::Load8 => (vec![I32], vec![I32]),
            Access::Load64 => (vec![I32], vec![I64]),
            Access::Store8 => (vec![I32, I32], vec![]),
            Access::Store64 => (vec![I32, I64], vec![]),
        }
    }

    fn params(self) -> std::ops::Range<u32> {
        0..self.ty().0.len() as u32
    }

    fn instruction(self, code: &mut InstructionSink<'_>) {
        match self {
            Access::Load8 => code.i32_load8_u(operand()),
            Access::Load64 => code.i64_load(operand()),
            Access::Store8 => code.i32_store8(operand()),
            Access::Store64 => code.i64_store(operand()),
        };
    }
}

fn operand() -> MemArg {
    MemArg { offset: 0, align: 0, target: MemArgTarget::Memory(0), ordering: None }
}

fn params(copy: MainMemoryOp) -> Vec<ValType> {
    match copy {
        MainMemoryOp::Load | MainMemoryOp::Store => vec![ValType::I32; 3],
        MainMemoryOp::Size => Vec::new(),
    }
}

fn results(copy: MainMemoryOp) -> Vec<ValType> {
    match copy {
        MainMemoryOp::Load | MainMemoryOp::Store => Vec::new(),
        MainMemoryOp::Size => vec![ValType::I32],
    }
}

pub(super) fn memory_type(ty: &wasmparser::MemoryType) -> MemoryType {
    MemoryType {
        minimum: ty.initial,
        maximum: ty.maximum,
        memory64: ty.memory64,
        shared: ty.shared,
        page_size_log2: ty.page_size_log2,
    }
}

/// Sections of a module that exports all of its functions.
#[derive(Default)]
struct Parts {
    types: TypeSection,
    imports: ImportSection,
    imported: u32,
    functions: FunctionSection,
    memories: MemorySection,
    exports: ExportSection,
    code: CodeSection,
    names: NameMap,
}

impl Parts {
    fn ty(&mut self, params: Vec<ValType>, results: Vec<ValType>) -> u32 {
        self.types.ty().function(params, results);
        self.types.len() - 1
    }

    fn import(&mut self, name: &str, params: Vec<ValType>, results: Vec<ValType>) -> u32 {
        let ty = self.ty(params, results);
        self.imports.import("", name, EntityType::Function(ty));
        self.imported += 1;
        self.imported - 1
    }

    fn define(&mut self, ty: &wasmparser::MemoryType, index: u32) {
        self.memories.memory(memory_type(ty));
        self.exports.export(MEMORY, ExportKind::Memory, index);
    }

    fn function(
        &mut self,
        name: &str,
        params: Vec<ValType>,
        results: Vec<ValType>,
        write: impl FnOnce(&mut InstructionSink<'_>),
    ) {
        let ty = self.ty(params, results);
        let index = self.imported + self.functions.len();
        self.functions.function(ty);
        self.exports.export(name, ExportKind::Func, index);
        let mut body = Function::new([]);
        write(&mut body.instructions());
        body.instructions().end();
        self.code.function(&body);
        self.names.append(index, name);
    }

    fn finish(self, name: Option<&str>) -> Module {
        let mut module = Module::new();
        module.section(&self.types).section(&self.imports).section(&self.functions);
        if !self.memories.is_empty() {
            module.section(&self.memories);
        }
        module.section(&self.exports).section(&self.code);
        if let Some(name) = name {
            let mut names = NameSection::new();
            names.module(name);
            names.functions(&self.names);
            module.section(&names);
        }
        module
    }
}
