//! Core module that wraps functions: calls main's task hook before and after each of them.

use wasm_encoder::{
    CodeSection, EntityType, ExportKind, ExportSection, Function, FunctionSection, ImportSection, Module, ModuleArg,
    NameMap,
};

use super::forward::{self, HOOK, Types};
use super::provenance::{Born, BornFunction};
use super::{Emitter, core};
use crate::hooks::hook_type;
use crate::plan::{CoreRef, Hooks, Kind, WireSource};

/// Name of the module.
const HOOKS: &str = "polyfill:hooks";

/// Embeds and instantiates the module if main has a task hook and functions are wrapped.
pub(super) fn emit(emitter: &mut Emitter<'_>) {
    let plan = emitter.plan;
    let Some(hooks) = plan.hooks.as_ref().filter(|hooks| !hooks.wrapped.is_empty()) else { return };
    let mut items = vec![(HOOK.to_string(), ExportKind::Func, core::export(emitter, &hooks.hook, Kind::Func))];
    for (index, wrapped) in hooks.wrapped.iter().enumerate() {
        items.push((index.to_string(), ExportKind::Func, core::export(emitter, &wrapped.core, Kind::Func)));
    }
    let (module_name, instance_name) = (emitter.name(HOOKS), emitter.name("hooks"));
    let module = emitter.component.core_module(module_name, &module(hooks, emitter.debug_names()));
    let bag = emitter.component.core_instantiate_exports(None, items.iter().map(|(n, k, i)| (n.as_str(), *k, *i)));
    emitter.register.module(Born::Hooks);
    emitter.register.imports(Born::Hooks, "");
    emitter.register.instance(Born::Hooks);
    emitter.hooks = Some(emitter.component.core_instantiate(instance_name, module, [("", ModuleArg::Instance(bag))]));
}

/// Returns the function that the canonical ABI calls: the wrapper if the function is wrapped, otherwise the function
/// itself.
pub(super) fn callee(emitter: &mut Emitter<'_>, function: &CoreRef) -> u32 {
    let wrapped = emitter.plan.hooks.as_ref().and_then(|hooks| hooks.find(function));
    let (Some(index), Some(instance)) = (wrapped, emitter.hooks) else {
        return core::export(emitter, function, Kind::Func);
    };
    if let Some(known) = emitter.callees.get(&index) {
        return *known;
    }
    let debug_name = emitter.name(&function.export);
    let callee = emitter.component.core_alias_export(debug_name, instance, &index.to_string(), ExportKind::Func);
    emitter.register.function(|| BornFunction::Hooked(index, WireSource::Export(function.clone(), Kind::Func)));
    emitter.callees.insert(index, callee);
    callee
}

/// Generates the module. Function `n` calls import `n`.
fn module(hooks: &Hooks, names: bool) -> Module {
    let mut types = Types::default();
    let mut imports = ImportSection::new();
    let mut functions = FunctionSection::new();
    let mut exports = ExportSection::new();
    let mut code = CodeSection::new();
    let mut function_names = NameMap::new();
    imports.import("", HOOK, EntityType::Function(types.get(&hook_type())));
    let first = hooks.wrapped.len() as u32 + 1;
    for (index, wrapped) in (0..).zip(&hooks.wrapped) {
        let ty = types.get(&wrapped.ty);
        imports.import("", &index.to_string(), EntityType::Function(ty));
        functions.function(ty);
        exports.export(&index.to_string(), ExportKind::Func, first + index);
        function_names.append(first + index, &wrapped.core.export);
        let (before, after) = wrapped.event.codes();
        let mut body = Function::new([]);
        let mut sink = body.instructions();
        forward::notify(&mut sink, Some(0), before);
        for param in 0..wrapped.ty.params().len() {
            sink.local_get(param as u32);
        }
        sink.call(index + 1);
        forward::notify(&mut sink, Some(0), after);
        sink.end();
        code.function(&body);
    }
    let mut module = Module::new();
    module.section(&types.section).section(&imports).section(&functions).section(&exports).section(&code);
    if names {
        module.section(&forward::name_section(HOOKS, &function_names));
    }
    module
}
