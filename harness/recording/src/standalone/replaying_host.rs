//! Core module of the replaying host.
//!
//! For each recorded call, its memory holds three numbers: the index of the function, the address of the result in
//! its Canonical ABI layout, and the number of the core function that returns the result. The last one is 0 for most
//! calls. Results with handles need a function to create the handles, and the end of a run needs a named function.
//! Calls of one function with the same result share one entry.

use std::collections::{HashMap, HashSet};

use polyfill_encoder::core_type;
use polyfill_runner::wasmtime::component::Val;
use polyfill_runner::{End, Event};
use wasm_encoder::{
    BlockType, CodeSection, ConstExpr, DataSection, ElementSection, Elements, EntityType, ExportKind, ExportSection,
    Function, FunctionSection, GlobalSection, GlobalType, ImportSection, InstructionSink, MemArg, MemArgTarget,
    MemorySection, MemoryType, Module, NameMap, NameSection, RefType, TableSection, TableType, TypeSection, ValType,
};
use wit_parser::abi::AbiVariant;
use wit_parser::{Function as WitFunction, Resolve, SizeAlign, TypeId, TypeOwner, WorldId, WorldItem, WorldKey};

use super::StandaloneError;
use super::layout::{Image, Placed};

const PAGE: u32 = 65536;
/// First address used. Lower addresses are reserved, so that no result has address zero, which means no result.
const BASE: usize = 16;
/// Bytes per call in memory: three numbers.
const RECORD: i32 = 12;
/// Index of the first type of a result function. The types of the handle constructors and of realloc precede it.
const GIVING: u32 = 2;
/// Maximum number of result functions. Engines accept at most a million functions.
const MOST_GIVERS: usize = 500_000;

/// Contents of the replaying host.
pub(super) struct ReplayingHost {
    functions: Vec<Played>,
    /// Number of calls.
    calls: usize,
    given: Vec<Given>,
    /// Resources of the handles in results, each with the import module and field that create a handle.
    makers: Vec<(TypeId, String, String)>,
    image: Vec<u8>,
    /// Address of the three numbers of each call.
    records: u32,
}

/// A function of the host.
struct Played {
    export: String,
    params: Vec<ValType>,
    results: Vec<ValType>,
    by_address: bool,
}

/// End of recorded calls. Calls of one function with the same end share it.
struct Given {
    /// Index of the function.
    function: usize,
    /// Location of the result, or `None` if the call did not return.
    result: Option<Result_>,
    handles: Vec<Placed>,
    /// Text for the name of the function.
    text: String,
    /// Number of the result function, from 1, or 0 if none is needed.
    giver: u32,
}

enum Result_ {
    Nothing,
    /// Address of the result.
    Address(u32),
    /// Kind of data at the address.
    Value(u32),
}

impl Given {
    fn address(&self) -> u32 {
        match &self.result {
            Some(Result_::Address(at) | Result_::Value(at)) => *at,
            Some(Result_::Nothing) | None => 0,
        }
    }
}

impl ReplayingHost {
    pub(super) fn new(
        resolve: &Resolve,
        world: WorldId,
        results: &[(&Event, Option<Val>)],
    ) -> Result<Self, StandaloneError> {
        let mut sizes = SizeAlign::default();
        sizes.fill(resolve).map_err(|error| StandaloneError::Types(format!("{error:#}")))?;
        let functions = functions(resolve, world);
        let numbers: HashMap<&str, usize> =
            functions.iter().enumerate().map(|(number, (name, ..))| (name.as_str(), number)).collect();
        let mut image = Image { resolve, sizes: &sizes, bytes: vec![0; BASE], handles: Vec::new() };
        let mut given: Vec<Given> = Vec::new();
        let mut known: HashMap<(usize, &End), usize> = HashMap::new();
        let mut calls = Vec::with_capacity(results.len());
        let mut givers = 0;
        for (event, value) in results {
            let function = numbers.get(event.function.as_str()).copied();
            let function = function
                .ok_or_else(|| StandaloneError::Trace(format!("the component does not import `{}`", event.function)))?;
            if let Some(same) = known.get(&(function, &event.end)) {
                calls.push(*same);
                continue;
            }
            let mut one = given_by(&mut image, functions[function].2, event, value.as_ref())?;
            one.function = function;
            if one.result.is_none() || !one.handles.is_empty() {
                givers += 1;
                one.giver = givers as u32;
            }
            if givers > MOST_GIVERS {
                return Err(StandaloneError::Large { most: MOST_GIVERS });
            }
            known.insert((function, &event.end), given.len());
            calls.push(given.len());
            given.push(one);
        }
        let too_long = |message| StandaloneError::Trace(message);
        let records = image.room(RECORD as usize * calls.len(), 4).map_err(too_long)?;
        for (record, index) in
            image.bytes[records as usize..].as_chunks_mut::<{ RECORD as usize }>().0.iter_mut().zip(&calls)
        {
            let one = &given[*index];
            let numbers = [one.function as u32, one.address(), one.giver];
            for (place, number) in record.as_chunks_mut::<4>().0.iter_mut().zip(numbers) {
                place.copy_from_slice(&number.to_le_bytes());
            }
        }
        let calls = calls.len();
        let image = image.bytes;
        let makers = makers(resolve, &given);
        let played = functions.into_iter().map(|(_, export, wit)| {
            let (params, results) = core_type(resolve, AbiVariant::GuestExport, wit);
            Played { export, params, results, by_address: is_by_address(resolve, wit) }
        });
        Ok(Self { functions: played.collect(), calls, given, makers, image, records })
    }

    /// Encodes the core module.
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
        let mut after = first;
        // Types of the result functions: no parameters, and the results of their functions.
        let mut giving = vec![None; self.functions.len()];
        for given in self.given.iter().filter(|given| given.giver > 0) {
            giving[given.function].get_or_insert(GIVING + given.giver - 1);
            add(&[], &self.functions[given.function].results, &given.text, false, self.give(given));
            after += 1;
        }
        let called: HashSet<usize> = self.given.iter().map(|given| given.function).collect();
        for (number, played) in self.functions.iter().enumerate() {
            let body = self.dispatch(number, called.contains(&number), giving[number], played, heap);
            add(&played.params, &played.results, &played.export, true, body);
        }

        let mut tables = TableSection::new();
        let count = u64::from(after - first);
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
        debug.module("replaying_host");
        debug.functions(&names);
        let mut module = Module::new();
        module.section(&types).section(&imports).section(&functions).section(&tables).section(&memories);
        module.section(&globals).section(&exports).section(&elements).section(&code).section(&data).section(&debug);
        module.finish()
    }

    /// Check that the call is the recorded one, and return its result.
    fn dispatch(&self, number: usize, called: bool, giving: Option<u32>, played: &Played, heap: i32) -> Function {
        let mut body = Function::new([(1, ValType::I32)]);
        let record = played.params.len() as u32;
        let mut code = body.instructions();
        if !called {
            code.unreachable().end();
            return body;
        }
        // Local 0: the number of the next call. Local 1: the start of the space for arguments.
        code.global_get(0).i32_const(self.calls as i32).i32_ge_u();
        code.if_(BlockType::Empty).unreachable().end();
        let field = |field: u64| MemArg { offset: u64::from(self.records) + 4 * field, ..operand(2) };
        code.global_get(0).i32_const(RECORD).i32_mul().local_tee(record).i32_load(field(0));
        code.i32_const(number as i32).i32_ne();
        code.if_(BlockType::Empty).unreachable().end();
        code.global_get(0).i32_const(1).i32_add().global_set(0);
        code.i32_const(heap).global_set(1);
        if let Some(ty) = giving {
            code.local_get(record).i32_load(field(2));
            code.if_(BlockType::Empty);
            code.local_get(record).i32_load(field(2)).i32_const(1).i32_sub().call_indirect(0, ty).return_().end();
        }
        code.local_get(record).i32_load(field(1));
        match (played.by_address, played.results.first()) {
            (_, None) => code.drop(),
            (true, _) => &mut code,
            (false, Some(ty)) => load(&mut code, *ty),
        };
        code.end();
        body
    }

    fn give(&self, given: &Given) -> Function {
        let mut body = Function::new([]);
        let mut code = body.instructions();
        for Placed { at, resource } in &given.handles {
            let maker = self.makers.iter().position(|(known, ..)| known == resource).unwrap_or_default();
            code.i32_const(*at as i32).i32_const(*at as i32).call(maker as u32).i32_store(operand(2));
        }
        match &given.result {
            None => code.unreachable(),
            Some(Result_::Nothing) => code.nop(),
            Some(Result_::Address(at)) => code.i32_const(*at as i32),
            Some(Result_::Value(at)) => {
                code.i32_const(*at as i32);
                match self.functions[given.function].results.first() {
                    Some(ty) => load(&mut code, *ty),
                    None => code.drop(),
                }
            }
        };
        code.end();
        body
    }
}

/// Kind of data at an address.
fn load<'a, 'b>(code: &'a mut InstructionSink<'b>, ty: ValType) -> &'a mut InstructionSink<'b> {
    match ty {
        ValType::I64 => code.i64_load(operand(3)),
        ValType::F32 => code.f32_load(operand(2)),
        ValType::F64 => code.f64_load(operand(3)),
        _ => code.i32_load(operand(2)),
    }
}

/// Lays out the result of a recorded call of that function. The caller sets the number and the result function.
fn given_by(
    image: &mut Image<'_>,
    wit: &WitFunction,
    event: &Event,
    value: Option<&Val>,
) -> Result<Given, StandaloneError> {
    let wrong = |message| StandaloneError::Value { function: event.function.clone(), message };
    let result = match (&event.end, value, &wit.result) {
        (End::Returned(_), Some(value), Some(ty)) => {
            if is_by_address(image.resolve, wit) {
                Some(Result_::Address(image.place(value, ty).map_err(wrong)?))
            } else {
                Some(Result_::Value(image.place_flat(value, ty).map_err(wrong)?))
            }
        }
        (End::Returned(_), _, None) => Some(Result_::Nothing),
        (End::Returned(_), None, Some(_)) => return Err(wrong("no result was recorded".into())),
        _ => None,
    };
    let text = match &event.end {
        End::Exit(code) => format!("the host ended the run with exit code {code}"),
        End::Failed(message) => format!("the host failed: {}", polyfill_runner::shortened(message)),
        _ => event.function.clone(),
    };
    Ok(Given { function: 0, result, handles: std::mem::take(&mut image.handles), text, giver: 0 })
}

/// Returns true if the result is in memory and the core function returns its address.
fn is_by_address(resolve: &Resolve, wit: &WitFunction) -> bool {
    resolve.wasm_signature(AbiVariant::GuestExport, wit).retptr
}

/// Returns the imported functions of the world, with their names in a trace and the names of the corresponding core
/// exports.
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

fn makers(resolve: &Resolve, given: &[Given]) -> Vec<(TypeId, String, String)> {
    let mut makers: Vec<(TypeId, String, String)> = Vec::new();
    for Placed { resource, .. } in given.iter().flat_map(|given| &given.handles) {
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

/// Function that allocates space for arguments, which are not read.
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
