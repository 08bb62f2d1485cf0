//! `polyfill entry`

use std::fs;
use std::path::Path;
use std::process::ExitCode;

use polyfill_build::side::Side;
use polyfill_build::{Suite, reference};
use polyfill_lab::entry::{Subject, entry as look};

use crate::args::EntryArgs;
use crate::error::Error;
use crate::output;

/// Calls every function of preview1 first, and out of the guest's allocator, through each adapter.
pub(crate) fn entry(args: &EntryArgs) -> Result<ExitCode, Error> {
    for (number, side) in args.sides.iter().enumerate() {
        let report = look(&subject(&args.suite, side)?)?;
        let gap = if number > 0 { "\n" } else { "" };
        output::text(&format!("{gap}{report}"))?;
    }
    Ok(ExitCode::SUCCESS)
}

/// A published adapter, one of the suite's own, or one in a file.
fn subject(suite: &Path, side: &Side) -> Result<Subject, Error> {
    let Side::Adapted { stack, host } = side else { return Err(Error::NoAdapter { side: side.to_string() }) };
    let module = || vec![reference::IMPORT_MODULE.to_string()];
    let (implements, wasm) = match reference::find(stack) {
        Some(published) => (module(), published?.wasm().to_vec()),
        None if Path::new(stack).is_file() => {
            let path = Path::new(stack).to_path_buf();
            (module(), fs::read(&path).map_err(|source| Error::Read { path, source })?)
        }
        None => Suite::new(suite)
            .progress(output::progress)
            .adapter(stack)?
            .ok_or_else(|| Error::NoAdapter { side: side.to_string() })?,
    };
    Ok(Subject { name: stack.clone(), implements, wasm, host: host.clone() })
}
