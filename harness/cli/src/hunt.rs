//! `polyfill hunt`

use std::path::Path;
use std::process::ExitCode;
use std::time::Duration;

use polyfill_build::Suite;
use polyfill_build::side::Side;
use polyfill_lab::hunt::{Bench, Plan, Report, Rules, Sides, emit, hunt as run};

use crate::args::HuntArgs;
use crate::error::Error;
use crate::output;

/// Runs programs on both sides, or on the first one and each release, and tells what was found.
pub(crate) fn hunt(args: &HuntArgs) -> Result<ExitCode, Error> {
    let new = if args.museum { releases() } else { vec![args.new.clone()] };
    let time = args.minutes.map(|minutes| Duration::from_secs_f64(minutes.max(0.0) * 60.0 / new.len() as f64));
    let plan = Plan {
        seed: args.seed,
        programs: time.is_none().then_some(args.programs),
        time,
        jobs: args.jobs,
        functions: args.only.clone(),
        shrink: true,
    };
    let suite = Suite::new(&args.suite).progress(output::progress);
    let mut clean = true;
    for side in new {
        let pair = [args.old.clone(), side];
        let rules = Rules::of(&args.suite, &pair)?;
        let sides = Sides { benches: [Bench::new(&suite, &pair[0])?, Bench::new(&suite, &pair[1])?], rules };
        let report = run(&sides, &plan);
        output::text(&report.to_string())?;
        output::progress(&format!("{:.0} programs a second", report.speed()));
        if let Some(folder) = &args.out {
            // Each release has its own, by the same names.
            let own = sides.release().filter(|_| args.museum).map(|release| folder.join(release.to_string()));
            write(&sides, &report, own.as_deref().unwrap_or(folder))?;
        }
        clean &= report.findings.is_empty();
    }
    Ok(if clean { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

/// Each finding as a case, and whether that shows it by itself.
fn write(sides: &Sides, report: &Report, folder: &Path) -> Result<(), Error> {
    for (number, finding) in report.findings.iter().enumerate() {
        let name = format!("found-{}-{}", number + 1, finding.difference.function.replace('_', "-"));
        let emitted = emit(sides, finding, &name)?;
        emitted.write(folder)?;
        let alone = if emitted.alone { "" } else { ": shows only in a guest that is called from outside" };
        output::progress(&format!("written: {name}{alone}"));
    }
    Ok(())
}

fn releases() -> Vec<Side> {
    let releases = polyfill_build::reference::releases().iter();
    releases.filter_map(|release| format!("reference-command@{}", release.version).parse().ok()).collect()
}
