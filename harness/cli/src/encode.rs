//! Command `polyfill encode`.

use std::process::ExitCode;

use anyhow::Context;

use crate::args::EncodeArgs;
use crate::{load, output};

/// Encodes a component and writes it.
pub(crate) fn encode(args: &EncodeArgs) -> anyhow::Result<ExitCode> {
    let modules = load::input(&args.input)?;
    let options = load::options(&args.input.encoding, !args.no_validate);
    let component = modules.encoded(&options)?.component;
    let text = match args.wat {
        true => Some(wasmprinter::print_bytes(&component).context("cannot print the component as text")?),
        false => None,
    };
    match (&args.output, text) {
        (Some(file), text) => output::file(file, text.as_ref().map_or(&component, |text| text.as_bytes()))?,
        (None, Some(text)) => output::text(&text)?,
        (None, None) => output::binary(&component)?,
    }
    Ok(ExitCode::SUCCESS)
}
