//! Variations of a dummy main module within its world, and occasional errors.

use wasmparser::{FuncType, ValType};

use crate::module::{Core, ImportType, Part, Step, realloc_type};
use crate::random::Random;

/// Combinations of realloc names.
const REALLOCS: [&[&str]; 8] = [
    &["cabi_realloc"],
    &["cabi_realloc", "canonical_abi_realloc"],
    &["cabi_import_realloc", "cabi_export_realloc", "cabi_realloc"],
    &["canonical_abi_realloc"],
    &["cabi_import_realloc", "cabi_export_realloc"],
    &["cabi_import_realloc"],
    &["cabi_export_realloc"],
    &["cm32p2_realloc"],
];

/// Varies a main module.
pub fn change(random: &mut Random, core: &mut Core) {
    drop_imports(random, core);
    drop_optional_exports(random, core, 50);
    reallocs(random, core, 3);
    memory(random, core);
    allocate(core);
    if random.chance(50) {
        calls(random, core);
    }
    if random.chance(4) {
        core.function(&["__wasm_task_hook"], FuncType::new([ValType::I32], []), Vec::new());
    }
    if random.chance(5)
        && let Some(import) = random.pick(&core.imports).cloned()
        && let ImportType::Func(_) = import.ty
    {
        core.imports.push(import);
    }
    if random.chance(10) {
        core.function(&["nobody-knows-this"], super::signatures::core_type(random), Vec::new());
    }
    mistakes(random, core);
    if random.chance(5) {
        core.start = Some(core.function(&[], FuncType::new([], []), Vec::new()));
    }
}

/// Removes imports: a module need not import everything that its world declares.
pub fn drop_imports(random: &mut Random, core: &mut Core) {
    if random.chance(50) {
        let percent = random.below(100);
        for number in (0..core.imports.len()).rev() {
            if random.chance(percent) {
                core.remove(Part::Import(number));
            }
        }
    }
}

/// Removes optional parts of a module: post-returns, destructors, the initialization.
pub fn drop_optional_exports(random: &mut Random, core: &mut Core, percent: usize) {
    for number in (0..core.functions.len()).rev() {
        let name = core.functions[number].exports.first().map(String::as_str).unwrap_or_default();
        let optional = name.starts_with("cabi_post_")
            || name.ends_with("_post")
            || name.contains("[dtor]")
            || name.ends_with("_dtor")
            || name.ends_with("initialize");
        if optional && random.chance(percent) {
            core.remove(Part::Function(number));
        }
    }
}

/// Renames or removes the realloc.
pub fn reallocs(random: &mut Random, core: &mut Core, missing: usize) {
    let found = core.functions.iter().position(|f| f.exports.iter().any(|name| name.ends_with("realloc")));
    let Some(number) = found else { return };
    if random.chance(missing) {
        core.remove(Part::Function(number));
    } else if random.chance(40) {
        let names = REALLOCS[random.below(REALLOCS.len())];
        core.functions[number].exports = names.iter().map(|name| name.to_string()).collect();
    }
}

/// Imports or removes the memory.
fn memory(random: &mut Random, core: &mut Core) {
    if random.chance(10) {
        core.memories.clear();
        let at = random.below(core.imports.len() + 1);
        let import = crate::module::Import { module: "env".into(), field: "memory".into(), ty: ImportType::Memory };
        // Functions that call imports are generated later: no index is used yet.
        core.imports.insert(at, import);
    } else if random.chance(4) {
        core.memories.clear();
    }
}

/// Reduces the reallocs to allocation only, so that the time at which an adapter requests memory is not observable.
pub fn allocate(core: &mut Core) {
    for function in core.functions.iter_mut().filter(|function| function.ty == realloc_type()) {
        function.steps = vec![Step::Allocate];
    }
}

/// Adds calls of imports to functions.
pub fn calls(random: &mut Random, core: &mut Core) {
    let memory = core.has_memory();
    for number in 0..core.functions.len() {
        if core.functions[number].steps.contains(&Step::Allocate) {
            continue;
        }
        for import in 0..core.imports.len() {
            let step = call(random, core, number, import, 20);
            core.functions[number].steps.extend(step);
        }
        if memory && random.chance(20) {
            core.functions[number].steps.push(Step::Memory);
        }
    }
}

/// Returns true if a forwarding function passes on all its arguments.
pub fn fits(own: &FuncType, other: &FuncType) -> bool {
    let passes = other.params() == own.params() && (other.results() == own.results() || other.results().is_empty());
    // A result that does not fit into one value is written to a pointer that the caller passes.
    let writes = other.params().strip_suffix(&[ValType::I32]) == Some(own.params())
        && (other.results(), own.results()) == (&[], &[ValType::I32]);
    passes || writes
}

/// Returns a call of an import, or `None`. The function's arguments are passed on where the types permit.
pub fn call(random: &mut Random, core: &Core, function: usize, import: usize, percent: usize) -> Option<Step> {
    let ImportType::Func(ty) = &core.imports[import].ty else { return None };
    if fits(&core.functions[function].ty, ty) {
        return random.chance(60).then_some(Step::Forward(import));
    }
    // These take a handle. A constant is not a valid handle.
    let handle = ["[method]", "[resource-drop]", "[resource-rep]"];
    let field = &core.imports[import].field;
    let trap =
        handle.iter().any(|start| field.starts_with(start)) || field.ends_with("_drop") || field.ends_with("_rep");
    random.chance(if trap { percent / 10 } else { percent }).then_some(Step::CallImport(import))
}

/// Occasionally adds an error that both encoders must reject.
fn mistakes(random: &mut Random, core: &mut Core) {
    if random.chance(3) && !core.functions.is_empty() {
        let number = random.below(core.functions.len());
        match random.below(3) {
            0 => core.remove(Part::Function(number)),
            1 => core.functions[number].ty = super::signatures::core_type(random),
            _ => core.functions[number].exports.iter_mut().for_each(|name| name.push('x')),
        }
    }
    let number = random.below(core.imports.len());
    if random.chance(3) && core.imports.get(number).is_some_and(|import| import.function().is_some()) {
        match random.below(4) {
            0 => core.imports[number].ty = ImportType::Func(super::signatures::core_type(random)),
            1 => core.imports[number].field.push('x'),
            2 => core.imports[number].module.push('x'),
            _ => core.imports[number].ty = ImportType::Global,
        }
    }
    if random.chance(1) {
        core.memories.push(vec!["memory2".into()]);
    }
}
