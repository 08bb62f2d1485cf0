//! Cache of frames with a size limit. The oldest frames are evicted first.

use std::collections::VecDeque;
use std::hash::Hash;
use std::sync::Arc;

use foldhash::HashMap;

use crate::frame::Frame;

/// Maximum total size of all frames, in bytes.
const MOST: usize = 64 << 20;

/// Cached frames by key.
#[derive(Debug)]
pub(crate) struct FrameCache<K> {
    known: HashMap<Arc<K>, Arc<Frame>>,
    /// Keys in the order of insertion.
    order: VecDeque<Arc<K>>,
    bytes: usize,
    most: usize,
}

impl<K: Eq + Hash> Default for FrameCache<K> {
    fn default() -> Self {
        FrameCache { known: HashMap::default(), order: VecDeque::new(), bytes: 0, most: MOST }
    }
}

impl<K: Eq + Hash> FrameCache<K> {
    /// Returns the frame of a key.
    pub fn get(&self, key: &K) -> Option<Arc<Frame>> {
        self.known.get(key).cloned()
    }

    /// Inserts a frame. Evicts the oldest frames if the size limit is exceeded.
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
            let frame = self.known.remove(&oldest).expect("each key in the order has a frame");
            self.bytes -= frame.size();
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Creates a frame of 108 bytes, including the header.
    fn frame() -> Frame {
        let mut component = wasm_encoder::Component::new();
        component.section(&wasm_encoder::RawSection { id: 0, data: &[0; 98] });
        component.section(&wasm_encoder::RawSection { id: 1, data: Frame::PLACE });
        Frame::of(component.finish(), 0)
    }

    #[test]
    fn oldest_frames_are_evicted_first() {
        assert_eq!(frame().size(), 108);
        let mut frames = FrameCache { most: 330, ..FrameCache::default() };
        for key in [1, 2, 3, 3, 2] {
            frames.insert(key, frame());
        }
        let known = |frames: &FrameCache<i32>| (1..=5).filter(|key| frames.get(key).is_some()).collect::<Vec<_>>();
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
