//! Command `polyfill fuzz`.

use std::path::Path;
use std::process::ExitCode;
use std::time::Duration;

use polyfill_builder::Suite;
use polyfill_builder::side::Side;
use polyfill_lab::fuzz::{Bench, Plan, Report, Rules, Sides, emit, fuzz as run};

use crate::args::FuzzArgs;
use crate::output;

/// Fuzzes a candidate, or each release, against the baseline, and prints the findings.
pub(crate) fn fuzz(args: &FuzzArgs) -> anyhow::Result<ExitCode> {
    let candidate = if args.regressions { releases() } else { vec![args.candidate.clone()] };
    let time = args.minutes.map(|minutes| Duration::from_secs_f64(minutes.max(0.0) * 60.0 / candidate.len() as f64));
    let plan = Plan {
        seed: args.seed,
        programs: time.is_none().then_some(args.programs),
        time,
        jobs: args.jobs,
        functions: args.only.clone(),
        shrink: true,
    };
    let suite = Suite::from_env(&args.suite).progress(output::progress);
    let mut clean = true;
    for side in candidate {
        let pair = [args.baseline.clone(), side];
        let rules = Rules::of(&args.suite, &pair)?;
        let sides = Sides { benches: [Bench::new(&suite, &pair[0])?, Bench::new(&suite, &pair[1])?], rules };
        let report = run(&sides, &plan);
        output::text(&report.to_string())?;
        output::progress(&format!("{:.0} programs a second", report.speed()));
        if let Some(folder) = &args.out {
            // One directory per release, because the findings have the same names.
            let own = sides.release().filter(|_| args.regressions).map(|release| folder.join(release.to_string()));
            write(&sides, &report, own.as_deref().unwrap_or(folder))?;
        }
        clean &= report.findings.is_empty();
    }
    Ok(if clean { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

/// Writes each finding as a case, and reports if the case reproduces it on its own.
fn write(sides: &Sides, report: &Report, folder: &Path) -> anyhow::Result<()> {
    for (number, finding) in report.findings.iter().enumerate() {
        let name = format!("found-{}-{}", number + 1, finding.difference.function.replace('_', "-"));
        let emitted = emit(sides, finding, &name)?;
        emitted.write(folder)?;
        let alone = if emitted.alone { "" } else { ": reproduces only in a guest that is called from outside" };
        output::progress(&format!("written: {name}{alone}"));
    }
    Ok(())
}

fn releases() -> Vec<Side> {
    let releases = polyfill_builder::reference::releases().iter();
    releases.filter_map(|release| format!("reference-command@{}", release.version).parse().ok()).collect()
}
