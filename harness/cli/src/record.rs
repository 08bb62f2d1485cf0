//! Command `polyfill record`.

use std::process::ExitCode;

use polyfill_builder::Suite;

use crate::args::RecordArgs;
use crate::output;

/// Runs a trial and writes its recording.
pub(crate) fn record(args: &RecordArgs) -> anyhow::Result<ExitCode> {
    let suite = Suite::from_env(&args.suite).progress(output::progress);
    let proposals = args.proposals.wasm.iter().copied().collect();
    let recording = polyfill_recording::record(&suite, &args.suite, &args.trial, &proposals)?;
    output::file(&args.output, &recording.write())?;
    let (calls, outcome) = (recording.trace.events.len(), &recording.about.outcome);
    output::text(&format!("{}: {outcome}, {calls} calls\n", args.output.display()))?;
    Ok(ExitCode::SUCCESS)
}
