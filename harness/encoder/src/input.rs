//! What goes into an encoding: modules, their WIT, and the few choices there are.

use wit_parser::{Resolve, WorldId};

/// Everything that one component is made of.
#[derive(Clone, Debug)]
pub struct Input<'a> {
    /// The guest's core module.
    pub main: Source<'a>,
    /// The adapters that may be used. One that nothing asks for leaves no trace in the component.
    pub adapters: Vec<Source<'a>>,
}

/// One core module and the WIT it was compiled against.
#[derive(Clone, Debug)]
pub struct Source<'a> {
    /// For main, a word for messages and names; for an adapter, the import module that it implements.
    pub name: String,
    /// The module in binary form.
    pub wasm: &'a [u8],
    /// WIT given from outside. Joined with what the module's own `component-type` sections say.
    pub wit: Option<Wit>,
}

/// A resolved WIT world.
#[derive(Clone, Debug)]
pub struct Wit {
    /// All packages.
    pub resolve: Resolve,
    /// The world that the module was compiled against.
    pub world: WorldId,
}

/// The choices of an encoding.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Options {
    /// Write name sections for the component and for generated modules.
    pub debug_names: bool,
    /// Validate the finished component, function bodies included.
    pub validate: bool,
    /// Where adapters take their stack and static data from.
    pub region: Region,
    /// How a call through a slot reaches the function behind it.
    pub forwarding: Forwarding,
    /// Write interfaces under canonical names, the rest of the version beside: `a:b/c@0.2` with the suffix `.6`.
    /// For hosts that match imports by such names.
    pub canonical_names: bool,
}

impl Default for Options {
    /// Names and validation, and nothing that an older engine lacks.
    fn default() -> Options {
        Options {
            debug_names: true,
            validate: true,
            region: Region::Auto,
            forwarding: Forwarding::Table,
            canonical_names: false,
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
