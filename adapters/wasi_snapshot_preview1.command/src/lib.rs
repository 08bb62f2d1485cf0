//! The command flavour of `wasi_snapshot_preview1`: all of its functions, and `run`, which is main's `_start`.

// Its functions are exported from here too.
use preview1_functions as _;

#[allow(missing_docs)]
mod bindings {
    wit_bindgen::generate!({ path: "../../wit/my-wasi", world: "runnable" });
}

#[link(wasm_import_module = "__main_module__")]
unsafe extern "C" {
    #[link_name = "_start"]
    fn start();
}

struct Command;

impl bindings::Guest for Command {
    fn run() {
        // SAFETY: this flavour is for guests that export `_start`, and `_start` takes and gives nothing.
        unsafe { start() }
    }
}

bindings::export!(Command with_types_in bindings);
