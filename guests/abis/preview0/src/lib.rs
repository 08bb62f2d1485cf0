//! A program of preview0: imports only `wasi_unstable`, like programs of the first WASI toolchains.
//!
//! Uses no standard library, which would import preview1. Calls all functions that differ between the two versions, and
//! some that do not.

#![no_std]

mod output;
mod preview0;

use core::fmt::Write;

use output::Output;
use preview0::{Event, Filestat, Subscription};

/// Entry point.
#[unsafe(no_mangle)]
pub extern "C" fn _start() {
    arguments();
    random();
    positions();
    attributes();
    waiting();
    preview0::proc_exit(5)
}

fn arguments() {
    let (mut count, mut size) = (0, 0);
    let errno = preview0::args_sizes_get(&mut count, &mut size);
    say!("arguments: errno {errno}, {count} of {size} bytes");
}

fn random() {
    let mut bytes = [0; 8];
    let errno = preview0::random_get(bytes.as_mut_ptr(), bytes.len());
    say!("random: errno {errno}, {bytes:?}");
}

fn positions() {
    for (whence, name) in [(0, "here"), (1, "the end"), (2, "the start"), (3, "nowhere")] {
        let mut position = 0;
        let errno = preview0::fd_seek(1, 5, whence, &mut position);
        say!("5 from {name}: errno {errno}, at {position}");
    }
}

fn attributes() {
    // The bytes after it must not change: preview1's struct is larger.
    let mut stats = [Filestat::default(); 2];
    let errno = preview0::fd_filestat_get(1, &mut stats[0]);
    say!("descriptor: errno {errno}, {:?}", stats[0]);
    assert!(stats[1] == Filestat::default());
    let errno = preview0::path_filestat_get(1, 0, "path".as_ptr(), 4, &mut stats[0]);
    say!("path: errno {errno}, {:?}", stats[0]);
    assert!(stats[1] == Filestat::default());
}

fn waiting() {
    let subscriptions = [Subscription::clock(1, 1, 20_000_000, 0), Subscription::write(2, 1)];
    let mut events = [Event::default(); 2];
    let mut count = 0;
    let errno = preview0::poll_oneoff(subscriptions.as_ptr(), events.as_mut_ptr(), 2, &mut count);
    say!("waiting: errno {errno}");
    for event in events.iter().take(count) {
        say!("  {event:?}");
    }
}

#[panic_handler]
fn panic(panic: &core::panic::PanicInfo<'_>) -> ! {
    say!("{panic}");
    preview0::proc_exit(101)
}

/// Writes a line to standard output.
#[macro_export]
macro_rules! say {
    ($($text:tt)*) => {{
        let mut line = Output::default();
        // Lines that are too long are truncated.
        let _ = writeln!(line, $($text)*);
        line.write();
    }};
}
