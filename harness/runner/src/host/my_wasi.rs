//! Host `my-wasi`: implements `my-wasi` and `my-cli` with `Linker::func_wrap`, without generated code.
//!
//! Reads bytes in place from the guest's memory.

use wasmtime::StoreContextMut;
use wasmtime::component::{Linker, WasmList};

use super::system::System;
use super::{Host, State};

/// Host `my-wasi`, with functions defined by `Linker::func_wrap`.
pub(super) struct MyWasi;

impl Host for MyWasi {
    fn name(&self) -> &str {
        "my-wasi"
    }

    fn interfaces(&self) -> Vec<String> {
        super::my_wasi_interfaces()
    }

    fn add_to_linker(&self, linker: &mut Linker<State>) -> wasmtime::Result<()> {
        add_my_wasi(linker)?;
        add_my_cli(linker)
    }

    fn records_calls(&self) -> bool {
        true
    }
}

type Store<'a> = StoreContextMut<'a, State>;

fn add_my_wasi(linker: &mut Linker<State>) -> wasmtime::Result<()> {
    let mut instance = linker.instance("my-wasi")?;
    instance.func_wrap("print", |store: Store, (data,): (WasmList<u8>,)| {
        Ok((System(store.data()).print(data.as_le_slice(&store))?,))
    })?;
    instance.func_wrap("random-get", |store: Store, (size,): (u32,)| Ok((System(store.data()).random_get(size)?,)))
}

fn add_my_cli(linker: &mut Linker<State>) -> wasmtime::Result<()> {
    let mut instance = linker.instance("my-cli")?;
    instance.func_wrap("print-error", |store: Store, (data,): (WasmList<u8>,)| {
        Ok((System(store.data()).print_error(data.as_le_slice(&store))?,))
    })?;
    instance.func_wrap("read", |store: Store, (size,): (u32,)| Ok((System(store.data()).read(size),)))?;
    instance.func_wrap("args", |store: Store, (): ()| Ok((System(store.data()).args(),)))?;
    instance.func_wrap("env", |store: Store, (): ()| Ok((System(store.data()).env(),)))?;
    instance.func_wrap("exit", |store: Store, (code,): (u32,)| -> wasmtime::Result<()> {
        Err(System(store.data()).exit(code).into())
    })?;
    instance.func_wrap("wall-clock", |store: Store, (): ()| Ok((System(store.data()).wall_clock(),)))?;
    instance.func_wrap("monotonic-clock", |store: Store, (): ()| Ok((System(store.data()).monotonic_clock(),)))?;
    instance.func_wrap("clock-resolution", |store: Store, (): ()| Ok((System(store.data()).clock_resolution(),)))?;
    instance.func_wrap("sleep", |store: Store, (duration,): (u64,)| {
        System(store.data()).sleep(duration);
        Ok(())
    })
}
