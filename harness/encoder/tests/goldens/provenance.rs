//! The provenance section, compared with what is found by reading the component.

use polyfill_encoder::provenance::{CoreInstance, Function, Origin, Use, What};
use polyfill_encoder::{Encoded, Options, Provenance, ProvenanceError, provenance};

use super::case::{self, Case};
use super::parse::{self, Component, CoreFunction};

fn encoded(case: &Case, provenance: bool) -> Encoded {
    let options = Options { provenance, ..Options::default() };
    case.encode(&options).unwrap_or_else(|errors| panic!("{errors}"))
}

#[test]
fn every_index_is_what_it_is_said_to_be() {
    case::all("explain", |folder, case| {
        let component = encoded(case, true).component;
        let said = provenance(&component).expect("the section can be read").expect("the section is there");
        let found = Component::read(&component);
        let label = folder.display();
        modules(case, &said, &found);
        assert_eq!(said.core_instances.len(), found.instances.len(), "{label}");
        for (said, found) in said.core_instances.iter().zip(&found.instances) {
            match (said, found) {
                (CoreInstance::Module { core_module }, parse::CoreInstance::Module { module, .. }) => {
                    assert_eq!(core_module, module, "{label}");
                }
                (CoreInstance::Imports { .. }, parse::CoreInstance::Items(_)) => {}
                other => panic!("{label}: {other:?}"),
            }
        }
        functions(&said, &found);
        imports(&said, &found);
    });
}

fn modules(case: &Case, said: &Provenance, found: &Component) {
    assert_eq!(said.core_modules.len(), found.modules.len());
    for (said, wasm) in said.core_modules.iter().zip(&found.modules) {
        let (name, functions) = parse::module(wasm);
        let expected = match &said.origin {
            // As it was given, with a name section or without.
            Origin::Main { .. } => name.clone(),
            Origin::Adapter { name, .. } => Some(name.clone()),
            Origin::Shim => Some("polyfill:shim".to_string()),
            Origin::Prepare => Some("polyfill:prepare".to_string()),
            Origin::Fixup => Some("polyfill:fixup".to_string()),
            Origin::Memory { adapter } => Some(format!("memory of {adapter}")),
            Origin::Reach { adapter } => Some(format!("reach to main from {adapter}")),
            other => panic!("{other:?}"),
        };
        assert_eq!(name, expected);
        let Origin::Adapter { name, .. } = &said.origin else {
            assert!(said.functions.is_none());
            continue;
        };
        if case.module(name).is_empty() {
            // It was generated: there is no text of before.
            continue;
        }
        let (_, before) = parse::module(case.module(name));
        let said = said.functions.as_ref().expect("an adapter was trimmed");
        assert_eq!(said.len(), functions.len(), "{name}");
        for (said, found) in said.iter().zip(&functions) {
            moved(said, found, &before);
        }
    }
}

/// A function of an adapter, as it was and as it is.
fn moved(said: &Function, found: &parse::Function, before: &[parse::Function]) {
    // Those that have no name are called by their export.
    let same = |function: &parse::Function| function.name.as_ref().is_none_or(|name| *name == said.name);
    assert!(same(found), "{said:?} {found:?}");
    assert!(!said.reason.is_empty());
    for old in &said.old_indices {
        let old = &before[*old as usize];
        if let Some(code) = said.code {
            assert!(same(old), "{said:?} {old:?}");
            assert_eq!(old.name, found.name);
            assert_eq!(old.code, Some(u64::from(code.old.0)..u64::from(code.old.1)));
            assert_eq!(found.code, Some(u64::from(code.new.0)..u64::from(code.new.1)));
        } else {
            assert_eq!(old.code, None);
        }
    }
    assert!(said.code.is_none() || said.old_indices.len() == 1);
    assert!(!said.old_indices.is_empty() || said.reason == "made by the encoder", "{said:?}");
}

fn functions(said: &Provenance, found: &Component) {
    assert_eq!(said.core_functions.len(), found.functions.len());
    for (index, (said_function, found_function)) in (0..).zip(said.core_functions.iter().zip(&found.functions)) {
        let expected = match &said_function.what {
            What::Lower { function, .. } => CoreFunction::Lower(function.clone()),
            What::Export { core_instance, export } => CoreFunction::Export(*core_instance, export.clone()),
            What::Slot { core_instance, slot, .. } => CoreFunction::Export(*core_instance, slot.to_string()),
            What::ResourceNew { .. } => CoreFunction::ResourceNew,
            What::ResourceRep { .. } => CoreFunction::ResourceRep,
            What::ResourceDrop { .. } => CoreFunction::ResourceDrop,
            other => panic!("{other:?}"),
        };
        assert_eq!(*found_function, expected);
        assert!(!said_function.uses.is_empty(), "core function {index} is for something: {said_function:?}");
        let lifts = said_function.uses.iter().filter(|used| matches!(used, Use::Lift { .. })).count();
        assert_eq!(lifts, found.lifted.iter().filter(|lifted| **lifted == index).count());
    }
}

/// Who imports what: by the uses of each function, and by the instances.
fn imports(said: &Provenance, found: &Component) {
    let module = |wanted: &str| {
        let named = |origin: &Origin| match origin {
            Origin::Main { name } | Origin::Adapter { name, .. } => name == wanted,
            _ => false,
        };
        said.core_modules.iter().position(|module| named(&module.origin)).expect("the importer is a core module") as u32
    };
    let imports = found.imports();
    // Which of the two it is, its imports tell.
    let fixup = |field: String, index: u32| {
        let is_fixup = |id: &u32| matches!(said.core_modules[*id as usize].origin, Origin::Prepare | Origin::Fixup);
        let same = |(id, _, name, function): &&(u32, String, String, u32)| {
            is_fixup(id) && (*name == field || (field == "init" && name.starts_with("init"))) && *function == index
        };
        imports.iter().find(same).expect("a fixup that imports it").clone()
    };
    let mut expected = Vec::new();
    for (index, function) in (0..).zip(&said.core_functions) {
        for used in &function.uses {
            match used {
                Use::Import { importer, module: name, field, .. } => {
                    expected.push((module(importer), name.clone(), field.clone(), index));
                }
                Use::Slot { slot } => {
                    expected.push(fixup(slot.to_string(), index));
                }
                Use::Initialize => expected.push(fixup("init".to_string(), index)),
                _ => {}
            }
        }
    }
    expected.sort();
    assert_eq!(imports, expected);
}

#[test]
fn it_is_there_only_on_demand_and_changes_nothing_else() {
    case::all("explain", |_, case| {
        let (without, with) = (encoded(case, false).component, encoded(case, true).component);
        assert_eq!(provenance(&without), Ok(None));
        // It is the last section.
        assert!(with.starts_with(&without));
    });
}

#[test]
fn what_cannot_be_read_is_an_error() {
    let component = |sections: &[&[u8]]| {
        let mut bytes = wasm_encoder::Component::new();
        for data in sections {
            bytes.section(&wasm_encoder::CustomSection { name: "polyfill-provenance".into(), data: (*data).into() });
        }
        bytes.finish()
    };
    let error = |bytes: &[u8]| provenance(bytes).expect_err("an error").to_string();
    let empty = br#"{"version":1,"core_modules":[],"core_instances":[],"core_functions":[]}"#.as_slice();
    assert!(matches!(provenance(&component(&[empty])), Ok(Some(found)) if found.core_modules.is_empty()));
    assert_eq!(
        error(&component(&[br#"{"version":2}"#])),
        "the section `polyfill-provenance` has version 2, expected 1; read it with another release"
    );
    assert_eq!(
        error(&component(&[br#"{"version":1}"#])),
        "the section `polyfill-provenance` at byte 0x1e cannot be read: missing field `core_modules` at line 1 column 13"
    );
    assert_eq!(
        error(&component(&[b"\xff"])),
        "the section `polyfill-provenance` at byte 0x1e cannot be read: expected value at line 1 column 1"
    );
    assert!(matches!(provenance(&component(&[empty, empty])), Err(ProvenanceError::Twice { .. })));
    assert!(matches!(provenance(b"\0asm\x01\0\0\0"), Err(ProvenanceError::Malformed { offset: 0, .. })));
    assert!(matches!(provenance(b"neither"), Err(ProvenanceError::Malformed { .. })));
}
