//! Proxy resources in place of the host's resources.

use std::sync::Arc;

use wasmtime::StoreContextMut;
use wasmtime::component::types::ComponentItem;
use wasmtime::component::{Component, Linker, ResourceAny, ResourceDynamic, ResourceType};

use super::Boundary;
use super::passed::{drop_real, ended};
use crate::host::State;
use crate::{core_boundary, drive, names};

/// Names of the proxy resources, indexed by the number in their dynamic types.
#[derive(Debug, Default)]
pub(super) struct Resources(Vec<String>);

impl Resources {
    /// Creates a proxy handle for a handle of the proxy component. Returns it with its number and name.
    pub(super) fn give(
        &self,
        store: &mut StoreContextMut<'_, State>,
        resource: &ResourceType,
        real: ResourceAny,
    ) -> wasmtime::Result<(ResourceAny, u32, String)> {
        let index = self.find(resource)?;
        let (number, name) = store.data().tape().give(&self.0[index], real);
        Ok((ResourceDynamic::new_own(number, index as u32).try_into_resource_any(&mut *store)?, number, name))
    }

    /// Creates a mocked handle with this name.
    pub(super) fn make(
        &self,
        store: &mut StoreContextMut<'_, State>,
        resource: &ResourceType,
        name: &str,
    ) -> wasmtime::Result<ResourceAny> {
        let index = self.find(resource)?;
        let number = store.data().tape().make(name);
        ResourceDynamic::new_own(number, index as u32).try_into_resource_any(&mut *store)
    }

    fn find(&self, resource: &ResourceType) -> wasmtime::Result<usize> {
        let stand_in = |index: &usize| ResourceType::host_dynamic(*index as u32) == *resource;
        let index = (0..self.0.len()).find(stand_in);
        index.ok_or_else(|| wasmtime::format_err!("handle of a resource that the component does not import"))
    }
}

/// Defines a proxy resource for each resource that the program imports.
pub(super) fn define(
    linker: &mut Linker<State>,
    component: &Component,
    asynchronous: bool,
) -> wasmtime::Result<Arc<Resources>> {
    let engine = component.engine();
    let ty = component.component_type();
    let mut known: Vec<ResourceType> = Vec::new();
    let mut names = Vec::new();
    let mut define = |linker: &mut Linker<State>, instance: Option<&str>, name: &str, ty: ResourceType| {
        // A resource that an interface uses from another one is defined there only.
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
        if asynchronous {
            root.resource_async(name, stand_in, move |store, number| {
                let dropped = dropped.clone();
                Box::new(async move { drop_handle(store, &dropped, number, true).await })
            })
        } else {
            root.resource(name, stand_in, move |store, number| {
                drive::drive_at_once(drop_handle(store, &dropped, number, false))
            })
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
    Ok(Arc::new(Resources(names)))
}

async fn drop_handle(
    mut store: StoreContextMut<'_, State>,
    dropped: &str,
    number: u32,
    asynchronous: bool,
) -> wasmtime::Result<()> {
    let Some(handle) = store.data().tape().take(number) else { return Ok(()) };
    store.data().core_boundary().dropped(number);
    core_boundary::locate(&store);
    let arguments = vec![handle.name];
    // The host mock is notified of drops; its response is ignored.
    let _ = store.data().tape().answer(dropped, &arguments);
    store.data().tape().begin(Boundary::Import, dropped, arguments);
    let done = match handle.real {
        Some(real) => drop_real(&mut store, real, asynchronous).await,
        None => Ok(()),
    };
    let done = done.map(|()| None);
    let end = ended(&done);
    store.data().tape().end(end);
    done.map(|_| ())
}
