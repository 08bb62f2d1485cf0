//! A host whose functions are all reached through a relay, which tells of each call.

use std::collections::BTreeMap;
use std::sync::Arc;

use polyfill_encoder::{Relayed, relay};
use wasmtime::StoreContextMut;
use wasmtime::component::types::{ComponentFunc, ComponentItem};
use wasmtime::component::{
    Component, Func, Instance, InstancePre, Linker, ResourceAny, ResourceDynamic, ResourceType, Type, Val,
};
use wasmtime_wasi::I32Exit;

use super::{Boundary, End};
use crate::engine::Engine;
use crate::host::{State, Stop};
use crate::program::Program;
use crate::{backtrace, core_boundary, drive, names};

/// A program's relay, with the host's functions behind it.
pub(crate) struct Wrapped {
    relay: InstancePre<State>,
    functions: Vec<Relayed>,
}

impl Wrapped {
    /// `host` has all that the program imports.
    pub(crate) fn new(engine: &Engine, program: &Program, host: &Linker<State>) -> Result<Self, String> {
        let relay = relay(program.binary()).map_err(|error| error.to_string())?;
        let component = engine.program(&relay.component).map_err(|error| error.to_string())?;
        let linked = host.instantiate_pre(component.component());
        let linked =
            linked.map_err(|error| format!("the relay does not fit the host: {}", backtrace::message(&error)))?;
        Ok(Self { relay: linked, functions: relay.functions })
    }

    /// Brings the relay to life in a run's store. The program with functions that call it.
    pub(crate) async fn link(
        &self,
        program: &Program,
        store: &mut wasmtime::Store<State>,
        asynchronous: bool,
    ) -> wasmtime::Result<InstancePre<State>> {
        let uncounted = Uncounted::begin(&mut store.as_context_mut());
        let relay = match asynchronous {
            true => self.relay.instantiate_async(&mut *store).await,
            false => self.relay.instantiate(&mut *store),
        };
        uncounted.end(&mut store.as_context_mut());
        let relay = relay?;
        let mut linker = Linker::new(store.engine());
        core_boundary::add_to_linker(&mut linker)?;
        let resources = define_resources(&mut linker, program.component(), asynchronous)?;
        for relayed in &self.functions {
            let real = function(relay, store, &relayed.export)?;
            let name = names::full(relayed.instance.as_deref(), &relayed.function);
            let passed = Passed { name: name.into(), real, resources: resources.clone() };
            let mut root = match &relayed.instance {
                Some(instance) => linker.instance(instance)?,
                None => linker.root(),
            };
            if asynchronous {
                root.func_new_async(&relayed.function, move |store, ty, arguments, results| {
                    let passed = passed.clone();
                    Box::new(async move { passed.call(store, ty, arguments, results, true).await })
                })?;
            } else {
                root.func_new(&relayed.function, move |store, ty, arguments, results| {
                    // Nothing in it waits.
                    drive::drive(false, passed.call(store, ty, arguments, results, false))
                        .map_err(wasmtime::Error::msg)?
                })?;
            }
        }
        linker.instantiate_pre(program.component())
    }
}

use wasmtime::AsContextMut;

fn function(relay: Instance, store: &mut wasmtime::Store<State>, export: &str) -> wasmtime::Result<Func> {
    relay.get_func(&mut *store, export).ok_or_else(|| wasmtime::format_err!("the relay lacks `{export}`"))
}

/// Names of the resources that stand for the host's, by what tells their types apart.
type Resources = Arc<Vec<String>>;

/// Defines all resources that the program imports, in place of the host's.
fn define_resources(
    linker: &mut Linker<State>,
    component: &Component,
    asynchronous: bool,
) -> wasmtime::Result<Resources> {
    let engine = component.engine();
    let ty = component.component_type();
    let mut known: Vec<ResourceType> = Vec::new();
    let mut names = Vec::new();
    let mut define = |linker: &mut Linker<State>, instance: Option<&str>, name: &str, ty: ResourceType| {
        // One that an interface has from another one is defined there only.
        if known.contains(&ty) {
            return Ok(());
        }
        let stand_in = ResourceType::host_dynamic(known.len() as u32);
        known.push(ty);
        names.push(name.to_string());
        let dropped: Arc<str> = names::full(instance, &names::drop_of(name)).into();
        let mut root = match instance {
            Some(instance) => linker.instance(instance)?,
            None => linker.root(),
        };
        match asynchronous {
            true => root.resource_async(name, stand_in, move |store, number| {
                let dropped = dropped.clone();
                Box::new(async move { drop_handle(store, &dropped, number, true).await })
            }),
            false => root.resource(name, stand_in, move |store, number| {
                drive::drive(false, drop_handle(store, &dropped, number, false)).map_err(wasmtime::Error::msg)?
            }),
        }
    };
    for (import, item) in ty.imports(engine) {
        match item.ty {
            ComponentItem::ComponentInstance(instance) => {
                for (name, export) in instance.exports(engine) {
                    if let ComponentItem::Resource(ty) = export.ty {
                        define(linker, Some(import), name, ty)?;
                    }
                }
            }
            ComponentItem::Resource(ty) => define(linker, None, import, ty)?,
            _ => {}
        }
    }
    Ok(Arc::new(names))
}

async fn drop_handle(
    mut store: StoreContextMut<'_, State>,
    dropped: &str,
    number: u32,
    asynchronous: bool,
) -> wasmtime::Result<()> {
    let Some(handle) = store.data().tape().take(number) else { return Ok(()) };
    store.data().tape().begin(Boundary::Import, dropped, vec![handle.name]);
    let uncounted = Uncounted::begin(&mut store);
    let done = match asynchronous {
        true => handle.real.resource_drop_async(&mut store).await,
        false => handle.real.resource_drop(&mut store),
    };
    uncounted.end(&mut store);
    store.data().tape().end(ended(&done, || None));
    done
}

/// A function of the host.
#[derive(Clone)]
struct Passed {
    name: Arc<str>,
    /// The relay's.
    real: Func,
    resources: Resources,
}

impl Passed {
    async fn call(
        &self,
        mut store: StoreContextMut<'_, State>,
        ty: ComponentFunc,
        arguments: &[Val],
        results: &mut [Val],
        asynchronous: bool,
    ) -> wasmtime::Result<()> {
        let mut real = Vec::new();
        let mut names = BTreeMap::new();
        for argument in arguments {
            real.push(take(&mut store, argument, &mut names)?);
        }
        let texts = arguments.iter().map(|argument| {
            let mut name = |handle: ResourceAny| names.get(&key(handle)).cloned().unwrap_or_default();
            store.data().tape().text(argument, &mut name)
        });
        let texts = texts.collect();
        store.data().tape().begin(Boundary::Import, &self.name, texts);
        let uncounted = Uncounted::begin(&mut store);
        let done = match asynchronous {
            true => self.real.call_async(&mut store, &real, results).await,
            false => self.real.call(&mut store, &real, results),
        };
        uncounted.end(&mut store);
        let mut text = None;
        if done.is_ok()
            && let (Some(result), Some(ty)) = (results.first_mut(), ty.results().next())
        {
            let mut names = BTreeMap::new();
            *result = self.give(&mut store, result, &ty, &mut names)?;
            let mut name = |handle: ResourceAny| names.get(&key(handle)).cloned().unwrap_or_default();
            text = Some(store.data().tape().text(result, &mut name));
        }
        store.data().tape().end(ended(&done, || text));
        done
    }

    /// A result with handles for the guest in place of the relay's.
    fn give(
        &self,
        store: &mut StoreContextMut<'_, State>,
        value: &Val,
        ty: &Type,
        names: &mut Names,
    ) -> wasmtime::Result<Val> {
        map(value, Some(ty), &mut |real, ty| {
            let Some(Type::Own(resource)) = ty else { return Ok(real) };
            let stand_in = |index: &usize| ResourceType::host_dynamic(*index as u32) == *resource;
            let index = (0..self.resources.len()).find(stand_in);
            let index = index.ok_or_else(|| wasmtime::format_err!("`{}` gives an unknown resource", self.name))?;
            let (number, name) = store.data().tape().give(&self.resources[index], real);
            let handle = ResourceDynamic::new_own(number, index as u32).try_into_resource_any(&mut *store)?;
            names.insert(key(handle), name);
            Ok(handle)
        })
    }
}

type Names = BTreeMap<String, String>;

/// Handles have no order, but a text of their own.
fn key(handle: ResourceAny) -> String {
    format!("{handle:?}")
}

/// An argument with the relay's handles in place of the guest's. What the guest gives away it has no more.
fn take(store: &mut StoreContextMut<'_, State>, value: &Val, names: &mut Names) -> wasmtime::Result<Val> {
    map(value, None, &mut |handle, _| {
        let owned = handle.owned();
        let number = handle.try_into_resource_dynamic(&mut *store)?.rep();
        let known = match owned {
            true => store.data().tape().take(number),
            false => store.data().tape().handle(number).cloned(),
        };
        let known = known.ok_or_else(|| wasmtime::format_err!("a handle that the host has not given"))?;
        names.insert(key(handle), known.name);
        Ok(known.real)
    })
}

/// A value with other handles in it.
fn map(
    value: &Val,
    ty: Option<&Type>,
    handle: &mut dyn FnMut(ResourceAny, Option<&Type>) -> wasmtime::Result<ResourceAny>,
) -> wasmtime::Result<Val> {
    // Most values hold none, and may be large.
    if !has_handle(value) {
        return Ok(value.clone());
    }
    let list = |values: &[Val], ty: Option<Type>, handle: &mut dyn FnMut(ResourceAny, Option<&Type>) -> _| {
        values.iter().map(|value| map(value, ty.as_ref(), handle)).collect::<wasmtime::Result<Vec<Val>>>()
    };
    let boxed =
        |value: &Option<Box<Val>>, ty: Option<Type>, handle: &mut dyn FnMut(ResourceAny, Option<&Type>) -> _| {
            value.as_ref().map(|value| map(value, ty.as_ref(), handle).map(Box::new)).transpose()
        };
    Ok(match value {
        Val::Resource(resource) => Val::Resource(handle(*resource, ty)?),
        Val::List(values) => {
            let element = match ty {
                Some(Type::List(list)) => Some(list.ty()),
                _ => None,
            };
            Val::List(list(values, element, handle)?)
        }
        Val::FixedLengthList(values) => {
            let element = match ty {
                Some(Type::FixedLengthList(list)) => Some(list.ty()),
                _ => None,
            };
            Val::FixedLengthList(list(values, element, handle)?)
        }
        Val::Record(fields) => {
            let types: Vec<Option<Type>> = match ty {
                Some(Type::Record(record)) => record.fields().map(|field| Some(field.ty)).collect(),
                _ => vec![None; fields.len()],
            };
            let fields = fields.iter().zip(types);
            let fields = fields.map(|((name, value), ty)| Ok((name.clone(), map(value, ty.as_ref(), handle)?)));
            Val::Record(fields.collect::<wasmtime::Result<_>>()?)
        }
        Val::Tuple(values) => {
            let types: Vec<Option<Type>> = match ty {
                Some(Type::Tuple(tuple)) => tuple.types().map(Some).collect(),
                _ => vec![None; values.len()],
            };
            let values = values.iter().zip(types);
            Val::Tuple(values.map(|(value, ty)| map(value, ty.as_ref(), handle)).collect::<wasmtime::Result<_>>()?)
        }
        Val::Variant(name, value) => {
            let payload = match ty {
                Some(Type::Variant(variant)) => variant.cases().find(|case| case.name == name).and_then(|case| case.ty),
                _ => None,
            };
            Val::Variant(name.clone(), boxed(value, payload, handle)?)
        }
        Val::Option(value) => {
            let payload = match ty {
                Some(Type::Option(option)) => Some(option.ty()),
                _ => None,
            };
            Val::Option(boxed(value, payload, handle)?)
        }
        Val::Result(value) => {
            let (ok, err) = match ty {
                Some(Type::Result(result)) => (result.ok(), result.err()),
                _ => (None, None),
            };
            Val::Result(match value {
                Ok(value) => Ok(boxed(value, ok, handle)?),
                Err(value) => Err(boxed(value, err, handle)?),
            })
        }
        other => other.clone(),
    })
}

fn has_handle(value: &Val) -> bool {
    let boxed = |value: &Option<Box<Val>>| value.as_ref().is_some_and(|value| has_handle(value));
    match value {
        Val::Resource(_) => true,
        // Elements are of one type.
        Val::List(values) | Val::FixedLengthList(values) => values.iter().any(has_handle),
        Val::Tuple(values) => values.iter().any(has_handle),
        Val::Record(fields) => fields.iter().any(|(_, value)| has_handle(value)),
        Val::Variant(_, value) | Val::Option(value) | Val::Result(Ok(value) | Err(value)) => boxed(value),
        _ => false,
    }
}

fn ended<T>(done: &wasmtime::Result<T>, text: impl FnOnce() -> Option<String>) -> End {
    let Err(error) = done else { return End::Returned(text()) };
    match (error.downcast_ref::<Stop>(), error.downcast_ref::<I32Exit>()) {
        (Some(Stop::Exit(code)), _) => End::Exit(*code),
        (_, Some(I32Exit(code))) => End::Exit(*code),
        _ => End::Failed(backtrace::message(error)),
    }
}

/// What a relay uses is not the guest's use: neither its memory, nor the instructions it takes.
struct Uncounted {
    fuel: Option<u64>,
}

impl Uncounted {
    fn begin(store: &mut StoreContextMut<'_, State>) -> Self {
        store.data_mut().pages.counting = false;
        let fuel = store.get_fuel().ok();
        if fuel.is_some() {
            // A store that counts takes any number.
            let _ = store.set_fuel(u64::MAX);
        }
        Self { fuel }
    }

    fn end(self, store: &mut StoreContextMut<'_, State>) {
        store.data_mut().pages.counting = true;
        if let Some(fuel) = self.fuel {
            let _ = store.set_fuel(fuel);
        }
    }
}
