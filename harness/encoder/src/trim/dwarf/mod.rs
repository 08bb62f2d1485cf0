//! Rewrites the DWARF of an adapter to match its new code.
//!
//! Function bodies change in size, and most of them are dropped. Units are converted one by one: entries of dropped
//! functions are dropped, line programs are rewritten, and every address is mapped to its new offset. Addresses of
//! static data, which are unknown before instantiation, are omitted. If the DWARF is malformed, it is dropped with a
//! reason, and the adapter is still encoded.

mod expression;
mod filter;
mod line;
mod unit;

use std::collections::BTreeMap;

use gimli::write::{ConvertError, EndianVec, Sections};
use gimli::{EndianSlice, LittleEndian, SectionId};

use super::offsets::Offsets;

type Reader<'a> = EndianSlice<'a, LittleEndian>;

/// Debug sections of a module by name.
pub(super) type DebugSections<'a> = BTreeMap<&'a str, &'a [u8]>;

/// Result of rewriting an adapter's DWARF.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Debug {
    /// The adapter has no DWARF.
    Absent,
    /// DWARF was not requested.
    Unwanted,
    /// DWARF was rewritten. Sizes of its sections before and after, in bytes.
    Kept { before: usize, after: usize },
    /// DWARF was dropped, because none of it describes kept functions.
    Unneeded,
    /// DWARF was dropped because it could not be converted.
    Dropped { reason: String },
}

/// Mappings of code offsets and global indices.
#[derive(Clone, Copy)]
pub(super) struct Moves<'m> {
    /// Offsets in the code section.
    pub code: &'m Offsets,
    /// Original to new indices of globals.
    pub globals: &'m BTreeMap<u32, u32>,
}

/// Reason for which DWARF is dropped.
#[derive(Debug, thiserror::Error)]
enum Fault {
    #[error("{0}")]
    Convert(ConvertError),
    #[error("{0}")]
    Read(String),
    #[error("entries are nested more than {0} deep")]
    Depth(isize),
    #[error("addresses of {0} bytes")]
    AddressSize(u8),
    #[error("64-bit DWARF")]
    Format,
    #[error("split DWARF, whose main part is in another file")]
    Split,
    #[error("line program: {0}")]
    Line(&'static str),
}

impl<E: Into<ConvertError>> From<E> for Fault {
    fn from(error: E) -> Fault {
        Fault::Convert(error.into())
    }
}

/// Rewrites debug sections. Returns the new sections in the order in which they are written, and a summary.
pub(super) fn rewrite(old: &DebugSections<'_>, moves: Moves<'_>) -> (Vec<(&'static str, Vec<u8>)>, Debug) {
    if old.is_empty() {
        return (Vec::new(), Debug::Absent);
    }
    match convert(old, moves) {
        Ok(new) if new.is_empty() => (new, Debug::Unneeded),
        Ok(new) => {
            let before = old.values().map(|data| data.len()).sum();
            let after = new.iter().map(|(_, data)| data.len()).sum();
            (new, Debug::Kept { before, after })
        }
        Err(fault) => (Vec::new(), Debug::Dropped { reason: fault.to_string() }),
    }
}

fn convert(old: &DebugSections<'_>, moves: Moves<'_>) -> Result<Vec<(&'static str, Vec<u8>)>, Fault> {
    let section = |id: SectionId| -> Result<Reader<'_>, gimli::Error> {
        let data = old.get(id.name()).copied().unwrap_or_default();
        Ok(EndianSlice::new(data, LittleEndian))
    };
    let read = gimli::read::Dwarf::load(section)?;
    units(&read, moves).map_err(|fault| match fault {
        // Adds the section and the offset in it.
        Fault::Convert(ConvertError::Read(error)) => Fault::Read(read.format_error(error)),
        other => other,
    })
}

fn units(read: &gimli::Dwarf<Reader<'_>>, moves: Moves<'_>) -> Result<Vec<(&'static str, Vec<u8>)>, Fault> {
    let mut write = gimli::write::Dwarf::new();
    let filter = filter::live(read, moves.code)?;
    let mut units = write.convert_with_filter(filter)?;
    let mut any = false;
    while let Some((unit, root)) = units.read_unit()? {
        any |= unit::convert(unit, root, moves)?;
    }
    if !any {
        return Ok(Vec::new());
    }
    let mut sections = Sections::new(EndianVec::new(LittleEndian));
    write.write(&mut sections).map_err(ConvertError::from)?;
    let mut new = Vec::new();
    let _: Result<(), gimli::write::Error> = sections.for_each_mut(|id, data| {
        let data = data.take();
        if !data.is_empty() {
            new.push((id.name(), data));
        }
        Ok(())
    });
    Ok(new)
}
