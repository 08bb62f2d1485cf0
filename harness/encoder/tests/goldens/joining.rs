//! Merging of worlds from several sources: contradictions are rejected regardless of their source; everything else is
//! merged.

use polyfill_encoder::{Adapter, Error, Errors, Input, Options, Prepared, Source, Wit, encode};
use polyfill_reference::{Flavour, Reference, releases};
use wit_component::{StringEncoding, embed_component_metadata};
use wit_parser::Resolve;

const ONE: &str = "record info { size: u64, kind: u8 }";
const OTHER: &str = "record info { kind: u8, size: u64 }";

fn wit(package: &str, world: &str, definition: &str) -> Wit {
    let text = format!(
        "package {package}; world {world} {{ import p:io/stat@0.2.0; }}
         package p:io@0.2.0 {{ interface stat {{ {definition} get: func() -> info; }} }}"
    );
    let mut resolve = Resolve::default();
    let package = resolve.push_str("world.wit", &text).unwrap_or_else(|error| panic!("{error:?}"));
    let world = resolve.select_world(&[package], Some(world)).expect("a world");
    Wit { resolve, world }
}

/// Creates a module with a `component-type` section.
fn embedded(text: &str, wit: &Wit) -> Vec<u8> {
    let mut wasm = wat::parse_str(text).expect("a module");
    embed_component_metadata(&mut wasm, &wit.resolve, wit.world, StringEncoding::UTF8, false).expect("a section");
    wasm
}

const MAIN: &str = r#"(module (import "old" "get" (func)) (import "p:io/stat@0.2.0" "get" (func (param i32)))
    (memory (export "memory") 1))"#;
const ADAPTER: &str = r#"(module (func (export "get")))"#;

fn contradictions(result: Result<Vec<u8>, Errors>) -> Vec<(String, String, String)> {
    let errors = result.expect_err("two definitions");
    let all = errors.iter().map(|error| match error {
        Error::Contradiction { item, first, second, .. } => (item.clone(), first.by.clone(), second.by.clone()),
        other => panic!("{other}"),
    });
    all.collect()
}

fn encoded(main: Source<'_>, adapters: Vec<Adapter<'_>>) -> Result<Vec<u8>, Errors> {
    let options = Options::default();
    let prepared = Prepared::new(&adapters, options.clone()).and_then(|prepared| prepared.encode(&main));
    let found = encode(&Input { main, adapters: adapters.clone() }, &options).map(|encoded| encoded.component);
    let text = |result: &Result<Vec<u8>, Errors>| result.clone().map_err(|errors| errors.to_string());
    assert_eq!(text(&prepared), text(&found), "`Prepared` and `encode` differ");
    found
}

#[test]
fn contradiction_of_section_and_provided_wit_is_rejected() {
    let main = embedded(MAIN, &wit("test:t", "main", ONE));
    let source = |wit| Source { name: "main".into(), wasm: &main, wit };
    let adapter = embedded(ADAPTER, &wit("test:old", "old", ONE));
    encoded(source(None), vec![Adapter::new("old", &adapter)]).expect("the same definitions");

    let given = Some(wit("test:given", "given", OTHER));
    let found = contradictions(encoded(source(given), vec![Adapter::new("old", &adapter)]));
    let by = ("`main`, in its `component-type` section", "`main`, in the WIT passed for it");
    assert_eq!(found, [("type `info`".to_string(), by.0.to_string(), by.1.to_string())]);

    let adapter = embedded(ADAPTER, &wit("test:old", "old", OTHER));
    let found = contradictions(encoded(source(None), vec![Adapter::new("old", &adapter)]));
    let second = "adapter `old`, in its `component-type` section";
    assert_eq!(found, [("type `info`".to_string(), by.0.to_string(), second.to_string())]);
}

#[test]
fn contradiction_of_two_adapters_is_rejected() {
    let main = wat::parse_str(r#"(module (import "a" "get" (func)) (import "b" "get" (func)))"#).expect("a module");
    let source = || Source { name: "main".into(), wasm: &main, wit: None };
    let [a, b] = [("test:a", ONE), ("test:b", OTHER)]
        .map(|(package, definition)| embedded(ADAPTER, &wit(package, "adapter", definition)));
    let found = contradictions(encoded(source(), vec![Adapter::new("a", &a), Adapter::new("b", &b)]));
    assert_eq!(found.len(), 1, "{found:?}");
    assert!(found[0].1.contains("adapter `a`") && found[0].2.contains("adapter `b`"), "{found:?}");
    encoded(source(), vec![Adapter::new("a", &a), Adapter::new("b", &a)]).expect("the same definitions");
}

/// Stability attributes are not part of a definition.
#[test]
fn stability_may_differ() {
    let main = wat::parse_str(MAIN).expect("a module");
    let adapter = wat::parse_str(ADAPTER).expect("a module");
    let since = |version: &str| format!("@since(version = {version}) {ONE}");
    let source = Source { name: "main".into(), wasm: &main, wit: Some(wit("test:t", "main", &since("0.2.0"))) };
    let old = Adapter::new("old", &adapter).with_wit(Some(wit("test:old", "old", &since("0.1.0"))));
    encoded(source, vec![old]).expect("the same definitions");
}

/// WASI versions 0.2.x are compatible, so the published adapters of all releases can be merged.
#[test]
fn published_adapters_of_all_releases_can_be_merged() {
    let main = wat::parse_str(r#"(module (memory (export "memory") 1))"#).expect("a module");
    let main = Source { name: "main".into(), wasm: &main, wit: None };
    // Several command adapters would all export `wasi:cli/run`.
    let reactor =
        |release| Adapter::new("wasi_snapshot_preview1", Reference { flavour: Flavour::Reactor, release }.wasm());
    let adapters = releases().iter().map(reactor).collect();
    let found = encode(&Input { main, adapters }, &Options::default());
    assert!(found.is_ok(), "{}", found.expect_err("an error"));
}
