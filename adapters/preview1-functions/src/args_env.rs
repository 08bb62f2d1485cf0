//! Arguments and environment. They are the host's: each call asks for them again, and nothing is kept of them but how large
//! they were said to be. Programs make room for as much, and no call tells how much room there is: more is never written.

use std::sync::atomic::{AtomicU32, Ordering};

use crate::abi::{Answer, Errno};
use crate::memory::{self, Address};
use crate::{answer, my_cli};

/// How large a list was said to be last, the number of texts and their bytes; before that, as large as can be.
struct Told([AtomicU32; 2]);

static ARGS: Told = Told::nothing();
static ENV: Told = Told::nothing();

/// The number of arguments, and the bytes that they take with the 0 at each one's end.
#[unsafe(no_mangle)]
pub extern "C" fn args_sizes_get(count: Address, size: Address) -> Errno {
    answer(|| sizes(&ARGS, &my_cli::args(), count, size))
}

/// The arguments: a pointer to each, and the texts themselves.
#[unsafe(no_mangle)]
pub extern "C" fn args_get(pointers: Address, texts: Address) -> Errno {
    answer(|| put(&ARGS, &my_cli::args(), pointers, texts))
}

/// The number of variables, and the bytes that `name=value` takes with the 0 at each one's end.
#[unsafe(no_mangle)]
pub extern "C" fn environ_sizes_get(count: Address, size: Address) -> Errno {
    answer(|| sizes(&ENV, &env(), count, size))
}

/// The variables as `name=value`: a pointer to each, and the texts themselves.
#[unsafe(no_mangle)]
pub extern "C" fn environ_get(pointers: Address, texts: Address) -> Errno {
    answer(|| put(&ENV, &env(), pointers, texts))
}

fn env() -> Vec<String> {
    my_cli::env().iter().map(|(name, value)| format!("{name}={value}")).collect()
}

impl Told {
    const fn nothing() -> Told {
        Told([AtomicU32::new(u32::MAX), AtomicU32::new(u32::MAX)])
    }

    fn tell(&self, size: [u32; 2]) {
        for (told, size) in self.0.iter().zip(size) {
            told.store(size, Ordering::Relaxed);
        }
    }

    /// Whether a program that has asked has made room for so much.
    fn has_room(&self, size: [u32; 2]) -> bool {
        self.0.iter().zip(size).all(|(told, size)| size <= told.load(Ordering::Relaxed))
    }
}

fn size(texts: &[String]) -> [u32; 2] {
    [texts.len() as u32, texts.iter().map(|text| text.len() as u32 + 1).sum()]
}

fn sizes(told: &Told, texts: &[String], count: Address, bytes: Address) -> Answer {
    let [number, length] = size(texts);
    told.tell([number, length]);
    memory::write(count, &number.to_le_bytes())?;
    memory::write(bytes, &length.to_le_bytes())
}

fn put(told: &Told, texts: &[String], pointers: Address, to: Address) -> Answer {
    if !told.has_room(size(texts)) {
        return Err(Errno::TooBig);
    }
    let (mut table, mut all) = (Vec::new(), Vec::new());
    for text in texts {
        table.extend((to.wrapping_add(all.len() as u32)).to_le_bytes());
        all.extend_from_slice(text.as_bytes());
        all.push(0);
    }
    memory::write(pointers, &table)?;
    memory::write(to, &all)
}
