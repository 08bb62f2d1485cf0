//! Kinds of open descriptors.

use std::rc::Rc;

use wasip2::filesystem::types::Descriptor;

use crate::abi::{Answer, Errno};
use crate::file::File;
use crate::folder::Folder;
use crate::stream::{Input, Output};
use crate::table;

/// Object that a descriptor refers to.
#[derive(Clone)]
pub enum Open {
    /// Standard input.
    Input(Rc<Input>),
    /// Standard output or error.
    Output(Rc<Output>),
    /// File, or any other object that is not a directory.
    File(Rc<File>),
    /// Directory.
    Folder(Rc<Folder>),
    /// Free descriptor.
    Reserved,
}

/// Open file or directory of a file system.
pub enum Entry {
    /// A file.
    File(Rc<File>),
    /// Directory.
    Folder(Rc<Folder>),
}

impl Entry {
    /// Returns the host's descriptor.
    pub fn descriptor(&self) -> &Descriptor {
        match self {
            Entry::File(file) => &file.descriptor,
            Entry::Folder(folder) => &folder.descriptor,
        }
    }
}

/// Returns the file of a descriptor.
pub fn file(fd: u32) -> Answer<Rc<File>> {
    match table::open(fd)? {
        Open::File(file) => Ok(file),
        _ => Err(Errno::Badf),
    }
}

/// Returns the file of a descriptor, for changes of its position.
pub fn seekable(fd: u32) -> Answer<Rc<File>> {
    match table::open(fd)? {
        Open::File(file) => Ok(file),
        Open::Input(_) | Open::Output(_) => Err(Errno::Spipe),
        Open::Folder(_) | Open::Reserved => Err(Errno::Badf),
    }
}

/// Returns the directory of a descriptor.
pub fn folder(fd: u32) -> Answer<Rc<Folder>> {
    match table::open(fd)? {
        Open::Folder(folder) => Ok(folder),
        _ => Err(Errno::Badf),
    }
}

/// Returns the file or directory of a descriptor.
pub fn entry(fd: u32) -> Answer<Entry> {
    match table::open(fd)? {
        Open::File(file) => Ok(Entry::File(file)),
        Open::Folder(folder) => Ok(Entry::Folder(folder)),
        Open::Input(_) | Open::Output(_) | Open::Reserved => Err(Errno::Badf),
    }
}
