//! A program of preview0: it imports `wasi_unstable` and nothing else, as the first toolchains made them.
//!
//! Without a standard library, whose functions for this target are those of preview1. It asks about all that differs
//! between the two, and a few things that do not.

#![no_std]

mod output;
mod preview0;

use core::fmt::Write;

use output::Output;
use preview0::{Event, Filestat, Subscription};

/// The program.
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
    // What follows is not to be touched: preview1's are larger.
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

/// A line to standard output.
#[macro_export]
macro_rules! say {
    ($($text:tt)*) => {{
        let mut line = Output::default();
        // A line that is too long comes to its end early.
        let _ = writeln!(line, $($text)*);
        line.write();
    }};
}
