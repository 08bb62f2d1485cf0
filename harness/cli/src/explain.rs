//! Command `polyfill explain`.

use std::process::ExitCode;

use crate::args::ExplainArgs;
use crate::{load, output};

/// Prints the plan of an encoding.
pub(crate) fn explain(args: &ExplainArgs) -> anyhow::Result<ExitCode> {
    let modules = load::input(&args.input)?;
    let plan = modules.encoded(&load::options(&args.input.encoding, false))?.plan;
    match (args.json, args.verbose) {
        (true, _) => output::json(&plan.to_json())?,
        (false, true) => output::text(&plan.detailed().to_string())?,
        (false, false) => output::text(&plan.to_string())?,
    }
    Ok(ExitCode::SUCCESS)
}
