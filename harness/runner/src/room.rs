//! Size of the pooling allocator, and the semaphore for runs that use it.

use std::sync::{Condvar, Mutex, PoisonError};

use wasmtime::{InstanceAllocationStrategy, PoolingAllocationConfig};

/// Maximum number of concurrent runs. Further runs wait, because tests can have more threads.
const RUNS: u32 = 16;

/// Components per run: the component, and the proxy of a traced run.
const COMPONENTS: u32 = 2;
/// Core instances per component: main, its adapters, an interposition adapter per adapter, and the encoder's shims.
const INSTANCES: u32 = 64;
/// Memories per component: main's, and those of isolated adapters.
const MEMORIES: u32 = 8;
/// Tables per component: main's, and those of adapters and of shims.
const TABLES: u32 = 16;
/// Maximum number of table elements, sufficient for a large program.
const TABLE_ELEMENTS: usize = 200_000;
/// Maximum size of wasmtime's data about one instance, in bytes.
const INSTANCE_BYTES: usize = 4 << 20;

/// Returns the configuration of the pool.
pub(crate) fn pool() -> InstanceAllocationStrategy {
    let mut pool = PoolingAllocationConfig::new();
    pool.total_component_instances(RUNS * COMPONENTS)
        .total_core_instances(RUNS * INSTANCES)
        .total_memories(RUNS * MEMORIES)
        .total_tables(RUNS * TABLES)
        .total_stacks(RUNS)
        .max_memories_per_module(MEMORIES)
        .max_tables_per_module(TABLES)
        .max_core_instances_per_component(INSTANCES)
        .max_memories_per_component(MEMORIES)
        .max_tables_per_component(TABLES)
        .table_elements(TABLE_ELEMENTS)
        .max_core_instance_size(INSTANCE_BYTES)
        .max_component_instance_size(INSTANCE_BYTES);
    InstanceAllocationStrategy::Pooling(pool)
}

/// Semaphore that limits the number of concurrent runs.
#[derive(Debug)]
pub(crate) struct Room {
    free: Mutex<u32>,
    freed: Condvar,
}

/// Permit for one run, released on drop.
pub(crate) struct Taken<'a>(&'a Room);

impl Default for Room {
    fn default() -> Self {
        Self { free: Mutex::new(RUNS), freed: Condvar::new() }
    }
}

impl Room {
    /// Waits for a permit.
    pub(crate) fn take(&self) -> Taken<'_> {
        let free = self.free.lock().unwrap_or_else(PoisonError::into_inner);
        let mut free = self.freed.wait_while(free, |free| *free == 0).unwrap_or_else(PoisonError::into_inner);
        *free -= 1;
        Taken(self)
    }
}

impl Drop for Taken<'_> {
    fn drop(&mut self) {
        *self.0.free.lock().unwrap_or_else(PoisonError::into_inner) += 1;
        self.0.freed.notify_one();
    }
}
