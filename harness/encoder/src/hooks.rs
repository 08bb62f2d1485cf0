//! Task hook: reports calls by the canonical ABI to main.
//!
//! If main exports `__wasm_task_hook`, it is called for every call that the component makes into its core modules on
//! behalf of the canonical ABI: exported functions, `post-return` functions, destructors, reallocs, and initialization.
//! Each of these functions is wrapped by a generated function that calls the hook before and after it
//! ([`Event::codes`]).

use foldhash::HashMap;
use wasmparser::{FuncType, ValType};

use crate::names;
use crate::parts::Parts;
use crate::plan::{Canon, CoreRef, Event, Hooks, Lift, ModuleId, Resource, Wire, WireSource, Wrapped};

/// Returns main's task hook if main exports one.
pub(crate) fn hook(parts: &Parts<'_>) -> Option<CoreRef> {
    let ty = parts.main.module.export_func(names::TASK_HOOK)?;
    (*ty == hook_type()).then(|| CoreRef::new(ModuleId::MAIN, names::TASK_HOOK))
}

/// Returns the type of the hook. Its parameter is the event code.
pub(crate) fn hook_type() -> FuncType {
    FuncType::new([ValType::I32], [])
}

/// Finds the functions that the canonical ABI calls.
pub(crate) fn hooks(
    hook: Option<CoreRef>,
    parts: &Parts<'_>,
    wires: &[Wire],
    resources: &[Resource],
    lifts: &[Lift],
) -> Option<Hooks> {
    let mut wrapping =
        Wrapping { parts, hooks: Hooks { hook: hook?, wrapped: Vec::new(), places: HashMap::default() } };
    for wire in wires {
        if let WireSource::Lower(_, canon) = &wire.source {
            wrapping.options(canon);
        }
    }
    for resource in resources {
        wrapping.wrap(resource.dtor.as_ref(), Event::Destructor);
    }
    for Lift { core, canon, .. } in lifts {
        let call = if canon.post_return.is_some() { Event::CallWithPostReturn } else { Event::Call };
        wrapping.wrap(Some(core), call);
        wrapping.options(canon);
    }
    Some(wrapping.hooks)
}

struct Wrapping<'a> {
    parts: &'a Parts<'a>,
    hooks: Hooks,
}

impl Wrapping<'_> {
    fn options(&mut self, canon: &Canon) {
        self.wrap(canon.realloc.as_ref().map(|(core, _)| core), Event::Realloc);
        self.wrap(canon.post_return.as_ref(), Event::PostReturn);
    }

    fn wrap(&mut self, core: Option<&CoreRef>, event: Event) {
        let Some(core) = core.filter(|core| self.hooks.find(core).is_none()) else { return };
        let ty = self.parts.used(core.module).module.export_func(&core.export);
        let ty = ty.expect("the type of a function is checked when its export is bound");
        self.hooks.places.insert(core.clone(), self.hooks.wrapped.len());
        self.hooks.wrapped.push(Wrapped { core: core.clone(), ty: ty.clone(), event });
    }
}

impl Hooks {
    /// Returns the index of a function among the wrapped functions.
    pub fn find(&self, core: &CoreRef) -> Option<usize> {
        self.places.get(core).copied()
    }
}
