//! Mock resources: imported resources that the host does not define, used by functions that a case answers.
//!
//! A mock handle is represented by a number only: the third handle that answers created in a run, a `counter`, is named
//! `counter#3`.

use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};

use wasmtime::StoreContextMut;
use wasmtime::component::types::ComponentItem;
use wasmtime::component::{Component, Linker, ResourceAny, ResourceDynamic, ResourceType, Type, Val};

use crate::handles;
use crate::host::State;
use crate::imports::{self, Missing};
use crate::interfaces::Interfaces;
use crate::names::{self, Item};
use crate::values::trace_text;

/// Notation for a new handle in a case.
pub(crate) const NEW: &str = "$new";

/// Mock resources of a case.
#[derive(Default)]
pub(crate) struct Resources {
    all: Vec<Resource>,
    /// Number of handles created, over all resources.
    given: AtomicU32,
}

struct Resource {
    instance: Option<String>,
    name: String,
    /// Resource type in the component's own types, before it is mapped to the mock resource.
    ty: ResourceType,
}

impl Resources {
    /// Defines the resources of the answered functions, those of their interfaces and those in their types, in a linker
    /// without the answers.
    pub(crate) fn define(
        linker: &mut Linker<State>,
        interfaces: &Interfaces,
        component: &Component,
        answered: &[&Item],
    ) -> Arc<Self> {
        let missing = imports::missing(linker, interfaces, component).unwrap_or_default();
        let mut resources = Self::default();
        for Missing { instance, name, item } in missing {
            let ComponentItem::Resource(ty) = item else { continue };
            let belongs = |item: &&Item| item.instance == instance || item.resources().contains(&ty);
            if answered.iter().any(belongs) {
                let resource = Resource { instance, name, ty };
                resource.define(linker, payload(resources.all.len()));
                resources.all.push(resource);
            }
        }
        Arc::new(resources)
    }

    /// Returns true if the function is a constructor of one of these resources.
    pub(crate) fn constructs(&self, item: &Item) -> bool {
        self.all.iter().any(|of| of.instance == item.instance && item.constructor() == Some(of.name.as_str()))
    }

    /// Parses a value of the given type from a case, with placeholders instead of handles.
    pub(crate) fn check(&self, ty: &Type, text: &str) -> Result<Val, String> {
        handles::parse(ty, text, &mut |ty, text| self.find(ty, text).map(|_| Val::Bool(false)))
    }

    /// Parses a value from a case and creates its handles. Returns the value and its text for a trace.
    pub(crate) fn make(
        &self,
        store: &mut StoreContextMut<'_, State>,
        ty: &Type,
        text: &str,
    ) -> wasmtime::Result<(Val, String)> {
        let mut names = Vec::new();
        let mut give = |ty: &Type, text: &str| {
            let index = self.find(ty, text)?;
            let number = self.given.fetch_add(1, Ordering::Relaxed).saturating_add(1);
            let handle = ResourceDynamic::new_own(number, payload(index)).try_into_resource_any(&mut *store);
            let handle = handle.map_err(|error| format!("{error:#}"))?;
            store.data_mut().give(&self.all[index].name, number);
            names.push((handle, self.all[index].handle(number)));
            Ok(Val::Resource(handle))
        };
        let value = handles::parse(ty, text, &mut give).map_err(wasmtime::Error::msg)?;
        let name = |handle| names.iter().find(|(known, _)| *known == handle).map(|(_, name)| name.clone());
        let text = trace_text(&value, &mut |handle| name(handle).unwrap_or_default());
        Ok((value, text))
    }

    /// Returns an argument's text for a trace. Releases its handles: borrowed handles are returned, and owned resources
    /// are dropped by the host.
    pub(crate) async fn take(
        &self,
        store: &mut StoreContextMut<'_, State>,
        argument: &Val,
        asynchronous: bool,
    ) -> wasmtime::Result<String> {
        let mut outcome = Ok(());
        let mut others = Vec::new();
        let text = trace_text(argument, &mut |handle| match self.take_handle(store, handle, &mut others) {
            Ok(text) => text,
            Err(error) => {
                outcome = Err(error);
                String::new()
            }
        });
        for handle in others {
            if asynchronous {
                handle.resource_drop_async(&mut *store).await?
            } else {
                handle.resource_drop(&mut *store)?
            }
        }
        outcome.map(|()| text)
    }

    fn take_handle(
        &self,
        store: &mut StoreContextMut<'_, State>,
        handle: ResourceAny,
        others: &mut Vec<ResourceAny>,
    ) -> wasmtime::Result<String> {
        let is_of = |index: &usize| handle.ty() == ResourceType::host_dynamic(payload(*index));
        match (0..self.all.len()).find(is_of) {
            Some(index) => {
                let owned = handle.owned();
                let number = handle.try_into_resource_dynamic(&mut *store)?.rep();
                if owned {
                    store.data_mut().end(number);
                }
                Ok(self.all[index].handle(number))
            }
            // The host defines this resource.
            None => {
                others.push(handle);
                Ok(if handle.owned() { "<own>".into() } else { "<borrow>".into() })
            }
        }
    }

    fn find(&self, ty: &Type, text: &str) -> Result<usize, String> {
        if text != NEW {
            return Err(format!("expected `{NEW}` for a handle, found `{text}`"));
        }
        let Type::Own(resource) = ty else { return Err("`borrow<T>` cannot be returned".into()) };
        let index = self.all.iter().position(|known| known.ty == *resource);
        index.ok_or_else(|| "the host defines this resource, so that a case cannot create handles of it".into())
    }
}

impl Resource {
    fn define(&self, linker: &mut Linker<State>, payload: u32) {
        let dropped = names::full(self.instance.as_deref(), &names::drop_of(&self.name));
        let name = self.name.clone();
        let drop_it = move |mut store: StoreContextMut<'_, State>, number: u32| {
            store.data_mut().end(number);
            store.data().record(&dropped, &[handle(&name, number)], None);
            Ok(())
        };
        let ty = ResourceType::host_dynamic(payload);
        let defined = match &self.instance {
            Some(instance) => linker.instance(instance).and_then(|mut root| root.resource(&self.name, ty, drop_it)),
            None => linker.root().resource(&self.name, ty, drop_it),
        };
        // The name is undefined. Other errors are reported by the check of all imports.
        drop(defined);
    }

    fn handle(&self, number: u32) -> String {
        handle(&self.name, number)
    }
}

fn handle(resource: &str, number: u32) -> String {
    format!("{resource}#{number}")
}

/// Distinguishes the mock resource types. Host code may use such numbers as well, and counts from 0.
fn payload(index: usize) -> u32 {
    u32::MAX - index as u32
}
