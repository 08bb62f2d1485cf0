//! Runs garbage-collected adapters next to a main.

use wasmtime::{Caller, Config, Engine, Instance, Linker, Memory, MemoryType, Module, OptLevel, Result, Store};

use super::linked::{Damage, module};
use super::support::{GROW, MAIN, good, wat};
use crate::trim::{MainRealloc, Trimmed};

/// Address of the first block that main's allocator returns. Its contents are not zeroed.
pub const BLOCK: u32 = 4096;
pub const OLD: u8 = 0xaa;
/// Fill byte for the unused part of a stack.
pub const PATTERN: u8 = 0xa5;

/// State of main and recorded calls of its imports.
#[derive(Default)]
pub struct Main {
    /// Requests to main's realloc: alignment and size in bytes.
    pub requests: Vec<(u32, u32)>,
    /// Export of the adapter that main's realloc calls.
    pub reenter: Option<&'static str>,
    pub reentered: Vec<i32>,
    /// Texts that the adapter logged.
    pub log: Vec<String>,
    /// Writes that the adapter reported: address and length.
    pub writes: Vec<(u32, u32)>,
    /// Stack usage that the adapter reported: used and total bytes.
    pub used: Vec<(u32, u32)>,
    pub instance: Option<Instance>,
}

/// An adapter instance and its memories.
pub struct Running {
    pub store: Store<Main>,
    pub instance: Instance,
    /// Memory that the adapter imports.
    pub memory: Memory,
    /// Main's memory. A shared adapter imports it.
    pub main: Memory,
}

impl Running {
    /// Instantiates a garbage-collected shared adapter with a main memory of two pages.
    pub fn new(trimmed: &Trimmed, main: Main) -> Running {
        assert_eq!(trimmed.memory, None);
        Running::module(&trimmed.wasm, main, None).expect("an instance")
    }

    /// Instantiates a garbage-collected isolated adapter.
    pub fn isolated(trimmed: &Trimmed, main: Main) -> Running {
        let memory = trimmed.memory.expect("a memory");
        let pages = |pages: u64| u32::try_from(pages).expect("a 32-bit memory");
        let own = MemoryType::new(pages(memory.initial), memory.maximum.map(pages));
        Running::module(&trimmed.wasm, main, Some(own)).expect("an instance")
    }

    /// Instantiates any module with main's memory of two pages, or with its own memory.
    pub fn module(wasm: &[u8], state: Main, own: Option<MemoryType>) -> Result<Running> {
        // Compiled without optimization, because the run time is short.
        let engine = Engine::new(Config::new().cranelift_opt_level(OptLevel::None))?;
        let mut store = Store::new(&engine, state);
        let main = Memory::new(&mut store, MemoryType::new(2, None))?;
        main.data_mut(&mut store).fill(OLD);
        let memory = own.map_or(Ok(main), |own| Memory::new(&mut store, own))?;
        let mut linker = Linker::new(&engine);
        linker.define(&store, "env", "memory", memory)?;
        copies(&mut linker, memory, main)?;
        linker.func_wrap("__main_module__", "main_realloc", realloc)?;
        linker.func_wrap("host", "log", move |mut caller: Caller<'_, Main>, at: u32, size: u32| {
            let range = at as usize..(at + size) as usize;
            let text = String::from_utf8_lossy(&memory.data(&caller)[range]).into_owned();
            caller.data_mut().log.push(text);
        })?;
        let reports = "polyfill:interpose/calls@0.1.0";
        linker.func_wrap(reports, "writes", |mut caller: Caller<'_, Main>, address: u32, length: u32| {
            caller.data_mut().writes.push((address, length));
        })?;
        linker.func_wrap(reports, "used", |mut caller: Caller<'_, Main>, stack: u32, of: u32| {
            caller.data_mut().used.push((stack, of));
        })?;
        linker.func_wrap(reports, "pattern", || u32::from(PATTERN))?;
        let instance = linker.instantiate(&mut store, &Module::new(&engine, wasm)?)?;
        store.data_mut().instance = Some(instance);
        Ok(Running { store, instance, memory, main })
    }

    /// Calls an export without parameters.
    pub fn call(&mut self, name: &str) -> i32 {
        let function = self.instance.get_typed_func::<(), i32>(&mut self.store, name);
        function.expect("the export").call(&mut self.store, ()).expect("no trap")
    }

    /// Calls an export with one parameter.
    pub fn call1(&mut self, name: &str, parameter: i32) -> Result<i32> {
        let function = self.instance.get_typed_func::<i32, i32>(&mut self.store, name)?;
        function.call(&mut self.store, parameter)
    }

    /// Reads a word of the adapter's memory.
    pub fn word(&self, address: i32) -> i32 {
        let address = address.cast_unsigned() as usize;
        let bytes = &self.memory.data(&self.store)[address..address + 4];
        i32::from_le_bytes(bytes.try_into().expect("four bytes"))
    }
}

/// Defines the functions by which isolated adapters access main's memory.
fn copies(linker: &mut Linker<Main>, own: Memory, main: Memory) -> Result<()> {
    let copy = |from: Memory, to: Memory| {
        move |mut caller: Caller<'_, Main>, at: u32, start: u32, length: u32| -> Result<()> {
            let mut bytes = vec![0; length as usize];
            from.read(&caller, start as usize, &mut bytes)?;
            to.write(&mut caller, at as usize, &bytes)?;
            Ok(())
        }
    };
    linker.func_wrap("__main_memory__", "load", copy(main, own))?;
    linker.func_wrap("__main_memory__", "store", copy(own, main))?;
    linker.func_wrap("__main_memory__", "size", move |caller: Caller<'_, Main>| main.data_size(&caller) as u32)?;
    Ok(())
}

fn realloc(mut caller: Caller<'_, Main>, old: u32, size: u32, align: u32, new: u32) -> Result<u32> {
    assert_eq!((old, size), (0, 0));
    caller.data_mut().requests.push((align, new));
    let reenter = caller.data().reenter;
    if let (Some(name), Some(instance)) = (reenter, caller.data().instance) {
        let function = instance.get_typed_func::<(), i32>(&mut caller, name)?;
        let result = function.call(&mut caller, ())?;
        caller.data_mut().reentered.push(result);
    }
    Ok(BLOCK)
}

/// Returns the stack pointer. A dead global comes first, so that indices change.
const STACK: &str = r#"
    (module
      (import "env" "memory" (memory 1))
      (global $dead i64 (i64.const 0))
      (global $__stack_pointer (mut i32) (i32.const 16))
      (func (export "sp") (result i32) global.get $__stack_pointer))
"#;

const PROTOCOL: &str = r#"
    (module
      (import "env" "memory" (memory 1))
      (global $dead i64 (i64.const 0))
      (global $__stack_pointer (mut i32) (i32.const 16))
      (global $dead_too i64 (i64.const 0))
      (global $allocation_state (mut i32) (i32.const 0))
      (func (export "sp") (result i32) global.get $__stack_pointer)
      (func (export "state") (result i32) global.get $allocation_state))
"#;

#[test]
fn first_call_allocates_the_stack_with_mains_realloc() {
    let trimmed = good(&wat(STACK), &["sp"], MAIN);
    let mut running = Running::new(&trimmed, Main::default());
    assert_eq!(running.call("sp"), BLOCK as i32 + 65536);
    assert_eq!(running.call("sp"), BLOCK as i32 + 65536);
    assert_eq!(running.store.data().requests, [(16, 65536)]);
    assert_eq!(running.memory.size(&running.store), 2);
}

#[test]
fn stack_is_allocated_by_memory_grow_without_a_realloc() {
    let trimmed = good(&wat(STACK), &["sp"], GROW);
    let mut running = Running::new(&trimmed, Main::default());
    assert_eq!(running.memory.size(&running.store), 3);
    assert_eq!(running.call("sp"), 3 * 65536);
    assert_eq!(running.store.data().requests, []);
}

#[test]
fn main_can_call_the_adapter_while_allocating_its_region() {
    let trimmed = good(&wat(STACK), &["sp"], MAIN);
    let main = Main { reenter: Some("sp"), ..Main::default() };
    let mut running = Running::new(&trimmed, main);
    // The nested call allocates a region by `memory.grow`, and the outer call uses it.
    assert_eq!(running.call("sp"), 3 * 65536);
    assert_eq!(running.store.data().reentered, [3 * 65536]);
    assert_eq!(running.store.data().requests.len(), 1);
    assert_eq!(running.call("sp"), 3 * 65536);
}

#[test]
fn allocation_state_tracks_the_region_allocation() {
    let trimmed = good(&wat(PROTOCOL), &["sp", "state"], MAIN);
    let main = Main { reenter: Some("state"), ..Main::default() };
    let mut running = Running::new(&trimmed, main);
    assert_eq!(running.call("sp"), BLOCK as i32 + 65536);
    // While main allocates, the state is 1.
    assert_eq!(running.store.data().reentered, [1]);
    assert_eq!(running.call("state"), 2);

    let trimmed = good(&wat(PROTOCOL), &["sp", "state"], GROW);
    let mut running = Running::new(&trimmed, Main::default());
    assert_eq!((running.call("state"), running.call("sp")), (2, 3 * 65536));
}

#[test]
fn own_start_function_runs_with_a_stack() {
    let text = r#"
        (module
          (import "env" "memory" (memory 1))
          (global $__stack_pointer (mut i32) (i32.const 16))
          (global $observed (mut i32) (i32.const 0))
          (func $start (global.set $observed (i32.add (global.get $observed) (global.get $__stack_pointer))))
          (start $start)
          (func (export "observed") (result i32) global.get $observed))
    "#;
    for (realloc, reenter, expected) in
        [(GROW, None, 3 * 65536), (MAIN, None, BLOCK as i32 + 65536), (MAIN, Some("observed"), 3 * 65536)]
    {
        let main = Main { reenter, ..Main::default() };
        let mut running = Running::new(&good(&wat(text), &["observed"], realloc), main);
        assert_eq!(running.call("observed"), expected);
        assert_eq!(running.call("observed"), expected);
    }
}

#[test]
fn memory_grow_serves_new_blocks_and_traps_on_reallocation() {
    let wasm = wat(r#"
        (module
          (import "__main_module__" "cabi_realloc"
            (func $realloc (param i32 i32 i32 i32) (result i32)))
          (func (export "new") (param i32) (result i32)
            (call $realloc (i32.const 0) (i32.const 0) (i32.const 8) (local.get 0)))
          (func (export "old") (param i32) (result i32)
            (call $realloc (local.get 0) (i32.const 1) (i32.const 8) (i32.const 2))))
    "#);
    let mut running = Running::new(&good(&wasm, &["new", "old"], GROW), Main::default());
    assert_eq!(running.call1("new", 1).expect("a block"), 2 * 65536);
    assert_eq!(running.call1("new", 65536).expect("a block"), 3 * 65536);
    assert_eq!(running.call1("new", 65537).expect("a block"), 4 * 65536);
    assert_eq!(running.memory.size(&running.store), 6);
    // Sizes beyond the limit of the memory, which overflow when rounded up.
    assert!(running.call1("new", -1).is_err());
    assert!(running.call1("old", 8).is_err());
}

#[test]
fn static_data_works_after_relocation() {
    let exports = ["record", "bump", "call", "slot", "heap"];
    let wasm = module(Damage::default());
    for (realloc, start) in [(GROW, 2 * 65536), (MAIN, BLOCK as i32)] {
        moved(&good(&wasm, &exports, realloc), realloc, start);
    }
}

fn moved(trimmed: &Trimmed, realloc: MainRealloc<'_>, start: i32) {
    let mut running = Running::new(trimmed, Main::default());
    assert_eq!([running.call("bump"), running.call("bump"), running.call("call")], [1, 2, 42]);
    let record = running.call("record");
    let size = trimmed.region.as_ref().expect("a region").data_bytes as i32;
    assert!((start..start + size).contains(&record), "{realloc:?}: {record} from {start} on");
    assert_eq!(running.call("heap"), start + size);
    // The first word of the record points to the second letter of the greeting.
    let greeting = running.word(record) as usize;
    assert_eq!(&running.memory.data(&running.store)[greeting..greeting + 4], b"ello");
    assert_eq!(running.word(record + 4), running.call("slot"));
    if realloc == MAIN {
        let memory = running.memory.data(&running.store);
        assert!(memory[..start as usize].iter().all(|byte| *byte == OLD), "main's data is intact");
        assert!(memory[(start + size) as usize..].iter().all(|byte| *byte == OLD));
    }
}
