//! Input of an encoding: modules, their WIT, and options.

use wit_parser::{Resolve, Stability, WorldId, WorldItem};

use crate::names;
use crate::stub::Answer;

/// Input of one component.
#[derive(Clone, Debug)]
pub struct Input<'a> {
    /// Core module of the guest.
    pub main: Source<'a>,
    /// Available adapters, in order of the adapter chain. An import is served by the first adapter that implements its
    /// import module and exports the function. If an adapter imports from a module that it implements itself, the
    /// adapters behind it are searched. Unused adapters are not part of the component.
    pub adapters: Vec<Adapter<'a>>,
}

/// A core module and the WIT that it was compiled against.
#[derive(Clone, Debug)]
pub struct Source<'a> {
    /// Name for messages and for the name section.
    pub name: String,
    /// Core module in binary form.
    pub wasm: &'a [u8],
    /// WIT world of the module, in addition to the worlds of its `component-type` sections. They are merged. Default:
    /// none.
    pub wit: Option<Wit>,
}

/// A resolved WIT world.
///
/// Items gated by `@unstable(feature = ..)` are used as far as they are part of `resolve`. [`Resolve::features`] and
/// [`Resolve::all_features`] select the features to parse, by default none. [`Wit::with_features`] removes items of
/// other features after parsing.
///
/// # Examples
///
#[doc = "```rust"]
#[doc = include_str!("../examples/wit.rs")]
#[doc = "```"]
#[derive(Clone, Debug)]
pub struct Wit {
    /// All packages of the world.
    pub resolve: Resolve,
    /// World that the module was compiled against.
    pub world: WorldId,
}

impl Wit {
    /// Removes items gated by `@unstable`, except those of the given features. Use this with a `resolve` that was
    /// parsed with more features enabled.
    #[must_use]
    pub fn with_features<T: AsRef<str>>(mut self, features: &[T]) -> Wit {
        let is_in = |stability: &Stability| match stability {
            Stability::Unstable { feature, .. } => features.iter().any(|wanted| wanted.as_ref() == feature),
            Stability::Stable { .. } | Stability::Unknown => true,
        };
        let Resolve { worlds, interfaces, types, .. } = &mut self.resolve;
        for (_, interface) in interfaces.iter_mut() {
            interface.functions.retain(|_, function| is_in(&function.stability));
            interface.types.retain(|_, id| is_in(&types[*id].stability));
        }
        let keep = |item: &WorldItem| match item {
            WorldItem::Interface { id, stability, .. } => is_in(stability) && is_in(&interfaces[*id].stability),
            WorldItem::Function(function) => is_in(&function.stability),
            WorldItem::Type { id, .. } => is_in(&types[*id].stability),
        };
        let world = &mut worlds[self.world];
        world.imports.retain(|_, item| keep(item));
        world.exports.retain(|_, item| keep(item));
        self
    }
}

/// Implementation of one or more import modules.
#[derive(Clone, Debug)]
pub struct Adapter<'a> {
    /// Name for messages and for the name section.
    pub name: String,
    /// Import modules that the adapter implements. Each is one of:
    ///
    /// * an exact name (`env`)
    /// * an interface name, which matches all compatible versions (`wasi:cli/environment@0.2.0` also serves imports of
    ///   `@0.2.3`)
    /// * a pattern, in which `*` matches any text (`wasi:sockets/*`)
    ///
    /// Default: the name of the adapter. [`Adapter::stub`] and [`Adapter::interposer`] set it themselves.
    pub implements: Vec<String>,
    /// Source of the adapter's code.
    pub code: Code<'a>,
    /// Memory that the adapter works in. Default: [`Form::Auto`].
    pub form: Form,
    /// Options of the adapter's shadow stack. Default: see [`ShadowStack`].
    pub stack: ShadowStack,
    /// Enables reports, which need an interposition adapter in the same chain. The adapter then reports the stack use
    /// of each call if [`checked`](ShadowStack::checked) is set, and can be instrumented with [`watch`](crate::watch()) to
    /// report writes to main's memory. Default: `false`.
    pub reports: bool,
}

/// Source of an adapter's code.
#[derive(Clone, Debug)]
pub enum Code<'a> {
    /// A core module.
    Module {
        /// Core module in binary form.
        wasm: &'a [u8],
        /// WIT world of the module, in addition to the worlds of its `component-type` sections. They are merged.
        wit: Option<Wit>,
    },
    /// A generated interposition adapter that forwards every call and reports it to the host before and after: see
    /// [`CALLS`](crate::CALLS).
    Interposer {
        /// Enables memory and stack checks. Before and after each call, the host may overwrite main's memory: it can
        /// fill the bytes that the call is expected to write, and restore them. Each report contains main's stack
        /// pointer if main has a known one and no start function.
        checks: bool,
    },
    /// A generated adapter that implements each interface that the WIT world imports.
    Stub {
        /// World that imports the interfaces.
        wit: Wit,
        /// Behavior of every function.
        answer: Answer,
    },
}

/// Memory that an adapter works in.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum Form {
    /// As linked: a module that imports its memory shares main's memory; a module that defines its memory keeps it.
    #[default]
    Auto,
    /// Main's memory: the adapter's stack and static data are placed there. An adapter with static data must contain
    /// relocations.
    Shared,
    /// The adapter's own memory. Main's memory is accessed only by copies, and only results are written to it.
    Isolated,
}

/// Options of an adapter's shadow stack.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub struct ShadowStack {
    /// Size in bytes, for an adapter that shares main's memory: at most 2^30, rounded up to a multiple of 16. Default:
    /// 65536 (64 KiB).
    pub size: Option<u32>,
    /// Inserts a check that traps on stack overflow, in a function named `polyfill.stack_overflow`. Default: `false`.
    pub guard: bool,
    /// Index of the global that is the stack pointer. Default: found by symbol, export, name section, or use in code.
    pub pointer: Option<u32>,
    /// Inserts checks if the stack pointer is known. Stack overflow traps as with `guard`. An exported function that
    /// returns with a different stack pointer than it was called with traps in a function named
    /// `polyfill.stack_unbalanced`. Default: `false`.
    pub checked: bool,
}

impl<'a> Adapter<'a> {
    /// Creates an adapter from a core module. It implements the import module `name`.
    pub fn new(name: impl Into<String>, wasm: &'a [u8]) -> Adapter<'a> {
        Adapter::of(name.into(), Code::Module { wasm, wit: None })
    }

    /// Creates an interposition adapter that reports each call to the import modules that match a name or pattern.
    pub fn interposer(implements: impl Into<String>) -> Adapter<'a> {
        let implements = implements.into();
        let name = format!("interposer of {implements}");
        Adapter::of(name, Code::Interposer { checks: false }).implementing([implements])
    }

    /// Enables memory and stack checks of an interposition adapter: see [`Code::Interposer::checks`](Code::Interposer).
    /// Other adapters are unchanged.
    pub fn checking(self) -> Adapter<'a> {
        match self.code {
            Code::Interposer { .. } => Adapter { code: Code::Interposer { checks: true }, ..self },
            _ => self,
        }
    }

    /// Creates an interposition adapter that reports each call of main's realloc by an adapter, as a function of
    /// `__main_module__`. It allows writes by main during such a call to be attributed to main.
    pub fn realloc_interposer() -> Adapter<'a> {
        Adapter::interposer(names::MAIN)
    }

    /// Creates an adapter that implements all interfaces that a world imports.
    pub fn stub(wit: Wit, answer: Answer) -> Adapter<'a> {
        let world = &wit.resolve.worlds[wit.world];
        let implements: Vec<String> = world.imports.keys().map(|key| wit.resolve.name_world_key(key)).collect();
        let name = format!("stub of {}", world.name);
        Adapter::of(name, Code::Stub { wit, answer }).implementing(implements)
    }

    fn of(name: String, code: Code<'a>) -> Adapter<'a> {
        Adapter {
            implements: vec![name.clone()],
            name,
            code,
            form: Form::Auto,
            stack: ShadowStack::default(),
            reports: false,
        }
    }

    /// Sets the WIT world. Has no effect on generated adapters.
    pub fn with_wit(mut self, given: Option<Wit>) -> Adapter<'a> {
        if let Code::Module { wit, .. } = &mut self.code {
            *wit = given;
        }
        self
    }

    /// Replaces the implemented import modules. Default: the name of the adapter.
    pub fn implementing(mut self, names: impl IntoIterator<Item = impl Into<String>>) -> Adapter<'a> {
        self.implements = names.into_iter().map(Into::into).collect();
        self
    }

    /// Sets the memory that the adapter works in. Default: [`Form::Auto`].
    pub fn in_form(mut self, form: Form) -> Adapter<'a> {
        self.form = form;
        self
    }

    /// Sets the options of the shadow stack. Default: 64 KiB without checks.
    pub fn with_stack(mut self, stack: ShadowStack) -> Adapter<'a> {
        self.stack = stack;
        self
    }
}

/// Options of an encoding.
///
/// # Examples
///
#[doc = "```rust"]
#[doc = include_str!("../examples/options.rs")]
#[doc = "```"]
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Options {
    /// Writes name sections for the component and for generated modules, and keeps the names and the DWARF of adapters.
    /// Main's sections are always kept. Default: `true`.
    pub debug_names: bool,
    /// Validates the finished component, including function bodies. Default: `true`.
    ///
    /// Without validation, adapters are not validated either, so an invalid adapter may result in an invalid component.
    pub validate: bool,
    /// Source of the memory for stacks and static data of adapters. Default: [`Region::Auto`].
    pub region: Region,
    /// Method by which isolated adapters access main's memory. Default: [`Copies::MultiMemory`].
    pub copies: Copies,
    /// Method by which an indirect call reaches its function. Default: [`Forwarding::Table`].
    pub forwarding: Forwarding,
    /// Writes interface names in canonical form, with the rest of the version as a suffix: `a:b/c@0.2` with the suffix
    /// `.6`. For hosts that match imports by such names. Default: `false`.
    pub canonical_names: bool,
    /// Writes a custom section that describes the origin of each core module, instance and function: see
    /// [`provenance`](crate::provenance()). Default: `false`.
    pub provenance: bool,
}

impl Default for Options {
    /// Returns the default of each option. Names and validation are enabled.
    fn default() -> Options {
        Options {
            debug_names: true,
            validate: true,
            region: Region::Auto,
            copies: Copies::MultiMemory,
            forwarding: Forwarding::Table,
            canonical_names: false,
            provenance: false,
        }
    }
}

/// Method by which an indirect call through the shim reaches its function.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Forwarding {
    /// By `call_indirect` through a table entry. Supported by all engines.
    Table,
    /// By a tail call through a global with a typed function reference. Requires the function references and tail call
    /// proposals; avoids the signature check of each indirect call.
    References,
}

/// Source of the memory for an adapter's stack and static data.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Region {
    /// Main's realloc if main exports one, otherwise `memory.grow`.
    Auto,
    /// `memory.grow`, even if main exports a realloc.
    MemoryGrow,
}

/// Method by which bytes are copied between memories.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Copies {
    /// `memory.copy` between two memories of one module. Requires the multi-memory proposal.
    MultiMemory,
    /// Loads in one module and stores in another. For engines without the multi-memory proposal.
    Loads,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn gated_items_are_removed_unless_their_feature_is_enabled() {
        let text = "package g:p@0.2.0;
            interface base { run: func(); @unstable(feature = shiny) glow: func(); @since(version = 0.2.0) stop: func(); }
            @unstable(feature = rough) interface rest { sleep: func(); }
            world w { export base; @unstable(feature = shiny) import help: func(); @unstable(feature = rough) import rest; }";
        let found = |features: &[&str]| {
            let mut resolve = Resolve { all_features: true, ..Resolve::default() };
            let package = resolve.push_str("world.wit", text).unwrap();
            let world = resolve.select_world(&[package], None).unwrap();
            let Wit { resolve, world } = Wit { resolve, world }.with_features(features);
            let functions = resolve.interfaces.iter().flat_map(|(_, interface)| interface.functions.keys());
            let functions: Vec<String> = functions.filter(|name| *name != "sleep").cloned().collect();
            (functions.join(" "), resolve.worlds[world].imports.len(), resolve.worlds[world].exports.len())
        };
        assert_eq!(found(&[]), ("run stop".to_string(), 0, 1));
        assert_eq!(found(&["shiny"]), ("run glow stop".to_string(), 1, 1));
        assert_eq!(found(&["shiny", "rough"]), ("run glow stop".to_string(), 2, 1));
    }
}
