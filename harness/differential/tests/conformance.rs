//! The reference encoder's own case folders, through our encoder.
//!
//! The folders ship inside the reference's crate, a dev-dependency; they are found through `cargo metadata` and never
//! copied. A case passes if our component validates and its WIT prints as the case expects, or, for `error-*` cases, if
//! we refuse the input as well; what we say then is kept in `conformance.errors` (`BLESS=1` writes it anew).
//! Asynchronous and linking cases are left out by `conformance.skip`.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::process::Command;

use polyfill_encoder::{Adapter, Input, Options, Region, Source, Wit};
use wit_parser::Resolve;

/// Cases left out: a name and why, a line each.
const SKIPPED: &str = include_str!("conformance.skip");

#[test]
fn reference_cases() {
    let folder = case_folder();
    let skipped = skipped();
    let mut names: Vec<String> = std::fs::read_dir(&folder)
        .unwrap()
        .map(|entry| entry.unwrap())
        .filter(|entry| entry.file_type().unwrap().is_dir())
        .map(|entry| entry.file_name().into_string().unwrap())
        .collect();
    names.sort();
    let only = std::env::var("CONFORMANCE").unwrap_or_default();
    let mut passed = 0;
    let mut failed = Vec::new();
    let mut left_out = 0;
    let mut messages = String::new();
    for name in names.iter().filter(|name| name.contains(&only)) {
        if skipped.contains_key(name.as_str()) {
            left_out += 1;
            continue;
        }
        match run(&folder.join(name)) {
            Ok(refusal) => {
                passed += 1;
                if let Some(refusal) = refusal {
                    messages += &format!("{name}\n{refusal}\n\n");
                }
            }
            Err(message) => failed.push(format!("== {name}\n{message}")),
        }
    }
    println!("{passed} passed, {} failed, {left_out} skipped", failed.len());
    let stale: Vec<_> = skipped.keys().filter(|name| !names.iter().any(|n| n == *name)).collect();
    assert!(stale.is_empty(), "skipped cases that do not exist: {stale:?}");
    assert!(failed.is_empty(), "{}", failed.join("\n"));
    if only.is_empty() {
        compare_messages(&messages);
    }
}

/// What we say of the cases that are to be refused.
fn compare_messages(messages: &str) {
    let golden = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/conformance.errors");
    if std::env::var_os("BLESS").is_some() {
        assert!(std::env::var_os("CI").is_none(), "BLESS is refused under CI");
        std::fs::write(&golden, messages).unwrap();
    }
    let expected = std::fs::read_to_string(&golden).unwrap_or_default();
    assert!(messages == expected, "the messages changed (BLESS=1 accepts them):\n{messages}");
}

fn skipped() -> BTreeMap<&'static str, &'static str> {
    SKIPPED
        .lines()
        .filter(|line| !line.trim().is_empty() && !line.starts_with('#'))
        .map(|line| line.split_once(char::is_whitespace).expect("a skipped case has a reason"))
        .collect()
}

fn case_folder() -> PathBuf {
    let manifest = Path::new(env!("CARGO_MANIFEST_DIR")).join("Cargo.toml");
    let output = Command::new(env!("CARGO"))
        .args(["metadata", "--format-version", "1", "--offline", "--manifest-path"])
        .arg(manifest)
        .output()
        .expect("cargo metadata");
    let metadata: serde_json::Value = serde_json::from_slice(&output.stdout).expect("what cargo metadata prints");
    let version = |package: &serde_json::Value| semver::Version::parse(package["version"].as_str().unwrap()).unwrap();
    let packages = metadata["packages"].as_array().unwrap();
    let package = packages
        .iter()
        .filter(|package| package["name"] == "wit-component")
        .max_by_key(|package| version(package))
        .expect("wit-component is a dev-dependency");
    Path::new(package["manifest_path"].as_str().unwrap()).parent().unwrap().join("tests/components")
}

/// Runs a case; the message, if it was refused as it should be.
fn run(case: &Path) -> Result<Option<String>, String> {
    let (resolve, package) = {
        let mut resolve = Resolve::default();
        let (package, _) = resolve.push_dir(case).map_err(|e| format!("{e:#}"))?;
        (resolve, package)
    };
    let wit = |world: &str| -> Result<Wit, String> {
        let world = resolve.select_world(&[package], Some(world)).map_err(|e| format!("{e:#}"))?;
        Ok(Wit { resolve: resolve.clone(), world })
    };

    let main = wat::parse_file(case.join("module.wat")).map_err(|e| e.to_string())?;
    let mut adapters = Vec::new();
    let mut files: Vec<PathBuf> = std::fs::read_dir(case).unwrap().map(|e| e.unwrap().path()).collect();
    files.sort();
    let mut region = Region::Auto;
    for file in &files {
        let stem = file.file_stem().unwrap().to_str().unwrap();
        if file.extension().is_none_or(|e| e != "wat") || stem == "component" {
            continue;
        }
        let text = std::fs::read_to_string(file).unwrap();
        if text.contains(";;! realloc-via-memory-grow = true") {
            region = Region::MemoryGrow;
        }
        if let Some(name) = stem.strip_prefix("adapt-") {
            let name = text.lines().next().and_then(|l| l.strip_prefix(";; module name: ")).unwrap_or(name);
            let wasm = wat::parse_file(file).map_err(|e| e.to_string())?;
            adapters.push((name.to_string(), wasm, wit(stem)?));
        }
    }
    let input = Input {
        main: Source { name: "main".into(), wasm: &main, wit: Some(wit("module")?) },
        adapters: adapters
            .iter()
            .map(|(name, wasm, wit)| Adapter::new(name, wasm).with_wit(Some(wit.clone())))
            .collect(),
    };
    let options = Options { region, ..Options::default() };
    let result = polyfill_encoder::encode(&input, &options);

    let fails = case.join("error.txt").exists();
    match result {
        Err(errors) if fails => Ok(Some(errors.to_string())),
        Err(errors) => Err(errors.to_string()),
        Ok(_) if fails => {
            Err(format!("should fail with: {}", std::fs::read_to_string(case.join("error.txt")).unwrap()))
        }
        Ok(encoded) => {
            let expected = std::fs::read_to_string(case.join("component.wit.print")).unwrap();
            let seen = print_wit(&encoded.component)?;
            if seen == expected { Ok(None) } else { Err(format!("expected WIT:\n{expected}\nseen WIT:\n{seen}")) }
        }
    }
}

fn print_wit(component: &[u8]) -> Result<String, String> {
    let decoded = wit_component::decode(component).map_err(|e| format!("{e:#}"))?;
    let mut printer = wit_component::WitPrinter::default();
    printer.print(decoded.resolve(), decoded.package(), &[]).map_err(|e| format!("{e:#}"))?;
    Ok(printer.output.to_string())
}
