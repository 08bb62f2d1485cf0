//! Line programs, rewritten with one sequence for each kept function and the files that are still referenced.

use std::collections::BTreeMap;

use gimli::write::{Address, ConvertUnit, FileId, FileInfo, LineProgram, LineString};
use gimli::{AttributeValue, ColumnType, IncompleteLineProgram, LineEncoding, LineRow, UnitRef};

use super::{Fault, Offsets, Reader};
use crate::trim::offsets::MovedFunction;

/// A line program under construction.
pub(super) struct Lines<'a> {
    old: IncompleteLineProgram<Reader<'a>>,
    new: LineProgram,
    files: BTreeMap<u64, FileId>,
}

impl<'a> Lines<'a> {
    /// Starts the line program of a unit. Returns `None` if the unit has none.
    pub fn start(unit: &mut ConvertUnit<'_, Reader<'a>>) -> Result<Option<Lines<'a>>, Fault> {
        let read = unit.read_unit;
        let Some(old) = read.line_program.clone() else { return Ok(None) };
        let encoding = read.encoding();
        let header = old.header();
        let directory = text(read, header.directory(0))?.or(read.comp_dir);
        let directory = directory.map(|text| text.slice()).unwrap_or_default();
        let directory = LineString::new(directory, encoding, unit.line_strings);
        // In DWARF 5, file 0 is the primary source file. It is listed even if no row refers to it.
        let name = match header.file(0) {
            Some(file) => text(read, Some(file.path_name()))?,
            None => None,
        };
        let name = name.or(read.name).map(|text| text.slice()).unwrap_or_default();
        let name = LineString::new(name, encoding, unit.line_strings);
        let info = header.file(0).map(|file| FileInfo { md5: *file.md5(), ..FileInfo::default() });
        let mut new = LineProgram::new(encoding, LineEncoding::default(), directory, None, name, info);
        new.file_has_md5 = encoding.version >= 5 && header.file_has_md5();
        Ok(Some(Lines { old, new, files: BTreeMap::new() }))
    }

    /// Returns the finished program.
    pub fn program(self) -> LineProgram {
        self.new
    }

    /// Maps a file index, and adds the file at its first use. Returns `None` for index 0 before DWARF 5, which means no
    /// file.
    pub fn file(&mut self, unit: &mut ConvertUnit<'_, Reader<'a>>, index: u64) -> Result<Option<FileId>, Fault> {
        if let Some(known) = self.files.get(&index) {
            return Ok(Some(*known));
        }
        let read = unit.read_unit;
        let encoding = read.encoding();
        let header = self.old.header();
        if index == 0 && header.version() <= 4 {
            return Ok(None);
        }
        let file = header.file(index).ok_or(Fault::Line("a file that is not in the list"))?;
        let name = text(read, Some(file.path_name()))?.filter(|name| !name.is_empty());
        let name = name.ok_or(Fault::Line("a file without a name"))?;
        let directory = match file.directory_index() {
            0 => None,
            index => header.directory(index).map(Some).ok_or(Fault::Line("a directory that is not in the list"))?,
        };
        let directory = match text(read, directory)?.filter(|directory| !directory.is_empty()) {
            Some(directory) => self.new.add_directory(LineString::new(directory.slice(), encoding, unit.line_strings)),
            None => self.new.default_directory(),
        };
        let name = LineString::new(name.slice(), encoding, unit.line_strings);
        let info = FileInfo { timestamp: file.timestamp(), size: file.size(), md5: *file.md5(), source: None };
        let id = self.new.add_file(name, directory, Some(info));
        self.files.insert(index, id);
        Ok(Some(id))
    }

    /// Converts the rows. Returns the new ranges of the functions that have rows.
    pub fn rows(
        &mut self,
        unit: &mut ConvertUnit<'_, Reader<'a>>,
        offsets: &Offsets,
    ) -> Result<Vec<std::ops::Range<u64>>, Fault> {
        let mut ranges = Vec::new();
        let mut rows = self.old.clone().rows();
        // Function of the last row, new start of its sequence, and new address of the last row.
        let mut current: Option<(&MovedFunction, u64, u64)> = None;
        while let Some((_, row)) = rows.next_row()? {
            let function = offsets.function(row.address()).filter(|_| !row.end_sequence());
            if let Some((open, start, _)) = current
                && function.is_none_or(|function| function.from != open.from)
            {
                let end = open.at(row.address().max(u64::from(open.old.start)));
                self.new.end_sequence(end.max(start) - start);
                ranges.push(start..end);
                current = None;
            }
            let Some(function) = function else { continue };
            let address = function.at(row.address());
            let (start, last) = match current {
                Some((_, start, last)) => (start, last),
                None => {
                    self.new.begin_sequence(Some(Address::Constant(address)));
                    (address, address)
                }
            };
            // Addresses must not decrease within a sequence. Other rows are dropped.
            if address >= last {
                self.row(unit, row, address - start)?;
                current = Some((function, start, address));
            }
        }
        match current {
            None => Ok(ranges),
            Some(_) => Err(Fault::Line("a sequence without an end")),
        }
    }

    fn row(&mut self, unit: &mut ConvertUnit<'_, Reader<'a>>, row: &LineRow, offset: u64) -> Result<(), Fault> {
        let file = self.file(unit, row.file_index())?.ok_or(Fault::Line("a row without a file"))?;
        let line = row.line().map_or(0, |line| line.get());
        // The writer computes differences of lines as signed numbers.
        let line = u32::try_from(line).map_err(|_| Fault::Line("a line of more than 32 bits"))?;
        let new = self.new.row();
        new.address_offset = offset;
        new.file = file;
        new.line = u64::from(line);
        new.column = match row.column() {
            ColumnType::LeftEdge => 0,
            ColumnType::Column(column) => column.get(),
        };
        new.discriminator = row.discriminator();
        new.is_statement = row.is_stmt();
        new.basic_block = row.basic_block();
        new.prologue_end = row.prologue_end();
        new.epilogue_begin = row.epilogue_begin();
        new.isa = row.isa();
        self.new.generate_row();
        Ok(())
    }
}

fn text<'a>(
    unit: UnitRef<'_, Reader<'a>>,
    value: Option<AttributeValue<Reader<'a>>>,
) -> Result<Option<Reader<'a>>, Fault> {
    Ok(value.map(|value| unit.attr_string(value)).transpose()?)
}
