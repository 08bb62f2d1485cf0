//! Known failures: which trials must fail.

use polyfill_build::case::Case;
use polyfill_build::index::Cell;
use polyfill_build::reference;

/// Why a cell must fail, if it must: its adapter has the bug that the case detects, or the case says so of the cell. What is
/// wrong with a requirement on versions is told where the case is read.
pub(crate) fn must_fail(case: &Case, cell: &Cell) -> Option<String> {
    if let Some(fails) = case.must_fail_on(&cell.adapter, &cell.host) {
        return Some(fails.reason.clone());
    }
    let (bug, release) = (case.bug.as_ref()?, release(cell)?);
    let present = matches!(bug.is_in(&release.semver()), Ok(Some(true)));
    present.then(|| format!("release {} has the bug {} (`bug.present`)", release.version, bug.id))
}

/// The release of the reference adapters that a cell goes through: that of the first one in its stack.
pub(crate) fn release(cell: &Cell) -> Option<&'static reference::Release> {
    let references = cell.adapter.split('+').filter_map(|word| reference::find(word)?.ok());
    references.map(|reference| reference.release).next()
}
