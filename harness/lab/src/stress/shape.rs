//! Module layouts of guests: variations by language and tool that an adapter can observe.

use std::fmt;

/// Module layout of a guest.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Shape {
    /// All functions and `cabi_realloc`.
    Plain,
    /// No allocator: the adapter has to grow memory for its pages.
    NoAllocator,
    /// `cabi_realloc_adapter` for adapters. `cabi_realloc` is not meant for them and traps.
    OwnAllocator,
    /// No allocator. All memory after the guest's data is its heap, page by page, which must stay contiguous.
    Heap,
    /// The module's start function makes the first call.
    Start,
    /// Each function is imported twice.
    Twice,
    /// No name section.
    Stripped,
    /// The memory is imported.
    ImportedMemory,
    /// A second memory.
    TwoMemories,
    /// A memory that cannot grow.
    FixedMemory,
    /// Single imported function.
    OneImport,
    /// Import of a function that is not part of preview1.
    Unknown,
}

impl Shape {
    /// All layouts except the plain one.
    pub const OTHERS: [Shape; 11] = [
        Shape::NoAllocator,
        Shape::OwnAllocator,
        Shape::Heap,
        Shape::Start,
        Shape::Twice,
        Shape::Stripped,
        Shape::ImportedMemory,
        Shape::TwoMemories,
        Shape::FixedMemory,
        Shape::OneImport,
        Shape::Unknown,
    ];

    /// Returns a short description.
    pub fn words(self) -> &'static str {
        match self {
            Shape::Plain => "imports all functions and has an allocator",
            Shape::NoAllocator => "has no allocator",
            Shape::OwnAllocator => "has an allocator only for adapters",
            Shape::Heap => "has no allocator and a heap that must stay contiguous",
            Shape::Start => "calls in its start function",
            Shape::Twice => "imports each function twice",
            Shape::Stripped => "has no name section",
            Shape::ImportedMemory => "imports its memory",
            Shape::TwoMemories => "has two memories",
            Shape::FixedMemory => "has a memory that cannot grow",
            Shape::OneImport => "imports one function",
            Shape::Unknown => "imports an unknown function",
        }
    }

    /// Returns true if every function gets a separate component.
    pub(super) fn is_by_function(self) -> bool {
        matches!(self, Shape::Start | Shape::OneImport)
    }
}

impl fmt::Display for Shape {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.words())
    }
}
