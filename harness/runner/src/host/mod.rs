//! Hosts: what satisfies a component's imports.

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

/// A set of host functions under a name that cases can choose.
///
/// A host of your own is a type with this trait, given to [`Runner::host`](crate::Runner::host). Its functions find the
/// run's arguments, streams, clock and random bytes in [`State`], and may keep things of their own there
/// ([`State::with`]).
pub trait Host: Send + Sync {
    /// The name, as it stands in cases and trial names: no spaces, no `::`.
    fn name(&self) -> &str;

    /// Defines the host's functions. Called once for each run.
    fn add_to_linker(&self, linker: &mut Linker<State>) -> wasmtime::Result<()>;

    /// Whether functions are asynchronous (`func_wrap_async` and the like), so that the guest runs on an asynchronous store:
    /// driven by a runtime of one thread.
    fn is_async(&self) -> bool {
        false
    }

    /// Whether all functions tell of their calls by [`State::record`]. Cases can expect `host-calls` only then.
    fn records_calls(&self) -> bool {
        false
    }

    /// Whether the guest finds the files of its case there, as in wasmtime-wasi's functions. Cases can have `files` only
    /// then.
    fn has_files(&self) -> bool {
        false
    }
}

/// The hosts that there are.
#[derive(Clone)]
pub struct Hosts(Vec<Arc<dyn Host>>);

/// `my-wasi`, `my-wasi-typed`, `wasi`, `wasi-async`.
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

impl Hosts {
    /// Adds a host, in place of one with the same name.
    pub fn add(&mut self, host: impl Host + 'static) {
        self.0.retain(|other| other.name() != host.name());
        self.0.push(Arc::new(host));
    }

    /// The host with this name.
    pub fn get(&self, name: &str) -> Option<&dyn Host> {
        self.0.iter().find(|host| host.name() == name).map(|host| &**host)
    }

    /// All names.
    pub fn names(&self) -> Vec<&str> {
        self.0.iter().map(|host| host.name()).collect()
    }
}
