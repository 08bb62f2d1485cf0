//! Creates, renames and removes files, directories and links.
#![no_main]

#[path = "../common/mod.rs"]
mod common;

use common::*;

#[unsafe(no_mangle)]
extern "C" fn __main_void() -> i32 {
    let mut log = Log::new();
    let (folder, file, link, other) = ("folder", "file", "link", "other");
    let create = || unsafe { raw::path_create_directory(ROOT, folder.as_ptr(), folder.len()) };
    log.say("path_create_directory", again(create), &[]);
    let symlink = || unsafe { raw::path_symlink(file.as_ptr(), file.len(), ROOT, link.as_ptr(), link.len()) };
    log.say("path_symlink", again(symlink), &[]);
    let (mut bytes, mut used) = ([0; 20], 0);
    let readlink =
        || unsafe { raw::path_readlink(ROOT, link.as_ptr(), link.len(), bytes.as_mut_ptr(), bytes.len(), &mut used) };
    let errno = again(readlink);
    log.show("path_readlink", errno, bytes.get(..used).unwrap_or_default());
    let hard = || unsafe { raw::path_link(ROOT, 0, file.as_ptr(), file.len(), ROOT, other.as_ptr(), other.len()) };
    log.say("path_link", again(hard), &[]);
    let unlink = || unsafe { raw::path_unlink_file(ROOT, link.as_ptr(), link.len()) };
    log.say("path_unlink_file", again(unlink), &[]);
    let rename = || unsafe { raw::path_rename(ROOT, other.as_ptr(), other.len(), ROOT, link.as_ptr(), link.len()) };
    log.say("path_rename", again(rename), &[]);
    let remove = || unsafe { raw::path_remove_directory(ROOT, folder.as_ptr(), folder.len()) };
    log.say("path_remove_directory", again(remove), &[]);
    log.print();
    0
}
