//! Encoder tests on the suite's own modules.

#[path = "../trials/mod.rs"]
mod trials;

mod malformed;
mod modules;
mod reference;

use std::process::ExitCode;

fn main() -> ExitCode {
    let mut trials = reference::trials();
    trials.push(trials::trial("damaged_modules", || {
        malformed::damaged_modules();
        Ok(())
    }));
    trials::run(trials)
}
