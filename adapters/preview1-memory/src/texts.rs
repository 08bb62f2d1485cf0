//! Arguments and environment. Each call reads them from the host again. Only the last reported sizes are stored: programs
//! allocate buffers of these sizes and do not pass them on, so a list that has grown since is an error.

use std::sync::atomic::{AtomicU32, Ordering};

use crate::abi::{Answer, Errno};
use crate::memory::{self, Address};

/// Last reported size of a list: number of texts and bytes. Initially the maximum.
pub struct ReportedSizes([AtomicU32; 2]);

impl ReportedSizes {
    /// Returns the state before the first call.
    pub const fn nothing() -> ReportedSizes {
        ReportedSizes([AtomicU32::new(u32::MAX), AtomicU32::new(u32::MAX)])
    }

    /// Writes the number of strings, and their total size in bytes, each with a terminating 0.
    pub fn sizes(&self, texts: &[String], count: Address, bytes: Address) -> Answer {
        let size = size(texts);
        for (reported, size) in self.0.iter().zip(size) {
            reported.store(size, Ordering::Relaxed);
        }
        memory::write(count, &size[0].to_le_bytes())?;
        memory::write(bytes, &size[1].to_le_bytes())
    }

    /// Writes the strings, and a pointer to each.
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
        self.0.iter().zip(size).all(|(reported, size)| size <= reported.load(Ordering::Relaxed))
    }
}

fn size(texts: &[String]) -> [u32; 2] {
    [texts.len() as u32, texts.iter().map(|text| text.len() as u32 + 1).sum()]
}

/// Formats an environment variable as `name=value`.
pub fn variable((mut name, value): (String, String)) -> String {
    name.reserve(value.len() + 1);
    name.push('=');
    name.push_str(&value);
    name
}

/// Exports the functions on arguments and environment. `$answer` wraps each body. `$args` and `$env` read the lists from the
/// host.
#[macro_export]
macro_rules! args_and_env {
    ($answer:path, $args:expr, $env:expr) => {
        static ARGS: $crate::texts::ReportedSizes = $crate::texts::ReportedSizes::nothing();
        static ENV: $crate::texts::ReportedSizes = $crate::texts::ReportedSizes::nothing();

        /// Writes the number of arguments, and their total size in bytes, each with a terminating 0.
        #[unsafe(no_mangle)]
        pub extern "C" fn args_sizes_get(
            count: $crate::memory::Address,
            size: $crate::memory::Address,
        ) -> $crate::abi::Errno {
            $answer(|| ARGS.sizes(&$args, count, size))
        }

        /// Writes a pointer to each argument, and the arguments.
        #[unsafe(no_mangle)]
        pub extern "C" fn args_get(
            pointers: $crate::memory::Address,
            texts: $crate::memory::Address,
        ) -> $crate::abi::Errno {
            $answer(|| ARGS.put(&$args, pointers, texts))
        }

        /// Writes the number of variables, and their total size in bytes as `name=value`, each with a terminating 0.
        #[unsafe(no_mangle)]
        pub extern "C" fn environ_sizes_get(
            count: $crate::memory::Address,
            size: $crate::memory::Address,
        ) -> $crate::abi::Errno {
            $answer(|| ENV.sizes(&env(), count, size))
        }

        /// Writes a pointer to each variable, and the variables as `name=value`.
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
