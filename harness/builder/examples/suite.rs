//! Builds the suite in a folder, prints what was done and how long it took:
//! `cargo run -p polyfill-builder --example suite -- FOLDER [WORD]...`

use std::process::ExitCode;

use polyfill_builder::index::Artifact;

fn main() -> ExitCode {
    let mut arguments = std::env::args().skip(1);
    let root = arguments.next().unwrap_or_else(|| ".".to_string());
    let built = match polyfill_builder::Suite::from_env(root).filter(arguments).build() {
        Ok(built) => built,
        Err(error) => {
            eprintln!("{error}");
            return ExitCode::FAILURE;
        }
    };
    for trial in &built.index.trials {
        match &trial.artifact {
            Artifact::Component(file) | Artifact::Module(file) => println!("{}: {file}", trial.name()),
            Artifact::Ignored(reason) => println!("{}: ignored: {reason}", trial.name()),
            Artifact::Failed { stage, message } => {
                println!("{}: {stage:?} failed: {message}", trial.name());
            }
        }
    }
    for step in &built.log {
        println!("{step}");
    }
    for (stage, time) in &built.timings {
        println!("{stage}: {time:?}");
    }
    println!("{} inputs; components and index in {}", built.inputs.len(), built.out_dir.display());
    ExitCode::SUCCESS
}
