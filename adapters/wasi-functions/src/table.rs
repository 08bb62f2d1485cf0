//! Descriptor table. A new descriptor gets the lowest free number.

use std::cell::RefCell;
use std::rc::Rc;

use wasip2::filesystem::preopens;

use crate::abi::{Answer, Errno};
use crate::folder::Folder;
use crate::open::Open;
use crate::stream::{Input, Output};

/// Initial entries: the standard streams.
const STREAMS: u32 = 3;

struct Table {
    /// Entries by descriptor number.
    entries: Vec<Option<Open>>,
    /// Set after the preopened directories were read from the host.
    preopened: bool,
}

thread_local! {
    static TABLE: RefCell<Table> = RefCell::new(Table::new());
}

impl Table {
    fn new() -> Table {
        let entries = vec![
            Some(Open::Input(Rc::new(Input::new()))),
            Some(Open::Output(Rc::new(Output::new(false)))),
            Some(Open::Output(Rc::new(Output::new(true)))),
        ];
        Table { entries, preopened: false }
    }

    fn place(&mut self, fd: u32) -> Answer<&mut Option<Open>> {
        self.entries.get_mut(fd as usize).ok_or(Errno::Badf)
    }

    /// Returns the open object, unless the number is only reserved.
    fn open(&mut self, fd: u32) -> Answer<&mut Option<Open>> {
        let place = self.place(fd)?;
        if matches!(place, None | Some(Open::Reserved)) { Err(Errno::Badf) } else { Ok(place) }
    }
}

/// Returns the table. It must not be borrowed during a host call, including the drop of a handle.
fn with<T>(work: impl FnOnce(&mut Table) -> T) -> T {
    TABLE.with_borrow_mut(work)
}

/// Reads the preopened directories from the host, once, if a number may refer to one.
fn preopen(fd: u32) {
    if fd < STREAMS || with(|table| table.preopened) {
        return;
    }
    let folders = preopens::get_directories();
    with(|table| {
        table.preopened = true;
        let folders = folders.into_iter().map(|(descriptor, name)| Folder::new(descriptor, Some(name)));
        table.entries.extend(folders.map(|folder| Some(Open::Folder(Rc::new(folder)))));
    });
}

/// Object that a descriptor refers to.
pub fn open(fd: u32) -> Answer<Open> {
    preopen(fd);
    with(|table| table.open(fd)?.clone().ok_or(Errno::Badf))
}

/// Reserves space for one more entry.
pub fn prepare() -> Answer {
    /// Upper bound of the memory for one entry, in bytes.
    const ENTRY: usize = 256;
    preopen(u32::MAX);
    preview1_memory::heap::prepare(ENTRY)?;
    with(|table| table.entries.try_reserve(1)).map_err(|_| Errno::Nomem)
}

/// Assigns a number to an opened object.
pub fn add(open: Open) -> u32 {
    with(|table| {
        let free = table.entries.iter().position(Option::is_none);
        let fd = free.unwrap_or_else(|| {
            table.entries.push(None);
            table.entries.len() - 1
        });
        table.entries[fd] = Some(open);
        fd as u32
    })
}

/// Frees a number and returns its object.
pub fn close(fd: u32) -> Answer<Open> {
    preopen(fd);
    with(|table| table.open(fd)?.take().ok_or(Errno::Badf))
}

/// Frees a reserved number.
pub fn give_back(fd: u32) -> Answer {
    with(|table| match table.place(fd)? {
        place @ Some(Open::Reserved) => {
            *place = None;
            Ok(())
        }
        _ => Err(Errno::Badf),
    })
}

/// Renumbers `from` to `to`, and returns the object that was open as `to`.
pub fn renumber(from: u32, to: u32) -> Answer<Option<Open>> {
    preopen(from.max(to));
    with(|table| {
        table.open(to)?;
        let place = table.open(from)?;
        if from == to {
            return Ok(None);
        }
        let moved = place.take();
        Ok(std::mem::replace(table.open(to)?, moved))
    })
}

/// Resets the table.
pub fn reset() {
    let old = with(|table| std::mem::replace(table, Table::new()));
    drop(old);
}
