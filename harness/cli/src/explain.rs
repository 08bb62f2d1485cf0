//! `polyfill explain`

use std::process::ExitCode;

use crate::args::ExplainArgs;
use crate::error::Error;
use crate::{load, output};

/// Prints the plan.
pub(crate) fn explain(args: &ExplainArgs) -> Result<ExitCode, Error> {
    let modules = load::input(&args.input)?;
    let plan = modules.encoded(&load::options(&args.input.encoding, false))?.plan;
    let text = match (args.json, args.verbose) {
        (true, _) => plan.to_json(),
        (false, true) => plan.detailed().to_string(),
        (false, false) => plan.to_string(),
    };
    output::text(&text)?;
    Ok(ExitCode::SUCCESS)
}
