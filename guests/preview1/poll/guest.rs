//! Polls several subscriptions in one call.

#[repr(C)]
#[derive(Clone, Copy)]
struct Subscription {
    userdata: u64,
    kind: u8,
    subject: Subject,
}

#[repr(C)]
#[derive(Clone, Copy)]
struct Subject {
    clock_or_fd: u32,
    timeout: u64,
    precision: u64,
    flags: u16,
}

#[repr(C)]
#[derive(Clone, Copy, Default)]
struct Event {
    userdata: u64,
    error: u16,
    kind: u8,
    bytes: u64,
    flags: u16,
}

#[link(wasm_import_module = "wasi_snapshot_preview1")]
unsafe extern "C" {
    fn poll_oneoff(subscriptions: *const Subscription, events: *mut Event, len: usize, count: *mut usize) -> u32;
    fn clock_time_get(id: u32, precision: u64, time: *mut u64) -> u32;
}

const REALTIME: u32 = 0;
const MONOTONIC: u32 = 1;
const MILLISECOND: u64 = 1_000_000;

fn main() {
    poll("nothing", &[]);
    poll("the shorter of two", &[clock(1, MONOTONIC, 50), clock(2, MONOTONIC, 5)]);
    poll("two alike", &[clock(1, MONOTONIC, 5), clock(2, REALTIME, 5)]);
    poll("a time to come", &[until(1, MONOTONIC, 5), until(2, REALTIME, 3_600_000)]);
    poll("a time gone by", &[at(1, REALTIME, 0), clock(2, MONOTONIC, 50)]);
    poll("no such clock", &[clock(1, 77, 5), clock(2, MONOTONIC, 50)]);
    poll("stdout is ready", &[stream(1, 2, 1), clock(2, MONOTONIC, 50)]);
    poll("stdin cannot be written", &[stream(1, 2, 0)]);
    poll("not open", &[stream(1, 1, 99), stream(2, 2, 99)]);
}

fn poll(what: &str, subscriptions: &[Subscription]) {
    let mut events = [Event::default(); 4];
    let mut count = 0;
    // SAFETY: the array has space for more events than subscriptions.
    let errno = unsafe { poll_oneoff(subscriptions.as_ptr(), events.as_mut_ptr(), subscriptions.len(), &mut count) };
    print!("{what}: errno {errno}");
    for event in &events[..count] {
        print!(", {} kind {} error {}", event.userdata, event.kind, event.error);
    }
    println!();
}

/// Subscribes to a clock, `milliseconds` from now.
fn clock(userdata: u64, id: u32, milliseconds: u64) -> Subscription {
    let timeout = milliseconds * MILLISECOND;
    Subscription { userdata, kind: 0, subject: Subject { clock_or_fd: id, timeout, precision: 0, flags: 0 } }
}

/// Subscribes to a clock, at an absolute time.
fn at(userdata: u64, id: u32, timeout: u64) -> Subscription {
    Subscription { userdata, kind: 0, subject: Subject { clock_or_fd: id, timeout, precision: 0, flags: 1 } }
}

/// Subscribes to a clock, at the absolute time `milliseconds` from now.
fn until(userdata: u64, id: u32, milliseconds: u64) -> Subscription {
    let mut now = 0;
    // SAFETY: the pointer is valid.
    assert_eq!(unsafe { clock_time_get(id, 0, &mut now) }, 0);
    at(userdata, id, now + milliseconds * MILLISECOND)
}

/// Subscribes to a descriptor: kind 1 for reading, 2 for writing.
fn stream(userdata: u64, kind: u8, fd: u32) -> Subscription {
    Subscription { userdata, kind, subject: Subject { clock_or_fd: fd, timeout: 0, precision: 0, flags: 0 } }
}
