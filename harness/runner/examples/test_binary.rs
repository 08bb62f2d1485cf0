//! Test binary of a suite, for an index in a directory, with Rust code that implements an import.

use polyfill_runner::{State, wasmtime::StoreContextMut};

fn main() -> std::process::ExitCode {
    polyfill_runner::Runner::new("path/to/the/index")
        .imports("random-number", |linker| {
            linker.instance("imports")?.func_wrap(
                "my-fancy-host-function",
                |store: StoreContextMut<'_, State>, (): ()| {
                    store.data().record("imports.my-fancy-host-function", &[], None);
                    Ok(store.data().stdout().write(b"in a custom host function\n")?)
                },
            )
        })
        .run()
}
