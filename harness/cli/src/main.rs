//! The `polyfill` command. Parses arguments; the libraries do everything else.

mod adapt;
mod args;

mod chain;
mod error;
mod load;
mod output;

mod check;
mod compare;
mod encode;
mod explain;
mod fuzz;
mod inject;
mod matrix;
mod record;
mod replay;
mod run;
mod schema;
mod stress;
mod test;

use std::process::ExitCode;

use clap::Parser;
use polyfill_builder::system::{signals, threads};
use polyfill_builder::terminal;

use crate::args::{Cli, Verb};

fn main() -> ExitCode {
    signals::install();
    signals::end_on_broken_pipe();
    let cli = match Cli::try_parse() {
        Ok(cli) => cli,
        Err(error) => return refuse(&error),
    };
    threads::bound_rayon();
    let done = match cli.verb {
        Verb::Test(args) => test::test(&args),
        Verb::Matrix(args) => matrix::matrix(&args),
        Verb::Compare(args) => compare::compare(&args),
        Verb::Fuzz(args) => fuzz::fuzz(&args),
        Verb::Stress(args) => stress::entry(&args),
        Verb::Inject(args) => inject::inject(&args),
        Verb::Run(args) => run::run(&args),
        Verb::Record(args) => record::record(&args),
        Verb::Replay(args) => replay::replay(&args),
        Verb::Show(args) => replay::show(&args),
        Verb::Shrink(args) => replay::shrink(&args),
        Verb::Standalone(args) => replay::standalone(&args),
        Verb::Encode(args) => encode::encode(&args),
        Verb::Explain(args) => explain::explain(&args),
        Verb::Check(args) => check::check(&args),
        Verb::Schema(args) => schema::schema(&args),
    };
    signals::park_if_ending();
    done.unwrap_or_else(|error| {
        for message in error::messages(&error) {
            output::note(&format!("error: {message}"));
        }
        ExitCode::FAILURE
    })
}

/// Prints a usage error or the requested help. The output is colored, unless an argument in it contains control
/// characters.
fn refuse(error: &clap::Error) -> ExitCode {
    let plain = error.render().to_string();
    let escaped = terminal::escaped(&plain);
    if escaped == plain {
        error.exit();
    }
    output::note(escaped.trim_end());
    ExitCode::from(u8::try_from(error.exit_code()).unwrap_or(u8::MAX))
}
