//! Encodes real guests and adapters with this encoder and the reference: the components' worlds are equal.

use crate::modules;
use crate::trials::{Checked, trial};
use libtest_mimic::Trial;
use polyfill_encoder::{Adapter, Encoded, Input, Options, Source, Wit};
use wasi_preview1_component_adapter_provider as published;

const NAME: &str = published::WASI_SNAPSHOT_PREVIEW1_ADAPTER_NAME;

/// Guests of three toolchains.
const GUESTS: [&str; 3] = ["hello", "c-program", "go-program"];

/// Expected lines of a guest's world with an adapter of this suite.
const WORLDS: [(&str, &str, &[&str]); 4] = [
    ("hello", "wasi_snapshot_preview1.command", COMMAND),
    ("c-program", "wasi_snapshot_preview1.command", COMMAND),
    ("go-program", "wasi_snapshot_preview1.command", COMMAND),
    ("random-number", "wasi_snapshot_preview1", &["import imports", "import my-wasi", "export run: func();"]),
];
const COMMAND: &[&str] = &["import my-wasi", "import my-cli", "export run: func();"];

pub fn trials() -> Vec<Trial> {
    let mut trials = vec![trial("the_hand_written_adapter", the_hand_written_adapter)];
    for guest in GUESTS {
        trials.push(trial(format!("published_adapters::{guest}"), move || published_adapters(guest)));
    }
    for (guest, adapter, expected) in WORLDS {
        trials.push(trial(format!("our_adapters::{guest}"), move || our_adapter(guest, adapter, expected)));
    }
    trials
}

fn published_adapters(guest: &str) -> Checked {
    let adapters = [
        ("command", published::WASI_SNAPSHOT_PREVIEW1_COMMAND_ADAPTER),
        ("reactor", published::WASI_SNAPSHOT_PREVIEW1_REACTOR_ADAPTER),
        ("proxy", published::WASI_SNAPSHOT_PREVIEW1_PROXY_ADAPTER),
    ];
    let module = modules::guest(guest)?;
    for (flavour, adapter) in adapters {
        let encoded = encode(module, adapter, None);
        valid(&encoded.component);
        assert_eq!(world(&encoded.component), world(&reference(module, adapter)), "{guest} with {flavour}");
        let plan = encoded.plan.to_string();
        assert!(plan.contains("`fd_write` is required by main"), "{guest} with {flavour}:\n{plan}");
    }
    Ok(())
}

/// Checks the world only: the reference does not support features of this suite's adapters (static data, tables).
fn our_adapter(guest: &str, adapter: &str, expected: &[&str]) -> Checked {
    let encoded = encode(modules::guest(guest)?, modules::adapter(adapter), None);
    valid(&encoded.component);
    let world = world(&encoded.component);
    for line in expected {
        assert!(world.contains(line), "{guest} with {adapter} lacks `{line}`:\n{world}");
    }
    Ok(())
}

/// The hand-written adapter satisfies the reference's restrictions, so both encoders support it.
fn the_hand_written_adapter() -> Checked {
    let guest = modules::guest("zero-copy")?;
    let adapter = modules::adapter("wasi_snapshot_preview1.random");
    let (guest_wit, adapter_wit) = (modules::wit("memory", "zero-copy"), modules::wit("my-wasi", "reactor"));
    let theirs = reference(&embedded(guest, &guest_wit), &embedded(adapter, &adapter_wit));
    let ours = encode(guest, adapter, Some([guest_wit, adapter_wit]));
    valid(&ours.component);
    assert_eq!(world(&ours.component), world(&theirs));
    let world = world(&ours.component);
    assert!(world.contains("random-get: func(size: u32) -> list<u8>;"), "{world}");
    assert!(!world.contains("print") && !world.contains("my-cli"), "{world}");
    Ok(())
}

fn encode(guest: &[u8], adapter: &[u8], wit: Option<[Wit; 2]>) -> Encoded {
    let (main_wit, adapter_wit) = match wit {
        Some([main, adapter]) => (Some(main), Some(adapter)),
        None => (None, None),
    };
    let input = Input {
        main: Source { name: "main".into(), wasm: guest, wit: main_wit },
        adapters: vec![Adapter::new(NAME, adapter).with_wit(adapter_wit)],
    };
    let options = Options { validate: false, ..Options::default() };
    polyfill_encoder::encode(&input, &options).unwrap_or_else(|errors| panic!("{errors}"))
}

/// Adds the WIT to the module as a `component-type` section, which the reference requires.
fn embedded(module: &[u8], wit: &Wit) -> Vec<u8> {
    let mut module = module.to_vec();
    wit_component::embed_component_metadata(
        &mut module,
        &wit.resolve,
        wit.world,
        wit_component::StringEncoding::UTF8,
        false,
    )
    .unwrap_or_else(|error| panic!("{error:#}"));
    module
}

fn reference(guest: &[u8], adapter: &[u8]) -> Vec<u8> {
    wit_component::ComponentEncoder::default()
        .module(guest)
        .and_then(|encoder| encoder.adapter(NAME, adapter)?.encode())
        .unwrap_or_else(|error| panic!("{error:#}"))
}

fn valid(component: &[u8]) {
    let mut validator = wasmparser::Validator::new_with_features(wasmparser::WasmFeatures::all());
    validator.validate_all(component).unwrap_or_else(|error| panic!("{error}"));
}

/// Returns the component's imports and exports as WIT.
fn world(component: &[u8]) -> String {
    let decoded = wit_component::decode(component).unwrap();
    let mut printer = wit_component::WitPrinter::default();
    printer.print(decoded.resolve(), decoded.package(), &[]).unwrap();
    printer.output.to_string()
}
