//! The command variant of `wasi_snapshot_preview1` on WASI 0.2: all functions, and `run`, which calls main's `_start`.

// Exports the functions of the library from this module.
use wasi_functions as _;

#[link(wasm_import_module = "__main_module__")]
unsafe extern "C" {
    #[link_name = "_start"]
    fn start();
}

struct Command;

impl wasip2::exports::cli::run::Guest for Command {
    fn run() -> Result<(), ()> {
        // SAFETY: this variant is for guests that export `_start`, which has no parameters or results.
        unsafe { start() }
        Ok(())
    }
}

wasip2::cli::command::export!(Command);
