//! `stub`: generates adapters that implement interfaces with constant results or traps.
//!
//! A stub replaces an interface that the host does not provide or that a test excludes. The component does not import a
//! stubbed interface.

use wasm_encoder::{
    CodeSection, EntityType, ExportKind, ExportSection, Function, FunctionSection, ImportSection, MemArg, MemoryType,
    Module as Encoded, NameMap, NameSection, TypeSection, ValType,
};
use wit_parser::abi::AbiVariant;
use wit_parser::{Function as WitFunction, InterfaceId, Resolve, SizeAlign, Type, TypeDefKind, WorldItem};

use crate::abi;
use crate::error::Error;
use crate::input::{Adapter, Wit};
use crate::layers;
use crate::names;
use crate::read::{self, Layer, Module};

/// Behavior of the functions of a stub.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Answer {
    /// Every function traps.
    Trap,
    /// Returns the error of the function's `result`: its first case, with zeros as contents. Functions with another
    /// result type trap.
    Error,
    /// Returns a constant: zero, `false`, the first case, no flags, an empty string or list, `none`, or `ok` of such a
    /// value. Functions whose result contains a handle trap.
    Zero,
}

/// Generates an adapter for each interface that the stub's world imports.
pub(crate) fn layers(adapter: &Adapter<'_>, wit: &Wit, answer: Answer) -> Result<Vec<Module<'static>>, Error> {
    let mut sizes = SizeAlign::default();
    sizes
        .fill(&wit.resolve)
        .map_err(|error| Error::WorldConflict { module: adapter.name.clone(), message: format!("{error:#}") })?;
    let mut modules = Vec::new();
    for (key, item) in &wit.resolve.worlds[wit.world].imports {
        let WorldItem::Interface { id, .. } = item else { continue };
        let interface = wit.resolve.name_world_key(key);
        let wasm = Stub { resolve: &wit.resolve, sizes: &sizes, answer }.module(*id);
        let layer = Layer { generated: true, ..layers::layer(adapter, vec![interface.clone()]) };
        modules.push(Module { layer, ..read::read(&format!("stub of {interface}"), wasm)? });
    }
    Ok(modules)
}

struct Stub<'a> {
    resolve: &'a Resolve,
    sizes: &'a SizeAlign,
    answer: Answer,
}

impl Stub<'_> {
    fn module(&self, id: InterfaceId) -> Vec<u8> {
        let mut types = TypeSection::new();
        let mut functions = FunctionSection::new();
        let mut exports = ExportSection::new();
        let mut code = CodeSection::new();
        let mut function_names = NameMap::new();
        let mut add = |name: &str, params: Vec<ValType>, results: Vec<ValType>, body: &Function| {
            let index = functions.len();
            types.ty().function(params, results);
            functions.function(index);
            exports.export(name, ExportKind::Func, index);
            code.function(body);
            function_names.append(index, name);
        };
        let interface = &self.resolve.interfaces[id];
        for function in interface.functions.values() {
            let (params, results) = abi::core_type(self.resolve, AbiVariant::GuestImport, function);
            let signature = self.resolve.wasm_signature(AbiVariant::GuestImport, function);
            let result_pointer = signature.retptr.then(|| params.len() as u32 - 1);
            let body = self.body(function, &results, result_pointer);
            add(&function.name, params, results, &body);
        }
        for (name, ty) in &interface.types {
            if let TypeDefKind::Resource = self.resolve.types[*ty].kind {
                let mut nothing = Function::new([]);
                nothing.instructions().end();
                add(&names::resource_drop(name), vec![ValType::I32], vec![], &nothing);
            }
        }
        let (module, field) = names::SHARED_MEMORY;
        let mut imports = ImportSection::new();
        let memory = MemoryType { minimum: 0, maximum: None, memory64: false, shared: false, page_size_log2: None };
        imports.import(module, field, EntityType::Memory(memory));
        let mut debug = NameSection::new();
        debug.functions(&function_names);
        let mut module = Encoded::new();
        module.section(&types).section(&imports).section(&functions).section(&exports).section(&code).section(&debug);
        module.finish()
    }

    fn body(&self, function: &WitFunction, results: &[ValType], result_pointer: Option<u32>) -> Function {
        let mut body = Function::new([]);
        let mut code = body.instructions();
        let fails = match self.answer {
            Answer::Trap => None,
            Answer::Error => function.result.filter(|ty| self.can_fail(ty)).map(|_| true),
            Answer::Zero => function.result.is_none_or(|ty| self.has_zero(&ty)).then_some(false),
        };
        let Some(fails) = fails else {
            code.unreachable().end();
            return body;
        };
        let operand = MemArg { offset: 0, align: 0, target: wasm_encoder::MemArgTarget::Memory(0), ordering: None };
        if let (Some(pointer), Some(result)) = (result_pointer, &function.result) {
            let size = self.sizes.size(result).size_wasm32() as u32;
            code.local_get(pointer).i32_const(0).i32_const(size.cast_signed()).memory_fill(0);
            if fails {
                // The discriminant is the first byte: 0 is `ok`, 1 is `err`.
                code.local_get(pointer).i32_const(1).i32_store8(operand);
            }
        }
        for ty in results {
            match ty {
                ValType::I64 => code.i64_const(0),
                ValType::F32 => code.f32_const(0.0.into()),
                ValType::F64 => code.f64_const(0.0.into()),
                // A result without payloads consists of its discriminant.
                _ => code.i32_const(i32::from(fails)),
            };
        }
        code.end();
        body
    }

    /// Returns true if the type is a `result` whose error type has a zero value.
    fn can_fail(&self, ty: &Type) -> bool {
        match self.kind(ty) {
            Some(TypeDefKind::Result(result)) => result.err.is_none_or(|ty| self.has_zero(&ty)),
            _ => false,
        }
    }

    /// Returns true if all-zero memory is a valid value of the type.
    fn has_zero(&self, ty: &Type) -> bool {
        let all = |types: Vec<Type>| types.iter().all(|ty| self.has_zero(ty));
        match self.kind(ty) {
            None => !matches!(ty, Type::ErrorContext),
            Some(TypeDefKind::Record(record)) => all(record.fields.iter().map(|field| field.ty).collect()),
            Some(TypeDefKind::Tuple(tuple)) => all(tuple.types.clone()),
            Some(TypeDefKind::Variant(variant)) => {
                all(variant.cases.first().and_then(|case| case.ty).into_iter().collect())
            }
            Some(TypeDefKind::Result(result)) => all(result.ok.into_iter().collect()),
            Some(TypeDefKind::FixedLengthList(ty, _)) => self.has_zero(ty),
            Some(
                TypeDefKind::Option(_)
                | TypeDefKind::List(_)
                | TypeDefKind::Map(..)
                | TypeDefKind::Flags(_)
                | TypeDefKind::Enum(_),
            ) => true,
            Some(_) => false,
        }
    }

    /// Returns the kind of a type after resolving aliases. `None` for primitive types.
    fn kind(&self, ty: &Type) -> Option<&TypeDefKind> {
        let Type::Id(id) = ty else { return None };
        match &self.resolve.types[*id].kind {
            TypeDefKind::Type(ty @ Type::Id(_)) => self.kind(ty),
            TypeDefKind::Type(_) => None,
            kind => Some(kind),
        }
    }
}
