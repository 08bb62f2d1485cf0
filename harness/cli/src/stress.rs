//! Command `polyfill stress`.

use std::process::ExitCode;

use polyfill_builder::Suite;
use polyfill_builder::side::Side;
use polyfill_lab::adapter::adapter;
use polyfill_lab::stress::{Shape, Subject, entry as look};

use crate::args::StressArgs;
use crate::error::Error;
use crate::output;

/// Stresses initialization order and re-entrancy of each adapter, and prints the results.
pub(crate) fn entry(args: &StressArgs) -> Result<ExitCode, Error> {
    let shapes = if args.shapes { Shape::OTHERS.as_slice() } else { &[] };
    for (number, side) in args.sides.iter().enumerate() {
        let report = look(&subject(args, side)?, shapes)?;
        let gap = if number > 0 { "\n" } else { "" };
        output::text(&format!("{gap}{report}"))?;
    }
    Ok(ExitCode::SUCCESS)
}

fn subject(args: &StressArgs, side: &Side) -> Result<Subject, Error> {
    let Side::Adapted { stack, host } = side else { return Err(Error::NoAdapter { side: side.to_string() }) };
    let suite = Suite::from_env(&args.suite).progress(output::progress);
    Ok(Subject { name: stack.clone(), module: adapter(&suite, stack)?, host: host.clone() })
}
