//! Lists a directory, and prints the type of each entry, and if its inode is zero.
#![no_main]

#[path = "../../regressions/common/mod.rs"]
mod common;

use common::*;

#[unsafe(no_mangle)]
extern "C" fn __main_void() -> i32 {
    let folder = open("folder", DIRECTORY, FOLDER, 0);
    let (mut room, mut used) = ([0_u8; 256], 0);
    must("fd_readdir", unsafe { raw::fd_readdir(folder, room.as_mut_ptr(), room.len(), 0, &mut used) });
    let mut rest = room.get(..used).unwrap_or_default();
    while let (Some(inode), Some([length, ..]), Some(kind)) = (rest.get(8..16), rest.get(16..20), rest.get(20)) {
        let end = 24 + usize::from(*length);
        show("# fd_readdir", rest.get(24..end).unwrap_or_default());
        say("inode is zero", &[inode.iter().all(|byte| *byte == 0).into()]);
        say("kind", &[i64::from(*kind)]);
        rest = rest.get(end..).unwrap_or_default();
    }
    0
}
