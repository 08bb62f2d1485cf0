//! Arguments and environment. They are the host's: each call asks for them again, and nothing is kept of them but how large
//! they were said to be. Programs make room for as much, and no call reports how much room there is: more is never written.

use std::sync::atomic::{AtomicU32, Ordering};

use crate::abi::{Answer, Errno};
use crate::memory::{self, Address};

/// Last reported size of a list: number of texts and bytes. Initially the maximum.
pub struct Told([AtomicU32; 2]);

impl Told {
    /// Returns the state before the first call.
    pub const fn nothing() -> Told {
        Told([AtomicU32::new(u32::MAX), AtomicU32::new(u32::MAX)])
    }

    /// Says how many texts there are, and the bytes that they take with the 0 at each one's end.
    pub fn sizes(&self, texts: &[String], count: Address, bytes: Address) -> Answer {
        let size = size(texts);
        for (told, size) in self.0.iter().zip(size) {
            told.store(size, Ordering::Relaxed);
        }
        memory::write(count, &size[0].to_le_bytes())?;
        memory::write(bytes, &size[1].to_le_bytes())
    }

    /// Gives the texts, and a pointer to each.
    pub fn put(&self, texts: &[String], pointers: Address, to: Address) -> Answer {
        let size = size(texts);
        if !self.has_room(size) {
            return Err(Errno::TooBig);
        }
        memory::check(pointers, size[0].saturating_mul(4))?;
        memory::check(to, size[1])?;
        let (mut pointer, mut at) = (pointers, to);
        for text in texts {
            memory::write(pointer, &at.to_le_bytes())?;
            memory::write(at, text.as_bytes())?;
            pointer = pointer.wrapping_add(4);
            at = at.wrapping_add(text.len() as u32);
            memory::write(at, &[0])?;
            at = at.wrapping_add(1);
        }
        Ok(())
    }

    /// Returns true if the list fits the size that was reported to the program.
    fn has_room(&self, size: [u32; 2]) -> bool {
        self.0.iter().zip(size).all(|(told, size)| size <= told.load(Ordering::Relaxed))
    }
}

fn size(texts: &[String]) -> [u32; 2] {
    [texts.len() as u32, texts.iter().map(|text| text.len() as u32 + 1).sum()]
}

/// A variable as programs want it: `name=value`.
pub fn variable((mut name, value): (String, String)) -> String {
    name.reserve(value.len() + 1);
    name.push('=');
    name.push_str(&value);
    name
}

/// Exports the functions on arguments and environment. `$answer` is what they do their work in; `$args` asks the host for the
/// one, `$env` for the other.
#[macro_export]
macro_rules! args_and_env {
    ($answer:path, $args:expr, $env:expr) => {
        static ARGS: $crate::texts::Told = $crate::texts::Told::nothing();
        static ENV: $crate::texts::Told = $crate::texts::Told::nothing();

        /// The number of arguments, and the bytes that they take with the 0 at each one's end.
        #[unsafe(no_mangle)]
        pub extern "C" fn args_sizes_get(
            count: $crate::memory::Address,
            size: $crate::memory::Address,
        ) -> $crate::abi::Errno {
            $answer(|| ARGS.sizes(&$args, count, size))
        }

        /// The arguments: a pointer to each, and the texts themselves.
        #[unsafe(no_mangle)]
        pub extern "C" fn args_get(
            pointers: $crate::memory::Address,
            texts: $crate::memory::Address,
        ) -> $crate::abi::Errno {
            $answer(|| ARGS.put(&$args, pointers, texts))
        }

        /// The number of variables, and the bytes that `name=value` takes with the 0 at each one's end.
        #[unsafe(no_mangle)]
        pub extern "C" fn environ_sizes_get(
            count: $crate::memory::Address,
            size: $crate::memory::Address,
        ) -> $crate::abi::Errno {
            $answer(|| ENV.sizes(&env(), count, size))
        }

        /// The variables as `name=value`: a pointer to each, and the texts themselves.
        #[unsafe(no_mangle)]
        pub extern "C" fn environ_get(
            pointers: $crate::memory::Address,
            texts: $crate::memory::Address,
        ) -> $crate::abi::Errno {
            $answer(|| ENV.put(&env(), pointers, texts))
        }

        fn env() -> Vec<String> {
            $env.into_iter().map($crate::texts::variable).collect()
        }
    };
}
