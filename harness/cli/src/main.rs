//! The `polyfill` command: thin. Arguments are read here, and everything else is done by the libraries.

mod adapt;
mod args;

mod error;
mod load;
mod output;
mod stack;

mod check;
mod compare;
mod encode;
mod entry;
mod explain;
mod hunt;
mod matrix;
mod record;
mod replay;
mod run;
mod schema;
mod sweep;
mod test;

use std::process::ExitCode;

use clap::Parser;
use polyfill_build::system::signals;
use polyfill_build::terminal;

use crate::args::{Cli, Verb};

fn main() -> ExitCode {
    signals::install();
    signals::end_on_broken_pipe();
    let cli = match Cli::try_parse() {
        Ok(cli) => cli,
        Err(error) => return refuse(&error),
    };
    let done = match cli.verb {
        Verb::Test(args) => test::test(&args),
        Verb::Matrix(args) => matrix::matrix(&args),
        Verb::Compare(args) => compare::compare(&args),
        Verb::Hunt(args) => hunt::hunt(&args),
        Verb::Entry(args) => entry::entry(&args),
        Verb::Sweep(args) => sweep::sweep(&args),
        Verb::Run(args) => run::run(&args),
        Verb::Record(args) => record::record(&args),
        Verb::Replay(args) => replay::replay(&args),
        Verb::Show(args) => replay::show(&args),
        Verb::Shrink(args) => replay::shrink(&args),
        Verb::Freeze(args) => replay::freeze(&args),
        Verb::Encode(args) => encode::encode(&args),
        Verb::Explain(args) => explain::explain(&args),
        Verb::Check(args) => check::check(&args),
        Verb::Schema(args) => schema::schema(&args),
    };
    signals::park_if_ending();
    done.unwrap_or_else(|error| {
        for message in error.messages() {
            output::note(&format!("error: {message}"));
        }
        ExitCode::FAILURE
    })
}

/// Prints the message about arguments that make no sense, in color unless an argument in it would be a command to the terminal;
/// or the help that was asked for.
fn refuse(error: &clap::Error) -> ExitCode {
    let plain = error.render().to_string();
    let escaped = terminal::escaped(&plain);
    if escaped == plain {
        error.exit();
    }
    output::note(escaped.trim_end());
    ExitCode::from(u8::try_from(error.exit_code()).unwrap_or(u8::MAX))
}
