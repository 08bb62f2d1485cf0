//! A host whose functions are all reached through a relay, which tells of each call.

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
        store: &mut Store<State>,
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
        let resources = stand_ins::define(&mut linker, program.component(), asynchronous)?;
        for Relayed { instance, function, export } in &self.functions {
            let real = relay.get_func(&mut *store, export);
            let real = real.ok_or_else(|| wasmtime::format_err!("the relay lacks `{export}`"))?;
            let name: Arc<str> = names::full(instance.as_deref(), function).into();
            let passed = Passed { name, real: Some(real), resources: resources.clone() };
            passed.define(&mut linker, instance.as_deref(), function, asynchronous)?;
        }
        linker.instantiate_pre(program.component())
    }
}

/// Calls a relay's function, whose use of memory and instructions is not the guest's.
pub(super) struct Uncounted {
    fuel: Option<u64>,
}

impl Uncounted {
    pub(super) fn begin(store: &mut StoreContextMut<'_, State>) -> Self {
        store.data_mut().pages.counting = false;
        let fuel = store.get_fuel().ok();
        if fuel.is_some() {
            // A store that counts takes any number.
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

/// The same function, called.
pub(super) async fn call(
    store: &mut StoreContextMut<'_, State>,
    function: Func,
    arguments: &[wasmtime::component::Val],
    results: &mut [wasmtime::component::Val],
    asynchronous: bool,
) -> wasmtime::Result<()> {
    let uncounted = Uncounted::begin(store);
    let done = match asynchronous {
        true => function.call_async(&mut *store, arguments, results).await,
        false => function.call(&mut *store, arguments, results),
    };
    uncounted.end(store);
    done
}
