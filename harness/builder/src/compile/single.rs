//! Compiles one guest, or returns its recorded module.

use std::path::PathBuf;
use std::time::SystemTime;

use super::{Compiled, Outcome, Workshop};
use crate::built::Done;
use crate::cache;

/// Name of the only output in a record.
const MODULE: &str = "module";

/// Returns the recorded module if the key and all inputs are unchanged. Otherwise calls the compiler, which writes to
/// the given file and returns the files that it has read.
pub(super) fn compile(
    shop: &Workshop<'_>,
    name: &str,
    key: &str,
    compiler: impl FnOnce(&PathBuf) -> Result<Vec<PathBuf>, String>,
) -> Compiled {
    let record = shop.record(&format!("guest-{name}"));
    let file = shop.work.join("modules").join(format!("{name}.wasm"));
    if let Some(mut kept) = cache::look_up(&record, key)
        && let Some(wasm) = kept.outputs.remove(MODULE)
    {
        return Compiled { outcome: Outcome::Ready(wasm), done: Done::Reused, inputs: kept.inputs };
    }
    (shop.progress)(&format!("compiling the guest {name}"));
    let begun = SystemTime::now();
    if let Err(error) = std::fs::create_dir_all(shop.work.join("modules")) {
        return Compiled::failed(shop.scrub(&error.to_string()), Vec::new());
    }
    let inputs = match compiler(&file) {
        Ok(inputs) => inputs,
        Err(message) => return Compiled::failed(shop.scrub(&message), Vec::new()),
    };
    match crate::system::read(&file) {
        Ok(wasm) => {
            // Without a record, the next build compiles the guest again, which only takes longer.
            let _ = cache::store(&record, key, begun, &inputs, &[(MODULE.to_string(), file)]);
            Compiled { outcome: Outcome::Ready(wasm), done: Done::Made, inputs }
        }
        Err(error) => Compiled::failed(format!("the compiler wrote no module: {error}"), inputs),
    }
}
