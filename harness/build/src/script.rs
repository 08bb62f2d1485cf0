//! A suite built by a build script: what cargo wants to hear, which has a protocol of its own on standard output.

use std::collections::BTreeSet;
use std::path::PathBuf;

use crate::built::Built;
use crate::error::BuildError;
use crate::index::Artifact;
use crate::settings::Settings;
use crate::suite::Suite;
use crate::system::{signals, variables};
use crate::terminal;

/// Builds into `OUT_DIR`. Prints when to run again, a warning for each guest that failed, or an error and exits.
pub(crate) fn run(suite: Suite) {
    signals::install();
    for variable in Settings::VARIABLES {
        println!("cargo::rerun-if-env-changed={variable}");
    }
    let Some(out_dir) = variables::variable("OUT_DIR").map(PathBuf::from) else {
        println!("cargo::error=`OUT_DIR` is not set: this is for build scripts");
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
    // Cargo looks at everything in a folder: the files in one need no line of their own.
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

/// A line for each guest that has no component, unless its cases want just that.
fn failures(built: &Built) -> BTreeSet<String> {
    let mut lines = BTreeSet::new();
    for cell in &built.index.cells {
        let case = built.index.cases.get(&cell.case_key());
        let expected = case.is_some_and(|entry| entry.case.expect.error.is_some());
        if let (Artifact::Failed { message, .. }, false) = (&cell.artifact, expected) {
            let first = message.lines().next().unwrap_or_default();
            lines.insert(format!("guest `{}` through {}: {first} (its trials tell more)", cell.guest, cell.adapter));
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
