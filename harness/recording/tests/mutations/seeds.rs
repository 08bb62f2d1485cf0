//! Seed recordings of the mutations. They contain each kind of section, input and call.

use std::collections::BTreeMap;

use polyfill_builder::case::{Bytes, Call, Case, Expect, Seed, Series, Stdin, Text};
use polyfill_builder::tree::{Entry, Preopen};
use polyfill_builder::{AdapterModule, reference};
use polyfill_encoder::{Adapter, Input, Options, Source, Wit, encode};
use polyfill_recording::{About, AdapterAbout, Recording, Versions};
use polyfill_runner::{Detail, Engine, Failed, Host, Hosts, Inputs, Limits, Sinks, WASMTIME, compare, run_program};
use wit_parser::Resolve;

/// Tries to read `secret` and to write `written` in its first two preopened directories.
const FILES: &str = r#"(module
    (import "wasi_snapshot_preview1" "path_open"
        (func $open (param i32 i32 i32 i32 i32 i64 i64 i32 i32) (result i32)))
    (import "wasi_snapshot_preview1" "fd_read" (func $read (param i32 i32 i32 i32) (result i32)))
    (import "wasi_snapshot_preview1" "fd_write" (func $write (param i32 i32 i32 i32) (result i32)))
    (memory (export "memory") 1)
    (data (i32.const 0) "secret")
    (data (i32.const 16) "written")
    (func $try (param $fd i32)
        (if (i32.eqz (call $open (local.get $fd) (i32.const 1) (i32.const 0) (i32.const 6)
                (i32.const 0) (i64.const 2) (i64.const 2) (i32.const 0) (i32.const 64)))
            (then
                (i32.store (i32.const 80) (i32.const 1024))
                (i32.store (i32.const 84) (i32.const 256))
                (drop (call $read (i32.load (i32.const 64)) (i32.const 80) (i32.const 1) (i32.const 96)))
                (i32.store (i32.const 84) (i32.load (i32.const 96)))
                (drop (call $write (i32.const 1) (i32.const 80) (i32.const 1) (i32.const 96)))))
        (if (i32.eqz (call $open (local.get $fd) (i32.const 1) (i32.const 16) (i32.const 7)
                (i32.const 1) (i64.const 64) (i64.const 64) (i32.const 0) (i32.const 64)))
            (then
                (i32.store (i32.const 80) (i32.const 16))
                (i32.store (i32.const 84) (i32.const 7))
                (drop (call $write (i32.load (i32.const 64)) (i32.const 80) (i32.const 1) (i32.const 96))))))
    (func (export "_start") (call $try (i32.const 3)) (call $try (i32.const 4))))"#;

/// Echoes its input, and adds; with an unused function and unused data.
const ECHO: &str = r#"(module
    (import "my-wasi" "print" (func $print (param i32 i32) (result i32)))
    (import "my-cli" "read" (func $read (param i32 i32)))
    (memory (export "memory") 1)
    (data (i32.const 512) "unused static data in the test guest.")
    (func (export "cabi_realloc") (param i32 i32 i32 i32) (result i32) (i32.const 4096))
    (func $idle (result i32) (i32.add (i32.const 1) (i32.const 2)))
    (func (export "run")
        (call $read (i32.const 16) (i32.const 64))
        (drop (call $print (i32.load (i32.const 64)) (i32.load (i32.const 68)))))
    (func (export "add") (param i32) (result i32) (i32.add (local.get 0) (i32.const 1))))"#;

const WORLD: &str = "package a:b;
    world w {
        import my-wasi: interface { print: func(data: list<u8>) -> u32; }
        import my-cli: interface { read: func(size: u32) -> list<u8>; }
        export run: func();
        export add: func(a: u32) -> u32;
    }";

/// Returns all seeds, with the hosts of their recordings.
pub fn all(engine: &Engine) -> Vec<(&'static str, Recording)> {
    vec![("my-wasi", echo(engine)), ("wasi", files(engine))]
}

/// A guest without an adapter, with two calls: its output differs from the expected one.
pub fn echo(engine: &Engine) -> Recording {
    let add = Call { returns: Some("3".into()), ..Call::of("add(2)") };
    let case = Case {
        description: Some("Echoes.".into()),
        stdin: Some(Stdin::All(Bytes::Text("some text\n".into()))),
        calls: vec![Call::of("run()"), add],
        expect: Expect { stdout: Some(Bytes::Text("other text\n".into())), ..Expect::default() },
        ..Case::default()
    };
    recorded(engine, "my-wasi", ECHO, case)
}

/// A guest with an adapter, files and all other inputs.
pub fn files(engine: &Engine) -> Recording {
    let file = |text: &str| Entry::File(Bytes::Text(text.into()));
    let folder = |name: &str, folder: &str| (name.to_string(), Preopen::Folder(folder.into()));
    let case = Case {
        args: vec!["one".into(), "two".into()],
        env: BTreeMap::from([("A".into(), Text::Plain("b".into()))]),
        env_series: Some(Series { name: "S".into(), value: "v".into(), count: 3 }),
        stdin: Some(Stdin::All(Bytes::Text("input".into()))),
        seed: Some(Seed::Number(7)),
        files: [("d/secret".to_string(), file("inner\n")), ("e/x".to_string(), file("x"))].into(),
        preopens: Some(BTreeMap::from([folder("/", "d"), folder("/e", "e")])),
        expect: Expect { stdout: Some(Bytes::Text("expected\n".into())), ..Expect::default() },
        ..Case::default()
    };
    recorded(engine, "wasi", FILES, case)
}

fn recorded(engine: &Engine, host: &'static str, main: &str, case: Case) -> Recording {
    let main = wat::parse_str(main).expect("a module");
    let published = reference::find("reference-command").expect("the newest").expect("it is there");
    let published = AdapterModule::published(&published);
    let (wit, adapters) = match host {
        "wasi" => (None, vec![Adapter::new("wasi_snapshot_preview1", &published.wasm)]),
        _ => {
            let mut resolve = Resolve::default();
            let package = resolve.push_str("world.wit", WORLD).expect("WIT");
            let world = resolve.select_world(&[package], None).expect("one world");
            (Some(Wit { resolve, world }), Vec::new())
        }
    };
    let input = Input { main: Source { name: "guest".into(), wasm: &main, wit }, adapters: adapters.clone() };
    let component = encode(&input, &Options::default()).expect("a component").component;
    let hosts = Hosts::default();
    let host: &dyn Host = hosts.get(host).expect("a host");
    let program = engine.program(&component).expect("a valid component");
    let inputs = Inputs::of("guest", &case).expect("inputs");
    let limits = Limits::default();
    let observation = run_program(engine, &program, host, &inputs, &limits, Detail::Full, Sinks::default());
    let failed = Failed::all(&compare(&case, &observation), &observation);
    assert!(!failed.is_empty(), "the guest fails: {observation:?}");
    Recording {
        about: About {
            format: 1,
            versions: Versions { polyfill: "0.1.0".into(), wasmtime: WASMTIME.into() },
            trial: "guest::case::adapter::host".into(),
            guest: "guest".into(),
            case,
            adapters: adapters
                .iter()
                .map(|_| AdapterAbout {
                    name: "reference-command".into(),
                    implements: vec!["wasi_snapshot_preview1".into()],
                })
                .collect(),
            outcome: observation.outcome,
            returned: observation.returned,
            stdout: observation.stdout,
            stderr: observation.stderr,
            verdict: "stdout\n  another text".into(),
            failed: Some(failed),
            sanitize: None,
            abis: Vec::new(),
        },
        component,
        trace: observation.trace.expect("a trace"),
        main: Some(main),
        adapters: adapters.iter().map(|_| published.wasm.clone()).collect(),
    }
}
