//! Encoder tests that execute components, or use the suite's own modules.

#[path = "../support/trials.rs"]
mod trials;

mod executed;
mod malformed;
mod modules;
mod reference;
mod unused_global;

use std::process::ExitCode;

use executed::behavior_is_the_same_in_every_encoding;
use malformed::damaged_modules;
use unused_global::the_reference_encoder_loses_a_stack_behind_an_unused_global;

fn main() -> ExitCode {
    let others = trials::trials![
        behavior_is_the_same_in_every_encoding,
        damaged_modules,
        the_reference_encoder_loses_a_stack_behind_an_unused_global,
    ];
    trials::run([reference::trials(), others])
}
