//! In-memory LRU cache of compiled code, keyed by the hash of its source.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard, OnceLock, PoisonError};

/// SHA-256 hash.
pub(crate) type Hash = [u8; 32];

/// Capacity in bytes of code and its sources.
const MOST: usize = 128 << 20;

/// LRU cache of values by hash.
#[derive(Debug)]
pub(crate) struct Kept<T> {
    most: usize,
    slots: Mutex<Slots<T>>,
}

/// Value that may be under construction. Concurrent readers wait for it.
type Slot<T> = Arc<OnceLock<Result<T, String>>>;

#[derive(Debug)]
struct Slots<T> {
    by_hash: BTreeMap<Hash, Entry<T>>,
    /// Number of uses so far.
    now: u64,
    bytes: usize,
}

#[derive(Debug)]
struct Entry<T> {
    slot: Slot<T>,
    used: u64,
    /// Size in bytes; 0 until the value is created.
    bytes: usize,
}

impl<T> Default for Kept<T> {
    fn default() -> Self {
        Self { most: MOST, slots: Mutex::new(Slots { by_hash: BTreeMap::new(), now: 0, bytes: 0 }) }
    }
}

impl<T: Clone> Kept<T> {
    /// Returns the cached value or error, if there is one.
    pub(crate) fn get(&self, hash: &Hash) -> Option<Result<T, String>> {
        let slot = {
            let mut slots = self.lock();
            if !slots.by_hash.contains_key(hash) {
                return None;
            }
            slots.touch(hash)
        };
        slot.get().cloned()
    }

    /// Returns the cached value, or creates it with its size in bytes. Errors are cached, too.
    pub(crate) fn get_or_make(
        &self,
        hash: &Hash,
        make: impl FnOnce() -> Result<(T, usize), String>,
    ) -> Result<T, String> {
        let slot = self.lock().touch(hash);
        let mut size = None;
        let made = slot.get_or_init(|| {
            let (value, bytes) = make()?;
            size = Some(bytes);
            Ok(value)
        });
        if let Some(bytes) = size {
            self.lock().account(hash, bytes, self.most);
        }
        made.clone()
    }

    fn lock(&self) -> MutexGuard<'_, Slots<T>> {
        self.slots.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl<T> Slots<T> {
    fn touch(&mut self, hash: &Hash) -> Slot<T> {
        self.now += 1;
        let new = || Entry { slot: Slot::default(), used: 0, bytes: 0 };
        let entry = self.by_hash.entry(*hash).or_insert_with(new);
        entry.used = self.now;
        entry.slot.clone()
    }

    fn account(&mut self, hash: &Hash, bytes: usize, most: usize) {
        if let Some(entry) = self.by_hash.get_mut(hash) {
            entry.bytes = bytes;
            self.bytes += bytes;
        }
        while self.bytes > most {
            let others = self.by_hash.iter().filter(|(other, entry)| *other != hash && entry.bytes > 0);
            let Some(oldest) = others.min_by_key(|(_, entry)| entry.used).map(|(hash, _)| *hash) else { return };
            self.bytes -= self.by_hash.remove(&oldest).map_or(0, |entry| entry.bytes);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn least_recently_used_entry_is_evicted_first() {
        let kept = Kept { most: 10, ..Kept::default() };
        let make = |name: u8, bytes| kept.get_or_make(&[name; 32], || Ok((name, bytes))).unwrap();
        make(1, 4);
        make(2, 4);
        make(1, 0);
        make(3, 4);
        let there = [1, 2, 3].map(|name| kept.get(&[name; 32]).is_some());
        assert_eq!(there, [true, false, true]);
        // More than there is room for stays as long as nothing else comes.
        make(4, 100);
        assert_eq!([1, 3, 4].map(|name| kept.get(&[name; 32]).is_some()), [false, false, true]);
        make(5, 1);
        assert_eq!([4, 5].map(|name| kept.get(&[name; 32]).is_some()), [false, true]);
    }

    #[test]
    fn errors_are_cached() {
        let kept: Kept<()> = Kept::default();
        let refuse = || kept.get_or_make(&[0; 32], || Err("no".into()));
        assert_eq!([refuse(), refuse()], [Err("no".into()), Err("no".into())]);
        assert_eq!(kept.get(&[0; 32]), Some(Err("no".into())));
        assert_eq!(kept.get(&[1; 32]), None);
    }
}
