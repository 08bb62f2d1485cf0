//! In-memory cache of compiled functions. A guest's functions are the same in each component, independent of the
//! adapters.

use std::borrow::Cow;
use std::collections::HashMap;
use std::mem;
use std::sync::{Mutex, MutexGuard, PoisonError};

use wasmtime::CacheStore;

/// Capacity in bytes of compiled functions per engine.
const MOST: usize = 128 << 20;

/// Bounded two-generation cache, keyed by hash: when it is full, the older generation is evicted.
#[derive(Debug)]
pub(crate) struct Functions {
    most: usize,
    halves: Mutex<Halves>,
}

#[derive(Debug, Default)]
struct Halves {
    recent: HashMap<Vec<u8>, Vec<u8>>,
    /// Size of `recent` in bytes.
    bytes: usize,
    older: HashMap<Vec<u8>, Vec<u8>>,
}

impl Default for Functions {
    fn default() -> Self {
        Self { most: MOST, halves: Mutex::default() }
    }
}

impl Functions {
    fn lock(&self) -> MutexGuard<'_, Halves> {
        self.halves.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl CacheStore for Functions {
    fn get(&self, key: &[u8]) -> Option<Cow<'_, [u8]>> {
        let mut halves = self.lock();
        if let Some((key, code)) = halves.older.remove_entry(key) {
            halves.keep(key, code, self.most);
        }
        halves.recent.get(key).map(|code| Cow::Owned(code.clone()))
    }

    fn insert(&self, key: &[u8], code: Vec<u8>) -> bool {
        self.lock().keep(key.to_vec(), code, self.most);
        true
    }
}

impl Halves {
    fn keep(&mut self, key: Vec<u8>, code: Vec<u8>, most: usize) {
        let size = key.len() + code.len();
        if self.bytes + size > most / 2 {
            self.older = mem::take(&mut self.recent);
            self.bytes = 0;
        }
        // Two threads may have compiled the function concurrently, with the same result.
        if self.recent.insert(key, code).is_none() {
            self.bytes += size;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn older_generation_is_evicted() {
        let functions = Functions { most: 20, ..Functions::default() };
        let there = |key: u8| functions.get(&[key]).is_some();
        for key in 0..4 {
            assert!(functions.insert(&[key], vec![key; 4]));
        }
        assert_eq!(functions.get(&[0]).as_deref(), Some(&[0; 4][..]));
        assert_eq!([0, 1, 2, 3].map(there), [true, false, true, true]);
    }
}
