//! Lists the preopened directories and their entries.
#![no_main]

#[path = "../common/mod.rs"]
mod common;

use common::*;

#[unsafe(no_mangle)]
extern "C" fn __main_void() -> i32 {
    for fd in ROOT.. {
        let mut stat = Prestat::default();
        let errno = unsafe { raw::fd_prestat_get(fd, &mut stat) };
        if errno != SUCCESS {
            report("end", errno);
            return 0;
        }
        let mut name = [b'?'; 64];
        let Some(place) = name.get_mut(..stat.name_len) else { return 1 };
        report("fd_prestat_dir_name", unsafe { raw::fd_prestat_dir_name(fd, place.as_mut_ptr(), place.len()) });
        show("name", place);
        match open_at(fd, "marker", 0, READ_WRITE, 0) {
            Ok(file) => {
                let mut content = [0; 64];
                let end = read_all(file, &mut content);
                show("marker", content.get(..end).unwrap_or_default());
            }
            Err(errno) => report("path_open", errno),
        }
    }
    0
}
