//! Command `polyfill schema`.

use std::process::ExitCode;

use crate::args::SchemaArgs;
use crate::output;

/// Prints the schema of a file format.
pub(crate) fn schema(args: &SchemaArgs) -> anyhow::Result<ExitCode> {
    output::json(&args.file.schema())?;
    Ok(ExitCode::SUCCESS)
}
