//! Frames by what they are for, within a bound: those that were made first go first.

use std::collections::VecDeque;
use std::hash::Hash;
use std::sync::Arc;

use foldhash::HashMap;

use crate::frame::Frame;

/// The bytes of all frames together.
const MOST: usize = 64 << 20;

/// Frames that may be needed again.
#[derive(Debug)]
pub(crate) struct Frames<K> {
    known: HashMap<Arc<K>, Arc<Frame>>,
    /// The keys, in the order in which they came.
    order: VecDeque<Arc<K>>,
    bytes: usize,
    most: usize,
}

impl<K: Eq + Hash> Default for Frames<K> {
    fn default() -> Self {
        Frames { known: HashMap::default(), order: VecDeque::new(), bytes: 0, most: MOST }
    }
}

impl<K: Eq + Hash> Frames<K> {
    /// The frame for a key.
    pub fn get(&self, key: &K) -> Option<Arc<Frame>> {
        self.known.get(key).cloned()
    }

    /// Remembers a frame, and forgets others if there is no room for it.
    pub fn insert(&mut self, key: K, frame: Frame) {
        let key = Arc::new(key);
        self.bytes += frame.size();
        match self.known.insert(key.clone(), Arc::new(frame)) {
            Some(before) => self.bytes -= before.size(),
            None => self.order.push_back(key),
        }
        while self.bytes > self.most
            && let Some(oldest) = self.order.pop_front()
        {
            self.bytes -= self.known.remove(&oldest).map_or(0, |frame| frame.size());
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A frame of 100 bytes beside the header.
    fn frame() -> Frame {
        let mut component = wasm_encoder::Component::new();
        component.section(&wasm_encoder::RawSection { id: 0, data: &[0; 98] });
        component.section(&wasm_encoder::RawSection { id: 1, data: Frame::PLACE });
        Frame::of(component.finish(), 0)
    }

    #[test]
    fn the_first_go_first() {
        assert_eq!(frame().size(), 108);
        let mut frames = Frames { most: 330, ..Frames::default() };
        for key in [1, 2, 3, 3, 2] {
            frames.insert(key, frame());
        }
        let known = |frames: &Frames<i32>| (1..=5).filter(|key| frames.get(key).is_some()).collect::<Vec<_>>();
        assert_eq!(known(&frames), [1, 2, 3]);
        frames.insert(4, frame());
        assert_eq!(known(&frames), [2, 3, 4]);
        frames.insert(5, frame());
        assert_eq!(known(&frames), [3, 4, 5]);
        assert_eq!(frames.bytes, 324);
        frames.most = 0;
        frames.insert(1, frame());
        assert_eq!((known(&frames), frames.bytes, frames.order.len()), (vec![], 0, 0));
    }
}
