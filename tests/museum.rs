//! The matrix of bugs and releases, as `polyfill matrix` wrote it down, says of every release what the cases say: those that
//! are known to have a bug are red, and those that are known not to are green. CI runs the matrix itself.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

use polyfill_build::case::{Bug, Call};
use polyfill_build::index::{Artifact, FILE, Index};
use polyfill_build::reference;
use polyfill_encoder::{Adapter, Input, Options, Source};
use polyfill_runner::{Engine, Hosts, Inputs, Limits, Sinks, compare, run_component};
use wit_component::{ComponentEncoder, StringEncoding};
use wit_parser::Resolve;

#[test]
fn the_matrix_is_what_is_known() {
    let matrix = matrix();
    let bugs = bugs();
    assert_eq!(matrix.keys().collect::<Vec<_>>(), bugs.keys().collect::<Vec<_>>(), "rows of the matrix, and cases");
    let (mut bad, mut good) = (0, 0);
    for (name, row) in &matrix {
        for release in reference::releases() {
            let seen = row[release.version].as_str();
            match bugs[name].is_in(&release.semver()).unwrap_or_else(|error| panic!("{name}: {error}")) {
                Some(true) => {
                    bad += 1;
                    assert_eq!(seen, "X", "{name} in {} is known to be there", release.version);
                }
                Some(false) => {
                    good += 1;
                    assert_eq!(seen, ".", "{name} in {} is known not to be there", release.version);
                }
                None => assert!(matches!(seen, "X" | "."), "{name} in {}: `{seen}`", release.version),
            }
        }
        assert!(matches!(row["native"].as_str(), "." | ""), "{name} without an adapter: `{}`", row["native"]);
    }
    // A museum of nothing would be as known, too.
    assert!(bad > 400 && good > 800, "{bad} cells known to be bad, {good} known to be good");
}

/// What is seen of a bug is the adapter's doing, or the host's, and not this project's encoder's: the reference encoder makes
/// components that pass and fail in the same cases.
#[test]
fn the_reference_encoder_sees_the_same() {
    let out_dir = polyfill_runner::out_dir(env!("OUT_DIR"));
    let index = index();
    let engine = Engine::new(Some(out_dir.join("compiled"))).expect("wasmtime works here");
    let hosts = Hosts::default();
    let wasi = hosts.get("wasi").expect("it is one of ours");
    let newest = reference::find("reference-command").expect("it is published").expect("it has releases");
    let mut compared = 0;
    for cell in &index.cells {
        let (case, Artifact::Module(file)) = (&index.cases[&cell.case_key()].case, &cell.artifact) else { continue };
        let Some(bug) = case.bug.as_ref().filter(|_| case.hosts.iter().flatten().any(|host| host == "wasi")) else {
            continue;
        };
        let main = fs::read(out_dir.join(file)).expect("the suite is built");
        let mut encoder = ComponentEncoder::default();
        encoder.module(&main).expect("a module");
        encoder.adapter(reference::IMPORT_MODULE, newest.wasm()).expect("an adapter");
        let component = encoder.encode().unwrap_or_else(|error| panic!("{}: {error:#}", cell.case_key()));
        let component = polyfill_build::provided(component, &case.encode).expect("as of this encoder's component");
        let inputs = Inputs::of(&cell.guest, case).expect("cases of the suite can be read");
        let (limits, sinks) = (Limits::default(), Sinks::default());
        let seen = run_component(&engine, &component, wasi, &inputs, &limits, sinks).expect("a valid component");
        let mismatches = compare(case, &seen);
        let must_fail = bug.is_in(&newest.release.semver()).expect("the build has looked at it");
        assert_eq!(Some(!mismatches.is_empty()), must_fail, "{}: {mismatches:#?}", cell.case_key());
        compared += 1;
    }
    assert!(compared > 60, "{compared} cases");
}

/// The reference encoder takes out what an adapter does not use, and gives a stack to the global that was the stack pointer
/// before that: the one that is has none. This encoder's adapter has one.
#[test]
fn the_reference_encoder_loses_a_stack_behind_an_unused_global() {
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
        let wasi = hosts.get("wasi").expect("it is one of ours");
        let inputs = Inputs { calls: vec![Call::of("stack()")], ..Inputs::default() };
        let seen = run_component(&engine, component, wasi, &inputs, &Limits::default(), Sinks::default());
        seen.expect("a valid component").returned[0].value.clone()
    };
    assert_eq!(stack(&theirs).as_deref(), Some("0"));
    assert_eq!(stack(&ours).as_deref(), Some("131072"));
}

fn wat(file: &str) -> Vec<u8> {
    wat::parse_file(Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/museum").join(file)).expect("a module")
}

fn with_world(main: &[u8], wit: &str) -> Vec<u8> {
    let (mut main, mut resolve) = (main.to_vec(), Resolve::default());
    let package = resolve.push_str("world.wit", wit).expect("it is WIT");
    let world = resolve.select_world(&[package], None).expect("it has a world");
    wit_component::embed_component_metadata(&mut main, &resolve, world, StringEncoding::UTF8, false)
        .expect("it has what the world wants");
    main
}

/// What the golden file has in the columns of each row, by the heads of the columns.
fn matrix() -> BTreeMap<String, BTreeMap<String, String>> {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/museum/matrix.txt");
    let text = fs::read_to_string(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
    let mut table = text.lines().skip_while(|line| !line.trim_start().starts_with("native "));
    let heads = table.next().expect("the heads of the columns");
    let starts: Vec<usize> = (0..heads.len()).filter(|at| is_start(heads, *at)).collect();
    let rows = table.take_while(|line| !line.is_empty()).map(|line| {
        let cell = |start: &usize| {
            let head = heads[*start..].split(' ').next().unwrap_or_default();
            let symbol = line.get(*start..).unwrap_or_default().split(' ').next().unwrap_or_default();
            (head.to_string(), symbol.to_string())
        };
        (line[..starts[0]].trim().to_string(), starts.iter().map(cell).collect())
    });
    rows.collect()
}

/// Whether a word begins there.
fn is_start(text: &str, at: usize) -> bool {
    let is_space = |at: usize| text.as_bytes()[at] == b' ';
    !is_space(at) && (at == 0 || is_space(at - 1))
}

/// The bugs of the suite's cases, by the names of their rows.
fn bugs() -> BTreeMap<String, Bug> {
    let bugs = index().cases.into_iter().filter_map(|(key, entry)| {
        let guest = key.split("::").next().unwrap_or_default().to_string();
        entry.case.bug.map(|bug| (format!("{} {guest}", bug.id), bug))
    });
    bugs.collect()
}

fn index() -> Index {
    let index = polyfill_runner::out_dir(env!("OUT_DIR")).join(FILE);
    serde_json::from_slice(&fs::read(index).expect("the suite is built")).expect("it has an index")
}
