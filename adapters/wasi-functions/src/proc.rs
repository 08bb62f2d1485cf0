//! The process: its end, and what little else can be done to it.

use wasip2::cli::exit::{exit, exit_with_code};

use crate::abi::Errno;
use crate::tell_of_panics;

/// Ends the program. Main has no code after this call, so there is nothing to come back to.
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

/// There are no signals.
#[unsafe(no_mangle)]
pub extern "C" fn proc_raise(_signal: u32) -> Errno {
    Errno::Notsup
}

/// There is nobody else to run.
#[unsafe(no_mangle)]
pub extern "C" fn sched_yield() -> Errno {
    Errno::Success
}
