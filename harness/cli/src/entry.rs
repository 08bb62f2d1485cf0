//! `polyfill entry`

use std::process::ExitCode;

use polyfill_build::Suite;
use polyfill_build::side::Side;
use polyfill_lab::adapter::adapter;
use polyfill_lab::entry::{Shape, Subject, entry as look};

use crate::args::EntryArgs;
use crate::error::Error;
use crate::output;

/// Calls every function of preview1 first, out of the guest's allocator, and again and again, through each adapter.
pub(crate) fn entry(args: &EntryArgs) -> Result<ExitCode, Error> {
    let shapes = if args.shapes { Shape::OTHERS.as_slice() } else { &[] };
    for (number, side) in args.sides.iter().enumerate() {
        let report = look(&subject(args, side)?, shapes)?;
        let gap = if number > 0 { "\n" } else { "" };
        output::text(&format!("{gap}{report}"))?;
    }
    Ok(ExitCode::SUCCESS)
}

fn subject(args: &EntryArgs, side: &Side) -> Result<Subject, Error> {
    let Side::Adapted { stack, host } = side else { return Err(Error::NoAdapter { side: side.to_string() }) };
    let suite = Suite::new(&args.suite).progress(output::progress);
    Ok(Subject { name: stack.clone(), module: adapter(&suite, stack)?, host: host.clone() })
}
