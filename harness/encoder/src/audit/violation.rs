//! Violations that the audit reports.
//!
//! `at` is a location: ``import `module` `field` of `main` ``, ``export `interface#function` ``, ``slot 3 (`name`)``.

/// A contradiction between the plan and its input.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub(crate) enum Violation {
    // Instantiation order and start functions.
    #[error("the instantiation order begins with {}, expected main", first.as_ref().map_or("nothing".into(), |name| format!("`{name}`")))]
    MainNotFirst { first: Option<String> },
    #[error("`{module}` is instantiated {times} times")]
    InstantiatedTwice { module: String, times: usize },
    #[error("`{module}` is embedded, but never instantiated")]
    NeverInstantiated { module: String },
    #[error("`{module}` is in the instantiation order, but not embedded")]
    NotEmbedded { module: String },
    #[error(
        "`{module}` is embedded, but main and the world do not require it, neither directly nor through other adapters"
    )]
    NobodyAsks { module: String },

    #[error("main's start function may call {expected}, but the plan lists {found}")]
    StartCalls { expected: String, found: String },
    #[error(
        "`{module}` is instantiated after main, but main's start function may call it and nothing prevents an earlier instantiation"
    )]
    AfterStart { module: String },
    #[error(
        "`{module}` is instantiated before main, but main does not require it, or it imports more of main than functions"
    )]
    BeforeStart { module: String },
    #[error("the start function of `{module}` may call {at}, which is not instantiated yet")]
    StartsTooEarly { module: String, at: String },
    #[error("main's memory does not exist before its start function runs")]
    MemoryAfterStart,
    #[error("{at} could be filled before main's start function runs, but is not")]
    NotPrepared { at: String },
    #[error("{at} is filled before main's start function runs, but {item} does not exist yet")]
    PreparedTooEarly { at: String, item: String },
    #[error("{at} is filled {times} times before main's start function runs")]
    PreparedTwice { at: String, times: usize },
    #[error("the plan has preparations for main's start function, which does not require any")]
    PreparedForNothing,
    #[error("{function} is called before main, when {at} is not available yet")]
    NotReady { function: String, at: String },
    #[error("`{module}` is named `{planned}` in the plan")]
    Misnamed { module: String, planned: String },

    // Imports and their wires.
    #[error("{at} is duplicated, which is not valid in a component")]
    ImportedTwice { at: String },
    #[error("{at} has no wire")]
    NoWire { at: String },
    #[error("{at} has {times} wires")]
    WiredTwice { at: String, times: usize },
    #[error("the plan has a wire for {at}, which does not exist")]
    WireWithoutImport { at: String },
    #[error("{at} is wired to {source_name}, which does not match its names")]
    WrongMeaning { at: String, source_name: String },
    #[error("{at}: the world does not contain function `{function}`")]
    NoSuchFunction { at: String, function: String },
    #[error("{at}: {item} does not exist")]
    NoSuchItem { at: String, item: String },
    #[error("{at} has a different type than {item}\n  expected: {expected}\n  found:    {found}")]
    WrongType { at: String, item: String, expected: String, found: String },
    #[error("{at} is wired directly, but {item} does not exist yet")]
    TooLate { at: String, item: String },

    // Slots.
    #[error("{at} uses slot {slot}, which does not exist")]
    NoSuchSlot { at: String, slot: usize },
    #[error("{at} uses a slot because {item} is created later, which is not the case")]
    FalseReason { at: String, item: String },
    #[error("{at} is wired to {source_name}, but its slot holds {slot_source}")]
    OtherSource { at: String, source_name: String, slot_source: String },
    #[error("{at} is not used")]
    UnusedSlot { at: String },
    #[error("{at} holds {source_name}, which slot {first} already holds")]
    SlotTwice { at: String, source_name: String, first: usize },

    // Canonical options.
    #[error("{at} lacks the option `{option}`: {why}")]
    OptionMissing { at: String, option: &'static str, why: &'static str },
    #[error("{at} has the option `{option}` ({value}), which it does not need")]
    OptionUnneeded { at: String, option: &'static str, value: String },
    #[error("{at} has the option `{option}` ({found}), expected {expected}")]
    OptionWrong { at: String, option: &'static str, expected: String, found: String },

    // Exports.
    #[error("{at} of the world is never lifted")]
    NeverLifted { at: String },
    #[error("{at} of the world is lifted {times} times")]
    LiftedTwice { at: String, times: usize },
    #[error("{at} is lifted from {found}, expected {expected}")]
    LiftedFrom { at: String, expected: String, found: String },

    // Resources.
    #[error("{at} of the world is missing")]
    NoResource { at: String },
    #[error("{at} is defined {times} times")]
    ResourceTwice { at: String, times: usize },
    #[error("{at} is not exported by the world")]
    ResourceUnknown { at: String },
    #[error("{at} has the destructor {found}, expected {expected}")]
    WrongDestructor { at: String, expected: String, found: String },
    #[error("{at} is defined {}, although {}", if *.early { "early" } else { "late" }, if *.early { "no module imports its built-ins" } else { "a module imports its built-ins" })]
    ResourceTime { at: String, early: bool },
    #[error("{at} has no slot for its destructor, which does not exist when the resource is defined")]
    DestructorWithoutSlot { at: String },
    #[error("{at} has a slot for its destructor, which does not require one")]
    DestructorSlotUnneeded { at: String },

    // Memories, hooks and initializers.
    #[error("the memory that main imports is {expected}, but the plan hosts {found}")]
    HostedMemory { expected: String, found: String },
    #[error("the plan's memory of `{module}` is {found}, expected {expected}")]
    OwnMemory { module: String, expected: String, found: String },
    #[error("main's task hook is {expected}, but the plan calls {found}")]
    TaskHook { expected: String, found: String },
    #[error("the canonical ABI calls {function} without notifying main's task hook")]
    NotWrapped { function: String },
    #[error("{function} is wrapped {times} times for main's task hook")]
    WrappedTwice { function: String, times: usize },
    #[error("{function} is wrapped for main's task hook, but the canonical ABI never calls it")]
    WrappedUnneeded { function: String },
    #[error("for {function}, main's task hook receives {found}, expected {expected}")]
    WrongNotice { function: String, expected: String, found: String },
    #[error("the plan {} the base of main's thread-local storage, which {}", if *.used { "lacks" } else { "has" }, if *.used { "an import requires" } else { "no import requires" })]
    ThreadLocal { used: bool },
    #[error("`{module}` is never initialized with `{function}`")]
    NeverInitialized { module: String, function: String },
    #[error("`{module}` is initialized {times} times")]
    InitializedTwice { module: String, times: usize },
    #[error("{function} is not an initializer")]
    NoInitializer { function: String },
    #[error("`{module}` is initialized before `{adapter}`, which its initializer may call")]
    InitializedTooEarly { module: String, adapter: String },
}
