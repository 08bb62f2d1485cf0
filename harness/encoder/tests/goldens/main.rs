//! What people and tools read: plans and errors, each a folder with inputs and the text that is expected of them.
//!
//! A case is a folder below `tests/explain`, `tests/errors` or `tests/warnings`: `main.wat`, `main.wit` if main has a world, and for each
//! adapter `NAME.wat` and, with a world, `NAME.wit`. Adding a case is adding files; `BLESS=1` writes what is expected.

mod case;
mod joining;
mod parse;
mod provenance;
mod stack_pointer;

use std::path::Path;

use polyfill_encoder::{Encoded, Errors, Options};

#[test]
fn plans_are_explained() {
    case::all("explain", |folder, case| {
        let Encoded { plan, .. } =
            case.encode(&Options::default()).unwrap_or_else(|errors| panic!("{}: {errors}", folder.display()));
        check(&folder.join("plan.txt"), &plan.detailed().to_string());
        check(&folder.join("plan.json"), &plan.to_json());
        // The short form is the beginning of the long one.
        assert!(plan.detailed().to_string().starts_with(&plan.to_string()));
    });
}

#[test]
fn errors_say_what_to_do() {
    case::all("errors", |folder, case| {
        let errors: Errors = match case.encode(&Options::default()) {
            Ok(_) => panic!("{} can be encoded", folder.display()),
            Err(errors) => errors,
        };
        check(&folder.join("error.txt"), &format!("{errors}\n"));
    });
}

#[test]
fn warnings_say_what_to_do() {
    case::all("warnings", |folder, case| {
        let Encoded { warnings, .. } =
            case.encode(&Options::default()).unwrap_or_else(|errors| panic!("{}: {errors}", folder.display()));
        let lines: String = warnings.iter().map(|warning| format!("{warning}\n")).collect();
        check(&folder.join("warnings.txt"), &lines);
    });
}

/// Compares with a golden, or writes it.
fn check(path: &Path, found: &str) {
    if std::env::var_os("BLESS").is_some_and(|value| !value.is_empty() && value != "0") {
        assert!(std::env::var_os("CI").is_none_or(|value| value.is_empty()), "goldens are not written by CI");
        std::fs::write(path, found).expect("the golden can be written");
        return;
    }
    let expected = std::fs::read_to_string(path).unwrap_or_default();
    assert!(expected == found, "{}\n--- expected\n{expected}\n--- found\n{found}", path.display());
}
