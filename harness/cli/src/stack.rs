//! How a command line names adapter stacks.

use polyfill_build::index::Cell;

/// Whether a name given by `--adapter` is that of the cell's stack, or of an adapter in it.
pub(crate) fn is_named(cell: &Cell, name: &str) -> bool {
    cell.adapter == name || cell.adapter.split('+').any(|id| id == name)
}
