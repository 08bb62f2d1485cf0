//! Known bugs: which trials must fail.

use polyfill_build::case::Bug;
use polyfill_build::index::Cell;
use polyfill_build::reference;

/// Whether a cell goes through a release of the reference adapters that has the bug; nothing where that is not known, or there
/// is no such adapter in it. The error names a requirement that is none.
pub(crate) fn must_fail(bug: Option<&Bug>, cell: &Cell) -> Result<Option<bool>, String> {
    let (Some(bug), Some(release)) = (bug, release(cell)) else { return Ok(None) };
    bug.is_in(&release.semver())
}

/// The release of the reference adapters that a cell goes through: that of the first one in its stack.
pub(crate) fn release(cell: &Cell) -> Option<&'static reference::Release> {
    let references = cell.adapter.split('+').filter_map(|word| reference::find(word)?.ok());
    references.map(|reference| reference.release).next()
}
