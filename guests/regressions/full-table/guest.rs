//! Creates files until no descriptor is left, and checks that the failed call created no file.
#![no_main]

#[path = "../common/mod.rs"]
mod common;

use common::*;

#[unsafe(no_mangle)]
extern "C" fn __main_void() -> i32 {
    let mut name = *b"file-000";
    for number in 0..300_u16 {
        let digits = [number / 100, number / 10 % 10, number % 10];
        for (place, digit) in name.iter_mut().skip(5).zip(digits) {
            *place = b'0' + digit as u8;
        }
        let path = core::str::from_utf8(&name).unwrap_or_default();
        if let Err(errno) = open_at(ROOT, path, CREAT | EXCL, READ_WRITE, 0) {
            report("path_open", errno);
            let mut stat = Filestat::default();
            report("made", unsafe { raw::path_filestat_get(ROOT, 0, path.as_ptr(), path.len(), &mut stat) });
            return 0;
        }
    }
    say("opened", &[300]);
    0
}
