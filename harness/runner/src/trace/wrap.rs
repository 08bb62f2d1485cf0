//! Records all calls of a host by a proxy component in front of it.

use std::sync::Arc;

use polyfill_encoder::{Relayed, relay};
use wasmtime::component::{Func, InstancePre, Linker};
use wasmtime::{AsContextMut, Store, StoreContextMut};

use super::passed::Passed;
use super::stand_ins;
use crate::engine::Engine;
use crate::host::State;
use crate::program::Program;
use crate::{backtrace, core_boundary, names};

/// Proxy component of a program, linked to the host's functions.
pub(crate) struct Wrapped {
    relay: InstancePre<State>,
    functions: Vec<Relayed>,
}

impl Wrapped {
    /// Creates and links the proxy component. `host` must define all imports of the program.
    pub(crate) fn new(engine: &Engine, program: &Program, host: &Linker<State>) -> Result<Self, String> {
        let relay = relay(program.binary()).map_err(|error| error.to_string())?;
        let component = engine.program(&relay.component).map_err(|error| error.to_string())?;
        let linked = host.instantiate_pre(component.component());
        let linked = linked
            .map_err(|error| format!("the proxy component does not match the host: {}", backtrace::message(&error)))?;
        Ok(Self { relay: linked, functions: relay.functions })
    }

    /// Instantiates the proxy component in a run's store. Returns the program linked to functions that call the proxy.
    pub(crate) async fn link(
        &self,
        program: &Program,
        store: &mut Store<State>,
        asynchronous: bool,
    ) -> wasmtime::Result<InstancePre<State>> {
        let uncounted = Uncounted::begin(&mut store.as_context_mut());
        let relay = if asynchronous {
            self.relay.instantiate_async(&mut *store).await
        } else {
            self.relay.instantiate(&mut *store)
        };
        uncounted.end(&mut store.as_context_mut());
        let relay = relay?;
        let mut linker = Linker::new(store.engine());
        core_boundary::add_to_linker(&mut linker)?;
        let resources = stand_ins::define(&mut linker, program.component(), asynchronous)?;
        for Relayed { instance, function, export } in &self.functions {
            let real = relay.get_func(&mut *store, export);
            let real = real.ok_or_else(|| wasmtime::format_err!("the proxy component has no export `{export}`"))?;
            let name: Arc<str> = names::full(instance.as_deref(), function).into();
            let passed = Passed { name, real: Some(real), resources: resources.clone() };
            passed.define(&mut linker, instance.as_deref(), function, asynchronous)?;
        }
        linker.instantiate_pre(program.component())
    }
}

/// Suspends the accounting of memory and fuel during calls of the proxy component, which are not the guest's.
pub(super) struct Uncounted {
    fuel: Option<u64>,
}

impl Uncounted {
    pub(super) fn begin(store: &mut StoreContextMut<'_, State>) -> Self {
        store.data_mut().pages.counting = false;
        let fuel = store.get_fuel().ok();
        if fuel.is_some() {
            // Succeeds, because fuel is enabled in this store.
            let _ = store.set_fuel(u64::MAX);
        }
        Self { fuel }
    }

    pub(super) fn end(self, store: &mut StoreContextMut<'_, State>) {
        store.data_mut().pages.counting = true;
        if let Some(fuel) = self.fuel {
            let _ = store.set_fuel(fuel);
        }
    }
}

/// Calls a function of the proxy component without accounting.
pub(super) async fn call(
    store: &mut StoreContextMut<'_, State>,
    function: Func,
    arguments: &[wasmtime::component::Val],
    results: &mut [wasmtime::component::Val],
    asynchronous: bool,
) -> wasmtime::Result<()> {
    let uncounted = Uncounted::begin(store);
    let done = if asynchronous {
        function.call_async(&mut *store, arguments, results).await
    } else {
        function.call(&mut *store, arguments, results)
    };
    uncounted.end(store);
    done
}
