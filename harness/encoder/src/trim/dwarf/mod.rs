//! DWARF of an adapter, moved along with its code.
//!
//! Function bodies get other sizes when they are written again, and most of them are dropped. So units are converted
//! one by one: what belongs to dropped functions goes, line programs are written anew, and every address is looked up in
//! the map of old offsets to new ones. What cannot be known before instantiation (the addresses of static data) is
//! left out. DWARF is an aid: whatever is wrong with it, the adapter is not, so it is dropped with a reason.

mod expression;
mod filter;
mod line;
mod unit;

use std::collections::BTreeMap;

use gimli::write::{ConvertError, EndianVec, Sections};
use gimli::{EndianSlice, LittleEndian, SectionId};

use super::offsets::Offsets;

type Reader<'a> = EndianSlice<'a, LittleEndian>;

/// The debug sections of a module, by their names.
pub(super) type DebugSections<'a> = BTreeMap<&'a str, &'a [u8]>;

/// What became of an adapter's DWARF.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Debug {
    /// It has none.
    Absent,
    /// Nobody asked for it, whether there is any or not.
    Unwanted,
    /// It is there, with new offsets: bytes of its sections before and after.
    Kept { before: usize, after: usize },
    /// Nothing in it is about functions that stay.
    Unneeded,
    /// It could not be converted.
    Dropped { reason: String },
}

/// What addresses and indices in DWARF are moved by.
#[derive(Clone, Copy)]
pub(super) struct Moves<'m> {
    /// Offsets into the code section.
    pub code: &'m Offsets,
    /// Globals: old index to new.
    pub globals: &'m BTreeMap<u32, u32>,
}

/// Why DWARF is dropped.
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
    #[error("split DWARF: most of it is in another file")]
    Split,
    #[error("line program: {0}")]
    Line(&'static str),
}

impl<E: Into<ConvertError>> From<E> for Fault {
    fn from(error: E) -> Fault {
        Fault::Convert(error.into())
    }
}

/// New debug sections, in the order in which they are to be written, and what became of the old ones.
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
        // With the section and the offset in it.
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
