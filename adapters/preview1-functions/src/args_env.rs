//! Arguments and environment, which the host is asked for in each call.

use crate::abi::Errno;
use crate::answer;
use crate::memory::Address;
use crate::my_cli;
use crate::texts::{self, Told};

static ARGS: Told = Told::nothing();
static ENV: Told = Told::nothing();

/// The number of arguments, and the bytes that they take with the 0 at each one's end.
#[unsafe(no_mangle)]
pub extern "C" fn args_sizes_get(count: Address, size: Address) -> Errno {
    answer(|| ARGS.sizes(&my_cli::args(), count, size))
}

/// The arguments: a pointer to each, and the texts themselves.
#[unsafe(no_mangle)]
pub extern "C" fn args_get(pointers: Address, texts: Address) -> Errno {
    answer(|| ARGS.put(&my_cli::args(), pointers, texts))
}

/// The number of variables, and the bytes that `name=value` takes with the 0 at each one's end.
#[unsafe(no_mangle)]
pub extern "C" fn environ_sizes_get(count: Address, size: Address) -> Errno {
    answer(|| ENV.sizes(&env(), count, size))
}

/// The variables as `name=value`: a pointer to each, and the texts themselves.
#[unsafe(no_mangle)]
pub extern "C" fn environ_get(pointers: Address, texts: Address) -> Errno {
    answer(|| ENV.put(&env(), pointers, texts))
}

fn env() -> Vec<String> {
    my_cli::env().into_iter().map(texts::variable).collect()
}
