//! Access to main's memory by imported functions, which mean the same in both forms of an adapter.
//!
//! An adapter that shares main's memory gets functions of its own in their place; for an isolated one, they stay
//! imports, and whoever puts the component together provides them.

use std::fmt::Write;

use wasm_encoder::Function;
use wasmparser::{FuncType, Import, ValType};

pub(super) use crate::names::Copy as Access;
use crate::names::MAIN_MEMORY;

impl Access {
    /// The meaning of a function's import: none if it is not about main's memory, an error if its name means nothing.
    pub fn of(import: &Import<'_>) -> Option<Result<Access, UnknownAccess>> {
        let named = Access::ALL.into_iter().find(|access| access.field() == import.name);
        (import.module == MAIN_MEMORY).then_some(named.ok_or(UnknownAccess))
    }

    /// Whether the function has this type.
    pub fn has_type(self, ty: &FuncType) -> bool {
        let (parameters, results): (&[ValType], &[ValType]) = match self {
            Access::Load | Access::Store => (&[ValType::I32; 3], &[]),
            Access::Size => (&[], &[ValType::I32]),
        };
        ty.params() == parameters && ty.results() == results
    }

    /// The type that the function has, as text.
    pub fn expected(self) -> &'static str {
        match self {
            Access::Load | Access::Store => "(func (param i32 i32 i32))",
            Access::Size => "(func (result i32))",
        }
    }
}

/// A name that means nothing.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct UnknownAccess;

/// `(to, from, length)`: copies within the one memory that adapter and main share.
pub(super) fn copy() -> Function {
    let mut function = Function::new([]);
    let mut code = function.instructions();
    code.local_get(0).local_get(1).local_get(2).memory_copy(0, 0).end();
    function
}

/// `-> bytes`: the size of the shared memory, whose pages are two to the power of `page` bytes.
pub(super) fn size(page: u32) -> Function {
    let mut function = Function::new([]);
    let mut code = function.instructions();
    if page == 0 {
        code.memory_size(0).end();
        return function;
    }
    // A memory of the whole address space has this many pages, and one byte more than can be told.
    let most = 1i32 << (32 - page.min(31));
    code.i32_const(-1);
    code.memory_size(0).i32_const(page.cast_signed()).i32_shl();
    code.memory_size(0).i32_const(most).i32_eq().select().end();
    function
}

/// A function's type as text.
pub(super) fn text(ty: &FuncType) -> String {
    let mut text = "(func".to_string();
    for (what, list) in [("param", ty.params()), ("result", ty.results())] {
        if !list.is_empty() {
            // Writing to a string does not fail.
            let _ = write!(text, " ({what}");
            list.iter().for_each(|ty| _ = write!(text, " {ty}"));
            text.push(')');
        }
    }
    text + ")"
}
