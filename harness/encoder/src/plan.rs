//! The plan: all decisions about a component, each with its reason. `emit` only writes what the plan contains.
//!
//! The plan contains ids only. Indices are assigned in `emit`.

use std::fmt;

use foldhash::{HashMap, HashSet};
use wasmparser::{FuncType, MemoryType, ValType};
use wit_parser::{TypeId, WorldKey};

use crate::input::Forwarding;
use crate::names::{MainMemoryOp, ThreadLocal};
use crate::start::Start;
use crate::trim::{Trimmed, When};
use crate::world::StringEncoding;

/// Growth of main's memory by adapters. Each value is the size of one adapter region in bytes, a multiple of the page
/// size of 64 KiB.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Growth {
    /// Regions allocated with `memory.grow` during instantiation.
    pub at_instantiation: Vec<u64>,
    /// Regions allocated with main's realloc. If main's realloc calls the adapter before the region exists,
    /// `memory.grow` is used instead.
    pub while_main_allocates: Vec<u64>,
    /// True if an adapter works in main's memory.
    pub shared: bool,
}

/// An adapter of the component after garbage collection.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Kept<'p> {
    /// Name of the adapter in the input.
    pub name: &'p str,
    /// Core module as it is embedded in the component.
    pub wasm: &'p [u8],
}

impl Plan {
    /// Returns each adapter that is part of the component, after garbage collection.
    pub fn kept(&self) -> impl Iterator<Item = Kept<'_>> {
        let used = self.order.iter().filter_map(|id| self.modules.get(id.0));
        used.filter_map(|module| Some(Kept { name: &module.name, wasm: &module.trimmed.as_ref()?.wasm }))
    }

    /// Returns the growth of main's memory by adapters.
    pub fn growth(&self) -> Growth {
        let regions = self.modules.iter().filter_map(|module| module.trimmed.as_ref()?.region.as_ref());
        let mut growth = Growth { shared: self.shares_memory(), ..Growth::default() };
        for region in regions {
            let pages = u64::from(region.stack_bytes + region.data_bytes).next_multiple_of(PAGE);
            match region.when {
                When::Instantiation => growth.at_instantiation.push(pages),
                When::FirstCall => growth.while_main_allocates.push(pages),
                When::Always => {}
            }
        }
        growth
    }

    /// Returns true if an adapter works in main's memory.
    fn shares_memory(&self) -> bool {
        let is_mains =
            |source: &WireSource| matches!(source, WireSource::HostedMemory | WireSource::Export(_, Kind::Memory));
        self.wires.iter().any(|wire| wire.importer != ModuleId::MAIN && is_mains(&wire.source))
    }

    /// Returns true if the component has a shim module.
    pub(crate) fn has_shim(&self) -> bool {
        !self.slots.is_empty() || self.hosted_memory.is_some() || self.thread_local.is_some()
    }

    /// Returns the wires that trap if they are used while main's start function runs, because their table entries are
    /// filled later.
    pub(crate) fn unusable_at_start(&self) -> impl Iterator<Item = &Wire> {
        let calls = self.start.as_ref().map_or(&[][..], |start| &start.calls);
        let calls: HashSet<(&str, &str)> =
            calls.iter().map(|(module, field)| (module.as_str(), field.as_str())).collect();
        let prepared = self.prepare.as_ref().map_or(&[][..], |prepare| &prepare.slots);
        let prepared: HashSet<SlotId> = prepared.iter().copied().collect();
        let before_main = &self.order[..self.position_of_main()];
        self.wires.iter().filter(move |wire| {
            let usable = match wire.importer {
                ModuleId::MAIN => calls.contains(&(wire.module.as_str(), wire.field.as_str())),
                id => before_main.contains(&id),
            };
            usable && matches!(&wire.via, Via::Slot(slot, _) if !prepared.contains(slot))
        })
    }

    /// Returns the position of main in the order of instantiation.
    pub(crate) fn position_of_main(&self) -> usize {
        self.order.iter().position(|id| *id == ModuleId::MAIN).expect("main is part of every component")
    }

    /// Returns the functions whose calls are reported to main's task hook.
    pub(crate) fn wrapped(&self) -> &[Wrapped] {
        self.hooks.as_ref().map_or(&[], |hooks| &hooks.wrapped)
    }
}

/// Size of a memory page, in bytes.
const PAGE: u64 = 1 << 16;

/// A core module of the component: main or an adapter.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(crate) struct ModuleId(pub usize);

impl ModuleId {
    /// The guest's core module.
    pub const MAIN: ModuleId = ModuleId(0);
}

/// An entry of the shim table, through which a function is called that does not exist yet during instantiation.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(crate) struct SlotId(pub usize);

/// All decisions about a component.
///
/// # Examples
///
#[doc = "```rust"]
#[doc = include_str!("../examples/explain.rs")]
#[doc = "```"]
#[derive(Clone, Debug)]
pub struct Plan {
    /// Main and all adapters, indexed by [`ModuleId`].
    pub(crate) modules: Vec<PlannedModule>,
    /// Order of instantiation. Unused adapters are omitted.
    pub(crate) order: Vec<ModuleId>,
    /// Memory that main imports. The shim module defines it.
    pub(crate) hosted_memory: Option<HostedMemory>,
    /// Memories of isolated adapters.
    pub(crate) memories: Vec<OwnMemory>,
    /// Shim table entries for functions that are imported before they exist.
    pub(crate) slots: Vec<Slot>,
    /// All imports of all modules, in the order of modules and imports.
    pub(crate) wires: Vec<Wire>,
    /// Resources of exported interfaces.
    pub(crate) resources: Vec<Resource>,
    /// Exported functions, in the order of the world.
    pub(crate) lifts: Vec<Lift>,
    /// Functions to call at the end of instantiation, in order.
    pub(crate) initialize: Vec<CoreRef>,
    /// Main's start function and its calls, if it calls adapters or imports.
    pub(crate) start: Option<Start>,
    /// Actions right before main's instantiation, for main's start function.
    pub(crate) prepare: Option<Prepare>,
    /// Main's task hook, if main exports one.
    pub(crate) hooks: Option<Hooks>,
    /// Type of main's thread-local storage base, which the shim module stores.
    pub(crate) thread_local: Option<ValType>,
    /// Method by which an indirect call reaches its function.
    pub(crate) forwarding: Forwarding,
}

/// Actions before main's instantiation, for a start function that may call adapters.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Prepare {
    /// Shim table entries that can be filled at this point.
    pub slots: Vec<SlotId>,
    /// Initialization functions of adapters that can run at this point, in order.
    pub initialize: Vec<CoreRef>,
}

/// Main's task hook and the functions whose calls are reported to it.
///
/// The canonical ABI calls a wrapped function through a generated module, which calls the hook before and after it.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Hooks {
    /// The hook function.
    pub hook: CoreRef,
    /// The wrapped functions without duplicates.
    pub wrapped: Vec<Wrapped>,
    /// Index of each function in `wrapped`.
    pub places: HashMap<CoreRef, usize>,
}

/// A function whose calls are reported to main's task hook.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Wrapped {
    /// The function.
    pub core: CoreRef,
    /// Type of the function.
    pub ty: FuncType,
    /// Kind of the call.
    pub event: Event,
}

/// Kind of a call that is reported to main's task hook.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Event {
    /// Call of an exported function.
    Call,
    /// Call of an exported function that ends with its `post-return` function.
    CallWithPostReturn,
    /// Call of the `post-return` function of an exported function.
    PostReturn,
    /// Call of a destructor.
    Destructor,
    /// Call of a realloc.
    Realloc,
    /// Initialization of all modules.
    Initialize,
}

impl Event {
    /// Returns the arguments of the hook calls before and after the function, if they are made.
    pub fn codes(self) -> (Option<i32>, Option<i32>) {
        match self {
            Event::Call => (Some(0), Some(1)),
            Event::CallWithPostReturn => (Some(0), None),
            Event::PostReturn => (None, Some(1)),
            Event::Initialize => (Some(6), Some(7)),
            Event::Destructor => (Some(8), Some(9)),
            Event::Realloc => (Some(12), Some(13)),
        }
    }
}

/// A module of the plan.
#[derive(Clone, Debug)]
pub(crate) struct PlannedModule {
    /// Name of the module.
    pub name: String,
    /// Import modules that an adapter implements.
    pub implements: Vec<String>,
    /// Size of the input module in bytes.
    pub size: usize,
    /// Result of the garbage collection of an adapter.
    pub trimmed: Option<Trimmed>,
    /// Required exports of an adapter, each with the chain of modules that require it.
    pub asked_by: Vec<(String, String)>,
}

/// A memory that main imports.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct HostedMemory {
    /// Module name of the import.
    pub module: String,
    /// Field name of the import.
    pub field: String,
    /// Type of the memory.
    pub ty: MemoryType,
}

/// Memory of an isolated adapter. It is defined in a generated module that also copies from and to main's memory.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct OwnMemory {
    /// The adapter.
    pub module: ModuleId,
    /// Type of the memory.
    pub ty: MemoryType,
    /// Copy functions that the adapter imports.
    pub copies: Vec<MainMemoryOp>,
    /// Main's memory, if the adapter imports copy functions.
    pub main: Option<(MemoryRef, MemoryType)>,
}

/// An export of a core module.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(crate) struct CoreRef {
    /// The module.
    pub module: ModuleId,
    /// Name of the export.
    pub export: String,
}

impl CoreRef {
    /// Creates a reference to an export.
    pub fn new(module: ModuleId, export: &str) -> CoreRef {
        CoreRef { module, export: export.to_string() }
    }
}

/// A function of the world.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(crate) struct FuncRef {
    /// Key of the interface in the world. `None` for functions of the world itself.
    pub key: Option<WorldKey>,
    /// Name of the interface.
    pub interface: Option<String>,
    /// Name of the function.
    pub name: String,
}

impl fmt::Display for FuncRef {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.interface {
            Some(interface) => write!(f, "{interface}#{}", self.name),
            None => f.write_str(&self.name),
        }
    }
}

/// An import of a core module and its source.
#[derive(Clone, Debug)]
pub(crate) struct Wire {
    /// The importing module.
    pub importer: ModuleId,
    /// Module name of the import.
    pub module: String,
    /// Field name of the import.
    pub field: String,
    /// Item that satisfies the import.
    pub source: WireSource,
    /// Direct or indirect connection to the source.
    pub via: Via,
}

/// Connection of a wire to its source.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Via {
    /// Direct: everything that the source needs exists before the importer is instantiated.
    Direct,
    /// Indirect through the shim table: something that the source needs does not exist yet.
    Slot(SlotId, IndirectReason),
}

/// Reason for an indirect connection: the item that does not exist yet.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum IndirectReason {
    /// Memory of this module.
    Memory(ModuleId),
    /// Realloc of this module.
    Realloc(ModuleId),
    /// Instance of this module, which defines the function.
    Instance(ModuleId),
    /// Instance of the module that reports calls of the realloc to main's task hook.
    Hooks,
}

/// Source of an import.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(crate) enum WireSource {
    /// `canon lower` of an imported function.
    Lower(FuncRef, Canon),
    /// `canon resource.new`.
    ResourceNew(TypeId, String),
    /// `canon resource.rep`.
    ResourceRep(TypeId, String),
    /// `canon resource.drop`.
    ResourceDrop(TypeId, String),
    /// An export of another core module.
    Export(CoreRef, Kind),
    /// A destructor, as called by the canonical ABI.
    Destructor(CoreRef),
    /// An access to the base of main's thread-local storage.
    ThreadLocal(ThreadLocal),
    /// Main's imported memory, defined by the shim module.
    HostedMemory,
    /// Memory of an isolated adapter.
    OwnMemory(ModuleId),
    /// A copy function between an isolated adapter's memory and main's.
    Copy(ModuleId, MainMemoryOp),
}

/// Kind of a core item.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) enum Kind {
    /// A function.
    Func,
    /// A memory.
    Memory,
    /// A global.
    Global,
    /// A table.
    Table,
    /// A tag.
    Tag,
}

/// Canonical options, each with its reason.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
pub(crate) struct Canon {
    /// The memory and the reason why it is needed.
    pub memory: Option<(MemoryRef, &'static str)>,
    /// The realloc and the reason why it is needed.
    pub realloc: Option<(CoreRef, &'static str)>,
    /// String encoding, for functions with strings.
    pub encoding: Option<StringEncoding>,
    /// Function to call after the caller has read the result.
    pub post_return: Option<CoreRef>,
}

/// A core memory.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(crate) enum MemoryRef {
    /// Export of a module.
    Export(CoreRef),
    /// Main's imported memory, defined by the shim module.
    Hosted,
    /// Memory of an isolated adapter.
    Own(ModuleId),
}

/// Contents of a shim table entry. See [`SlotId`].
#[derive(Clone, Debug)]
pub(crate) struct Slot {
    /// Field name of the import, for the name section.
    pub name: String,
    /// Signature of the function.
    pub ty: FuncType,
    /// Function that is stored in the table entry.
    pub source: WireSource,
}

/// A resource of an exported interface.
#[derive(Clone, Debug)]
pub(crate) struct Resource {
    /// The resource type.
    pub id: TypeId,
    /// Name in the form `interface#resource`.
    pub name: String,
    /// Destructor of the resource.
    pub dtor: Option<CoreRef>,
    /// Shim table entry of the destructor, if the resource type is defined before the destructor exists.
    pub slot: Option<SlotId>,
    /// True if a core module imports `resource.new`, `resource.rep` or `resource.drop` of the resource. The type is
    /// then defined before the modules are instantiated.
    pub early: bool,
}

/// An exported function.
#[derive(Clone, Debug)]
pub(crate) struct Lift {
    /// The WIT function.
    pub function: FuncRef,
    /// Core function that implements it.
    pub core: CoreRef,
    /// Canonical options of the lift.
    pub canon: Canon,
}
