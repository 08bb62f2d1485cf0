//! The player's core module.
//!
//! Its memory holds, for each recorded call, which function it was of, and its result as the canonical ABI has it; a table
//! holds a function for each, which makes the handles in it and gives it out.

use polyfill_encoder::core_type;
use polyfill_runner::wasmtime::component::Val;
use polyfill_runner::{End, Event};
use wasm_encoder::{
    BlockType, CodeSection, ConstExpr, DataSection, ElementSection, Elements, EntityType, ExportKind, ExportSection,
    Function, FunctionSection, GlobalSection, GlobalType, ImportSection, MemArg, MemArgTarget, MemorySection,
    MemoryType, Module, NameMap, NameSection, RefType, TableSection, TableType, TypeSection, ValType,
};
use wit_parser::abi::AbiVariant;
use wit_parser::{Function as WitFunction, Resolve, SizeAlign, TypeId, TypeOwner, WorldId, WorldItem, WorldKey};

use super::FreezeError;
use super::layout::{Image, Placed};

const PAGE: u32 = 65536;
/// Addresses up to here are nobody's: one of zero would look like none.
const BASE: usize = 16;

/// What is to be played.
pub(super) struct Player {
    functions: Vec<Played>,
    calls: Vec<Call>,
    /// The resources that handles in results are of, and the import module and field that make such a handle.
    makers: Vec<(TypeId, String, String)>,
    image: Vec<u8>,
    /// Where the numbers of the called functions are.
    numbers: u32,
}

/// A function of the host.
struct Played {
    export: String,
    params: Vec<ValType>,
    results: Vec<ValType>,
}

/// A recorded call.
struct Call {
    /// Of which function.
    function: usize,
    /// Where its result is; none if the call did not return.
    result: Option<Gives>,
    handles: Vec<Placed>,
    /// For its name.
    text: String,
}

enum Gives {
    Nothing,
    /// The address.
    Address(u32),
    /// What lies at the address.
    Value(u32),
}

impl Player {
    pub(super) fn new(
        resolve: &Resolve,
        world: WorldId,
        results: &[(&Event, Option<Val>)],
    ) -> Result<Self, FreezeError> {
        let mut sizes = SizeAlign::default();
        sizes.fill(resolve).map_err(|error| FreezeError::Types(format!("{error:#}")))?;
        let functions = functions(resolve, world);
        let mut image = Image { resolve, sizes: &sizes, bytes: vec![0; BASE], handles: Vec::new() };
        let mut calls = Vec::new();
        for (event, value) in results {
            let found = functions.iter().position(|(name, ..)| *name == event.function);
            let function =
                found.ok_or_else(|| FreezeError::Trace(format!("the component imports no `{}`", event.function)))?;
            let wit = functions[function].2;
            let wrong = |message| FreezeError::Value { function: event.function.clone(), message };
            let result = match (&event.end, value, &wit.result) {
                (End::Returned(_), Some(value), Some(ty)) => {
                    match resolve.wasm_signature(AbiVariant::GuestExport, wit).retptr {
                        true => Some(Gives::Address(image.place(value, ty).map_err(wrong)?)),
                        false => Some(Gives::Value(image.place_flat(value, ty).map_err(wrong)?)),
                    }
                }
                (End::Returned(_), _, None) => Some(Gives::Nothing),
                (End::Returned(_), None, Some(_)) => return Err(wrong("no result was recorded".into())),
                _ => None,
            };
            let text = match &event.end {
                End::Exit(code) => format!("the host ended the run with exit code {code}"),
                End::Failed(message) => format!("the host failed: {message}"),
                _ => event.function.clone(),
            };
            calls.push(Call { function, result, handles: std::mem::take(&mut image.handles), text });
        }
        let numbers = image.room(4 * calls.len(), 4);
        for (index, call) in calls.iter().enumerate() {
            let at = numbers as usize + 4 * index;
            image.bytes[at..at + 4].copy_from_slice(&(call.function as u32).to_le_bytes());
        }
        let image = image.bytes;
        let makers = makers(resolve, &calls);
        let played = functions.into_iter().map(|(_, export, wit)| {
            let (params, results) = core_type(resolve, AbiVariant::GuestExport, wit);
            Played { export, params, results }
        });
        Ok(Self { functions: played.collect(), calls, makers, image, numbers })
    }

    /// The module.
    pub(super) fn module(&self) -> Vec<u8> {
        let mut types = TypeSection::new();
        let mut imports = ImportSection::new();
        let mut functions = FunctionSection::new();
        let mut exports = ExportSection::new();
        let mut code = CodeSection::new();
        let mut names = NameMap::new();
        types.ty().function([ValType::I32], [ValType::I32]);
        for (index, (_, module, field)) in (0..).zip(&self.makers) {
            imports.import(module, field, EntityType::Function(0));
            names.append(index, &format!("{module}#{field}"));
        }
        let imported = self.makers.len() as u32;
        let mut add = |params: &[ValType], results: &[ValType], name: &str, export: bool, body: Function| {
            let index = imported + functions.len();
            types.ty().function(params.iter().copied(), results.iter().copied());
            functions.function(types.len() - 1);
            if export {
                exports.export(name, ExportKind::Func, index);
            }
            names.append(index, name);
            code.function(&body);
            index
        };
        let heap = self.image.len().next_multiple_of(BASE) as i32;
        add(&[ValType::I32; 4], &[ValType::I32], "cabi_realloc", true, realloc());
        let first = imported + 1;
        for call in &self.calls {
            add(&[], &self.functions[call.function].results, &call.text, false, self.give(call));
        }
        let after = first + self.calls.len() as u32;
        // Each is of a type without parameters and with the results of its function: that of the first call will do.
        for (number, played) in self.functions.iter().enumerate() {
            let call = self.calls.iter().position(|call| call.function == number);
            let body = self.dispatch(number, call.map(|call| call as u32 + 2), played, heap);
            add(&played.params, &played.results, &played.export, true, body);
        }

        let mut tables = TableSection::new();
        let count = self.calls.len() as u64;
        tables.table(TableType {
            element_type: RefType::FUNCREF,
            table64: false,
            minimum: count,
            maximum: Some(count),
            shared: false,
        });
        let mut elements = ElementSection::new();
        let all: Vec<u32> = (first..after).collect();
        elements.active(None, &ConstExpr::i32_const(0), Elements::Functions(all.into()));
        let mut memories = MemorySection::new();
        let minimum = u64::from((heap as u32).div_ceil(PAGE) + 1);
        memories.memory(MemoryType { minimum, maximum: None, memory64: false, shared: false, page_size_log2: None });
        exports.export("memory", ExportKind::Memory, 0);
        let mut globals = GlobalSection::new();
        let variable = GlobalType { val_type: ValType::I32, mutable: true, shared: false };
        globals.global(variable, &ConstExpr::i32_const(0)).global(variable, &ConstExpr::i32_const(heap));
        let mut data = DataSection::new();
        data.active(0, &ConstExpr::i32_const(0), self.image.iter().copied());
        let mut debug = NameSection::new();
        debug.module("player");
        debug.functions(&names);
        let mut module = Module::new();
        module.section(&types).section(&imports).section(&functions).section(&tables).section(&memories);
        module.section(&globals).section(&exports).section(&elements).section(&code).section(&data).section(&debug);
        module.finish()
    }

    /// Is it the recorded call? Then what it gave.
    fn dispatch(&self, number: usize, ty: Option<u32>, played: &Played, heap: i32) -> Function {
        let mut body = Function::new([(1, ValType::I32)]);
        let call = played.params.len() as u32;
        let mut code = body.instructions();
        let Some(ty) = ty else {
            code.unreachable().end();
            return body;
        };
        // 0: the number of the next call; 1: where room for arguments begins.
        code.global_get(0).local_tee(call).i32_const(self.calls.len() as i32).i32_ge_u();
        code.if_(BlockType::Empty).unreachable().end();
        let numbers = MemArg { offset: self.numbers.into(), ..operand(2) };
        code.local_get(call).i32_const(2).i32_shl().i32_load(numbers).i32_const(number as i32).i32_ne();
        code.if_(BlockType::Empty).unreachable().end();
        code.local_get(call).i32_const(1).i32_add().global_set(0);
        code.i32_const(heap).global_set(1);
        code.local_get(call).call_indirect(0, ty).end();
        body
    }

    fn give(&self, call: &Call) -> Function {
        let mut body = Function::new([]);
        let mut code = body.instructions();
        for Placed { at, resource } in &call.handles {
            let maker = self.makers.iter().position(|(known, ..)| known == resource).unwrap_or_default();
            code.i32_const(*at as i32).i32_const(*at as i32).call(maker as u32).i32_store(operand(2));
        }
        match &call.result {
            None => code.unreachable(),
            Some(Gives::Nothing) => code.nop(),
            Some(Gives::Address(at)) => code.i32_const(*at as i32),
            Some(Gives::Value(at)) => {
                code.i32_const(*at as i32);
                match self.functions[call.function].results.first() {
                    Some(ValType::I64) => code.i64_load(operand(3)),
                    Some(ValType::F32) => code.f32_load(operand(2)),
                    Some(ValType::F64) => code.f64_load(operand(3)),
                    _ => code.i32_load(operand(2)),
                }
            }
        };
        code.end();
        body
    }
}

/// The functions that the world imports, with their names in a trace and those of the core exports that stand for them.
fn functions(resolve: &Resolve, world: WorldId) -> Vec<(String, String, &WitFunction)> {
    let mut functions = Vec::new();
    for (key, item) in &resolve.worlds[world].imports {
        let name = resolve.name_world_key(key);
        match item {
            WorldItem::Interface { id, .. } => {
                for function in resolve.interfaces[*id].functions.values() {
                    let export = format!("{name}#{}", function.name);
                    functions.push((format!("{name}.{}", function.name), export, function));
                }
            }
            WorldItem::Function(function) => functions.push((name.clone(), name, function)),
            WorldItem::Type { .. } => {}
        }
    }
    functions
}

fn makers(resolve: &Resolve, calls: &[Call]) -> Vec<(TypeId, String, String)> {
    let mut makers: Vec<(TypeId, String, String)> = Vec::new();
    for Placed { resource, .. } in calls.iter().flat_map(|call| &call.handles) {
        if makers.iter().any(|(known, ..)| known == resource) {
            continue;
        }
        let ty = &resolve.types[*resource];
        let owner = match ty.owner {
            TypeOwner::Interface(id) => resolve.name_world_key(&WorldKey::Interface(id)),
            TypeOwner::World(_) | TypeOwner::None => "$root".to_string(),
        };
        let field = format!("[resource-new]{}", ty.name.as_deref().unwrap_or_default());
        makers.push((*resource, format!("[export]{owner}"), field));
    }
    makers
}

/// Room for arguments, which nobody looks at.
fn realloc() -> Function {
    let (align, size, start) = (2, 3, 4);
    let mut body = Function::new([(1, ValType::I32)]);
    let mut code = body.instructions();
    code.global_get(1).local_get(align).i32_add().i32_const(1).i32_sub();
    code.i32_const(0).local_get(align).i32_sub().i32_and().local_tee(start);
    code.local_get(size).i32_add().global_set(1);
    code.block(BlockType::Empty);
    code.global_get(1).memory_size(0).i32_const(16).i32_shl().i32_le_u().br_if(0);
    code.global_get(1).i32_const(16).i32_shr_u().i32_const(1).i32_add().memory_size(0).i32_sub();
    code.memory_grow(0).i32_const(-1).i32_ne().br_if(0).unreachable().end();
    code.local_get(start).end();
    body
}

fn operand(align: u32) -> MemArg {
    MemArg { offset: 0, align, target: MemArgTarget::Memory(0), ordering: None }
}
