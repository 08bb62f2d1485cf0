//! Panic messages.

use std::sync::Once;

/// Installs a panic hook that prints the message before the trap.
pub fn report_to(print: fn(&str)) {
    static ONCE: Once = Once::new();
    ONCE.call_once(|| {
        std::panic::set_hook(Box::new(move |panic| print(&format!("wasi_snapshot_preview1: {panic}\n"))));
    });
}
