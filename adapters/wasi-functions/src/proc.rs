//! Process functions.

use wasip2::cli::exit::{exit, exit_with_code};

use crate::abi::Errno;
use crate::tell_of_panics;

/// Ends the program. This function does not return to main.
#[unsafe(no_mangle)]
pub extern "C" fn proc_exit(code: u32) -> ! {
    tell_of_panics();
    match (code, u8::try_from(code)) {
        (0, _) => exit(Ok(())),
        (1, _) | (_, Err(_)) => exit(Err(())),
        (_, Ok(code)) => exit_with_code(code),
    }
    panic!("the host came back from `exit({code})`")
}

/// Fails: signals are not supported.
#[unsafe(no_mangle)]
pub extern "C" fn proc_raise(_signal: u32) -> Errno {
    Errno::Notsup
}

/// Does nothing: there is a single thread.
#[unsafe(no_mangle)]
pub extern "C" fn sched_yield() -> Errno {
    Errno::Success
}
