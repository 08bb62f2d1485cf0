//! The published schemas equal those that the command prints, and contain all keys of the suite's files.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

use polyfill_builder::schema::FileKind;
use polyfill_testing::golden;
use serde_json::Value;

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..")
}

fn schema(kind: FileKind) -> Value {
    serde_json::from_str(&kind.schema()).expect("JSON")
}

#[test]
fn published_schemas_match_this_version() {
    for kind in FileKind::ALL {
        golden::assert(&root().join(format!("docs/schema/{kind}.schema.json")), &kind.schema());
    }
}

#[test]
fn unknown_keys_are_rejected_everywhere() {
    for kind in FileKind::ALL {
        let mut open = Vec::new();
        look(&schema(kind), &mut |object| {
            if object.get("properties").is_some() && object.get("additionalProperties") != Some(&Value::Bool(false)) {
                open.push(object.clone());
            }
        });
        assert!(open.is_empty(), "{kind}: {open:?}");
    }
}

/// Looks up keys at their location, in all case files of the suite, including nested tables.
#[test]
fn the_schema_has_all_keys_of_the_suite() {
    let mut known = BTreeSet::new();
    look(&schema(FileKind::Case), &mut |object| {
        let properties = object.get("properties").and_then(Value::as_object);
        known.extend(properties.into_iter().flat_map(|properties| properties.keys().cloned()));
    });
    let (mut files, mut folders) = (0, vec![root().join("guests")]);
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(&folder).expect("a folder").map(|entry| entry.expect("an entry").path()) {
            if entry.is_dir() && !["node_modules", "target", "adapters"].iter().any(|name| entry.ends_with(name)) {
                folders.push(entry);
            } else if is_case(&entry) {
                let text = fs::read_to_string(&entry).expect("text");
                let case: toml::Table = toml::from_str(&text).expect("TOML");
                let unknown: Vec<&String> = keys(&case).into_iter().filter(|key| !known.contains(*key)).collect();
                assert!(unknown.is_empty(), "{}: {unknown:?}", entry.display());
                files += 1;
            }
        }
    }
    assert!(files > 100, "{files} case files");
}

/// Every TOML file in a guest's directory is a case, but for the sidecar and the manifest of a package.
fn is_case(file: &Path) -> bool {
    let name = file.file_name().and_then(|name| name.to_str()).unwrap_or_default();
    name.ends_with(".toml") && !["group.toml", "guest.toml", "Cargo.toml"].contains(&name)
}

/// The keys of a case, but for those that are names of variables, files, folders and resources.
fn keys(table: &toml::Table) -> Vec<&String> {
    let mut all = Vec::new();
    for (key, value) in table {
        all.push(key);
        let tables: Vec<&toml::Table> = match value {
            _ if ["env", "files", "preopens", "handles-left"].contains(&key.as_str()) => Vec::new(),
            toml::Value::Table(table) => vec![table],
            toml::Value::Array(values) => values.iter().filter_map(toml::Value::as_table).collect(),
            _ => Vec::new(),
        };
        all.extend(tables.into_iter().flat_map(keys));
    }
    all
}

fn look(value: &Value, see: &mut impl FnMut(&serde_json::Map<String, Value>)) {
    match value {
        Value::Object(object) => {
            see(object);
            object.values().for_each(|value| look(value, see));
        }
        Value::Array(values) => values.iter().for_each(|value| look(value, see)),
        _ => {}
    }
}
