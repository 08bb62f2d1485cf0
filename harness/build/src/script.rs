//! A suite built by a build script: what cargo wants to hear.

use std::path::PathBuf;

use crate::built::{Built, Done};
use crate::error::BuildError;
use crate::settings::Settings;
use crate::suite::Suite;

/// Builds into `OUT_DIR`. Prints when to run again, a warning for each guest that failed, or an error and exits.
pub(crate) fn run(suite: Suite) {
    for variable in Settings::VARIABLES {
        println!("cargo::rerun-if-env-changed={variable}");
    }
    let Some(out_dir) = std::env::var_os("OUT_DIR").map(PathBuf::from) else {
        println!("cargo::error=`OUT_DIR` is not set: this is for build scripts");
        std::process::exit(1);
    };
    let root = suite.root().to_path_buf();
    match suite.within_cargo(out_dir).build() {
        Ok(built) => tell(&built),
        Err(error) => {
            for folder in ["guests", "adapters", "wit"] {
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
    for step in built.log.iter().filter(|step| step.done == Done::Failed) {
        println!("cargo::warning=polyfill: {step}; its trials tell more");
    }
}

fn refuse(error: &BuildError) {
    for line in error.to_string().lines() {
        println!("cargo::error={line}");
    }
    std::process::exit(1);
}
