//! Metering of preview1 functions that extend or create files: additions are counted at the call.
//!
//! wasmtime-wasi's functions use the memory of the calling module. An intermediate module that imports the guest's
//! memory therefore makes these calls.

use std::fmt::Write;
use std::sync::{Arc, Mutex, OnceLock};

use wasmtime::{Caller, Extern, Func, FuncType, Instance, Linker, Memory, Module, Store, Val};
use wasmtime_wasi::WasiView;
use wasmtime_wasi::filesystem::Descriptor;

use super::IMPORT_MODULE;
use crate::engine::Engine;
use crate::files::{Meter, Size};
use crate::host::{State, lock};

/// Name of the intermediate module in backtraces.
pub(crate) const BETWEEN: &str = "polyfill:files";

/// Metered functions.
const FUNCTIONS: [&str; 8] = [
    "fd_allocate",
    "fd_filestat_set_size",
    "fd_pwrite",
    "fd_write",
    "path_create_directory",
    "path_link",
    "path_open",
    "path_symlink",
];

/// Position of the open flags in the parameters of `path_open`, and the flag that creates a file.
const OPEN_FLAGS: usize = 4;
const CREATE: i32 = 1;
/// Maximum number of buffers inspected per call.
const MOST_BUFFERS: u32 = 1 << 20;
/// Descriptors below this number are the standard streams.
const FIRST_FILE: i32 = 3;

/// Shadows the functions with metered ones, if the run has files.
pub(super) fn add_to_linker(
    engine: &Engine,
    linker: &mut Linker<State>,
    store: &mut Store<State>,
) -> wasmtime::Result<()> {
    let Some(meter) = store.data().meter().cloned() else { return Ok(()) };
    let mut functions = Vec::new();
    for name in FUNCTIONS {
        let Ok(Extern::Func(real)) = linker.get(&mut *store, IMPORT_MODULE, name) else {
            return Err(wasmtime::format_err!("function `{name}` not found"));
        };
        functions.push((name, real, real.ty(&*store)));
    }
    let between = Arc::new(Between::new(engine, &functions)?);
    linker.allow_shadowing(true);
    for (name, _, ty) in functions {
        let (between, meter) = (between.clone(), meter.clone());
        linker.func_new(IMPORT_MODULE, name, ty, move |mut caller, params, results| {
            call(&mut caller, &between, &meter, name, params, results)
        })?;
    }
    Ok(())
}

fn call(
    caller: &mut Caller<'_, State>,
    between: &Between,
    meter: &Arc<Mutex<Meter>>,
    name: &str,
    params: &[Val],
    results: &mut [Val],
) -> wasmtime::Result<()> {
    let Some(Extern::Memory(memory)) = caller.get_export("memory") else {
        return Err(wasmtime::format_err!("missing required memory export"));
    };
    let number = |index: usize| params.get(index).and_then(Val::i32).unwrap_or_default();
    let is_write = matches!(name, "fd_write" | "fd_pwrite");
    if is_write && number(0) as u32 >= FIRST_FILE as u32 {
        let data = first_buffer(memory.data(&mut *caller), number(1) as u32, number(2) as u32);
        lock(meter).before(data as usize)?;
    }
    let before = lock(meter).open_bytes();
    between.function(&mut *caller, memory, name)?.call(&mut *caller, params, results)?;
    let bytes = lock(meter).open_bytes().saturating_sub(before);
    let succeeded = results.first().and_then(Val::i32) == Some(0);
    let makes = match name {
        "path_open" => number(OPEN_FLAGS) & CREATE != 0,
        _ => name.starts_with("path_"),
    };
    if name == "path_open" && succeeded {
        note_opened(caller.data_mut(), meter);
    }
    lock(meter).add(Size { bytes, entries: usize::from(makes && succeeded) })?;
    Ok(())
}

/// Returns the length of the first non-empty buffer, which is all that wasmtime-wasi writes in one call.
fn first_buffer(memory: &[u8], buffers: u32, count: u32) -> u32 {
    let word = |at: u64| {
        let bytes = memory.get(usize::try_from(at).ok()?..)?.first_chunk::<4>()?;
        Some(u32::from_le_bytes(*bytes))
    };
    let lengths = 0..u64::from(count.min(MOST_BUFFERS));
    let mut lengths = lengths.map_while(|index| word(u64::from(buffers) + index * 8 + 4));
    lengths.find(|length| *length > 0).unwrap_or_default()
}

/// Registers all files in the descriptor table, because preview1 does not expose which one is new.
fn note_opened(state: &mut State, meter: &Mutex<Meter>) {
    let mut meter = lock(meter);
    for (_, entry) in state.preview1().ctx().table.iter_mut() {
        if let Some(Descriptor::File(file)) = entry.downcast_ref::<Descriptor>() {
            meter.opened(&file.file);
        }
    }
}

/// Intermediate module, and its instance in the run's store once the memory exists.
struct Between {
    module: Module,
    real: Vec<Func>,
    instance: OnceLock<Instance>,
}

impl Between {
    fn new(engine: &Engine, functions: &[(&str, Func, FuncType)]) -> wasmtime::Result<Self> {
        let bytes = wat::parse_str(text(functions)?).map_err(|error| wasmtime::format_err!("{error}"))?;
        let module = engine.module(&bytes).map_err(|error| wasmtime::format_err!("{error}"))?;
        let real = functions.iter().map(|(_, real, _)| *real).collect();
        Ok(Self { module, real, instance: OnceLock::new() })
    }

    fn function(&self, caller: &mut Caller<'_, State>, memory: Memory, name: &str) -> wasmtime::Result<Func> {
        let instance = match self.instance.get() {
            Some(instance) => *instance,
            None => {
                let functions = self.real.iter().map(|real| Extern::from(*real));
                let imports: Vec<Extern> = [memory.into()].into_iter().chain(functions).collect();
                let instance = Instance::new(&mut *caller, &self.module, &imports)?;
                *self.instance.get_or_init(|| instance)
            }
        };
        instance.get_func(&mut *caller, name).ok_or_else(|| wasmtime::format_err!("function `{name}` not found"))
    }
}

/// Generates a module that forwards calls.
fn text(functions: &[(&str, Func, FuncType)]) -> wasmtime::Result<String> {
    let mut text = format!("(module ${BETWEEN} (import \"guest\" \"memory\" (memory 0))\n");
    let types = |types: &mut dyn Iterator<Item = wasmtime::ValType>| {
        types.map(|ty| ty.to_string()).collect::<Vec<_>>().join(" ")
    };
    for (index, (name, _, ty)) in functions.iter().enumerate() {
        let (params, results) = (types(&mut ty.params()), types(&mut ty.results()));
        writeln!(text, "(import \"{IMPORT_MODULE}\" \"{name}\" (func $f{index} (param {params}) (result {results})))")?;
    }
    for (index, (name, _, ty)) in functions.iter().enumerate() {
        let (params, results) = (types(&mut ty.params()), types(&mut ty.results()));
        let arguments: String = (0..ty.params().len()).map(|param| format!(" (local.get {param})")).collect();
        writeln!(text, "(func (export \"{name}\") (param {params}) (result {results}) (call $f{index}{arguments}))")?;
    }
    text.push_str("(export \"memory\" (memory 0)))");
    Ok(text)
}
