//! Imported function that is answered by the proxy component or by a host mock. Each call is recorded.

use std::sync::Arc;

use wasmtime::StoreContextMut;
use wasmtime::component::types::ComponentFunc;
use wasmtime::component::{Func, Linker, ResourceAny, Type, Val};
use wasmtime_wasi::I32Exit;

use super::handles::{Names, map};
use super::script::Response;
use super::stand_ins::Resources;
use super::{Boundary, End, wrap};
use crate::host::{State, Stop};
use crate::{backtrace, core_boundary, drive, handles};

/// Host function.
#[derive(Clone)]
pub(super) struct Passed {
    /// Name, as `instance.function`.
    pub(super) name: Arc<str>,
    /// Function of the proxy component. `None` without a host.
    pub(super) real: Option<Func>,
    pub(super) resources: Arc<Resources>,
}

impl Passed {
    /// Defines the function in a linker under the name that the component imports.
    pub(super) fn define(
        self,
        linker: &mut Linker<State>,
        instance: Option<&str>,
        function: &str,
        asynchronous: bool,
    ) -> wasmtime::Result<()> {
        let mut root = match instance {
            Some(instance) => linker.instance(instance)?,
            None => linker.root(),
        };
        if asynchronous {
            return root.func_new_async(function, move |store, ty, arguments, results| {
                let passed = self.clone();
                Box::new(async move { passed.call(store, ty, arguments, results, true).await })
            });
        }
        root.func_new(function, move |store, ty, arguments, results| {
            // A host without asynchronous functions never waits.
            drive::drive_at_once(self.call(store, ty, arguments, results, false))
        })
    }

    async fn call(
        &self,
        mut store: StoreContextMut<'_, State>,
        ty: ComponentFunc,
        arguments: &[Val],
        results: &mut [Val],
        asynchronous: bool,
    ) -> wasmtime::Result<()> {
        core_boundary::asked(&store);
        let mut names = Names::default();
        let (mut given_away, mut lent) = (Vec::new(), Vec::new());
        let mut real = Vec::new();
        for argument in arguments {
            real.push(take(&mut store, argument, &mut names, &mut given_away, &mut lent)?);
        }
        let parent = lent.first().copied().filter(|_| self.name.contains("[method]"));
        let is_asked = store.data().tape().is_asked();
        let asked = arguments.iter().filter(|_| is_asked);
        let texts: Vec<String> = asked.map(|argument| text(&store, argument, &names)).collect();
        let says = store.data().tape().answer(&self.name, &texts);
        store.data().tape().begin(Boundary::Import, &self.name, texts);
        if let Response::Asks { argument, value } = &says {
            self.ask(&ty, *argument, value, &mut real)?;
        }
        let done = match (says, self.real) {
            (Response::Ends(end), _) => {
                for handle in given_away {
                    drop_real(&mut store, handle, asynchronous).await?;
                }
                self.scripted(&mut store, &ty, end, results)
            }
            (_, Some(function)) => match wrap::call(&mut store, function, &real, results, asynchronous).await {
                Ok(()) => self.give(&mut store, &ty, parent, results),
                Err(error) => Err(error),
            },
            (_, None) => Err(wasmtime::format_err!("no response for `{}`", self.name)),
        };
        let end = ended(&done);
        store.data().tape().end(end);
        core_boundary::answered(&store, &self.name);
        done.map(|_| ())
    }

    /// Replaces handles of the proxy component in the results by handles for the guest. Returns the text of the result.
    fn give(
        &self,
        store: &mut StoreContextMut<'_, State>,
        ty: &ComponentFunc,
        parent: Option<u32>,
        results: &mut [Val],
    ) -> wasmtime::Result<Option<String>> {
        let (Some(result), Some(ty)) = (results.first_mut(), ty.results().next()) else { return Ok(None) };
        let mut names = Names::default();
        *result = map(result, Some(&ty), &mut |real, ty| {
            let Some(Type::Own(resource)) = ty else { return Ok(real) };
            let (handle, number, name) = self.resources.give(store, resource, real)?;
            store.data().core_boundary().given(number, &name, &self.name, parent);
            names.add(handle, name);
            Ok(handle)
        })?;
        let is_asked = store.data().tape().is_asked();
        Ok(is_asked.then(|| text(store, result, &names)))
    }

    /// Replaces an argument.
    fn ask(&self, ty: &ComponentFunc, argument: usize, value: &str, real: &mut [Val]) -> wasmtime::Result<()> {
        let (Some(place), Some((name, ty))) = (real.get_mut(argument), ty.params().nth(argument)) else {
            return Err(wasmtime::format_err!("`{}` has no argument {argument}", self.name));
        };
        let mut none = |_: &Type, name: &str| Err(format!("`{name}` is not a handle of the guest"));
        *place = handles::parse(&ty, value, &mut none).map_err(|message| {
            wasmtime::format_err!(
                "`{value}` is not a valid value of the parameter `{name}` of `{}`: {message}",
                self.name
            )
        })?;
        Ok(())
    }

    /// Ends a call as specified by the host mock, with mocked handles in the result.
    fn scripted(
        &self,
        store: &mut StoreContextMut<'_, State>,
        ty: &ComponentFunc,
        end: End,
        results: &mut [Val],
    ) -> wasmtime::Result<Option<String>> {
        let value = match end {
            End::Returned(value) => value,
            End::Exit(code) => return Err(Stop::Exit(code).into()),
            End::Failed(message) => return Err(wasmtime::Error::msg(message)),
            End::Never => return Err(wasmtime::Error::msg("the host stopped the run")),
        };
        let (Some(result), Some(ty)) = (results.first_mut(), ty.results().next()) else { return Ok(None) };
        let value = value.unwrap_or_default();
        let mut make = |ty: &Type, name: &str| match ty {
            Type::Own(resource) => {
                let handle = self.resources.make(store, resource, name).map_err(|error| format!("{error:#}"))?;
                Ok(Val::Resource(handle))
            }
            _ => Err("a borrowed handle cannot be returned".to_string()),
        };
        *result = handles::parse(&ty, &value, &mut make).map_err(|message| {
            wasmtime::format_err!("`{value}` is not a valid result of `{}`: {message}", self.name)
        })?;
        Ok(Some(value))
    }
}

/// Returns an argument with the guest's handles replaced by those of the proxy component. Removes the handles that the
/// guest passes as owned, and adds the numbers of borrowed ones to `lent`.
fn take(
    store: &mut StoreContextMut<'_, State>,
    value: &Val,
    names: &mut Names,
    given_away: &mut Vec<ResourceAny>,
    lent: &mut Vec<u32>,
) -> wasmtime::Result<Val> {
    map(value, None, &mut |handle, _| {
        let owned = handle.owned();
        let number = handle.try_into_resource_dynamic(&mut *store)?.rep();
        let known = if owned { store.data().tape().take(number) } else { store.data().tape().handle(number).cloned() };
        let known = known.ok_or_else(|| wasmtime::format_err!("unknown handle: not returned by the host"))?;
        names.add(handle, known.name);
        if owned {
            store.data().core_boundary().given_away(number)
        } else {
            lent.push(number)
        }
        given_away.extend(known.real.filter(|_| owned));
        Ok(known.real.unwrap_or(handle))
    })
}

/// Drops a host resource.
pub(super) async fn drop_real(
    store: &mut StoreContextMut<'_, State>,
    real: ResourceAny,
    asynchronous: bool,
) -> wasmtime::Result<()> {
    let uncounted = wrap::Uncounted::begin(store);
    let done = if asynchronous { real.resource_drop_async(&mut *store).await } else { real.resource_drop(&mut *store) };
    uncounted.end(store);
    done
}

fn text(store: &StoreContextMut<'_, State>, value: &Val, names: &Names) -> String {
    store.data().tape().text(value, &mut |handle| names.get(handle).unwrap_or_default().to_string())
}

pub(super) fn ended(done: &wasmtime::Result<Option<String>>) -> End {
    let error = match done {
        Ok(text) => return End::Returned(text.clone()),
        Err(error) => error,
    };
    match (error.downcast_ref::<Stop>(), error.downcast_ref::<I32Exit>()) {
        (Some(Stop::Exit(code)), _) => End::Exit(*code),
        (_, Some(I32Exit(code))) => End::Exit(*code),
        _ => End::Failed(backtrace::message(error)),
    }
}
