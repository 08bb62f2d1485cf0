//! The process: its end, and what little else can be done to it.

use crate::abi::Errno;
use crate::my_cli;

/// Ends the program.
#[unsafe(no_mangle)]
pub extern "C" fn proc_exit(code: u32) -> ! {
    my_cli::exit(code);
    // Main has no code after this call, so a host that comes back from it has left no other way.
    core::arch::wasm32::unreachable()
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
