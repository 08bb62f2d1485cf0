//! Functions that access main's memory. Their meaning is the same in both forms of an adapter.
//!
//! A shared adapter gets generated functions in their place. In an isolated adapter they remain imports, which the
//! component provides.

use std::fmt::Write;

use wasm_encoder::Function;
use wasmparser::{FuncType, Import, ValType};

use crate::names::{MAIN_MEMORY, MainMemoryOp};

impl MainMemoryOp {
    /// Returns the access that an import stands for: `None` if the import is not in the main-memory namespace, an error
    /// if its name is unknown.
    pub fn of(import: &Import<'_>) -> Option<Result<MainMemoryOp, UnknownAccess>> {
        let named = MainMemoryOp::ALL.into_iter().find(|access| access.field() == import.name);
        (import.module == MAIN_MEMORY).then_some(named.ok_or(UnknownAccess))
    }

    /// Returns true if the access function has this type.
    pub fn has_type(self, ty: &FuncType) -> bool {
        let (parameters, results): (&[ValType], &[ValType]) = match self {
            MainMemoryOp::Load | MainMemoryOp::Store => (&[ValType::I32; 3], &[]),
            MainMemoryOp::Size => (&[], &[ValType::I32]),
        };
        ty.params() == parameters && ty.results() == results
    }

    /// Returns the expected type in the text format.
    pub fn expected(self) -> &'static str {
        match self {
            MainMemoryOp::Load | MainMemoryOp::Store => "(func (param i32 i32 i32))",
            MainMemoryOp::Size => "(func (result i32))",
        }
    }
}

/// Unknown name in the main-memory namespace.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct UnknownAccess;

/// Generates `(to, from, length)`: copies within the memory that adapter and main share.
pub(super) fn copy() -> Function {
    let mut function = Function::new([]);
    let mut code = function.instructions();
    code.local_get(0).local_get(1).local_get(2).memory_copy(0, 0).end();
    function
}

/// Generates `-> bytes`: returns the size in bytes of the shared memory, whose pages are `1 << page` bytes.
pub(super) fn size(page: u32) -> Function {
    let mut function = Function::new([]);
    let mut code = function.instructions();
    if page == 0 {
        code.memory_size(0).end();
        return function;
    }
    // A memory that spans the whole address space has this many pages. Its size, one more than `u32::MAX`, is capped.
    let most = 1i32 << (32 - page.min(31));
    code.i32_const(-1);
    code.memory_size(0).i32_const(page.cast_signed()).i32_shl();
    code.memory_size(0).i32_const(most).i32_eq().select().end();
    function
}

/// Formats a function type in the text format.
pub(super) fn text(ty: &FuncType) -> String {
    let mut text = "(func".to_string();
    for (what, list) in [("param", ty.params()), ("result", ty.results())] {
        if !list.is_empty() {
            // Writing to a string cannot fail.
            let _ = write!(text, " ({what}");
            list.iter().for_each(|ty| _ = write!(text, " {ty}"));
            text.push(')');
        }
    }
    text + ")"
}
