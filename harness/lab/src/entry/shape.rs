//! The forms of guests: what languages and tools make of a module, as far as an adapter can tell.

use std::fmt;

/// A form of guest.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Shape {
    /// All functions, and `cabi_realloc`.
    Plain,
    /// No allocator: whoever needs memory has to add pages.
    NoAllocator,
    /// `cabi_realloc_adapter` for adapters; `cabi_realloc`, which is not theirs, traps.
    OwnAllocator,
    /// No allocator, and all memory behind its own data is the guest's heap, page after page.
    Heap,
    /// The first call is made by the start function of the module.
    Start,
    /// Each function is imported twice.
    Twice,
    /// No names.
    Stripped,
    /// The memory is imported.
    ImportedMemory,
    /// There is a second memory.
    TwoMemories,
    /// The memory cannot grow.
    FixedMemory,
    /// One function alone is imported.
    OneImport,
    /// A function is imported that preview1 has not.
    Unknown,
}

impl Shape {
    /// All but the plain one.
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

    /// What is special about it, in a few words.
    pub fn words(self) -> &'static str {
        match self {
            Shape::Plain => "imports all functions, and has an allocator",
            Shape::NoAllocator => "has no allocator",
            Shape::OwnAllocator => "has an allocator for adapters alone",
            Shape::Heap => "has no allocator, and a heap that has to stay in one piece",
            Shape::Start => "calls in its start function",
            Shape::Twice => "imports each function twice",
            Shape::Stripped => "has no names",
            Shape::ImportedMemory => "imports its memory",
            Shape::TwoMemories => "has two memories",
            Shape::FixedMemory => "has a memory that cannot grow",
            Shape::OneImport => "imports one function",
            Shape::Unknown => "imports a function that there is not",
        }
    }

    /// Each function has a component of its own.
    pub(super) fn is_by_function(self) -> bool {
        matches!(self, Shape::Start | Shape::OneImport)
    }
}

impl fmt::Display for Shape {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.words())
    }
}
