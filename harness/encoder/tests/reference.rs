//! The published adapters, encoded by this encoder and by `wit-component`: the worlds of the components are the same.

use polyfill_encoder::{Adapter, Input, Options, Region, Source};
use wasi_preview1_component_adapter_provider::{
    WASI_SNAPSHOT_PREVIEW1_ADAPTER_NAME as NAME, WASI_SNAPSHOT_PREVIEW1_COMMAND_ADAPTER as COMMAND,
    WASI_SNAPSHOT_PREVIEW1_PROXY_ADAPTER as PROXY, WASI_SNAPSHOT_PREVIEW1_REACTOR_ADAPTER as REACTOR,
};
use wasmparser::{Payload, TypeRef};

/// Functions that guests import from the adapter.
const ASKED: [&[&str]; 6] = [
    &[],
    &["fd_write"],
    &["random_get", "proc_exit"],
    &["args_get", "args_sizes_get", "environ_get", "environ_sizes_get"],
    &["path_open", "fd_readdir", "fd_prestat_get", "fd_prestat_dir_name", "poll_oneoff"],
    &["*"],
];

/// Variants where this encoder imports less, with the first import of the guest. `wit-component` keeps an adapter's
/// realloc, and the imports for reporting a failed assertion, even if no lowered function needs them.
const TRIMMED_FURTHER: [(&str, &str); 1] = [("command", "")];

#[test]
fn worlds_match_the_reference() {
    let mut differences = Vec::new();
    for (flavour, adapter) in [("command", COMMAND), ("reactor", REACTOR), ("proxy", PROXY)] {
        for asked in ASKED {
            for realloc in [false, true] {
                for region in [Region::Auto, Region::MemoryGrow] {
                    let what = format!("{flavour}, guest with {asked:?}, realloc {realloc}, {region:?}");
                    let guest = guest(adapter, asked, realloc);
                    let seen = world(&ours(&guest, adapter, region));
                    let expected = world(&theirs(&guest, adapter, region));
                    if TRIMMED_FURTHER.contains(&(flavour, asked.first().copied().unwrap_or_default())) {
                        let more: Vec<_> = seen.lines().filter(|line| !expected.contains(line.trim())).collect();
                        assert!(more.is_empty(), "{what}: {more:?}");
                        assert!(seen.len() < expected.len(), "{what}: no longer smaller than the reference");
                    } else if seen != expected {
                        differences.push(format!("{what}\nours:\n{seen}\nreference:\n{expected}"));
                    }
                }
            }
        }
    }
    assert!(differences.is_empty(), "{}", differences.join("\n"));
}

#[test]
fn encoding_is_deterministic() {
    let guest = guest(COMMAND, &["*"], true);
    assert_eq!(ours(&guest, COMMAND, Region::Auto), ours(&guest, COMMAND, Region::Auto));
}

#[test]
fn components_are_not_larger() {
    let mut lines = Vec::new();
    for (flavour, adapter) in [("command", COMMAND), ("reactor", REACTOR), ("proxy", PROXY)] {
        for asked in ASKED {
            let guest = guest(adapter, asked, false);
            let ours = ours(&guest, adapter, Region::Auto).len();
            let theirs = theirs(&guest, adapter, Region::Auto).len();
            if ours > theirs {
                lines.push(format!("{flavour}, guest with {asked:?}: {ours} bytes, the reference {theirs}"));
            }
        }
    }
    assert!(lines.is_empty(), "{}", lines.join("\n"));
}

fn ours(guest: &[u8], adapter: &[u8], region: Region) -> Vec<u8> {
    let source = |name: &str, wasm| Source { name: name.into(), wasm, wit: None };
    let input = Input { main: source("main", guest), adapters: vec![Adapter::new(NAME, adapter)] };
    let options = Options { region, ..Options::default() };
    polyfill_encoder::encode(&input, &options).unwrap_or_else(|errors| panic!("{errors}")).component
}

fn theirs(guest: &[u8], adapter: &[u8], region: Region) -> Vec<u8> {
    wit_component::ComponentEncoder::default()
        .module(guest)
        .and_then(|encoder| encoder.adapter(NAME, adapter))
        .and_then(|encoder| encoder.realloc_via_memory_grow(region == Region::MemoryGrow).validate(true).encode())
        .unwrap_or_else(|error| panic!("{error:#}"))
}

/// Returns the component's imports and exports as WIT.
fn world(component: &[u8]) -> String {
    let decoded = wit_component::decode(component).unwrap();
    let mut printer = wit_component::WitPrinter::default();
    printer.print(decoded.resolve(), decoded.package(), &[]).unwrap();
    printer.output.to_string()
}

/// Creates a command that imports functions of the adapter. `*` stands for all functions of preview1.
fn guest(adapter: &[u8], asked: &[&str], realloc: bool) -> Vec<u8> {
    let mut imports = String::new();
    for (name, params, result) in functions(adapter) {
        if asked.contains(&name.as_str()) || asked == ["*"] {
            imports += &format!("(import \"{NAME}\" \"{name}\" (func {params}{result}))\n");
        }
    }
    let realloc =
        if realloc { r#"(func (export "cabi_realloc") (param i32 i32 i32 i32) (result i32) unreachable)"# } else { "" };
    let text = format!(r#"(module {imports} (memory (export "memory") 1) (func (export "_start")) {realloc})"#);
    wat::parse_str(text).unwrap()
}

/// Returns the preview1 functions that the adapter exports, with their types in WAT.
fn functions(adapter: &[u8]) -> Vec<(String, String, String)> {
    let (mut types, mut of, mut exports) = (Vec::new(), Vec::new(), Vec::new());
    for payload in wasmparser::Parser::new(0).parse_all(adapter) {
        match payload.unwrap() {
            Payload::TypeSection(section) => {
                types.extend(section.into_iter_err_on_gc_types().map(|ty| ty.unwrap()));
            }
            Payload::ImportSection(section) => {
                for import in section.into_imports() {
                    if let TypeRef::Func(ty) = import.unwrap().ty {
                        of.push(ty);
                    }
                }
            }
            Payload::FunctionSection(section) => of.extend(section.into_iter().map(|ty| ty.unwrap())),
            Payload::ExportSection(section) => {
                for export in section {
                    let export = export.unwrap();
                    if export.name.chars().all(|c| c.is_ascii_lowercase() || c == '_') && !export.name.contains("cabi")
                    {
                        exports.push((export.name.to_string(), export.index));
                    }
                }
            }
            _ => {}
        }
    }
    let list = |word: &str, of: &[wasmparser::ValType]| {
        if of.is_empty() {
            return String::new();
        }
        format!("({word} {})", of.iter().map(|ty| ty.to_string()).collect::<Vec<_>>().join(" "))
    };
    exports
        .into_iter()
        .map(|(name, index)| {
            let ty: &wasmparser::FuncType = &types[of[index as usize] as usize];
            (name, list("param", ty.params()), list("result", ty.results()))
        })
        .collect()
}

#[test]
fn inline_interfaces_of_the_same_name_are_merged() {
    let guest = r#"(module
        (import "host" "print" (func (param i32 i32) (result i32)))
        (import "old" "f" (func (result i32)))
        (memory (export "memory") 1))"#;
    let adapter = r#"(module
        (import "host" "pair" (func $pair (param i32 i32)))
        (func (export "f") (result i32) (call $pair (i32.const 0) (i32.const 0)) (i32.const 0)))"#;
    let guest = wat::parse_str(guest).unwrap();
    let adapter = wat::parse_str(adapter).unwrap();
    let wit = |package: &str, body: &str| {
        let mut resolve = wit_parser::Resolve::default();
        let text = format!("package {package}; world w {{ import host: interface {{ {body} }} }}");
        let package = resolve.push_str("w.wit", &text).unwrap();
        let world = resolve.select_world(&[package], None).unwrap();
        Some(polyfill_encoder::Wit { resolve, world })
    };
    let print = "print: func(data: list<u8>) -> u32;";
    let pair = "record p { a: u32, b: u32 } pair: func(p: p); never: func() -> option<p>;";
    let input = Input {
        main: Source { name: "main".into(), wasm: &guest, wit: wit("a:a", print) },
        adapters: vec![Adapter::new("old", &adapter).with_wit(wit("b:b", &format!("{pair} {print}")))],
    };
    let options = Options::default();
    let component = polyfill_encoder::encode(&input, &options).unwrap_or_else(|errors| panic!("{errors}")).component;
    let world = world(&component);
    assert!(world.contains("print: func(data: list<u8>) -> u32;") && world.contains("pair: func(p: p);"), "{world}");
}
