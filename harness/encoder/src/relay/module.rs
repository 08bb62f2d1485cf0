//! Core module of a proxy component: each export forwards its call to the import of the same type.
//!
//! Arguments and results have the same representation in the same memory for both sides of a call, so they are not
//! copied. Memory is allocated by a bump allocator, and is freed when the results of a call have been read.

use wasm_encoder::{
    BlockType, CodeSection, ConstExpr, EntityType, ExportKind, ExportSection, Function as Body, FunctionSection,
    GlobalSection, GlobalType, ImportSection, InstructionSink, MemorySection, MemoryType, Module, NameMap, NameSection,
    TypeSection, ValType,
};
use wit_parser::abi::AbiVariant;
use wit_parser::{Function, Resolve, SizeAlign, Type, TypeOwner};

use super::borrows::{self, Borrows, Drops};
use super::{Imported, MODULE, RelayError};
use crate::abi::core_type;
use crate::names;

/// Start of allocated memory. It is not 0, because address 0 would look like a null pointer.
const BASE: i32 = 16;
const PAGE_BITS: i32 = 16;

/// Generates a module that imports each function and exports it under its export name.
pub(super) fn module(resolve: &Resolve, functions: &[Imported]) -> Result<Vec<u8>, RelayError> {
    let mut sizes = SizeAlign::default();
    sizes.fill(resolve).map_err(|error| RelayError::Component(format!("{error:#}")))?;
    let mut module = Parts::default();
    for Imported { module: from, function, .. } in functions {
        let (params, results) = core_type(resolve, AbiVariant::GuestImport, function);
        module.import(from, &function.name, params, results);
    }
    let drops = drops(resolve, functions, &mut module);
    let realloc = module.add(names::EXPORT_REALLOCS[1], vec![ValType::I32; 4], vec![ValType::I32], realloc());
    for (import, Imported { function, export, .. }) in (0..).zip(functions) {
        let (params, results) = core_type(resolve, AbiVariant::GuestExport, function);
        let borrows = Borrows {
            resolve,
            sizes: &sizes,
            drops: &drops,
            function: &function.name,
            locals: params.clone(),
            code: Vec::new(),
        };
        let body = body(borrows, function, &results, import, realloc)?;
        module.add(export, params, results.clone(), body);
        module.add(&names::post_return(export), results, Vec::new(), release());
    }
    Ok(module.finish())
}

/// Imports `resource.drop` of each resource that is borrowed by a parameter.
fn drops(resolve: &Resolve, functions: &[Imported], module: &mut Parts) -> Drops {
    let params = functions.iter().flat_map(|imported| &imported.function.params);
    let lent = borrows::lent(resolve, params.map(|param| &param.ty));
    let mut drops = Drops::new();
    for resource in lent {
        let ty = &resolve.types[resource];
        let owner = match ty.owner {
            TypeOwner::Interface(id) => resolve.name_world_key(&wit_parser::WorldKey::Interface(id)),
            TypeOwner::World(_) | TypeOwner::None => names::ROOT.to_string(),
        };
        let field = names::resource_drop(names::resource(resolve, resource));
        drops.push((resource, module.import(&owner, &field, vec![ValType::I32], Vec::new())));
    }
    drops
}

/// Generates a function that forwards the call, drops borrowed handles, and returns the results or their address.
fn body(
    mut borrows: Borrows<'_>,
    function: &Function,
    results: &[ValType],
    import: u32,
    realloc: u32,
) -> Result<Body, RelayError> {
    let params = borrows.locals.len();
    let signature = borrows.resolve.wasm_signature(AbiVariant::GuestImport, function);
    borrows.locals.extend(results);
    let result = params as u32;
    let mut code = InstructionSink::new(&mut borrows.code);
    if let (true, Some(ty)) = (signature.retptr, &function.result) {
        let size = borrows.sizes.size(ty).size_wasm32() as i32;
        let align = borrows.sizes.align(ty).align_wasm32() as i32;
        code.i32_const(0).i32_const(0).i32_const(align).i32_const(size).call(realloc).local_set(result);
    }
    for local in 0..params as u32 {
        code.local_get(local);
    }
    if signature.retptr {
        code.local_get(result);
    }
    code.call(import);
    if !signature.results.is_empty() {
        code.local_set(result);
    }
    let types: Vec<Type> = function.params.iter().map(|param| param.ty).collect();
    if signature.indirect_params {
        borrows.memory_fields(types, 0, 0)?;
    } else {
        borrows.flat_fields(types, 0)?;
    }
    let mut code = InstructionSink::new(&mut borrows.code);
    if !results.is_empty() {
        code.local_get(result);
    }
    code.end();
    let mut body = Body::new(borrows.locals[params..].iter().map(|ty| (1, *ty)));
    body.raw(borrows.code);
    Ok(body)
}

/// Generates `realloc(old, old size, alignment, size)`. It always allocates new memory at the end.
fn realloc() -> Body {
    let (old, old_size, align, size, start, end) = (0, 1, 2, 3, 4, 5);
    let top = 0;
    let mut body = Body::new([(2, ValType::I32)]);
    let mut code = body.instructions();
    code.global_get(top).local_get(align).i32_add().i32_const(1).i32_sub();
    code.i32_const(0).local_get(align).i32_sub().i32_and().local_tee(start);
    code.local_get(size).i32_add().local_tee(end);
    // The end address overflowed.
    code.local_get(start).i32_lt_u().if_(BlockType::Empty).unreachable().end();
    code.local_get(end).memory_size(0).i32_const(PAGE_BITS).i32_shl().i32_gt_u().if_(BlockType::Empty);
    code.local_get(end).i32_const(PAGE_BITS).i32_shr_u().i32_const(1).i32_add().memory_size(0).i32_sub();
    code.memory_grow(0).i32_const(-1).i32_eq().if_(BlockType::Empty).unreachable().end().end();
    code.local_get(end).global_set(top);
    code.local_get(start).local_get(old);
    code.local_get(old_size).local_get(size).local_get(old_size).local_get(size).i32_lt_u().select();
    code.memory_copy(0, 0).local_get(start).end();
    body
}

/// Generates the function that is called after the results have been read.
fn release() -> Body {
    let mut body = Body::new([]);
    body.instructions().i32_const(BASE).global_set(0).end();
    body
}

/// Sections of the module while it is generated.
#[derive(Default)]
struct Parts {
    types: TypeSection,
    imports: ImportSection,
    functions: FunctionSection,
    exports: ExportSection,
    code: CodeSection,
    names: NameMap,
}

impl Parts {
    fn import(&mut self, module: &str, field: &str, params: Vec<ValType>, results: Vec<ValType>) -> u32 {
        let index = self.imports.len();
        self.types.ty().function(params, results);
        self.imports.import(module, field, EntityType::Function(self.types.len() - 1));
        self.names.append(index, &format!("{module}#{field}"));
        index
    }

    fn add(&mut self, name: &str, params: Vec<ValType>, results: Vec<ValType>, body: Body) -> u32 {
        let index = self.imports.len() + self.functions.len();
        self.types.ty().function(params, results);
        self.functions.function(self.types.len() - 1);
        self.exports.export(name, ExportKind::Func, index);
        self.code.function(&body);
        self.names.append(index, name);
        index
    }

    fn finish(mut self) -> Vec<u8> {
        let mut memories = MemorySection::new();
        memories.memory(MemoryType { minimum: 1, maximum: None, memory64: false, shared: false, page_size_log2: None });
        let mut globals = GlobalSection::new();
        let top = GlobalType { val_type: ValType::I32, mutable: true, shared: false };
        globals.global(top, &ConstExpr::i32_const(BASE));
        self.exports.export("memory", ExportKind::Memory, 0);
        let mut debug = NameSection::new();
        debug.module(MODULE);
        debug.functions(&self.names);
        let mut module = Module::new();
        module.section(&self.types).section(&self.imports).section(&self.functions).section(&memories);
        module.section(&globals).section(&self.exports).section(&self.code).section(&debug);
        module.finish()
    }
}
