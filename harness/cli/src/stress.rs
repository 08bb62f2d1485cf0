//! Command `polyfill stress`.

use std::process::ExitCode;

use anyhow::bail;
use polyfill_builder::Suite;
use polyfill_builder::side::Side;
use polyfill_lab::adapter::adapter;
use polyfill_lab::stress::{Shape, Subject, entry as look};

use crate::args::StressArgs;
use crate::output;

/// Stresses initialization order and re-entrancy of each adapter, and prints the results.
pub(crate) fn entry(args: &StressArgs) -> anyhow::Result<ExitCode> {
    let shapes = if args.shapes { Shape::OTHERS.as_slice() } else { &[] };
    for (number, side) in args.sides.iter().enumerate() {
        let report = look(&subject(args, side)?, shapes)?;
        let gap = if number > 0 { "\n" } else { "" };
        output::text(&format!("{gap}{report}"))?;
    }
    Ok(ExitCode::SUCCESS)
}

fn subject(args: &StressArgs, side: &Side) -> anyhow::Result<Subject> {
    let Side::Adapted { stack: chain, host } = side else { bail!("`{side}` has no adapter") };
    let suite = Suite::from_env(&args.suite).progress(output::progress);
    Ok(Subject { name: chain.clone(), module: adapter(&suite, chain)?, host: host.clone() })
}
