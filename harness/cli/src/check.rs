//! Command `polyfill check`.

use std::process::ExitCode;

use crate::adapt::AdapterArg;
use crate::args::CheckArgs;
use crate::{error, load, output};

/// Prints all errors of an adapter. Fails if there are any.
pub(crate) fn check(args: &CheckArgs) -> anyhow::Result<ExitCode> {
    let features = args.features.features();
    let arg = AdapterArg { wit: args.adapter.wit.clone().or_else(|| args.wit.clone()), ..args.adapter.clone() };
    let left_out = load::left_out(&features, arg.wit.iter())?;
    let adapter = load::adapter_of(&arg, &features)?;
    let findings = polyfill_encoder::check(&adapter.adapter());
    if findings.is_empty() {
        output::text(&format!("`{}`: valid\n", adapter.name))?;
        return Ok(ExitCode::SUCCESS);
    }
    let help = error::help(findings.iter(), &left_out).map(|help| format!("{help}\n"));
    let lines: String = findings.iter().map(|finding| format!("{finding}\n")).chain(help).collect();
    output::text(&lines)?;
    Ok(ExitCode::FAILURE)
}
