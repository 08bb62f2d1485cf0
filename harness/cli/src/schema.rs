//! Command `polyfill schema`.

use std::process::ExitCode;

use crate::args::SchemaArgs;
use crate::error::Error;
use crate::output;

/// Prints the schema of a file format.
pub(crate) fn schema(args: &SchemaArgs) -> Result<ExitCode, Error> {
    output::json(&args.file.schema())?;
    Ok(ExitCode::SUCCESS)
}
