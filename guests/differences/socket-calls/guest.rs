//! Calls the socket function that its argument names, with a directory and with a descriptor that is not open.
#![no_main]

#[path = "../../regressions/common/mod.rs"]
mod common;

use common::*;

#[unsafe(no_mangle)]
extern "C" fn __main_void() -> i32 {
    let (mut room, mut opened, mut count, mut flags) = ([0; 64], 0, 0, 0);
    let iovec = Iovec { buf: (&raw mut room).cast(), len: 0 };
    let nothing = 100;
    match argument(&mut [0; 64]) {
        b"accept" => report("sock_accept folder", unsafe { raw::sock_accept(ROOT, 0, &mut opened) }),
        b"accept-nothing" => report("sock_accept nothing", unsafe { raw::sock_accept(nothing, 0, &mut opened) }),
        b"receive" => report("sock_recv folder", unsafe { raw::sock_recv(ROOT, &iovec, 1, 0, &mut count, &mut flags) }),
        b"receive-nothing" => {
            report("sock_recv nothing", unsafe { raw::sock_recv(nothing, &iovec, 1, 0, &mut count, &mut flags) });
        }
        b"send" => report("sock_send folder", unsafe { raw::sock_send(ROOT, &iovec, 1, 0, &mut count) }),
        b"send-nothing" => report("sock_send nothing", unsafe { raw::sock_send(nothing, &iovec, 1, 0, &mut count) }),
        _ => {
            report("sock_shutdown folder", unsafe { raw::sock_shutdown(ROOT, 1) });
            report("sock_shutdown nothing", unsafe { raw::sock_shutdown(nothing, 1) });
            report("sock_shutdown stdout", unsafe { raw::sock_shutdown(1, 1) });
        }
    }
    0
}
