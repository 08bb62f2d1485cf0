//! Location expressions of variables.

use gimli::write::{ConvertUnit, Expression};
use gimli::{Encoding, Operation};

use super::{Moves, Reader};

/// Converts an expression. Returns `None` if it contains an address of static data, which is known only at run time, or
/// an operation that cannot be re-encoded.
pub(super) fn convert<'a>(
    unit: &ConvertUnit<'_, Reader<'a>>,
    old: &gimli::Expression<Reader<'a>>,
    moves: Moves<'_>,
) -> Option<Expression> {
    let read = unit.read_unit;
    match globals(old, read.encoding()) {
        Globals::None => unit.convert_expression(read, *old, &|_| None).ok(),
        Globals::Alone => {
            let mut new = Expression::new();
            let mut operations = old.operations(read.encoding());
            while let Some(operation) = operations.next().ok()? {
                match operation {
                    Operation::WasmGlobal { index } => new.op_wasm_global(*moves.globals.get(&index)?),
                    Operation::StackValue => new.op(gimli::constants::DW_OP_stack_value),
                    Operation::PlusConstant { value } => new.op_plus_uconst(value),
                    _ => return None,
                }
            }
            Some(new)
        }
    }
}

/// Presence of globals in an expression. The conversion by `gimli` does not remap their indices.
enum Globals {
    None,
    Alone,
}

fn globals(expression: &gimli::Expression<Reader<'_>>, encoding: Encoding) -> Globals {
    let mut operations = expression.operations(encoding);
    // A malformed operation makes the conversion fail, too.
    while let Ok(Some(operation)) = operations.next() {
        match operation {
            Operation::WasmGlobal { .. } => return Globals::Alone,
            Operation::EntryValue { expression } => {
                if let Globals::Alone = globals(&gimli::Expression(expression), encoding) {
                    return Globals::Alone;
                }
            }
            _ => {}
        }
    }
    Globals::None
}
