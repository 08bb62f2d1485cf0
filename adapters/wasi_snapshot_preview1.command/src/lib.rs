//! The command variant of `wasi_snapshot_preview1`: all functions, and `run`, which calls main's `_start`.

// Exports the functions of the library from this module.
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
        // SAFETY: this variant is for guests that export `_start`, which has no parameters or results.
        unsafe { start() }
    }
}

bindings::export!(Command with_types_in bindings);
