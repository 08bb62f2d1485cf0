//! Renames a file over another, a directory over an empty one, and a file over a directory.
#![no_main]

#[path = "../common/mod.rs"]
mod common;

use common::*;

#[unsafe(no_mangle)]
extern "C" fn __main_void() -> i32 {
    let rename = |from: &str, to: &str| unsafe {
        raw::path_rename(ROOT, from.as_ptr(), from.len(), ROOT, to.as_ptr(), to.len())
    };
    report("file over file", rename("a", "b"));
    report("folder over empty one", rename("one", "two"));
    say("file over folder refused", &[(rename("b", "two") != SUCCESS).into()]);
    report("from nothing", rename("nothing", "c"));
    0
}
