//! Hosts, which satisfy a component's imports.

mod clock;
pub(crate) mod descriptors;
mod left;
mod my_wasi;
mod random;
mod state;
mod stdin;
mod stdio;
mod system;
mod typed;
mod wasi;

use std::sync::Arc;

use wasmtime::component::Linker;

pub use clock::{Clock, WALL_CLOCK_SECONDS};
pub use random::Random;
pub use state::{State, Stop};
pub(crate) use state::{Trace, lock};
pub use stdio::Output;

/// Named set of host functions, selectable by cases.
///
/// To add a host, implement this trait and pass it to [`Runner::host`](crate::Runner::host). Its functions find the
/// run's arguments, streams, clock and random bytes in [`State`], and can keep their own data there ([`State::with`]).
pub trait Host: Send + Sync {
    /// Returns the name for cases and trial names, without spaces and `::`.
    fn name(&self) -> &str;

    /// Defines the host's functions in the linker.
    fn add_to_linker(&self, linker: &mut Linker<State>) -> wasmtime::Result<()>;

    /// Returns the names of the interfaces that the host defines, with their versions: `wasi:cli/exit@0.2.12`.
    ///
    /// A linker cannot list its definitions. The version of an interface that is not declared here is unknown in
    /// reports of unsatisfied imports, and an `[[import]]` answer for a function of that interface in another
    /// compatible version replaces the whole interface. Default: none.
    fn interfaces(&self) -> Vec<String> {
        Vec::new()
    }

    /// Returns true if functions are asynchronous (`func_wrap_async` and the like). The guest then runs on an
    /// asynchronous store, driven by a single-threaded runtime.
    fn is_async(&self) -> bool {
        false
    }

    /// Returns true if all functions record their calls with [`State::record`]. Required for `host-calls` in cases.
    fn records_calls(&self) -> bool {
        false
    }

    /// Returns true if the guest can access the files of its case, as with wasmtime-wasi's functions. Required for
    /// `files` in cases.
    fn has_files(&self) -> bool {
        false
    }
}

/// Registry of hosts.
#[derive(Clone)]
pub struct Hosts(Vec<Arc<dyn Host>>);

/// Returns the built-in hosts: `my-wasi`, `my-wasi-typed`, `wasi`, `wasi-async`.
impl Default for Hosts {
    fn default() -> Self {
        Self(vec![
            Arc::new(my_wasi::MyWasi),
            Arc::new(typed::MyWasiTyped),
            Arc::new(wasi::Wasi),
            Arc::new(wasi::WasiAsync),
        ])
    }
}

/// Returns the interfaces of `my-wasi` and `my-wasi-typed`.
fn my_wasi_interfaces() -> Vec<String> {
    ["my-wasi", "my-cli"].map(String::from).to_vec()
}

impl Hosts {
    /// Adds a host, replacing a host of the same name.
    pub fn add(&mut self, host: impl Host + 'static) {
        self.0.retain(|other| other.name() != host.name());
        self.0.push(Arc::new(host));
    }

    /// Returns the host of this name.
    pub fn get(&self, name: &str) -> Option<&dyn Host> {
        self.0.iter().find(|host| host.name() == name).map(|host| &**host)
    }

    /// Returns all names.
    pub fn names(&self) -> Vec<&str> {
        self.0.iter().map(|host| host.name()).collect()
    }
}
