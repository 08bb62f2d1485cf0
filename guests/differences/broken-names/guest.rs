//! Passes a name that is not valid UTF-8 to the function that its argument names.
#![no_main]

#[path = "../../regressions/common/mod.rs"]
mod common;

use common::*;

#[unsafe(no_mangle)]
extern "C" fn __main_void() -> i32 {
    let name = b"a\xffb";
    let (path, len) = (name.as_ptr(), name.len());
    let (mut room, mut used, mut opened) = ([0; 16], 0, 0);
    match argument(&mut [0; 64]) {
        b"create" => report("path_create_directory", unsafe { raw::path_create_directory(ROOT, path, len) }),
        b"stat" => {
            report("path_filestat_get", unsafe { raw::path_filestat_get(ROOT, 0, path, len, &mut Filestat::default()) })
        }
        b"times" => {
            report("path_filestat_set_times", unsafe { raw::path_filestat_set_times(ROOT, 0, path, len, 0, 0, 0) })
        }
        b"link" => report("path_link", unsafe { raw::path_link(ROOT, 0, path, len, ROOT, path, len) }),
        b"open" => report("path_open", unsafe { raw::path_open(ROOT, 0, path, len, 0, FD_READ, 0, 0, &mut opened) }),
        b"readlink" => report("path_readlink", unsafe {
            raw::path_readlink(ROOT, path, len, room.as_mut_ptr(), room.len(), &mut used)
        }),
        b"remove" => report("path_remove_directory", unsafe { raw::path_remove_directory(ROOT, path, len) }),
        b"rename" => report("path_rename", unsafe { raw::path_rename(ROOT, path, len, ROOT, path, len) }),
        b"symlink" => report("path_symlink", unsafe { raw::path_symlink(path, len, ROOT, "name".as_ptr(), 4) }),
        _ => report("path_unlink_file", unsafe { raw::path_unlink_file(ROOT, path, len) }),
    }
    0
}
