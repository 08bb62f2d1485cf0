//! The plan: everything that the emitter needs, decided, each decision with its reason.
//!
//! Ids only: indices are born in `emit`.

use std::fmt;

use foldhash::{HashMap, HashSet};
use wasmparser::{FuncType, MemoryType, ValType};
use wit_parser::{TypeId, WorldKey};

use crate::input::Forwarding;
use crate::names::{Copy, ThreadLocal};
use crate::start::Start;
use crate::trim::{Trimmed, When};
use crate::world::StringEncoding;

/// By how much adapters grow main's memory, each for its region, in bytes that make whole pages.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Growth {
    /// Regions that come from `memory.grow` when the component is instantiated.
    pub at_instantiation: Vec<u64>,
    /// Regions that come from main's realloc, unless that calls the adapter first: then from `memory.grow`.
    pub while_main_allocates: Vec<u64>,
    /// Some adapter works in main's memory.
    pub shared: bool,
}

/// What trimming left of an adapter.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Kept<'p> {
    /// Its name.
    pub name: &'p str,
    /// The module, as it is in the component.
    pub wasm: &'p [u8],
}

impl Plan {
    /// What is left of each adapter that somebody asks for.
    pub fn kept(&self) -> impl Iterator<Item = Kept<'_>> {
        let used = self.order.iter().filter_map(|id| self.modules.get(id.0));
        used.filter_map(|module| Some(Kept { name: &module.name, wasm: &module.trimmed.as_ref()?.wasm }))
    }

    /// What adapters do to the size of main's memory, and whose it is.
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

    /// Some adapter works in main's memory.
    fn shares_memory(&self) -> bool {
        let is_mains = |source: &Source| matches!(source, Source::HostedMemory | Source::Export(_, Kind::Memory));
        self.wires.iter().any(|wire| wire.importer != ModuleId::MAIN && is_mains(&wire.source))
    }

    /// There is a shim module.
    pub(crate) fn has_shim(&self) -> bool {
        !self.slots.is_empty() || self.hosted_memory.is_some() || self.thread_local.is_some()
    }

    /// Wires that trap when they are used while main's start function runs: their slots are filled later.
    pub(crate) fn unusable_at_start(&self) -> impl Iterator<Item = &Wire> {
        let calls = self.start.as_ref().map_or(&[][..], |start| &start.calls);
        let calls: HashSet<(&str, &str)> =
            calls.iter().map(|(module, field)| (module.as_str(), field.as_str())).collect();
        let prepared = self.prepare.as_ref().map_or(&[][..], |prepare| &prepare.slots);
        let prepared: HashSet<SlotId> = prepared.iter().copied().collect();
        let before_main = self.order.iter().position(|id| *id == ModuleId::MAIN).unwrap_or_default();
        let before_main = &self.order[..before_main];
        self.wires.iter().filter(move |wire| {
            let usable = match wire.importer {
                ModuleId::MAIN => calls.contains(&(wire.module.as_str(), wire.field.as_str())),
                id => before_main.contains(&id),
            };
            usable && matches!(&wire.via, Via::Slot(slot, _) if !prepared.contains(slot))
        })
    }

    /// The functions that are called with notice to main's task hook.
    pub(crate) fn wrapped(&self) -> &[Wrapped] {
        self.hooks.as_ref().map_or(&[], |hooks| &hooks.wrapped)
    }
}

/// Bytes of a page of memory.
const PAGE: u64 = 1 << 16;

/// A core module of the component: main, or an adapter.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(crate) struct ModuleId(pub usize);

impl ModuleId {
    /// The guest's own module.
    pub const MAIN: ModuleId = ModuleId(0);
}

/// A table entry that stands in for a function which does not exist yet.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(crate) struct SlotId(pub usize);

/// What an encoding will be.
#[derive(Clone, Debug)]
pub struct Plan {
    /// Main, then all adapters, by [`ModuleId`].
    pub(crate) modules: Vec<PlannedModule>,
    /// The order of instantiation; an adapter that nothing asks for is not in it.
    pub(crate) order: Vec<ModuleId>,
    /// Main imports its memory: the shim module defines it.
    pub(crate) hosted_memory: Option<HostedMemory>,
    /// The memories of isolated adapters.
    pub(crate) memories: Vec<OwnMemory>,
    /// Table entries for functions that do not exist yet when somebody imports them.
    pub(crate) slots: Vec<Slot>,
    /// Every import of every module, in the order of modules and imports.
    pub(crate) wires: Vec<Wire>,
    /// The resources of exported interfaces.
    pub(crate) resources: Vec<Resource>,
    /// The exported functions, in the world's order.
    pub(crate) lifts: Vec<Lift>,
    /// Functions to call once everything is in place, in order.
    pub(crate) initialize: Vec<CoreRef>,
    /// Main's start function wants others to be there first.
    pub(crate) start: Option<Start>,
    /// What is done for that right before main is instantiated.
    pub(crate) prepare: Option<Prepare>,
    /// What main wants to hear of.
    pub(crate) hooks: Option<Hooks>,
    /// The type of the base of main's thread-local storage, which the shim module keeps.
    pub(crate) thread_local: Option<ValType>,
    /// How a call through a slot reaches the function behind it.
    pub(crate) forwarding: Forwarding,
}

/// What is done before main is instantiated, whose start function may call adapters.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Prepare {
    /// The slots that can be filled by then.
    pub slots: Vec<SlotId>,
    /// The initialisers of adapters that can run by then, in order.
    pub initialize: Vec<CoreRef>,
}

/// Main's task hook, and the functions whose calls it is told of.
///
/// The canonical ABI calls a wrapped function through a module of ours, which calls the hook before and after.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Hooks {
    /// The hook.
    pub hook: CoreRef,
    /// The functions, each once.
    pub wrapped: Vec<Wrapped>,
    /// Where each is among them.
    pub places: HashMap<CoreRef, usize>,
}

/// A function that is called with notice to main's task hook.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Wrapped {
    /// The function.
    pub core: CoreRef,
    /// Its type.
    pub ty: FuncType,
    /// What its call is.
    pub event: Event,
}

/// What main's task hook is told of.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Event {
    /// A call of an exported function.
    Call,
    /// The same, but `post-return` ends it.
    CallWithPostReturn,
    /// The `post-return` of an exported function.
    PostReturn,
    /// A destructor.
    Destructor,
    /// A realloc.
    Realloc,
    /// The initialisation of all modules.
    Initialize,
}

impl Event {
    /// What the hook is told before and after.
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

/// A module and what became of it.
#[derive(Clone, Debug)]
pub(crate) struct PlannedModule {
    /// The name.
    pub name: String,
    /// For an adapter: the import modules that it implements.
    pub implements: Vec<String>,
    /// Bytes as they came in.
    pub size: usize,
    /// For an adapter: what trimming left of it.
    pub trimmed: Option<Trimmed>,
    /// For an adapter: who asked for it, a chain for each asked export.
    pub asked_by: Vec<(String, String)>,
}

/// A memory that main imports.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct HostedMemory {
    /// The import's module.
    pub module: String,
    /// The import's field.
    pub field: String,
    /// Its type.
    pub ty: MemoryType,
}

/// The memory of an isolated adapter, in a small module that also copies from and to main's.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct OwnMemory {
    /// The adapter.
    pub module: ModuleId,
    /// The memory's type.
    pub ty: MemoryType,
    /// The copy functions that it asks for.
    pub copies: Vec<Copy>,
    /// Main's memory, if something is copied.
    pub main: Option<(MemoryRef, MemoryType)>,
}

/// An export of a core module.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(crate) struct CoreRef {
    /// The module.
    pub module: ModuleId,
    /// The export's name.
    pub export: String,
}

/// A function of the world.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(crate) struct FuncRef {
    /// The interface's key in the world; none at the root.
    pub key: Option<WorldKey>,
    /// The interface's name.
    pub interface: Option<String>,
    /// The function's name.
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

/// One satisfied import of one core module.
#[derive(Clone, Debug)]
pub(crate) struct Wire {
    /// Who imports.
    pub importer: ModuleId,
    /// The import's module.
    pub module: String,
    /// The import's field.
    pub field: String,
    /// What satisfies it.
    pub source: Source,
    /// Straight, or through a slot.
    pub via: Via,
}

/// How a wire reaches its source.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Via {
    /// All that the source needs exists before the importer is instantiated.
    Direct,
    /// Something that the source needs comes later.
    Slot(SlotId, Why),
}

/// Why a slot is needed: what comes too late.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Why {
    /// The memory of this module.
    Memory(ModuleId),
    /// The realloc of this module.
    Realloc(ModuleId),
    /// The module whose function it is.
    Instance(ModuleId),
    /// The module that tells main's task hook of the realloc.
    Hooks,
}

/// What satisfies an import.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(crate) enum Source {
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
    /// A destructor, as the canonical ABI calls it.
    Destructor(CoreRef),
    /// An access to the base of main's thread-local storage.
    ThreadLocal(ThreadLocal),
    /// The memory that the shim module defines for main.
    HostedMemory,
    /// The memory of an isolated adapter.
    OwnMemory(ModuleId),
    /// A copy between an isolated adapter's memory and main's.
    Copy(ModuleId, Copy),
}

/// The kind of a core item.
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

/// Canonical options with the reason of each.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
pub(crate) struct Canon {
    /// The memory, and why it is needed.
    pub memory: Option<(MemoryRef, &'static str)>,
    /// The realloc, and why it is needed.
    pub realloc: Option<(CoreRef, &'static str)>,
    /// How strings lie there, where the function has any.
    pub encoding: Option<StringEncoding>,
    /// What to call when the caller has taken the result.
    pub post_return: Option<CoreRef>,
}

/// A memory.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(crate) enum MemoryRef {
    /// An export.
    Export(CoreRef),
    /// The one that the shim module defines for main.
    Hosted,
    /// That of an isolated adapter.
    Own(ModuleId),
}

/// See [`SlotId`].
#[derive(Clone, Debug)]
pub(crate) struct Slot {
    /// A word for names: the import's field.
    pub name: String,
    /// The signature.
    pub ty: FuncType,
    /// What is put behind it.
    pub source: Source,
}

/// A resource of an exported interface.
#[derive(Clone, Debug)]
pub(crate) struct Resource {
    /// The resource.
    pub id: TypeId,
    /// `interface#resource`.
    pub name: String,
    /// Its destructor.
    pub dtor: Option<CoreRef>,
    /// The slot of the destructor, if the type is needed before the destructor exists.
    pub slot: Option<SlotId>,
    /// Some core module imports `resource.new`, `.rep` or `.drop` of it, so the type comes before the modules.
    pub early: bool,
}

/// An exported function.
#[derive(Clone, Debug)]
pub(crate) struct Lift {
    /// The function.
    pub function: FuncRef,
    /// The core function that implements it.
    pub core: CoreRef,
    /// The options.
    pub canon: Canon,
}
