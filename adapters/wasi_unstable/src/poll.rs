//! `poll_oneoff`: in preview0, a clock subscription has an additional identifier before the clock. Events are the same.

use core::mem::offset_of;
use core::ptr;

use crate::{Address, Errno, NOMEM, address, next};

/// Layout of preview0.
#[derive(Clone, Copy)]
#[repr(C)]
struct Old {
    userdata: u64,
    kind: u8,
    /// Identifier of a clock subscription, or a descriptor.
    name_or_fd: u64,
    clock: Clock,
}

/// Layout of preview1.
#[derive(Clone, Copy)]
#[repr(C)]
struct New {
    userdata: u64,
    kind: u8,
    clock_or_fd: Clock,
}

/// Clock subscription; in preview1, a descriptor is at the offset of the clock.
#[derive(Clone, Copy)]
#[repr(C)]
struct Clock {
    id: u32,
    timeout: u64,
    precision: u64,
    flags: u16,
}

const _: () = assert!(size_of::<Old>() == 56 && offset_of!(Old, clock) == 24);
const _: () = assert!(size_of::<New>() == 48 && offset_of!(New, clock_or_fd) == 16);

const CLOCK: u8 = 0;
const NONE: New = New { userdata: 0, kind: CLOCK, clock_or_fd: Clock { id: 0, timeout: 0, precision: 0, flags: 0 } };

/// Maximum number of subscriptions. They are stored on the stack; programs wait for a handful.
const MOST: usize = 256;

/// Converts the subscriptions, and waits for the first.
#[unsafe(no_mangle)]
pub extern "C" fn poll_oneoff(subscriptions: Address, events: Address, len: u32, count: Address) -> Errno {
    let mut room = [NONE; MOST];
    let Some(converted) = room.get_mut(..len as usize) else {
        return NOMEM;
    };
    let old = ptr::with_exposed_provenance::<Old>(subscriptions as usize);
    for (index, new) in converted.iter_mut().enumerate() {
        // SAFETY: as required of the caller.
        *new = convert(unsafe { old.wrapping_add(index).read_unaligned() });
    }
    next::poll_oneoff(address(room.as_ptr()), events, len, count)
}

fn convert(Old { userdata, kind, name_or_fd, clock }: Old) -> New {
    let clock_or_fd = match kind {
        CLOCK => clock,
        _ => Clock { id: name_or_fd as u32, ..NONE.clock_or_fd },
    };
    New { userdata, kind, clock_or_fd }
}
