//! Arguments and environment. They are the host's: each call asks for them again, and nothing is kept.

use crate::abi::{Answer, Errno};
use crate::memory::{self, Address};
use crate::{answer, my_cli};

/// The number of arguments, and the bytes that they take with the 0 at each one's end.
#[unsafe(no_mangle)]
pub extern "C" fn args_sizes_get(count: Address, size: Address) -> Errno {
    answer(|| sizes(&my_cli::args(), count, size))
}

/// The arguments: a pointer to each, and the texts themselves.
#[unsafe(no_mangle)]
pub extern "C" fn args_get(pointers: Address, texts: Address) -> Errno {
    answer(|| put(&my_cli::args(), pointers, texts))
}

/// The number of variables, and the bytes that `name=value` takes with the 0 at each one's end.
#[unsafe(no_mangle)]
pub extern "C" fn environ_sizes_get(count: Address, size: Address) -> Errno {
    answer(|| sizes(&env(), count, size))
}

/// The variables as `name=value`: a pointer to each, and the texts themselves.
#[unsafe(no_mangle)]
pub extern "C" fn environ_get(pointers: Address, texts: Address) -> Errno {
    answer(|| put(&env(), pointers, texts))
}

fn env() -> Vec<String> {
    my_cli::env().iter().map(|(name, value)| format!("{name}={value}")).collect()
}

fn sizes(texts: &[String], count: Address, size: Address) -> Answer {
    let bytes: u32 = texts.iter().map(|text| text.len() as u32 + 1).sum();
    memory::write(count, &(texts.len() as u32).to_le_bytes())?;
    memory::write(size, &bytes.to_le_bytes())
}

fn put(texts: &[String], pointers: Address, to: Address) -> Answer {
    let (mut table, mut all) = (Vec::new(), Vec::new());
    for text in texts {
        table.extend((to.wrapping_add(all.len() as u32)).to_le_bytes());
        all.extend_from_slice(text.as_bytes());
        all.push(0);
    }
    memory::write(pointers, &table)?;
    memory::write(to, &all)
}
