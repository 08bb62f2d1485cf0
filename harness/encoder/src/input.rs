//! What goes into an encoding: modules, their WIT, and the few choices there are.

use wit_parser::{Resolve, Stability, WorldId, WorldItem};

use crate::names;
use crate::stub::Answer;

/// Everything that one component is made of.
#[derive(Clone, Debug)]
pub struct Input<'a> {
    /// The guest's core module.
    pub main: Source<'a>,
    /// The adapters that may be used, as layers: an import is given to the first one that implements its import module
    /// and exports the function; what an adapter imports from its own import module goes to the layers behind it.
    /// One that nothing asks for leaves no trace in the component.
    pub adapters: Vec<Adapter<'a>>,
}

/// One core module and the WIT it was compiled against.
#[derive(Clone, Debug)]
pub struct Source<'a> {
    /// A word for messages and names.
    pub name: String,
    /// The module in binary form.
    pub wasm: &'a [u8],
    /// WIT given from outside. Joined with what the module's own `component-type` sections say.
    pub wit: Option<Wit>,
}

/// A resolved WIT world.
///
/// Items that are gated by `@unstable(feature = ..)` are taken as far as `resolve` has them: [`Resolve::features`] and
/// [`Resolve::all_features`] say which are parsed, by default none. [`Wit::with_features`] leaves them out later.
#[derive(Clone, Debug)]
pub struct Wit {
    /// All packages.
    pub resolve: Resolve,
    /// The world that the module was compiled against.
    pub world: WorldId,
}

impl Wit {
    /// The same without items that are gated by `@unstable`, but for those of these features: for a `resolve` that was
    /// parsed with more of them.
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

/// One layer: an implementation of import modules.
#[derive(Clone, Debug)]
pub struct Adapter<'a> {
    /// A word for messages and names.
    pub name: String,
    /// The import modules that it implements. Each is an exact name (`env`); an interface's name, which stands for all
    /// compatible versions (`wasi:cli/environment@0.2.0` also for an import of `@0.2.3`); or a pattern, in which `*` is
    /// any run of characters (`wasi:sockets/*`).
    pub implements: Vec<String>,
    /// What it consists of.
    pub code: Code<'a>,
    /// Whose memory it works in.
    pub form: Form,
    /// Its stack.
    pub stack: Stack,
    /// Beside an interposer, it tells how much of its stack each call uses, where that is [`checked`](Stack::checked), and
    /// it has what it takes to tell of its writes to main's memory: [`watch`](crate::watch()).
    pub reports: bool,
}

/// What an adapter consists of.
#[derive(Clone, Debug)]
pub enum Code<'a> {
    /// A core module.
    Module {
        /// The module in binary form.
        wasm: &'a [u8],
        /// WIT given from outside. Joined with what the module's own `component-type` sections say.
        wit: Option<Wit>,
    },
    /// A layer that passes every call on, and reports it to the host before and after: see
    /// [`CALLS`](crate::CALLS).
    Interposer {
        /// The host is asked before and after each call what is to be in main's memory: it may fill what the call is to
        /// write, and put back what was there. Main's stack pointer is told of with each report, if main has one that is
        /// known, and no start function.
        checks: bool,
    },
    /// A layer that answers by itself, made from WIT: each interface that the world imports.
    Stub {
        /// What the interfaces look like.
        wit: Wit,
        /// What every function answers.
        answer: Answer,
    },
}

/// Whose memory an adapter works in.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum Form {
    /// As it was linked: a module that imports its memory shares main's, one that has a memory of its own keeps it.
    #[default]
    Auto,
    /// In main's: its stack and static data are placed there. Needs relocations where there is static data.
    Shared,
    /// In its own: main's memory is reached by copies only, and nothing of it is touched but what a call returns.
    Isolated,
}

/// An adapter's stack.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub struct Stack {
    /// Its size in bytes, for an adapter that shares main's memory; 64 KiB by default.
    pub size: Option<u32>,
    /// Overflow traps, in a function called `polyfill.stack_overflow`.
    pub guard: bool,
    /// The global that is the stack pointer, where neither a symbol, nor an export, nor the name section tells.
    pub pointer: Option<u32>,
    /// Where the stack pointer is known: overflow traps as with `guard`, and so does an exported function that returns with
    /// another stack pointer than it was called with, in a function called `polyfill.stack_unbalanced`.
    pub checked: bool,
}

impl<'a> Adapter<'a> {
    /// A core module that implements the import module of that name.
    pub fn new(name: impl Into<String>, wasm: &'a [u8]) -> Adapter<'a> {
        Adapter::of(name.into(), Code::Module { wasm, wit: None })
    }

    /// A layer that reports each call of an import module, given by name or pattern.
    pub fn interposer(implements: impl Into<String>) -> Adapter<'a> {
        let implements = implements.into();
        let name = format!("interposer of {implements}");
        Adapter::of(name, Code::Interposer { checks: false }).implementing([implements])
    }

    /// The same, with all that shows what is wrong: the host may fill what calls write, and hears of main's
    /// stack pointer.
    pub fn checking(self) -> Adapter<'a> {
        match self.code {
            Code::Interposer { .. } => Adapter { code: Code::Interposer { checks: true }, ..self },
            _ => self,
        }
    }

    /// A layer that reports each call by which an adapter asks main's realloc for memory, as a function of
    /// `__main_module__`: what main's memory goes through meanwhile is main's own doing.
    pub fn realloc_interposer() -> Adapter<'a> {
        Adapter::interposer(names::MAIN)
    }

    /// A layer that answers every call of the interfaces that a world imports.
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
            stack: Stack::default(),
            reports: false,
        }
    }

    /// With WIT from outside.
    pub fn with_wit(mut self, given: Option<Wit>) -> Adapter<'a> {
        if let Code::Module { wit, .. } = &mut self.code {
            *wit = given;
        }
        self
    }

    /// For other import modules than the one of its name.
    pub fn implementing(mut self, names: impl IntoIterator<Item = impl Into<String>>) -> Adapter<'a> {
        self.implements = names.into_iter().map(Into::into).collect();
        self
    }

    /// In another form than it was linked for.
    pub fn in_form(mut self, form: Form) -> Adapter<'a> {
        self.form = form;
        self
    }

    /// With another stack.
    pub fn with_stack(mut self, stack: Stack) -> Adapter<'a> {
        self.stack = stack;
        self
    }
}

/// The choices of an encoding.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Options {
    /// Write name sections for the component and for generated modules, and keep the names and the DWARF of adapters.
    /// Main keeps what it has in any case.
    pub debug_names: bool,
    /// Validate the finished component, function bodies included.
    ///
    /// Without it, adapters are not validated either: one that is not valid may give a component that is not.
    pub validate: bool,
    /// Where adapters take their stack and static data from.
    pub region: Region,
    /// How isolated adapters reach main's memory.
    pub copies: Copies,
    /// How a call through a slot reaches the function behind it.
    pub forwarding: Forwarding,
    /// Write interfaces under canonical names, the rest of the version beside: `a:b/c@0.2` with the suffix `.6`.
    /// For hosts that match imports by such names.
    pub canonical_names: bool,
    /// Write a section that says where each core module, instance and function came from: see
    /// [`provenance`](crate::provenance()).
    pub provenance: bool,
}

impl Default for Options {
    /// Names and validation, and nothing that an older engine lacks.
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

/// How a call through a slot reaches the function behind it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Forwarding {
    /// Through a table entry: any engine can do it.
    Table,
    /// Through a global with a typed function reference, by a tail call: wants the proposals for function references
    /// and for tail calls, and spares the check of the function's type at each call.
    References,
}

/// Where an adapter's stack and static data come from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Region {
    /// From main's realloc where it exports one, otherwise by `memory.grow`.
    Auto,
    /// By `memory.grow`, even where main exports a realloc.
    MemoryGrow,
}

/// How bytes get from one memory to another.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Copies {
    /// By `memory.copy` between two memories of one module.
    MultiMemory,
    /// By loads in one module and stores in another, for engines with one memory a module.
    Loads,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn gated_items_are_left_out_but_for_their_features() {
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
