//! Text comparison of two adapters: sizes, imports, exports, and the code kept for each function.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;

use polyfill_builder::profile::{FUNCTIONS, Kept, Profile};
use polyfill_encoder::versions;

use super::table;

/// Baseline and candidate adapter.
pub(super) struct Weights<'a>(pub(super) &'a Profile, pub(super) &'a Profile);

impl fmt::Display for Weights<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Weights(baseline, candidate) = *self;
        let row = |what: &str, baseline: usize, candidate: usize| {
            [what.to_string(), baseline.to_string(), candidate.to_string(), signed(baseline, candidate)]
        };
        table::write(
            f,
            &[
                ["adapters".to_string(), baseline.adapter.clone(), candidate.adapter.clone(), "difference".to_string()],
                row("bytes", baseline.size, candidate.size),
                row("imports", baseline.imports.len(), candidate.imports.len()),
                row("exports", baseline.exports.len(), candidate.exports.len()),
            ],
        )?;
        sets(f, "imports", &baseline.imports, &candidate.imports)?;
        sets(f, "exports", &baseline.exports, &candidate.exports)?;
        self.functions(f)
    }
}

impl Weights<'_> {
    /// Writes the functions that differ, and the number of equal ones.
    fn functions(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Weights(baseline, candidate) = *self;
        let mut rows = vec![["kept for", "code", "", "functions", "", "imports of WASI", ""].map(str::to_string)];
        let mut same = 0;
        for function in FUNCTIONS {
            match (baseline.functions.get(function), candidate.functions.get(function)) {
                (Some(baseline), Some(candidate)) if is_same(baseline, candidate) => same += 1,
                (None, None) => {}
                (baseline, candidate) => rows.push(function_row(function, baseline, candidate)),
            }
        }
        if rows.len() > 1 {
            writeln!(f)?;
            table::write(f, &rows)?;
        }
        writeln!(f, "\nunchanged for {same} of {} functions", FUNCTIONS.len())
    }
}

fn function_row(function: &str, baseline: Option<&Kept>, candidate: Option<&Kept>) -> [String; 7] {
    let figures = |of: fn(&Kept) -> usize| {
        let figure = |kept: Option<&Kept>| match kept {
            None => "-".to_string(),
            Some(Kept { error: Some(_), .. }) => "error".to_string(),
            Some(kept) => of(kept).to_string(),
        };
        let difference = match (baseline, candidate) {
            (Some(baseline), Some(candidate)) => signed(of(baseline), of(candidate)),
            _ => String::new(),
        };
        (format!("{} -> {}", figure(baseline), figure(candidate)), difference)
    };
    let (code, more_code) = figures(|kept| kept.code);
    let (functions, more_functions) = figures(|kept| kept.functions);
    let (imports, _) = figures(|kept| kept.imports.len());
    let none = BTreeSet::new();
    let names = |kept: Option<&Kept>| unversioned(kept.map_or(&none, |kept| &kept.imports)).into_keys().collect();
    let (gone, come): (BTreeSet<String>, BTreeSet<String>) = (names(baseline), names(candidate));
    let changed = gone.difference(&come).map(|name| format!("-{name}"));
    let changed: Vec<String> = changed.chain(come.difference(&gone).map(|name| format!("+{name}"))).collect();
    [function.to_string(), code, more_code, functions, more_functions, imports, changed.join(" ")]
}

/// Compares without interface versions, which are reported once.
fn is_same(baseline: &Kept, candidate: &Kept) -> bool {
    let names = |kept: &Kept| unversioned(&kept.imports).into_keys().collect::<Vec<_>>();
    (baseline.functions, baseline.code, &baseline.error) == (candidate.functions, candidate.code, &candidate.error)
        && names(baseline) == names(candidate)
}

/// Writes removed and added names without versions, and the changes of versions.
fn sets(
    f: &mut fmt::Formatter<'_>,
    what: &str,
    baseline: &BTreeSet<String>,
    candidate: &BTreeSet<String>,
) -> fmt::Result {
    let (baseline, candidate) = (unversioned(baseline), unversioned(candidate));
    let gone = baseline.keys().filter(|name| !candidate.contains_key(*name));
    for name in gone {
        writeln!(f, "{what} removed: {name}")?;
    }
    for name in candidate.keys().filter(|name| !baseline.contains_key(*name)) {
        writeln!(f, "{what} added: {name}")?;
    }
    let mut moved: BTreeMap<(&str, &str), usize> = BTreeMap::new();
    for (name, version) in &baseline {
        if let Some(other) = candidate.get(name).filter(|other| *other != version) {
            *moved.entry((version, other)).or_default() += 1;
        }
    }
    for ((from, to), count) in moved {
        writeln!(f, "{what} with another version: {count} from {from} to {to}")?;
    }
    Ok(())
}

/// Maps names without interface versions to versions. Of several versions, the last one is kept.
fn unversioned(names: &BTreeSet<String>) -> BTreeMap<String, String> {
    let split = |name: &String| {
        let Some((interface, version, rest)) = versions::split_item(name) else { return (name.clone(), String::new()) };
        (format!("{interface}{rest}"), version.to_string())
    };
    names.iter().map(split).collect()
}

fn signed(baseline: usize, candidate: usize) -> String {
    match candidate as i128 - baseline as i128 {
        0 => String::new(),
        difference => format!("{difference:+}"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn profile(adapter: &str, size: usize, version: &str, code: usize) -> Profile {
        let imports: BTreeSet<String> = [
            format!("wasi:io/streams@{version}.[method]output-stream.write"),
            format!("wasi:random/random@{version}.get-random-bytes"),
            "env.memory".to_string(),
        ]
        .into();
        let exports: BTreeSet<String> = ["random_get".to_string(), format!("wasi:cli/run@{version}#run")].into();
        let kept = Kept { imports: imports.iter().skip(1).cloned().collect(), functions: 2, code, error: None };
        let functions =
            BTreeMap::from([("random_get".to_string(), kept.clone()), ("fd_write".to_string(), Kept::default())]);
        Profile { adapter: adapter.to_string(), size, imports, exports, functions }
    }

    #[test]
    fn version_changes_are_combined() {
        let (baseline, mut candidate) = (profile("a", 100, "0.2.6", 50), profile("b", 90, "0.2.12", 55));
        candidate.exports.insert("reset".to_string());
        let text = Weights(&baseline, &candidate).to_string();
        for line in [
            "bytes     100  90  -10\n",
            "exports added: reset\n",
            "imports with another version: 2 from 0.2.6 to 0.2.12\n",
            "exports with another version: 1 from 0.2.6 to 0.2.12\n",
            "random_get  50 -> 55  +5  2 -> 2       2 -> 2\n",
            "unchanged for 1 of 46 functions\n",
        ] {
            assert!(text.contains(line), "{line}{text}");
        }
    }
}
