//! Handles signals that end the process: kills its children and removes its private directories before it dies by the
//! same signal.

use std::sync::Once;
use std::sync::atomic::{AtomicBool, Ordering};

static HANDLED: AtomicBool = AtomicBool::new(false);

/// Set when a signal has arrived and the signal thread is ending the process.
static ENDING: AtomicBool = AtomicBool::new(false);

/// Handles SIGINT, SIGTERM, SIGHUP and SIGQUIT. Call it in `main`. Signals that the process was started to ignore, for
/// example by `nohup`, stay ignored. Further calls, and calls on systems without signals, have no effect.
pub fn install() {
    static ONCE: Once = Once::new();
    ONCE.call_once(|| HANDLED.store(start(), Ordering::Relaxed));
}

/// Returns true if signals are handled.
pub(super) fn are_handled() -> bool {
    HANDLED.load(Ordering::Relaxed)
}

/// Blocks forever if a signal is ending the process. Runs fail once their children and private directories are gone:
/// these failures must not be reported, and the exit status must show the signal.
pub fn park_if_ending() {
    while ENDING.load(Ordering::Acquire) {
        std::thread::park();
    }
}

/// Ends the process silently if a thread panics because standard output is closed, as in `polyfill show | head`. Call
/// it in `main`. Other panics are reported as usual.
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

/// Kills the children and removes the private directories of this process.
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
    // Signals are registered by the thread that handles them. Without the thread, they keep their default action.
    let started = std::thread::Builder::new().name("signals".into()).spawn(handle);
    started.is_ok() && is_ready.recv().unwrap_or(false)
}

#[cfg(not(unix))]
fn start() -> bool {
    false
}

/// Returns the mask of ignored signals; 0 if the system does not report it.
#[cfg(unix)]
fn ignored() -> u64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let mask = status.lines().find_map(|line| line.strip_prefix("SigIgn:"));
    mask.and_then(|mask| u64::from_str_radix(mask.trim(), 16).ok()).unwrap_or(0)
}
