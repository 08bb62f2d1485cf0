//! `polyfill record`

use std::process::ExitCode;

use polyfill_build::Suite;

use crate::args::RecordArgs;
use crate::error::Error;
use crate::output;

/// Runs a trial and writes its bundle.
pub(crate) fn record(args: &RecordArgs) -> Result<ExitCode, Error> {
    let suite = Suite::new(&args.suite).progress(output::progress);
    let bundle = polyfill_bundle::record(&suite, &args.suite, &args.trial)?;
    output::file(&args.output, &bundle.write())?;
    let (calls, outcome) = (bundle.trace.events.len(), &bundle.about.outcome);
    output::text(&format!("{}: {outcome}, {calls} calls\n", args.output.display()))?;
    Ok(ExitCode::SUCCESS)
}
