//! What the audit can find.
//!
//! `at` names a place: ``import `module` `field` of `main` ``, ``export `interface#function` ``, ``slot 3 (`name`)``.

/// One contradiction between the plan and what it was made from.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub(crate) enum Violation {
    // The order.
    #[error("the order begins with {} instead of main", first.as_ref().map_or("nothing".into(), |name| format!("`{name}`")))]
    MainNotFirst { first: Option<String> },
    #[error("`{module}` is instantiated {times} times")]
    InstantiatedTwice { module: String, times: usize },
    #[error("`{module}` is embedded, but never instantiated")]
    NeverInstantiated { module: String },
    #[error("`{module}` is in the order, but not embedded")]
    NotEmbedded { module: String },
    #[error("`{module}` is embedded, but neither main nor the world asks for it, not even through other adapters")]
    NobodyAsks { module: String },

    #[error("main's start function may call {expected}, but the plan says {found}")]
    StartCalls { expected: String, found: String },
    #[error("`{module}` comes after main, although main's start function may call it and nothing keeps it there")]
    AfterStart { module: String },
    #[error("`{module}` comes before main, although main does not ask for it, or it takes more of main than functions")]
    BeforeStart { module: String },
    #[error("the start function of `{module}` may call {at}, which is not there by then")]
    StartsTooEarly { module: String, at: String },
    #[error("main's memory does not exist before its start function runs")]
    MemoryAfterStart,
    #[error("{at} could be filled before main's start function runs, and is not")]
    NotPrepared { at: String },
    #[error("{at} is filled before main's start function runs, but {item} does not exist yet")]
    PreparedTooEarly { at: String, item: String },
    #[error("{at} is filled {times} times before main's start function runs")]
    PreparedTwice { at: String, times: usize },
    #[error("something is prepared for main's start function, which calls nothing of the kind")]
    PreparedForNothing,
    #[error("{function} is called before main, when {at} is not there yet")]
    NotReady { function: String, at: String },
    #[error("`{module}` is called `{planned}` in the plan")]
    Misnamed { module: String, planned: String },

    // Imports and their wires.
    #[error("{at} is there twice, which a component does not allow")]
    ImportedTwice { at: String },
    #[error("{at} has no wire")]
    NoWire { at: String },
    #[error("{at} has {times} wires")]
    WiredTwice { at: String, times: usize },
    #[error("there is a wire for {at}, which does not exist")]
    WireWithoutImport { at: String },
    #[error("{at} is wired to {source_name}, which is not what its names mean")]
    WrongMeaning { at: String, source_name: String },
    #[error("{at}: the world has no function `{function}` here")]
    NoSuchFunction { at: String, function: String },
    #[error("{at}: there is no {item}")]
    NoSuchItem { at: String, item: String },
    #[error("{at} has another type than {item}\n  expected: {expected}\n  found:    {found}")]
    WrongType { at: String, item: String, expected: String, found: String },
    #[error("{at} is wired directly, but {item} does not exist yet")]
    TooLate { at: String, item: String },

    // Slots.
    #[error("{at} goes through slot {slot}, which does not exist")]
    NoSuchSlot { at: String, slot: usize },
    #[error("{at} goes through a slot because {item} comes later, which is not true")]
    FalseReason { at: String, item: String },
    #[error("{at} is wired to {source_name}, but the slot that it goes through holds {slot_source}")]
    OtherSource { at: String, source_name: String, slot_source: String },
    #[error("nobody uses {at}")]
    UnusedSlot { at: String },
    #[error("{at} holds {source_name}, as slot {first} does")]
    SlotTwice { at: String, source_name: String, first: usize },

    // Canonical options.
    #[error("{at} lacks the option `{option}`: {why}")]
    OptionMissing { at: String, option: &'static str, why: &'static str },
    #[error("{at} has the option `{option}`, {value}, which it does not need")]
    OptionUnneeded { at: String, option: &'static str, value: String },
    #[error("{at} has the option `{option}`, {found}, instead of {expected}")]
    OptionWrong { at: String, option: &'static str, expected: String, found: String },

    // Exports.
    #[error("{at} of the world is never lifted")]
    NeverLifted { at: String },
    #[error("{at} of the world is lifted {times} times")]
    LiftedTwice { at: String, times: usize },
    #[error("{at} is lifted from {found} instead of {expected}")]
    LiftedFrom { at: String, expected: String, found: String },

    // Resources.
    #[error("{at} of the world is missing")]
    NoResource { at: String },
    #[error("{at} is there {times} times")]
    ResourceTwice { at: String, times: usize },
    #[error("{at} is not exported by the world")]
    ResourceUnknown { at: String },
    #[error("{at} has {found} for its destructor instead of {expected}")]
    WrongDestructor { at: String, expected: String, found: String },
    #[error("{at} is made {}, although {}", if *.early { "early" } else { "late" }, if *.early { "no module imports its built-ins" } else { "a module imports its built-ins" })]
    ResourceTime { at: String, early: bool },
    #[error("{at} needs a slot for its destructor, which is called before it exists, and has none")]
    DestructorWithoutSlot { at: String },
    #[error("{at} has a slot for a destructor that needs none")]
    DestructorSlotUnneeded { at: String },

    // Surroundings.
    #[error("the memory that main imports is {expected}, but the plan hosts {found}")]
    HostedMemory { expected: String, found: String },
    #[error("the memory of `{module}` itself is {found}, but should be {expected}")]
    OwnMemory { module: String, expected: String, found: String },
    #[error("main's task hook is {expected}, but the plan calls {found}")]
    TaskHook { expected: String, found: String },
    #[error("the canonical ABI calls {function} without notice to main's task hook")]
    NotWrapped { function: String },
    #[error("{function} is wrapped {times} times for main's task hook")]
    WrappedTwice { function: String, times: usize },
    #[error("{function} is wrapped for main's task hook, but the canonical ABI never calls it")]
    WrappedUnneeded { function: String },
    #[error("for {function}, main's task hook is told {found}, instead of {expected}")]
    WrongNotice { function: String, expected: String, found: String },
    #[error("the plan {} the base of main's thread-local storage, which {}", if *.used { "lacks" } else { "keeps" }, if *.used { "an import asks for" } else { "nobody asks for" })]
    ThreadLocal { used: bool },
    #[error("`{module}` is never initialised with `{function}`")]
    NeverInitialized { module: String, function: String },
    #[error("`{module}` is initialised {times} times")]
    InitializedTwice { module: String, times: usize },
    #[error("{function} initialises nothing")]
    NoInitializer { function: String },
    #[error("`{module}` is initialised before `{adapter}`, which it may call by then")]
    InitializedTooEarly { module: String, adapter: String },
}
