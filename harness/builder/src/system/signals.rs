//! Signals that end the process: its children are killed and its private directories removed before it dies by the same
//! signal.

use std::sync::Once;
use std::sync::atomic::{AtomicBool, Ordering};

static HANDLED: AtomicBool = AtomicBool::new(false);

/// A signal has come, and another thread is about to end the process.
static ENDING: AtomicBool = AtomicBool::new(false);

/// Handles SIGINT, SIGTERM, SIGHUP and SIGQUIT from now on: for the `main` of a program. A signal that the process was
/// started to ignore, as by `nohup`, stays ignored. Does nothing on systems without signals, and when called again.
pub fn install() {
    static ONCE: Once = Once::new();
    ONCE.call_once(|| HANDLED.store(start(), Ordering::Relaxed));
}

/// True after an [`install`] that did something.
pub(super) fn are_handled() -> bool {
    HANDLED.load(Ordering::Relaxed)
}

/// Waits for ever where a signal is ending the process. Without children and private directories runs fail, and none of that is to be
/// reported; and the exit status is to show the signal, not that a `main` returned first.
pub fn park_if_ending() {
    while ENDING.load(Ordering::Acquire) {
        std::thread::park();
    }
}

/// Ends the process quietly when a thread panics because its output is closed, as in `polyfill show | head`:
/// for the `main` of a program. Other panics are reported as before.
pub fn end_on_broken_pipe() {
    let report = std::panic::take_hook();
    std::panic::set_hook(Box::new(move |panic| {
        let text = panic.payload_as_str().unwrap_or_default();
        if text.contains("Broken pipe") || text.contains("BrokenPipe") {
            finish();
            die_by_broken_pipe();
        }
        report(panic);
    }));
}

/// Nothing that this process has made is left.
fn finish() {
    ENDING.store(true, Ordering::Release);
    super::children::end_all();
    super::private::end();
}

#[cfg(unix)]
fn die_by_broken_pipe() {
    let _ = signal_hook::low_level::emulate_default_handler(signal_hook::consts::SIGPIPE);
    std::process::exit(1);
}

#[cfg(not(unix))]
fn die_by_broken_pipe() {
    std::process::exit(1);
}

#[cfg(unix)]
fn start() -> bool {
    use std::sync::mpsc::channel;

    use signal_hook::consts::{SIGHUP, SIGINT, SIGQUIT, SIGTERM};
    use signal_hook::iterator::Signals;

    let ignored = ignored();
    let signals: Vec<i32> =
        [SIGINT, SIGTERM, SIGHUP, SIGQUIT].into_iter().filter(|signal| ignored & (1 << (signal - 1)) == 0).collect();
    let (ready, is_ready) = channel();
    let handle = move || {
        let signals = Signals::new(signals);
        let _ = ready.send(signals.is_ok());
        if let Some(signal) = signals.ok().and_then(|mut signals| signals.forever().next()) {
            finish();
            let _ = signal_hook::low_level::emulate_default_handler(signal);
            std::process::exit(128 + signal);
        }
    };
    // Signals are taken over by the thread that handles them: where there is none, they do what they always did.
    let started = std::thread::Builder::new().name("signals".into()).spawn(handle);
    started.is_ok() && is_ready.recv().unwrap_or(false)
}

#[cfg(not(unix))]
fn start() -> bool {
    false
}

/// The signals that this process ignores, as a mask; none where the system does not report them.
#[cfg(unix)]
fn ignored() -> u64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let mask = status.lines().find_map(|line| line.strip_prefix("SigIgn:"));
    mask.and_then(|mask| u64::from_str_radix(mask.trim(), 16).ok()).unwrap_or(0)
}
