//! Functions and types at the root of its world.

wit_bindgen::generate!({ path: "../../../wit/functions", world: "world-level" });

use std::sync::atomic::{AtomicU32, Ordering::Relaxed};

static SERVED: AtomicU32 = AtomicU32::new(0);

struct WorldLevel;

impl Guest for WorldLevel {
    fn serve(r: Request) -> Option<Length> {
        let count = SERVED.fetch_add(1, Relaxed) + 1;
        match r {
            Request::Measure(length) => {
                note(&format!("request {count} is {} {}", length.value, length.unit));
                Some(convert(&length))
            }
            Request::Nothing => None,
        }
    }

    fn served() -> u32 {
        SERVED.load(Relaxed)
    }
}

export!(WorldLevel);
