//! The descriptions in this crate declare the functions, types and layouts of the standard's own WITX, which the crate
//! `wasmtime-wasi` contains.

use std::path::{Path, PathBuf};
use std::process::Command;

use polyfill_abi::{Abi, Source, standard};

/// Returns the directory of the standard's files.
fn witx() -> PathBuf {
    let metadata = Command::new(env!("CARGO"))
        .args(["metadata", "--format-version", "1", "--offline", "--locked"])
        .current_dir(env!("CARGO_MANIFEST_DIR"))
        .output()
        .unwrap();
    assert!(metadata.status.success(), "{}", String::from_utf8_lossy(&metadata.stderr));
    let metadata: serde_json::Value = serde_json::from_slice(&metadata.stdout).unwrap();
    let packages = metadata["packages"].as_array().unwrap();
    let package = packages.iter().find(|package| package["name"] == "wasmtime-wasi").unwrap();
    Path::new(package["manifest_path"].as_str().unwrap()).with_file_name("witx")
}

fn read(path: &Path, name: &str, source: &mut Source) {
    let text = std::fs::read_to_string(path.join(name)).unwrap();
    for used in Source::uses(name, &text) {
        read(path, &used, source);
    }
    source.files.insert(name.to_string(), text);
}

#[test]
fn descriptions_equal_the_standard() {
    let hints = include_str!("../descriptions/wasi.toml");
    for (directory, module) in [("p1", "wasi_snapshot_preview1"), ("p0", "wasi_unstable")] {
        let name = format!("{module}.witx");
        let mut source = Source { path: name.clone(), ..Source::default() }.with_hints("wasi.toml", hints);
        read(&witx().join(directory), &name, &mut source);
        assert_eq!(source.files.len(), 2, "the standard's functions and types are in two files");
        let mut expected = Abi::parse(&source).unwrap().modules.remove(0);
        expected.functions.sort_by(|a, b| a.name.cmp(&b.name));
        let mut actual = standard().module(module).unwrap().clone();
        // Functions of published adapters.
        actual.functions.retain(|function| !function.name.starts_with("adapter_"));
        let names = |module: &polyfill_abi::Module| {
            module
                .functions
                .iter()
                .map(|function| format!("{}{}", function.name, function.core_type()))
                .collect::<Vec<_>>()
        };
        assert_eq!(names(&actual), names(&expected));
        // All types, layouts and roles.
        assert_eq!(actual, expected);
    }
}
