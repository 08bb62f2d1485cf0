//! Golden tests for plans, errors and warnings.
//!
//! A case is a directory in `tests/explain`, `tests/errors` or `tests/warnings`. It contains `main.wat`, `main.wit` if
//! main has a world, and for each adapter `NAME.wat` and, if it has a world, `NAME.wit`. To add a case, add its files.
//! `BLESS=1` writes the expected output.

mod case;
mod joining;
mod parse;
mod provenance;
mod stack_pointer;

use polyfill_encoder::{Encoded, Errors, Options};
use polyfill_testing::golden;

#[test]
fn plans_match_goldens() {
    case::all("explain", |folder, case| {
        let Encoded { plan, .. } =
            case.encode(&Options::default()).unwrap_or_else(|errors| panic!("{}: {errors}", folder.display()));
        golden::assert(&folder.join("plan.txt"), &plan.detailed().to_string());
        golden::assert(&folder.join("plan.json"), &plan.to_json());
        // The detailed output begins with the short one.
        assert!(plan.detailed().to_string().starts_with(&plan.to_string()));
    });
}

#[test]
fn errors_match_goldens() {
    case::all("errors", |folder, case| {
        let errors: Errors = match case.encode(&Options::default()) {
            Ok(_) => panic!("{}: expected an error, but encoding succeeded", folder.display()),
            Err(errors) => errors,
        };
        golden::assert(&folder.join("error.txt"), &format!("{errors}\n"));
    });
}

#[test]
fn warnings_match_goldens() {
    case::all("warnings", |folder, case| {
        let Encoded { warnings, .. } =
            case.encode(&Options::default()).unwrap_or_else(|errors| panic!("{}: {errors}", folder.display()));
        let lines: String = warnings.iter().map(|warning| format!("{warning}\n")).collect();
        golden::assert(&folder.join("warnings.txt"), &lines);
    });
}
