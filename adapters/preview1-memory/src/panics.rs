//! What becomes of a panic's message.

use std::sync::Once;

/// From now on a panic's message is printed, before the trap.
pub fn tell(print: fn(&str)) {
    static ONCE: Once = Once::new();
    ONCE.call_once(|| {
        std::panic::set_hook(Box::new(move |panic| print(&format!("wasi_snapshot_preview1: {panic}\n"))));
    });
}
