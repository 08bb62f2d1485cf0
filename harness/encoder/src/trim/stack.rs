//! Shadow stack of an adapter: its size, the global that points to it, and its guard.

use std::ops::Range;

use wasm_encoder::{BlockType, Function, InstructionSink, ValType};

use super::error::Problem;
use super::form::Form;

/// Default size of the stack, in bytes.
const DEFAULT: u32 = 64 * 1024;
/// Largest valid size, in bytes: a quarter of the address space.
pub(super) const MOST: u32 = 1 << 30;
/// Smallest valid size, in bytes: the stack alignment of the C ABI.
pub(super) const LEAST: u32 = 16;

/// Options of an adapter's shadow stack.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct ShadowStack {
    /// Size in bytes, rounded up to a multiple of 16. Default: 64 KiB. An isolated adapter keeps the size that it was
    /// linked with.
    pub size: Option<u32>,
    /// Traps if the stack pointer leaves the stack, in a function named `polyfill.stack_overflow`.
    pub guard: bool,
    /// Index of the stack pointer global, for a module in which it cannot be identified.
    pub pointer: Option<u32>,
    /// If the stack pointer is known, also traps if an export returns with a changed stack pointer, in a function named
    /// `polyfill.stack_unbalanced`. Implies the overflow check of `guard`.
    pub checked: bool,
}

impl ShadowStack {
    /// Returns the size of a stack in main's memory, in bytes.
    pub(super) fn bytes(&self) -> u32 {
        // Larger sizes are rejected by `check`.
        self.size.unwrap_or(DEFAULT).min(MOST).next_multiple_of(LEAST)
    }

    /// Returns a problem if the size is invalid or cannot be set.
    pub(super) fn check(&self, form: Form) -> Option<Problem> {
        let bytes = self.size?;
        if form == Form::Isolated {
            return Some(Problem::FixedStack { bytes });
        }
        (bytes == 0 || bytes > MOST).then_some(Problem::StackSize { bytes })
    }
}

/// Lowest address of a guarded stack.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Low {
    /// A constant address.
    Address(u32),
    /// The value of a global.
    Global(u32),
}

/// Guard of a stack.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Guard {
    pub low: Low,
    /// Size of the stack in bytes, above `low`.
    pub bytes: u32,
    /// Index of the stack pointer global.
    pub pointer: u32,
    /// Index of [`overflow`].
    pub overflow: u32,
    /// Set if a stack that is not yet allocated is not checked: an adapter may be called before, and use no stack.
    pub lenient: bool,
}

impl Guard {
    /// Creates the guard of a stack at a constant address range.
    pub fn fixed(stack: &Range<u32>, pointer: u32, overflow: u32) -> Guard {
        let (low, bytes) = (Low::Address(stack.start), stack.end.saturating_sub(stack.start));
        Guard { low, bytes, pointer, overflow, lenient: false }
    }
}

/// Usage measurement of a guarded stack.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Measure {
    pub guard: Guard,
    /// Global with the lowest stack pointer of the current call.
    pub lowest: u32,
    /// Function that reports the used and the total size, in bytes.
    pub used: u32,
    /// Function that returns the byte to fill unused stack with before each call, if the end of the stack is known
    /// reliably.
    pub pattern: Option<u32>,
}

/// Name of the import that reports the used stack size.
pub(super) const USED: &str = "used";
/// Name of the import that returns the fill byte of unused stack.
pub(super) const PATTERN: &str = "pattern";

/// Generates `(address)`: sets the stack pointer, and calls the overflow function unless it is within the stack.
/// Records the lowest address if the stack is measured.
pub(super) fn set(guard: &Guard, lowest: Option<u32>) -> Function {
    const ADDRESS: u32 = 0;
    let mut function = Function::new([]);
    let mut code = function.instructions();
    // A large frame can wrap the address around zero. The unsigned comparison covers this case, too.
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
        // Before the stack is allocated, changes of the pointer use no stack.
        if let Low::Global(global) = guard.low {
            code.global_get(global).i32_const(0).i32_ne().i32_and();
        }
        code.if_(BlockType::Empty).local_get(ADDRESS).global_set(lowest).end();
    }
    code.local_get(ADDRESS).global_set(guard.pointer).end();
    function
}

/// Generates the wrapper of an exported function, which compares the stack pointer before and after the call. A stack
/// that is allocated during the call is not compared. Reports the used stack size if it is measured.
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
    /// Starts the measurement at the stack pointer in local `before`, and saves that of an outer call in local `outer`.
    fn begin(&self, code: &mut InstructionSink<'_>, before: u32, outer: u32) {
        code.global_get(self.lowest).local_set(outer);
        // Before the stack is allocated, the pointer is zero.
        code.local_get(before).i32_const(-1).local_get(before).select().global_set(self.lowest);
        if let (Some(pattern), Low::Global(low)) = (self.pattern, self.guard.low) {
            code.local_get(before).if_(BlockType::Empty);
            code.global_get(low).call(pattern).local_get(before).global_get(low).i32_sub().memory_fill(0);
            code.end();
        }
    }

    /// Reports the measurement unless the stack is not yet allocated, and resumes that of the outer call.
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

/// Generates `()`: traps. The function's name shows the reason in backtraces.
pub(super) fn overflow() -> Function {
    let mut function = Function::new([]);
    function.instructions().unreachable().end();
    function
}
