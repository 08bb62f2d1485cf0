//! Builds the suite in a folder, prints what was done and how long it took:
//! `cargo run -p polyfill-build --example suite -- FOLDER [WORD]...`

use std::process::ExitCode;

use polyfill_build::index::Artifact;

fn main() -> ExitCode {
    let mut arguments = std::env::args().skip(1);
    let root = arguments.next().unwrap_or_else(|| ".".to_string());
    let built = match polyfill_build::Suite::new(root).filter(arguments).build() {
        Ok(built) => built,
        Err(error) => {
            eprintln!("{error}");
            return ExitCode::FAILURE;
        }
    };
    for cell in &built.index.cells {
        match &cell.artifact {
            Artifact::Component(file) | Artifact::Module(file) => println!("{}: {file}", cell.name()),
            Artifact::Ignored(reason) => println!("{}: ignored: {reason}", cell.name()),
            Artifact::Failed { stage, message } => {
                println!("{}: {stage:?} failed: {message}", cell.name());
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
