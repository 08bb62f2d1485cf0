//! A fault of the reference encoder: an unused global in front of the stack pointer.

use std::path::Path;

use polyfill_builder::case::Call;
use polyfill_encoder::{Adapter, Input, Options, Source};
use polyfill_runner::{Engine, Hosts, Inputs, Limits, Sinks, run_component};
use wit_component::{ComponentEncoder, StringEncoding};
use wit_parser::Resolve;

/// The reference encoder drops unused globals of an adapter, and then initializes the global at the former index of the
/// stack pointer. The stack pointer itself stays uninitialized. This encoder's adapter has a shadow stack.
pub fn the_reference_encoder_loses_a_stack_behind_an_unused_global() {
    let main = with_world(&wat("unused-global/main.wat"), "package a:b; world w { export stack: func() -> u32; }");
    let adapter = wat("unused-global/adapter.wat");
    let mut encoder = ComponentEncoder::default();
    encoder.module(&main).expect("a module");
    encoder.adapter("old", &adapter).expect("an adapter");
    let theirs = encoder.validate(true).encode().expect("a component");
    let source = Source { name: "main".into(), wasm: &main, wit: None };
    let input = Input { main: source, adapters: vec![Adapter::new("old", &adapter)] };
    let ours = polyfill_encoder::encode(&input, &Options::default()).expect("a component").component;
    let stack = |component: &[u8]| {
        let engine = Engine::new(None).expect("wasmtime works here");
        let hosts = Hosts::default();
        let wasi = hosts.get("wasi").expect("the host exists");
        let inputs = Inputs { calls: vec![Call::of("stack()")], ..Inputs::default() };
        let seen = run_component(&engine, component, wasi, &inputs, &Limits::default(), Sinks::default());
        seen.expect("a valid component").returned[0].value.clone()
    };
    assert_eq!(stack(&theirs).as_deref(), Some("0"));
    assert_eq!(stack(&ours).as_deref(), Some("131072"));
}

fn wat(file: &str) -> Vec<u8> {
    wat::parse_file(Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/encoding").join(file)).expect("a module")
}

fn with_world(main: &[u8], wit: &str) -> Vec<u8> {
    let (mut main, mut resolve) = (main.to_vec(), Resolve::default());
    let package = resolve.push_str("world.wit", wit).expect("the WIT is valid");
    let world = resolve.select_world(&[package], None).expect("it has a world");
    wit_component::embed_component_metadata(&mut main, &resolve, world, StringEncoding::UTF8, false)
        .expect("the module satisfies the world");
    main
}
