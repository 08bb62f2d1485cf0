//! Arguments and environment. They are the host's: each call asks for them again, and nothing is kept.

use crate::abi::Errno;
use crate::memory::Out;
use crate::my_cli;

/// The number of arguments, and the bytes that they take with the 0 at each one's end.
#[unsafe(no_mangle)]
pub extern "C" fn args_sizes_get(count: Out<u32>, size: Out<u32>) -> Errno {
    let args = my_cli::args();
    sizes(args.iter().map(|arg| [arg.as_str()]), count, size)
}

/// The arguments: a pointer to each, and the texts themselves.
#[unsafe(no_mangle)]
pub extern "C" fn args_get(pointers: Out<Out<u8>>, texts: Out<u8>) -> Errno {
    let args = my_cli::args();
    put(args.iter().map(|arg| [arg.as_str()]), pointers, texts)
}

/// The number of variables, and the bytes that `name=value` takes with the 0 at each one's end.
#[unsafe(no_mangle)]
pub extern "C" fn environ_sizes_get(count: Out<u32>, size: Out<u32>) -> Errno {
    let env = my_cli::env();
    sizes(env.iter().map(|(name, value)| [name.as_str(), "=", value]), count, size)
}

/// The variables as `name=value`: a pointer to each, and the texts themselves.
#[unsafe(no_mangle)]
pub extern "C" fn environ_get(pointers: Out<Out<u8>>, texts: Out<u8>) -> Errno {
    let env = my_cli::env();
    put(env.iter().map(|(name, value)| [name.as_str(), "=", value]), pointers, texts)
}

fn sizes<'a, const N: usize>(
    texts: impl ExactSizeIterator<Item = [&'a str; N]>,
    count: Out<u32>,
    size: Out<u32>,
) -> Errno {
    count.set(texts.len() as u32);
    size.set(texts.map(|parts| parts.iter().map(|part| part.len() as u32).sum::<u32>() + 1).sum());
    Errno::Success
}

fn put<'a, const N: usize>(
    texts: impl Iterator<Item = [&'a str; N]>,
    pointers: Out<Out<u8>>,
    mut to: Out<u8>,
) -> Errno {
    for (i, parts) in texts.enumerate() {
        pointers.at(i).set(to);
        for part in parts {
            to.copy_from(part.as_bytes());
            to = to.at(part.len());
        }
        to.set(0);
        to = to.at(1);
    }
    Errno::Success
}
