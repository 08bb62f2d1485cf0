//! The stack of an adapter: how large it is, which global points to it, and the guard at its end.

use std::ops::Range;

use wasm_encoder::{BlockType, Function, ValType};

use super::error::Problem;
use super::form::Form;

/// The size of a stack that nobody has chosen, in bytes.
const DEFAULT: u32 = 64 * 1024;
/// The largest that can be chosen, in bytes: a quarter of all addresses.
pub(super) const MOST: u32 = 1 << 30;
/// The C ABI's alignment of a stack, and so the smallest.
pub(super) const LEAST: u32 = 16;

/// What is asked of an adapter's stack.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Stack {
    /// Its size in bytes, rounded up to a multiple of 16. 64 KiB if not given. An isolated adapter's stack has the
    /// size that it was linked with.
    pub size: Option<u32>,
    /// Whether a stack pointer beyond the end is a trap, in a function named `polyfill.stack_overflow`.
    pub guard: bool,
    /// The index of the global that is the stack pointer, for a module that does not tell.
    pub pointer: Option<u32>,
    /// Where the stack pointer is known: the same trap, and one in a function named `polyfill.stack_unbalanced` where an
    /// export returns with another stack pointer than it was called with.
    pub checked: bool,
}

impl Stack {
    /// The size of a stack in main's memory, in bytes.
    pub(super) fn bytes(&self) -> u32 {
        // What is too large is refused.
        self.size.unwrap_or(DEFAULT).min(MOST).next_multiple_of(LEAST)
    }

    /// What is wrong with the size.
    pub(super) fn check(&self, form: Form) -> Option<Problem> {
        let bytes = self.size?;
        if form == Form::Isolated {
            return Some(Problem::FixedStack { bytes });
        }
        (bytes == 0 || bytes > MOST).then_some(Problem::StackSize { bytes })
    }
}

/// The lower end of a guarded stack.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Low {
    /// This address.
    Address(u32),
    /// The value of this global.
    Global(u32),
}

/// What is guarded.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Guard {
    pub low: Low,
    /// How far above `low` the stack begins.
    pub bytes: u32,
    /// The stack pointer.
    pub pointer: u32,
    /// [`overflow`]
    pub overflow: u32,
    /// A stack that is not there yet has no end: an adapter may be called before, and not use any.
    pub lenient: bool,
}

impl Guard {
    /// A stack between two addresses.
    pub fn fixed(stack: &Range<u32>, pointer: u32, overflow: u32) -> Guard {
        let (low, bytes) = (Low::Address(stack.start), stack.end.saturating_sub(stack.start));
        Guard { low, bytes, pointer, overflow, lenient: false }
    }
}

/// `(address)`: sets the stack pointer, to an address within the stack.
pub(super) fn set(guard: &Guard) -> Function {
    const ADDRESS: u32 = 0;
    let mut function = Function::new([]);
    let mut code = function.instructions();
    // A large frame may have taken the address below zero and around. One comparison sees that, too.
    code.local_get(ADDRESS);
    match guard.low {
        Low::Address(address) => code.i32_const(address.cast_signed()),
        Low::Global(global) => code.global_get(global),
    };
    code.i32_sub().i32_const(guard.bytes.cast_signed()).i32_gt_u();
    if let (Low::Global(global), true) = (guard.low, guard.lenient) {
        code.global_get(global).i32_const(0).i32_ne().i32_and();
    }
    code.if_(BlockType::Empty).call(guard.overflow).end();
    code.local_get(ADDRESS).global_set(guard.pointer).end();
    function
}

/// An exported function that calls the one it stands for, and compares the stack pointer before and after it. A stack that
/// is not there yet may come meanwhile.
pub(super) fn balanced(parameters: u32, function: u32, pointer: u32, unbalanced: u32) -> Function {
    let before = parameters;
    let mut body = Function::new([(1, ValType::I32)]);
    let mut code = body.instructions();
    code.global_get(pointer).local_set(before);
    for parameter in 0..parameters {
        code.local_get(parameter);
    }
    code.call(function);
    code.local_get(before).if_(BlockType::Empty);
    code.global_get(pointer).local_get(before).i32_ne();
    code.if_(BlockType::Empty).call(unbalanced).end();
    code.end().end();
    body
}

/// `()`: traps. Its name tells why.
pub(super) fn overflow() -> Function {
    let mut function = Function::new([]);
    function.instructions().unreachable().end();
    function
}
