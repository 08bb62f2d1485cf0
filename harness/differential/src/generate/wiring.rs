//! Connects main and adapters at random: import modules, imports of adapters from main and from each other, stacks,
//! reallocs and memories, with occasional errors.

use wasmparser::{FuncType, ValType};

use super::dummy;
use super::signatures::core_type;
use super::{Sample, Unit};
use crate::module::{Core, Global, ImportType, Part, Step, realloc_type};
use crate::random::Random;

/// Connects the modules of a sample.
pub fn connect(random: &mut Random, sample: &mut Sample) {
    let Sample { main, adapters, .. } = sample;
    prepare_main(random, &mut main.core);
    let mut offers: Vec<(String, Vec<(String, FuncType)>)> = Vec::new();
    for (name, unit) in adapters.iter_mut() {
        prepare_adapter(random, &mut unit.core);
        take_from_main(random, &mut unit.core, &mut main.core);
        let functions = offer(random, &mut unit.core, name, &main.core);
        offers.push((name.clone(), functions));
    }
    for (name, functions) in &offers {
        use_adapter(random, &mut main.core, name, functions);
    }
    for (number, (name, unit)) in adapters.iter_mut().enumerate() {
        // An adapter that imports from another one; the reference only considers main's imports from that one.
        if let Some((other, functions)) = offers.get((number + 1) % offers.len())
            && other != name
            && random.chance(10)
        {
            use_adapter(random, &mut unit.core, other, functions);
        }
        bodies(random, &mut unit.core);
        unusual(random, unit);
    }
    dummy::allocate(&mut main.core);
    if random.chance(60) {
        dummy::calls(random, &mut main.core);
    }
}

fn prepare_main(random: &mut Random, core: &mut Core) {
    dummy::drop_imports(random, core);
    dummy::drop_optional_exports(random, core, 70);
    dummy::reallocs(random, core, 4);
    if random.chance(4) {
        core.function(&["__wasm_task_hook"], FuncType::new([ValType::I32], []), Vec::new());
    }
    if random.chance(10) {
        core.function(&["cabi_realloc_adapter"], realloc_type(), Vec::new());
    }
    if random.chance(10) {
        core.memories.clear();
        if random.chance(80) {
            core.import("env", "memory", ImportType::Memory);
        }
    }
}

fn prepare_adapter(random: &mut Random, core: &mut Core) {
    core.memories.clear();
    dummy::drop_imports(random, core);
    dummy::drop_optional_exports(random, core, 70);
    dummy::reallocs(random, core, 6);
    if let Some(initialize) = core.functions.iter().position(|f| f.exports.iter().any(|e| e.ends_with("_initialize")))
        && random.chance(90)
    {
        core.remove(Part::Function(initialize));
    }
    match random.below(20) {
        0..14 => drop(core.import("env", "memory", ImportType::Memory)),
        14 => drop(core.import("__main_module__", "memory", ImportType::Memory)),
        _ => {}
    }
    for number in 0..random.below(3) {
        let ty = if random.chance(70) { ValType::I32 } else { ValType::I64 };
        core.globals.push(Global { name: format!("plain{number}"), ty, mutable: random.chance(80) });
    }
    if random.chance(40) {
        let ty = if random.chance(98) { ValType::I32 } else { ValType::I64 };
        core.globals.push(Global { name: "__stack_pointer".into(), ty, mutable: true });
    }
    if random.chance(15) {
        core.globals.push(Global { name: "allocation_state".into(), ty: ValType::I32, mutable: true });
    }
}

/// Adds an import of an adapter from main, and mostly the export by main.
fn take_from_main(random: &mut Random, core: &mut Core, main: &mut Core) {
    if random.chance(30) {
        let name = if random.chance(80) { "cabi_realloc" } else { "canonical_abi_realloc" };
        core.import("__main_module__", name, ImportType::Func(realloc_type()));
    }
    for number in 0..random.below(3) {
        let name = if number == 0 { "_start" } else { "helper" };
        let ty = if number == 0 { FuncType::new([], []) } else { core_type(random) };
        let offered = main.exported(name).map(|function| function.ty.clone());
        core.import("__main_module__", name, ImportType::Func(offered.clone().unwrap_or_else(|| ty.clone())));
        if offered.is_none() && random.chance(95) {
            main.function(&[name], ty, Vec::new());
        }
    }
}

/// Adds the functions of the import module that an adapter implements.
fn offer(random: &mut Random, core: &mut Core, adapter: &str, main: &Core) -> Vec<(String, FuncType)> {
    let mut offered = Vec::new();
    for number in 0..1 + random.below(4) {
        let name = format!("f{number}");
        let imported: Vec<&FuncType> = core.imports.iter().filter_map(|import| import.function()).collect();
        // A function that can forward all its arguments.
        let wanted = main.imports.iter().find(|import| import.module == adapter && import.field == name);
        let ty = match wanted.and_then(|import| import.function()).or(random.pick(&imported).copied()) {
            Some(ty) if wanted.is_some() && random.chance(95) => FuncType::clone(ty),
            Some(ty) if random.chance(50) => FuncType::clone(ty),
            _ => core_type(random),
        };
        core.function(&[&name], ty.clone(), Vec::new());
        offered.push((name, ty));
    }
    if random.chance(10)
        && let Some(import) = core.imports.iter().position(|import| matches!(import.ty, ImportType::Func(_)))
        && let ImportType::Func(ty) = core.imports[import].ty.clone()
    {
        core.reexports.push((import, "as-it-is".into()));
        offered.push(("as-it-is".into(), ty));
    }
    offered
}

/// Imports some functions of an adapter.
fn use_adapter(random: &mut Random, core: &mut Core, adapter: &str, functions: &[(String, FuncType)]) {
    for (name, ty) in functions {
        if random.chance(60) {
            let ty = if random.chance(1) { core_type(random) } else { ty.clone() };
            let name = if random.chance(1) { "no-such-function" } else { name };
            if core.imports.iter().any(|import| import.module == adapter && import.field == name) {
                continue;
            }
            core.import(adapter, name, ImportType::Func(ty));
        }
    }
}

/// Adds bodies to an adapter's functions.
fn bodies(random: &mut Random, core: &mut Core) {
    for _ in 0..random.below(3) {
        core.function(&[], core_type(random), Vec::new());
    }
    let functions = core.functions.len();
    for number in 0..functions {
        let mut steps = Vec::new();
        let allocates = core.functions[number].ty == realloc_type();
        if allocates {
            steps.push(Step::Allocate);
        }
        for import in 0..core.imports.len() {
            // A realloc that calls functions which need a realloc is rare.
            if !allocates || random.chance(10) {
                steps.extend(dummy::call(random, core, number, import, 25));
            }
        }
        if functions > 1 && random.chance(30) {
            steps.push(Step::Call(random.below(functions)));
        }
        for global in 0..core.globals.len() {
            if random.chance(30) {
                steps.push(Step::Global(global));
            }
        }
        // A shadow stack requires a memory.
        let touches = if core.globals.iter().any(|global| global.name == "__stack_pointer") { 90 } else { 40 };
        if core.has_memory() && random.chance(touches) {
            steps.push(if random.chance(95) { Step::Memory } else { Step::Grow });
        }
        core.functions[number].steps = steps;
    }
}

/// Adds a rare property, or one that the reference rejects in adapters.
fn unusual(random: &mut Random, unit: &mut Unit) {
    let core = &mut unit.core;
    match random.below(60) {
        0 => {
            let steps = if core.has_memory() { vec![Step::Memory] } else { Vec::new() };
            core.start = Some(core.function(&[], FuncType::new([], []), steps));
        }
        1 => {
            let function = core.function(&[], FuncType::new([], []), Vec::new());
            core.table = Some(vec![function]);
            core.functions[0].steps.push(Step::Table);
        }
        2 => core.table = Some(Vec::new()),
        3 if core.has_memory() => core.data = true,
        4 => core.memories.push(Vec::new()),
        5 => {
            if let Some(import) = random.pick(&core.imports).cloned() {
                core.imports.push(import);
            }
        }
        6 => drop(core.import("env", "unknown", ImportType::Global)),
        7 => drop(core.import("env", "unknown", ImportType::Func(core_type(random)))),
        _ => {}
    }
}
