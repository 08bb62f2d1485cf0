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
}

/// Where an adapter's stack and static data come from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Region {
    /// From main's realloc where it exports one, otherwise by `memory.grow`.
    Auto,
    /// By `memory.grow`, even where main exports a realloc.
    MemoryGrow,
}
