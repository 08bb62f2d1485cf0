//! Renumbers a preopened directory to the number of a file, and reads its name.
#![no_main]

#[path = "../common/mod.rs"]
mod common;

use common::*;

#[unsafe(no_mangle)]
extern "C" fn __main_void() -> i32 {
    let file = open("a", 0, READ_WRITE, 0);
    must("fd_renumber", unsafe { raw::fd_renumber(ROOT, file) });
    let mut stat = Prestat::default();
    report("fd_prestat_get", unsafe { raw::fd_prestat_get(file, &mut stat) });
    let mut name = [b'?'; 16];
    let Some(place) = name.get_mut(..stat.name_len) else { return 1 };
    report("fd_prestat_dir_name", unsafe { raw::fd_prestat_dir_name(file, place.as_mut_ptr(), place.len()) });
    show("name", place);
    0
}
