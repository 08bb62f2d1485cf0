//! The core modules shim and fixup. The functions of the shim make indirect calls; the fixup sets their targets.

use foldhash::HashMap;
use wasm_encoder::{
    CodeSection, ConstExpr, ElementSection, Elements, EntityType, ExportKind, ExportSection, Function, FunctionSection,
    GlobalSection, GlobalType, HeapType, ImportSection, InstructionSink, MemorySection, MemoryType, Module, NameMap,
    NameSection, RefType, StartSection, TableSection, TableType, TypeSection, ValType,
};
use wasmparser::FuncType;

use crate::hooks::hook_type;
use crate::input::Forwarding;
use crate::names::ThreadLocal;
use crate::plan::{CoreRef, Event, Plan, Slot};

/// Name of the shim.
pub(super) const SHIM: &str = "polyfill:shim";
/// Name of the fixup.
pub(super) const FIXUP: &str = "polyfill:fixup";
/// Name of the fixup that runs before main's instantiation.
pub(super) const PREPARE: &str = "polyfill:prepare";
/// Name of the shim's export for its table.
const TABLE: &str = "$slots";
/// Name of the shim's export for main's memory.
pub(super) const MEMORY: &str = "$memory";

/// Import name of main's task hook.
pub(super) const HOOK: &str = "hook";

/// Returns the name of the shim's export for the function reference of an entry.
fn reference(slot: usize) -> String {
    format!("$slot{slot}")
}

/// Returns the names of the shim's exports for the thread-local storage base.
pub(super) fn thread_local(access: ThreadLocal) -> &'static str {
    match access {
        ThreadLocal::Get => "$thread-local",
        ThreadLocal::Set => "$set-thread-local",
    }
}

/// Returns the import name of an initialization function in the fixup.
pub(super) fn initialize(index: usize) -> String {
    format!("init{index}")
}

/// Generates the shim. Function `n` passes its parameters to the function in entry `n`.
pub(super) fn shim(plan: &Plan, names: bool) -> Module {
    let mut shim = Shim::default();
    for (index, slot) in plan.slots.iter().enumerate() {
        shim.slot(index, slot, plan.forwarding);
    }
    if let Some(ty) = plan.thread_local {
        shim.thread_local(ty);
    }

    let mut module = Module::new();
    if !shim.functions.is_empty() {
        module.section(&shim.types.section).section(&shim.functions);
    }
    if let (false, Forwarding::Table) = (plan.slots.is_empty(), plan.forwarding) {
        let mut tables = TableSection::new();
        tables.table(table_type(plan.slots.len()));
        shim.exports.export(TABLE, ExportKind::Table, 0);
        module.section(&tables);
    }
    if let Some(memory) = &plan.hosted_memory {
        let mut memories = MemorySection::new();
        memories.memory(MemoryType {
            minimum: memory.ty.initial,
            maximum: memory.ty.maximum,
            memory64: memory.ty.memory64,
            shared: memory.ty.shared,
            page_size_log2: memory.ty.page_size_log2,
        });
        shim.exports.export(MEMORY, ExportKind::Memory, 0);
        module.section(&memories);
    }
    if !shim.globals.is_empty() {
        module.section(&shim.globals);
    }
    module.section(&shim.exports);
    if !shim.functions.is_empty() {
        module.section(&shim.code);
    }
    if names {
        module.section(&name_section(SHIM, &shim.names));
    }
    module
}

/// Sections of the shim.
#[derive(Default)]
struct Shim {
    types: Types,
    functions: FunctionSection,
    globals: GlobalSection,
    exports: ExportSection,
    code: CodeSection,
    names: NameMap,
}

impl Shim {
    fn slot(&mut self, index: usize, slot: &Slot, forwarding: Forwarding) {
        let ty = self.types.get(&slot.ty);
        let mut body = Function::new([]);
        let mut sink = body.instructions();
        for param in 0..slot.ty.params().len() {
            sink.local_get(param as u32);
        }
        match forwarding {
            Forwarding::Table => sink.i32_const(index as i32).call_indirect(0, ty).end(),
            Forwarding::References => {
                let global = self.globals.len();
                self.globals.global(reference_type(ty), &ConstExpr::ref_null(HeapType::Concrete(ty)));
                self.exports.export(&reference(index), ExportKind::Global, global);
                sink.global_get(global).return_call_ref(ty).end()
            }
        };
        self.function(ty, &index.to_string(), &body, &slot.name);
    }

    /// Adds a global for main's thread-local storage base, with a getter and a setter.
    fn thread_local(&mut self, ty: wasmparser::ValType) {
        let global = self.globals.len();
        let (initial, val_type) = match ty {
            wasmparser::ValType::I64 => (ConstExpr::i64_const(0), ValType::I64),
            _ => (ConstExpr::i32_const(0), ValType::I32),
        };
        self.globals.global(GlobalType { val_type, mutable: true, shared: false }, &initial);
        let mut get = Function::new([]);
        get.instructions().global_get(global).end();
        let mut set = Function::new([]);
        set.instructions().local_get(0).global_set(global).end();
        let (getter, setter) = (self.types.get(&FuncType::new([], [ty])), self.types.get(&FuncType::new([ty], [])));
        self.function(getter, thread_local(ThreadLocal::Get), &get, "thread-local base");
        self.function(setter, thread_local(ThreadLocal::Set), &set, "set thread-local base");
    }

    fn function(&mut self, ty: u32, export: &str, body: &Function, name: &str) {
        let index = self.functions.len();
        self.functions.function(ty);
        self.exports.export(export, ExportKind::Func, index);
        self.code.function(body);
        self.names.append(index, name);
    }
}

/// Contents of a fixup.
pub(super) struct Filling<'p> {
    /// Name of the module.
    pub name: &'static str,
    /// Table entries to fill, in order.
    pub slots: Vec<usize>,
    /// Initialization functions to call.
    pub initialize: &'p [CoreRef],
    /// True if the initialization is reported to main's task hook.
    pub hooked: bool,
}

/// Generates a fixup. It imports the target functions and stores them in the shim's table; its start function calls the
/// initialization functions.
pub(super) fn fixup(plan: &Plan, filling: &Filling<'_>, names: bool) -> Module {
    let (slots, initializers) = (&filling.slots, filling.initialize.len());
    let by_reference = plan.forwarding == Forwarding::References && !slots.is_empty();
    let mut types = Types::default();
    let mut imports = ImportSection::new();
    for slot in slots {
        imports.import("", &slot.to_string(), EntityType::Function(types.get(&plan.slots[*slot].ty)));
    }
    let nothing = FuncType::new([], []);
    for index in 0..initializers {
        imports.import("", &initialize(index), EntityType::Function(types.get(&nothing)));
    }
    let mut imported = (slots.len() + initializers) as u32;
    let hook = filling.hooked.then(|| {
        imports.import("", HOOK, EntityType::Function(types.get(&hook_type())));
        imported += 1;
        imported - 1
    });
    if by_reference {
        for slot in slots {
            let ty = reference_type(types.get(&plan.slots[*slot].ty));
            imports.import("", &reference(*slot), EntityType::Global(ty));
        }
    } else if !slots.is_empty() {
        imports.import("", TABLE, EntityType::Table(table_type(plan.slots.len())));
    }

    let mut body = Function::new([]);
    let mut sink = body.instructions();
    if by_reference {
        for index in 0..slots.len() as u32 {
            sink.ref_func(index).global_set(index);
        }
    }
    let (before, after) = Event::Initialize.codes();
    notify(&mut sink, hook, before);
    for index in 0..initializers {
        sink.call((slots.len() + index) as u32);
    }
    notify(&mut sink, hook, after);
    sink.end();

    // A single initialization function is used as the start function directly.
    let start = match (initializers, hook) {
        (0, _) if !by_reference => None,
        (1, None) if !by_reference => Some(slots.len() as u32),
        _ => Some(imported),
    };
    let has_body = start == Some(imported);
    let ty = has_body.then(|| types.get(&nothing));
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
        if by_reference {
            elements.declared(Elements::Functions(all.into()));
        } else {
            // Consecutive entries share a segment. Functions are imported in the order of the entries.
            let mut first = 0;
            for run in slots.chunk_by(|one, next| one + 1 == *next) {
                let functions = &all[first..first + run.len()];
                let offset = ConstExpr::i32_const(run[0] as i32);
                elements.active(None, &offset, Elements::Functions(functions.into()));
                first += run.len();
            }
        }
        module.section(&elements);
    }
    if has_body {
        let mut code = CodeSection::new();
        code.function(&body);
        module.section(&code);
    }
    if names {
        module.section(&name_section(filling.name, &NameMap::new()));
    }
    module
}

/// Generates a call of main's task hook.
pub(super) fn notify(sink: &mut InstructionSink<'_>, hook: Option<u32>, code: Option<i32>) {
    if let (Some(hook), Some(code)) = (hook, code) {
        sink.i32_const(code).call(hook);
    }
}

/// Returns the shim's exports for filling entries: names and kinds.
pub(super) fn places(plan: &Plan, slots: &[usize]) -> Vec<(String, ExportKind)> {
    match plan.forwarding {
        _ if slots.is_empty() => Vec::new(),
        Forwarding::Table => vec![(TABLE.to_string(), ExportKind::Table)],
        Forwarding::References => slots.iter().map(|slot| (reference(*slot), ExportKind::Global)).collect(),
    }
}

/// Returns the type of a global that refers to functions of a type.
fn reference_type(ty: u32) -> GlobalType {
    let reference = RefType { nullable: true, heap_type: HeapType::Concrete(ty) };
    GlobalType { val_type: ValType::Ref(reference), mutable: true, shared: false }
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

pub(super) fn name_section(module: &str, functions: &NameMap) -> NameSection {
    let mut names = NameSection::new();
    names.module(module);
    if !functions.is_empty() {
        names.functions(functions);
    }
    names
}

/// A type section without duplicate signatures.
#[derive(Default)]
pub(super) struct Types {
    pub section: TypeSection,
    known: HashMap<FuncType, u32>,
}

impl Types {
    /// Returns the index of a signature.
    pub fn get(&mut self, ty: &FuncType) -> u32 {
        if let Some(index) = self.known.get(ty) {
            return *index;
        }
        let val = |types: &[wasmparser::ValType]| -> Vec<wasm_encoder::ValType> {
            types.iter().map(|ty| val_type(*ty)).collect()
        };
        self.section.ty().function(val(ty.params()), val(ty.results()));
        let index = self.known.len() as u32;
        self.known.insert(ty.clone(), index);
        index
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
