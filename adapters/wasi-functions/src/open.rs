//! What a descriptor can be.

use std::rc::Rc;

use wasip2::filesystem::types::Descriptor;

use crate::abi::{Answer, Errno};
use crate::file::File;
use crate::folder::Folder;
use crate::stream::{Input, Output};
use crate::table;

/// What is open under a number.
#[derive(Clone)]
pub enum Open {
    /// Standard input.
    Input(Rc<Input>),
    /// Standard output or error.
    Output(Rc<Output>),
    /// A file, or whatever else is no folder.
    File(Rc<File>),
    /// A folder.
    Folder(Rc<Folder>),
    /// Nothing: the number is not given out.
    Reserved,
}

/// What is open under a number, and lies in a file system.
pub enum Entry {
    /// A file.
    File(Rc<File>),
    /// A folder.
    Folder(Rc<Folder>),
}

impl Entry {
    /// It, as the host has it.
    pub fn descriptor(&self) -> &Descriptor {
        match self {
            Entry::File(file) => &file.descriptor,
            Entry::Folder(folder) => &folder.descriptor,
        }
    }
}

/// The file under a number.
pub fn file(fd: u32) -> Answer<Rc<File>> {
    match table::open(fd)? {
        Open::File(file) => Ok(file),
        _ => Err(Errno::Badf),
    }
}

/// The file under a number, to move in.
pub fn seekable(fd: u32) -> Answer<Rc<File>> {
    match table::open(fd)? {
        Open::File(file) => Ok(file),
        Open::Input(_) | Open::Output(_) => Err(Errno::Spipe),
        Open::Folder(_) | Open::Reserved => Err(Errno::Badf),
    }
}

/// The folder under a number.
pub fn folder(fd: u32) -> Answer<Rc<Folder>> {
    match table::open(fd)? {
        Open::Folder(folder) => Ok(folder),
        _ => Err(Errno::Badf),
    }
}

/// What lies in a file system.
pub fn entry(fd: u32) -> Answer<Entry> {
    match table::open(fd)? {
        Open::File(file) => Ok(Entry::File(file)),
        Open::Folder(folder) => Ok(Entry::Folder(folder)),
        Open::Input(_) | Open::Output(_) | Open::Reserved => Err(Errno::Badf),
    }
}
