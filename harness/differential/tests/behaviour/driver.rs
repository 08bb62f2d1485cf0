//! Runs a component on a host that implements every import, and logs all observable behavior.
//!
//! Each import logs its arguments and returns a value made from its type and a counter. Resources are represented by
//! numbers. Every export is called, ordered by name, with arguments made in the same way. After a trap, the next export
//! is called in a new instance.

use std::collections::BTreeMap;
use std::path::Path;

use polyfill_runner::Engine;
use wasmtime::component::types::{ComponentFunc, ComponentItem};
use wasmtime::component::{
    Component, Func, Instance, Linker, LinkerInstance, ResourceAny, ResourceDynamic, ResourceType, Val,
};
use wasmtime::{Config, Error, OptLevel, Result, Store, StoreContextMut, Trap};

use crate::values::{Maker, text};

/// Maximum number of import calls per export call. Unbounded recursion would end with a stack overflow, whose depth
/// depends on the layout of the component.
const BUDGET: u32 = 50;

/// Observed behavior.
#[derive(Debug, Default, PartialEq)]
pub struct Behaviour {
    /// Calls, results and traps, one per line.
    pub log: Vec<String>,
    /// Number of import calls.
    pub calls: usize,
    /// Number of export calls that returned.
    pub returned: usize,
    /// Number of export calls and instantiations that trapped.
    pub trapped: usize,
}

struct Host {
    behaviour: Behaviour,
    counter: u64,
    budget: u32,
}

/// Creates an engine for all components, with fast compilation. Compiled code is cached, because most of it is the same
/// in the next run.
pub fn engine() -> Engine {
    let mut config = Config::new();
    config.cranelift_opt_level(OptLevel::None).wasm_backtrace_max_frames(None);
    config.wasm_custom_page_sizes(true).wasm_component_model_map(true);
    config.wasm_component_model_fixed_length_lists(true).wasm_component_model_implements(true);
    let cache = Path::new(env!("CARGO_TARGET_TMPDIR")).join("behaviour");
    Engine::with(&config, Some(cache)).expect("an engine")
}

/// Runs a component.
///
/// # Errors
///
/// Returns an error if the component cannot be run at all.
pub fn run(engine: &Engine, wasm: &[u8]) -> Result<Behaviour, String> {
    let component = engine.component(wasm).map_err(|error| error.to_string())?;
    let engine = engine.wasmtime();
    let mut linker = Linker::new(engine);
    define(&mut linker, &component).map_err(|error| message(&error))?;
    let prepared = linker.instantiate_pre(&component).map_err(|error| message(&error))?;
    let mut store = Store::new(engine, Host { behaviour: Behaviour::default(), counter: 0, budget: BUDGET });
    let mut driver: Option<Driver> = None;
    for export in exports(&component) {
        let ready = match driver.take() {
            Some(ready) => ready,
            // Handles of the previous store are invalid in this one.
            None => {
                let Host { behaviour, counter, .. } = std::mem::take(store.data_mut());
                store = Store::new(engine, Host { behaviour, counter, budget: BUDGET });
                match prepared.instantiate(&mut store) {
                    Ok(instance) => Driver { instance, handles: Vec::new() },
                    Err(error) => {
                        trapped(&mut store, "instantiation", &error);
                        break;
                    }
                }
            }
        };
        driver = ready.call(&mut store, &component, &export);
    }
    if let Some(driver) = driver {
        driver.end(&mut store);
    }
    Ok(store.into_data().behaviour)
}

impl Default for Host {
    fn default() -> Host {
        Host { behaviour: Behaviour::default(), counter: 0, budget: BUDGET }
    }
}

/// An instance that has not trapped, and the handles it returned.
struct Driver {
    instance: Instance,
    handles: Vec<ResourceAny>,
}

impl Driver {
    /// Calls an export. A trap discards the instance.
    fn call(mut self, store: &mut Store<Host>, component: &Component, (of, name): &Export) -> Option<Driver> {
        let path = path(of.as_deref(), name);
        let instance = of.as_ref().and_then(|name| component.get_export_index(None, name));
        let index = component.get_export_index(instance.as_ref(), name)?;
        let function = self.instance.get_func(&mut *store, index)?;
        let ty = function.ty(&*store);
        let Some(arguments) = self.arguments(store, &ty) else {
            store.data_mut().behaviour.log.push(format!("{path} requires a handle"));
            return Some(self);
        };
        store.data_mut().budget = BUDGET;
        store.data_mut().behaviour.log.push(format!("{path} called"));
        match self.results(store, &function, &ty, &arguments) {
            Ok(results) => {
                let results = results.join(", ");
                let behaviour = &mut store.data_mut().behaviour;
                behaviour.log.push(format!("{path} returned {results}"));
                behaviour.returned += 1;
                Some(self)
            }
            Err(error) => {
                trapped(store, &path, &error);
                None
            }
        }
    }

    fn arguments(&mut self, store: &mut Store<Host>, ty: &ComponentFunc) -> Option<Vec<Val>> {
        let mut counter = store.data().counter;
        let handles = &mut self.handles;
        let mut give = |ty: ResourceType, own: bool, n: u64| {
            if let Some(payload) = payload(ty) {
                return ResourceDynamic::new_own(n as u32, payload).try_into_resource_any(&mut *store).ok();
            }
            let at = handles.iter().position(|handle| handle.ty() == ty)?;
            Some(if own { handles.remove(at) } else { handles[at] })
        };
        let mut maker = Maker { counter: &mut counter, handle: &mut give };
        let arguments = ty.params().map(|(_, ty)| maker.make(&ty)).collect();
        store.data_mut().counter = counter;
        arguments
    }

    fn results(
        &mut self,
        store: &mut Store<Host>,
        function: &Func,
        ty: &ComponentFunc,
        arguments: &[Val],
    ) -> Result<Vec<String>> {
        let mut results = vec![Val::Bool(false); ty.results().len()];
        function.call(&mut *store, arguments, &mut results)?;
        let handles = &mut self.handles;
        Ok(results
            .iter()
            .map(|value| {
                text(value, &mut |handle| match handle.try_into_resource_dynamic(&mut *store) {
                    Ok(host) => format!("host {}#{}", host.ty(), host.rep()),
                    Err(_) => {
                        handles.push(handle);
                        format!("guest #{}", handles.len())
                    }
                })
            })
            .collect())
    }

    /// Drops the remaining handles, which runs destructors.
    fn end(self, store: &mut Store<Host>) {
        for (number, handle) in self.handles.into_iter().enumerate() {
            store.data_mut().budget = BUDGET;
            store.data_mut().behaviour.log.push(format!("drop of handle {number}"));
            if let Err(error) = handle.resource_drop(&mut *store) {
                trapped(store, "drop", &error);
                return;
            }
        }
    }
}

fn trapped(store: &mut Store<Host>, what: &str, error: &Error) {
    let behaviour = &mut store.data_mut().behaviour;
    behaviour.log.push(format!("{what} failed: {}", message(error)));
    behaviour.trapped += 1;
}

/// Returns the kind of a trap, or the innermost error message.
fn message(error: &Error) -> String {
    match error.downcast_ref::<Trap>() {
        Some(trap) => format!("{trap:?}"),
        None => error.root_cause().to_string(),
    }
}

/// Instance name, if any, and function name.
type Export = (Option<String>, String);

fn path(instance: Option<&str>, name: &str) -> String {
    match instance {
        Some(instance) => format!("{instance}.{name}"),
        None => name.to_string(),
    }
}

/// Returns all exported functions ordered by name.
fn exports(component: &Component) -> Vec<Export> {
    let engine = component.engine();
    let mut exports = Vec::new();
    for (name, item) in component.component_type().exports(engine) {
        match item.ty {
            ComponentItem::ComponentFunc(_) => exports.push((None, name.to_string())),
            ComponentItem::ComponentInstance(instance) => {
                let functions = instance.exports(engine);
                let functions = functions.filter(|(_, item)| matches!(item.ty, ComponentItem::ComponentFunc(_)));
                exports.extend(functions.map(|(function, _)| (Some(name.to_string()), function.to_string())));
            }
            _ => {}
        }
    }
    exports.sort();
    exports
}

/// Returns the number of a host resource type.
fn payload(ty: ResourceType) -> Option<u32> {
    (0..64).find(|number| ty == ResourceType::host_dynamic(*number))
}

/// Defines all imports.
fn define(linker: &mut Linker<Host>, component: &Component) -> Result<()> {
    let engine = component.engine();
    let mut items = BTreeMap::new();
    for (name, item) in component.component_type().imports(engine) {
        match item.ty {
            ComponentItem::ComponentInstance(instance) => {
                for (inner, item) in instance.exports(engine) {
                    items.insert((Some(name.to_string()), inner.to_string()), item.ty);
                }
                linker.instance(name)?;
            }
            item => drop(items.insert((None, name.to_string()), item)),
        }
    }
    // One resource may have several names.
    let mut resources: Vec<ResourceType> = Vec::new();
    for ((instance, name), item) in items {
        let mut at = match &instance {
            Some(instance) => linker.instance(instance)?,
            None => linker.root(),
        };
        let path = path(instance.as_deref(), &name);
        match item {
            ComponentItem::ComponentFunc(_) => function(&mut at, path, &name)?,
            ComponentItem::Resource(ty) => {
                let known = resources.iter().position(|other| *other == ty);
                let number = known.unwrap_or(resources.len());
                resources.push(ty);
                at.resource(&name, ResourceType::host_dynamic(number as u32), move |mut store, rep| {
                    store.data_mut().behaviour.log.push(format!("  {path}#{rep} dropped"));
                    Ok(())
                })?;
            }
            _ => {}
        }
    }
    Ok(())
}

fn function(linker: &mut LinkerInstance<'_, Host>, path: String, name: &str) -> Result<()> {
    linker.func_new(name, move |mut store, ty, arguments, results| {
        let arguments: Vec<String> = arguments.iter().map(|value| taken(&mut store, value)).collect();
        let host = store.data_mut();
        host.behaviour.log.push(format!("  {path}({})", arguments.join(", ")));
        host.behaviour.calls += 1;
        host.budget = host.budget.checked_sub(1).ok_or_else(|| Error::msg("too many calls"))?;
        let mut counter = host.counter;
        let mut give = |ty: ResourceType, _: bool, n: u64| {
            ResourceDynamic::new_own(n as u32, payload(ty)?).try_into_resource_any(&mut store).ok()
        };
        let mut maker = Maker { counter: &mut counter, handle: &mut give };
        for (result, ty) in results.iter_mut().zip(ty.results()) {
            *result = maker.make(&ty).ok_or_else(|| Error::msg("no handle of that resource is available"))?;
        }
        store.data_mut().counter = counter;
        Ok(())
    })
}

/// Formats an argument, and consumes its handles.
fn taken(store: &mut StoreContextMut<'_, Host>, value: &Val) -> String {
    text(value, &mut |handle| {
        let owned = if handle.owned() { "own" } else { "borrow" };
        match handle.try_into_resource_dynamic(&mut *store) {
            Ok(host) => format!("{owned} {}#{}", host.ty(), host.rep()),
            Err(_) => format!("{owned} of a guest"),
        }
    })
}
