//! Reads arguments and environment.
#![no_main]

#[path = "../common/mod.rs"]
mod common;

use common::*;

#[unsafe(no_mangle)]
extern "C" fn __main_void() -> i32 {
    let mut log = Log::new();
    let (mut count, mut size) = (0, 0);
    let errno = again(|| unsafe { raw::args_sizes_get(&mut count, &mut size) });
    log.say("args_sizes_get", errno, &[count as i64, size as i64]);
    let mut room = Room::new();
    if let Some((places, bytes)) = room.of(count, size) {
        let errno = again(|| unsafe { raw::args_get(places, bytes) });
        log.show("args_get", errno, room.texts().split(|byte| *byte == 0).nth(1).unwrap_or_default());
    }
    let errno = again(|| unsafe { raw::environ_sizes_get(&mut count, &mut size) });
    log.say("environ_sizes_get", errno, &[count as i64, size as i64]);
    let mut room = Room::new();
    if let Some((places, bytes)) = room.of(count, size) {
        let errno = again(|| unsafe { raw::environ_get(places, bytes) });
        log.show("environ_get", errno, room.texts().split(|byte| *byte == 0).next().unwrap_or_default());
    }
    log.print();
    0
}

/// Buffers for the reported number of strings, followed by guard bytes that must not change.
struct Room {
    places: [*mut u8; 400],
    bytes: [u8; 4000],
    count: usize,
    size: usize,
}

impl Room {
    fn new() -> Room {
        Room { places: [core::ptr::null_mut(); 400], bytes: [0; 4000], count: 0, size: 0 }
    }

    fn of(&mut self, count: usize, size: usize) -> Option<(*mut *mut u8, *mut u8)> {
        (self.count, self.size) = (count, size);
        let fits = count <= self.places.len() && size <= self.bytes.len();
        fits.then_some((self.places.as_mut_ptr(), self.bytes.as_mut_ptr()))
    }

    /// Returns the strings. Traps after an overflow.
    fn texts(&self) -> &[u8] {
        let mut behind = self.bytes.iter().skip(self.size);
        if behind.any(|byte| *byte != 0) || self.places.iter().skip(self.count).any(|place| !place.is_null()) {
            overwritten();
        }
        self.bytes.get(..self.size).unwrap_or_default()
    }
}

/// Fault injection recognizes the failure by this name.
#[inline(never)]
fn overwritten() -> ! {
    core::arch::wasm32::unreachable()
}
