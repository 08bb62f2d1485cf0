//! Builds a suite from a build script, and reports to cargo on standard output in its protocol.

use std::collections::BTreeSet;
use std::path::PathBuf;

use crate::built::Built;
use crate::error::BuildError;
use crate::index::Artifact;
use crate::settings::Settings;
use crate::suite::Suite;
use crate::system::{signals, variables};
use crate::terminal;

/// Builds into `OUT_DIR`. Prints the rerun conditions and a warning for each guest that failed, or prints an error and
/// exits.
pub(crate) fn run(suite: Suite) {
    signals::install();
    for variable in Settings::VARIABLES {
        println!("cargo::rerun-if-env-changed={variable}");
    }
    let Some(out_dir) = variables::variable("OUT_DIR").map(PathBuf::from) else {
        println!("cargo::error=`OUT_DIR` is not set: expected to run in a build script");
        std::process::exit(1);
    };
    let root = suite.root().to_path_buf();
    match suite.within_cargo(out_dir).build() {
        Ok(built) => tell(&built),
        Err(error) => {
            for folder in ["guests", "adapters", "hosts", "toolchains", "wit"] {
                println!("cargo::rerun-if-changed={}", root.join(folder).display());
            }
            refuse(&error);
        }
    }
}

fn tell(built: &Built) {
    // Cargo watches all files below a directory, so that they need no lines of their own.
    for folder in &built.folders {
        println!("cargo::rerun-if-changed={}", folder.display());
    }
    for input in built.inputs.iter().filter(|input| !built.folders.iter().any(|folder| input.starts_with(folder))) {
        println!("cargo::rerun-if-changed={}", input.display());
    }
    for warning in failures(built) {
        println!("cargo::warning={}", terminal::line(&warning));
    }
}

/// Returns a line for each guest without a component, unless its case expects the error.
fn failures(built: &Built) -> BTreeSet<String> {
    let mut lines = BTreeSet::new();
    for trial in &built.index.trials {
        let case = built.index.cases.get(&trial.case_key());
        let expected = case.is_some_and(|entry| entry.case.expect.error.is_some());
        if let (Artifact::Failed { message, .. }, false) = (&trial.artifact, expected) {
            let first = message.lines().next().unwrap_or_default();
            lines.insert(format!("guest `{}` through {}: {first} (see its trials)", trial.guest, trial.adapter));
        }
    }
    lines
}

fn refuse(error: &BuildError) {
    for line in error.to_string().lines() {
        println!("cargo::error={}", terminal::line(line));
    }
    std::process::exit(1);
}
