//! Host `my-wasi-typed`: implements `my-wasi` and `my-cli` with the traits that `wasmtime::component::bindgen!`
//! generates from the WIT.

use wasmtime::component::{HasSelf, Linker};

use super::system::System;
use super::{Host, State};

mod bindings {
    wasmtime::component::bindgen!({
        path: "../../wit/my-wasi",
        world: "reactor",
        imports: { default: trappable },
    });
}

use bindings::{my_cli, my_wasi};

/// Host `my-wasi-typed`, with functions defined by generated traits.
pub(super) struct MyWasiTyped;

impl Host for MyWasiTyped {
    fn name(&self) -> &str {
        "my-wasi-typed"
    }

    fn interfaces(&self) -> Vec<String> {
        super::my_wasi_interfaces()
    }

    fn add_to_linker(&self, linker: &mut Linker<State>) -> wasmtime::Result<()> {
        bindings::Reactor::add_to_linker::<State, HasSelf<State>>(linker, |state| state)
    }

    fn records_calls(&self) -> bool {
        true
    }
}

impl my_wasi::Host for State {
    fn print(&mut self, data: Vec<u8>) -> wasmtime::Result<u32> {
        Ok(System(self).print(&data)?)
    }

    fn random_get(&mut self, size: u32) -> wasmtime::Result<Vec<u8>> {
        Ok(System(self).random_get(size)?)
    }
}

impl my_cli::Host for State {
    fn print_error(&mut self, data: Vec<u8>) -> wasmtime::Result<u32> {
        Ok(System(self).print_error(&data)?)
    }

    fn read(&mut self, size: u32) -> wasmtime::Result<Vec<u8>> {
        Ok(System(self).read(size))
    }

    fn args(&mut self) -> wasmtime::Result<Vec<String>> {
        Ok(System(self).args())
    }

    fn env(&mut self) -> wasmtime::Result<Vec<(String, String)>> {
        Ok(System(self).env())
    }

    fn exit(&mut self, code: u32) -> wasmtime::Result<()> {
        Err(System(self).exit(code).into())
    }

    fn wall_clock(&mut self) -> wasmtime::Result<u64> {
        Ok(System(self).wall_clock())
    }

    fn monotonic_clock(&mut self) -> wasmtime::Result<u64> {
        Ok(System(self).monotonic_clock())
    }

    fn clock_resolution(&mut self) -> wasmtime::Result<u64> {
        Ok(System(self).clock_resolution())
    }

    fn sleep(&mut self, duration: u64) -> wasmtime::Result<()> {
        System(self).sleep(duration);
        Ok(())
    }
}
