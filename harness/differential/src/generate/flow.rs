//! Worlds with observable behavior: an export passes its arguments to an import of the same type, directly or through
//! an adapter, and returns the result.

use wasmparser::ValType;
use wit_component::dummy_module;
use wit_parser::{LiftLowerAbi, ManglingAndAbi};

use super::{Sample, Unit, dummy, smith, wit};
use crate::inputs::Encoding;
use crate::module::{Core, Global, Import, ImportType, Step, realloc_type};
use crate::random::Random;

/// Import module of the adapter.
const ADAPTER: &str = "old";

/// Generates a world in which every export has a matching import.
pub fn sample(random: &mut Random) -> Option<Sample> {
    let (resolve, world) = wit::world(random, true)?;
    let is_legacy = random.chance(80);
    let mangling = if is_legacy { ManglingAndAbi::Legacy(LiftLowerAbi::Sync) } else { ManglingAndAbi::Standard32 };
    let core = Core::read(&dummy_module(&resolve, world, mangling)).ok()?;
    let mut main = smith::unit(random, &resolve, world, core)?;
    dummy::drop_optional_exports(random, &mut main.core, 20);
    dummy::allocate(&mut main.core);
    forward(random, &mut main.core);
    let mut adapters = Vec::new();
    if random.chance(60) {
        adapters.push((ADAPTER.to_string(), adapter(random, &mut main)?));
    }
    Some(Sample { main, adapters, options: smith::options(random) })
}

/// Adds an adapter that forwards some of main's calls.
fn adapter(random: &mut Random, main: &mut Unit) -> Option<Unit> {
    let mut core = Core::default();
    core.import("env", "memory", ImportType::Memory);
    let stack = random.chance(50);
    if stack {
        core.globals.push(Global { name: "__stack_pointer".into(), ty: ValType::I32, mutable: true });
        if random.chance(50) {
            core.globals.push(Global { name: "allocation_state".into(), ty: ValType::I32, mutable: true });
        }
    }
    for number in 0..main.core.imports.len() {
        let import = main.core.imports[number].clone();
        // Only main creates and accepts handles of exported resources.
        let own = import.module.starts_with("[export]") || import.module.starts_with("cm32p2|_ex_");
        let Some(ty) = import.function().filter(|_| !own && random.chance(60)).cloned() else { continue };
        let name = format!("f{number}");
        let target = core.import(&import.module, &import.field, import.ty.clone());
        let mut steps = vec![Step::Forward(target), Step::Memory];
        if stack {
            steps.push(Step::Global(0));
        }
        core.function(&[&name], ty.clone(), steps);
        main.core.imports[number] = Import { module: ADAPTER.into(), field: name, ty: ImportType::Func(ty) };
    }
    let name = if random.chance(50) { "cabi_realloc" } else { "cabi_import_realloc" };
    core.function(&[name], realloc_type(), vec![Step::Allocate]);
    // The adapter's world is main's without the exports.
    let world = format!("world {} {{", main.world);
    let wit: String = main.wit.replacen(&world, "world adapter {", 1);
    let (resolve, id) = crate::inputs::resolve(&wit, "adapter").ok()?;
    let mut resolve = resolve;
    resolve.worlds[id].exports.clear();
    let wit = crate::inputs::print(&resolve, id).ok()?;
    crate::inputs::resolve(&wit, "adapter").ok()?;
    // The adapter uses main's string encoding.
    Some(Unit {
        core,
        wit,
        world: "adapter".into(),
        encoding: if random.chance(90) { main.encoding } else { Encoding::Utf8 },
    })
}

/// Makes every function of main pass its arguments to the import of the same type. Other imports would validate, but
/// their arguments are not valid pointers: the bytes read there would depend on the size of memory.
fn forward(random: &mut Random, core: &mut Core) {
    let imports = core.imports.clone();
    let plain = |import: &Import| import.function().is_some_and(|ty| ty.params().is_empty() && ty.results().is_empty());
    for function in &mut core.functions {
        let Some(export) = function.exports.first().filter(|_| function.steps.is_empty()) else { continue };
        // These functions may not call imports.
        if export.starts_with("cabi_post_") || export.ends_with("_post") {
            continue;
        }
        let mirrored = imports.iter().position(|import| mirrors(export, import));
        let called = imports.iter().position(plain).filter(|_| random.chance(30));
        function.steps.extend(called.map(Step::Forward));
        function.steps.extend(mirrored.map(Step::Forward));
    }
}

/// Returns true if an export should call an import: the matching one, or the constructor of a handle of its resource.
fn mirrors(export: &str, import: &Import) -> bool {
    let export = export.strip_prefix("cm32p2|").unwrap_or(export);
    let module = import.module.strip_prefix("cm32p2|").unwrap_or(&import.module);
    let Some((interface, name)) = export.rsplit_once(['#', '|']).filter(|(interface, _)| !interface.is_empty()) else {
        return export.trim_start_matches('|').replace("mirror", "root") == import.field;
    };
    if let Some(resource) = name.strip_prefix("[constructor]") {
        let own = module.strip_prefix("[export]").or(module.strip_prefix("_ex_")) == Some(interface);
        return own
            && (import.field == format!("[resource-new]{resource}") || import.field == format!("{resource}_new"));
    }
    // On this side, the first parameter of a method is a representation, not a handle.
    module == interface && import.field == name && !name.starts_with("[method]")
}
