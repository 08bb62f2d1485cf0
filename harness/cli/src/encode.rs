//! Command `polyfill encode`.

use std::process::ExitCode;

use crate::args::EncodeArgs;
use crate::error::Error;
use crate::{load, output};

/// Encodes a component and writes it.
pub(crate) fn encode(args: &EncodeArgs) -> Result<ExitCode, Error> {
    let modules = load::input(&args.input)?;
    let options = load::options(&args.input.encoding, !args.no_validate);
    let component = modules.encoded(&options)?.component;
    let text = match args.wat {
        true => Some(wasmprinter::print_bytes(&component).map_err(|error| Error::Print(format!("{error:#}")))?),
        false => None,
    };
    match (&args.output, text) {
        (Some(file), text) => output::file(file, text.as_ref().map_or(&component, |text| text.as_bytes()))?,
        (None, Some(text)) => output::text(&text)?,
        (None, None) => output::binary(&component)?,
    }
    Ok(ExitCode::SUCCESS)
}
