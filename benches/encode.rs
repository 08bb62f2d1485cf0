//! Encoding time and size: this project's encoder and the reference, in one run.
//!
//! `cargo bench` prints the tables of `docs/benchmark.md`; `-- --json` prints the figures as JSON; `-- --check` prints
//! the exceeded limits and exits with 1 if there are any.

mod bars;
mod contenders;
mod heap;
mod inputs;
mod many;
mod report;
mod rows;
mod timing;

use std::process::ExitCode;

#[global_allocator]
static ALLOCATOR: heap::Counting = heap::Counting;

fn main() -> ExitCode {
    // Cargo itself passes `--bench`.
    let arguments: Vec<String> = std::env::args().skip(1).filter(|argument| argument != "--bench").collect();
    if let Some(other) = arguments.iter().find(|argument| !["--check", "--json"].contains(&argument.as_str())) {
        eprintln!("unknown argument `{other}`; help: use --check or --json");
        return ExitCode::from(2);
    }
    let asked = |argument: &str| arguments.iter().any(|given| given == argument);

    let inputs = inputs::gather();
    let (rows, left_out) = rows::measure(&inputs);
    let suite = many::measure(&inputs);
    let report = report::Report { rows, left_out, suite };
    if asked("--json") {
        println!("{}", serde_json::to_string_pretty(&report).unwrap_or_else(|error| panic!("{error}")));
    } else {
        print!("{report}");
    }

    let broken = bars::broken(&report.rows);
    for line in &broken {
        eprintln!("{line}");
    }
    if asked("--check") && !broken.is_empty() { ExitCode::FAILURE } else { ExitCode::SUCCESS }
}
