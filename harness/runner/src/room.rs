//! Engines that take memories, tables and instances from a pool: how large that is, and who waits when it is used up.

use std::sync::{Condvar, Mutex, PoisonError};

use wasmtime::{InstanceAllocationStrategy, PoolingAllocationConfig};

/// Runs at a time. What is beyond waits: tests can have more threads than this.
const RUNS: u32 = 16;

/// A run's component, and the relay of a traced one.
const COMPONENTS: u32 = 2;
/// What a run's component may come to: main, its adapters, an interposer before each, and the encoder's shims.
const INSTANCES: u32 = 64;
/// Main's own, and those of isolated adapters.
const MEMORIES: u32 = 8;
/// Main's own, and those of adapters and of shims.
const TABLES: u32 = 16;
/// The slots of a large program's own table, with room.
const TABLE_ELEMENTS: usize = 200_000;
/// Bytes of wasmtime's own data about one instance.
const INSTANCE_BYTES: usize = 4 << 20;

/// The pool.
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

/// Counts the runs for which there is room.
#[derive(Debug)]
pub(crate) struct Room {
    free: Mutex<u32>,
    freed: Condvar,
}

/// Room for one run, given back when it is dropped.
pub(crate) struct Taken<'a>(&'a Room);

impl Default for Room {
    fn default() -> Self {
        Self { free: Mutex::new(RUNS), freed: Condvar::new() }
    }
}

impl Room {
    /// Waits until there is room.
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
