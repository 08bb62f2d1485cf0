//! `Prepared` generates the same components and errors as `encode`, for guests of known and of new shapes.

use polyfill_encoder::{Adapter, Input, Options, Prepared, Region, Source, encode};
use wasi_preview1_component_adapter_provider as published;

/// Guests in the order of encoding. Some have the same shape as an earlier one.
const GUESTS: [&str; 9] = [
    "(module (memory (export \"memory\") 1) (func (export \"_start\")))",
    "(module (memory (export \"memory\") 1) (func (export \"_start\") nop))",
    r#"(module (import "wasi_snapshot_preview1" "proc_exit" (func (param i32)))
        (memory (export "memory") 1) (func (export "_start")))"#,
    // Same imports and exports, but different bytes. The section size is long enough to need two more bytes.
    r#"(module (import "wasi_snapshot_preview1" "proc_exit" (func (param i32)))
        (memory (export "memory") 1) (func (export "_start")) (@custom "long" "01234567890123456789012345678901234567890123456789")
        (@custom "longer" "0123456789012345678901234567890123456789012345678901234567890123456789"))"#,
    // A different memory.
    r#"(module (import "wasi_snapshot_preview1" "proc_exit" (func (param i32)))
        (memory (export "memory") 2) (func (export "_start")))"#,
    // A duplicate import.
    r#"(module (import "wasi_snapshot_preview1" "proc_exit" (func (param i32)))
        (import "wasi_snapshot_preview1" "proc_exit" (func (param i32)))
        (memory (export "memory") 1) (func (export "_start")))"#,
    // A start function, whose body is analyzed.
    r#"(module (import "wasi_snapshot_preview1" "proc_exit" (func (param i32)))
        (memory (export "memory") 1) (func $start) (start $start) (func (export "_start")))"#,
    // An unknown function.
    r#"(module (import "wasi_snapshot_preview1" "proc_exti" (func (param i32)))
        (memory (export "memory") 1) (func (export "_start")))"#,
    // An invalid body in a guest of a known shape.
    r#"(module (import "wasi_snapshot_preview1" "proc_exit" (func (param i32)))
        (memory (export "memory") 1) (func (export "_start") i32.add))"#,
];

#[test]
fn prepared_matches_encode() {
    let every_option = [
        Options::default(),
        Options { validate: false, ..Options::default() },
        Options { debug_names: false, region: Region::MemoryGrow, ..Options::default() },
        Options { provenance: true, ..Options::default() },
    ];
    for interposed in [false, true] {
        let mut adapters =
            vec![Adapter::new("wasi_snapshot_preview1", published::WASI_SNAPSHOT_PREVIEW1_COMMAND_ADAPTER)];
        if interposed {
            adapters.splice(..0, [Adapter::interposer("wasi_snapshot_preview1"), Adapter::realloc_interposer()]);
        }
        for options in &every_option {
            let prepared = Prepared::new(&adapters, options.clone()).unwrap();
            for round in 0..2 {
                for guest in GUESTS {
                    let wasm = wat::parse_str(guest).unwrap();
                    let main = Source { name: "main".into(), wasm: &wasm, wit: None };
                    let input = Input { main: main.clone(), adapters: adapters.clone() };
                    let expected = encode(&input, options).map(|encoded| encoded.component);
                    let found = prepared.encode(&main);
                    let text = |result: Result<Vec<u8>, polyfill_encoder::Errors>| result.map_err(|e| e.to_string());
                    assert!(text(expected) == text(found), "round {round}, {options:?}, guest: {guest}");
                }
            }
        }
    }
}

#[test]
fn prepared_can_be_shared_between_threads() {
    let adapters = [Adapter::new("wasi_snapshot_preview1", published::WASI_SNAPSHOT_PREVIEW1_COMMAND_ADAPTER)];
    let prepared = Prepared::new(&adapters, Options::default()).unwrap();
    let wasm = wat::parse_str(GUESTS[2]).unwrap();
    let main = Source { name: "main".into(), wasm: &wasm, wit: None };
    let encode = || (0..8).map(|_| prepared.encode(&main).unwrap()).collect::<Vec<_>>();
    let all: Vec<Vec<u8>> = std::thread::scope(|scope| {
        let threads: Vec<_> = (0..4).map(|_| scope.spawn(encode)).collect();
        threads.into_iter().flat_map(|thread| thread.join().unwrap()).collect()
    });
    assert!(all.windows(2).all(|pair| pair[0] == pair[1]));
}
