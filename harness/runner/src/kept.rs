//! Compiled code that is kept in memory, up to a bound, by the hash of what it was compiled from.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard, OnceLock, PoisonError};

/// A SHA-256.
pub(crate) type Hash = [u8; 32];

/// Bytes of code and of what it was compiled from.
const MOST: usize = 128 << 20;

/// Values by hashes. Those that were not used for longest go first.
#[derive(Debug)]
pub(crate) struct Kept<T> {
    most: usize,
    slots: Mutex<Slots<T>>,
}

/// Whoever wants a value that is being made waits for it.
type Slot<T> = Arc<OnceLock<Result<T, String>>>;

#[derive(Debug)]
struct Slots<T> {
    by_hash: BTreeMap<Hash, Entry<T>>,
    /// Counts uses.
    now: u64,
    bytes: usize,
}

#[derive(Debug)]
struct Entry<T> {
    slot: Slot<T>,
    used: u64,
    /// 0 until it is made.
    bytes: usize,
}

impl<T> Default for Kept<T> {
    fn default() -> Self {
        Self { most: MOST, slots: Mutex::new(Slots { by_hash: BTreeMap::new(), now: 0, bytes: 0 }) }
    }
}

impl<T: Clone> Kept<T> {
    /// The value, if it is there, or has just been refused.
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

    /// The value, made with its size in bytes if it is not there. A refusal is kept as well.
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
    fn what_was_not_used_for_longest_goes_first() {
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
    fn refusals_are_kept() {
        let kept: Kept<()> = Kept::default();
        let refuse = || kept.get_or_make(&[0; 32], || Err("no".into()));
        assert_eq!([refuse(), refuse()], [Err("no".into()), Err("no".into())]);
        assert_eq!(kept.get(&[0; 32]), Some(Err("no".into())));
        assert_eq!(kept.get(&[1; 32]), None);
    }
}
