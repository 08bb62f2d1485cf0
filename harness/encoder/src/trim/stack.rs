//! The stack of an adapter: how large it is, which global points to it, and the guard at its end.

use std::ops::Range;

use wasm_encoder::{BlockType, Function, InstructionSink, ValType};

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

/// What is measured of a guarded stack.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Measure {
    pub guard: Guard,
    /// The global with the lowest stack pointer of the call that runs.
    pub lowest: u32,
    /// The function that reports how much was used, and of how much.
    pub used: u32,
    /// The function that tells what to fill the rest of it with before each call, if its end is known for sure.
    pub pattern: Option<u32>,
}

/// The function by which it is reported.
pub(super) const USED: &str = "used";
/// The one by which the host tells what unused bytes of the stack are to be.
pub(super) const PATTERN: &str = "pattern";

/// `(address)`: sets the stack pointer, to an address within the stack. Keeps the lowest one, if that is measured.
pub(super) fn set(guard: &Guard, lowest: Option<u32>) -> Function {
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
    if let Some(lowest) = lowest {
        code.local_get(ADDRESS).global_get(lowest).i32_lt_u();
        // What moves the pointer before there is a stack uses none.
        if let Low::Global(global) = guard.low {
            code.global_get(global).i32_const(0).i32_ne().i32_and();
        }
        code.if_(BlockType::Empty).local_get(ADDRESS).global_set(lowest).end();
    }
    code.local_get(ADDRESS).global_set(guard.pointer).end();
    function
}

/// An exported function that calls the one it stands for, and compares the stack pointer before and after it. A stack that
/// is not there yet may come meanwhile. Reports how much of it was used at most, if that is measured.
pub(super) fn balanced(
    parameters: u32,
    function: u32,
    pointer: u32,
    unbalanced: u32,
    measure: Option<&Measure>,
) -> Function {
    let [before, outer] = [parameters, parameters + 1];
    let mut body = Function::new([(2, ValType::I32)]);
    let mut code = body.instructions();
    code.global_get(pointer).local_set(before);
    if let Some(measure) = measure {
        measure.begin(&mut code, before, outer);
    }
    for parameter in 0..parameters {
        code.local_get(parameter);
    }
    code.call(function);
    code.local_get(before).if_(BlockType::Empty);
    code.global_get(pointer).local_get(before).i32_ne();
    code.if_(BlockType::Empty).call(unbalanced).end();
    code.end();
    if let Some(measure) = measure {
        measure.end(&mut code, before, outer);
    }
    code.end();
    body
}

impl Measure {
    /// Measures from the stack pointer in a local on; puts what was measured of an outer call into another one.
    fn begin(&self, code: &mut InstructionSink<'_>, before: u32, outer: u32) {
        code.global_get(self.lowest).local_set(outer);
        // A stack that is not there yet is at no address.
        code.local_get(before).i32_const(-1).local_get(before).select().global_set(self.lowest);
        if let (Some(pattern), Low::Global(low)) = (self.pattern, self.guard.low) {
            code.local_get(before).if_(BlockType::Empty);
            code.global_get(low).call(pattern).local_get(before).global_get(low).i32_sub().memory_fill(0);
            code.end();
        }
    }

    /// Reports what was measured, unless there is no stack; goes on with the outer call.
    fn end(&self, code: &mut InstructionSink<'_>, top: u32, outer: u32) {
        let lower = |code: &mut InstructionSink<'_>, local: u32| {
            code.local_get(local).global_get(self.lowest);
            code.local_get(local).global_get(self.lowest).i32_lt_u().select();
        };
        let low = |code: &mut InstructionSink<'_>| {
            match self.guard.low {
                Low::Address(address) => code.i32_const(address.cast_signed()),
                Low::Global(global) => code.global_get(global),
            };
        };
        let bytes = self.guard.bytes.cast_signed();
        low(code);
        code.i32_const(bytes).i32_add().local_set(top);
        if let Low::Global(global) = self.guard.low {
            code.global_get(global).if_(BlockType::Empty);
        }
        code.local_get(top);
        lower(code, top);
        code.i32_sub().i32_const(bytes).call(self.used);
        if let Low::Global(_) = self.guard.low {
            code.end();
        }
        lower(code, outer);
        code.global_set(self.lowest);
    }
}

/// `()`: traps. Its name tells why.
pub(super) fn overflow() -> Function {
    let mut function = Function::new([]);
    function.instructions().unreachable().end();
    function
}
