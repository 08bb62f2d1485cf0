//! The adapters of two sides as text: what they weigh, what they import and export, and what is left of them by function.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;

use polyfill_build::profile::{FUNCTIONS, Kept, Profile};
use polyfill_encoder::versions;

use super::table;

/// Two adapters, the old one and the new one.
pub(super) struct Weights<'a>(pub(super) &'a Profile, pub(super) &'a Profile);

impl fmt::Display for Weights<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Weights(old, new) = *self;
        let row =
            |what: &str, old: usize, new: usize| [what.to_string(), old.to_string(), new.to_string(), signed(old, new)];
        table::write(
            f,
            &[
                ["adapters".to_string(), old.adapter.clone(), new.adapter.clone(), "difference".to_string()],
                row("bytes", old.size, new.size),
                row("imports", old.imports.len(), new.imports.len()),
                row("exports", old.exports.len(), new.exports.len()),
            ],
        )?;
        sets(f, "imports", &old.imports, &new.imports)?;
        sets(f, "exports", &old.exports, &new.exports)?;
        self.functions(f)
    }
}

impl Weights<'_> {
    /// Those that are not the same; of the others, how many there are.
    fn functions(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Weights(old, new) = *self;
        let mut rows = vec![["left for", "code", "", "functions", "", "imports of WASI", ""].map(str::to_string)];
        let mut same = 0;
        for function in FUNCTIONS {
            match (old.functions.get(function), new.functions.get(function)) {
                (Some(old), Some(new)) if is_same(old, new) => same += 1,
                (None, None) => {}
                (old, new) => rows.push(function_row(function, old, new)),
            }
        }
        if rows.len() > 1 {
            writeln!(f)?;
            table::write(f, &rows)?;
        }
        writeln!(f, "\nfor {same} of {} functions as much is left as before", FUNCTIONS.len())
    }
}

fn function_row(function: &str, old: Option<&Kept>, new: Option<&Kept>) -> [String; 7] {
    let figures = |of: fn(&Kept) -> usize| {
        let figure = |kept: Option<&Kept>| match kept {
            None => "-".to_string(),
            Some(Kept { error: Some(_), .. }) => "error".to_string(),
            Some(kept) => of(kept).to_string(),
        };
        let difference = match (old, new) {
            (Some(old), Some(new)) => signed(of(old), of(new)),
            _ => String::new(),
        };
        (format!("{} -> {}", figure(old), figure(new)), difference)
    };
    let (code, more_code) = figures(|kept| kept.code);
    let (functions, more_functions) = figures(|kept| kept.functions);
    let (imports, _) = figures(|kept| kept.imports.len());
    let none = BTreeSet::new();
    let names = |kept: Option<&Kept>| unversioned(kept.map_or(&none, |kept| &kept.imports)).into_keys().collect();
    let (gone, come): (BTreeSet<String>, BTreeSet<String>) = (names(old), names(new));
    let changed = gone.difference(&come).map(|name| format!("-{name}"));
    let changed: Vec<String> = changed.chain(come.difference(&gone).map(|name| format!("+{name}"))).collect();
    [function.to_string(), code, more_code, functions, more_functions, imports, changed.join(" ")]
}

/// But for versions of interfaces, which are told once.
fn is_same(old: &Kept, new: &Kept) -> bool {
    let names = |kept: &Kept| unversioned(&kept.imports).into_keys().collect::<Vec<_>>();
    (old.functions, old.code, &old.error) == (new.functions, new.code, &new.error) && names(old) == names(new)
}

/// What is gone and what has come, versions aside; and which versions there are.
fn sets(f: &mut fmt::Formatter<'_>, what: &str, old: &BTreeSet<String>, new: &BTreeSet<String>) -> fmt::Result {
    let (old, new) = (unversioned(old), unversioned(new));
    let gone = old.keys().filter(|name| !new.contains_key(*name));
    for name in gone {
        writeln!(f, "{what} no more: {name}")?;
    }
    for name in new.keys().filter(|name| !old.contains_key(*name)) {
        writeln!(f, "{what} now: {name}")?;
    }
    let mut moved: BTreeMap<(&str, &str), usize> = BTreeMap::new();
    for (name, version) in &old {
        if let Some(other) = new.get(name).filter(|other| *other != version) {
            *moved.entry((version, other)).or_default() += 1;
        }
    }
    for ((from, to), count) in moved {
        writeln!(f, "{what} of another version: {count} from {from} to {to}")?;
    }
    Ok(())
}

/// Names without the versions of their interfaces, each with that version; the later one, if there are several.
fn unversioned(names: &BTreeSet<String>) -> BTreeMap<String, String> {
    let split = |name: &String| {
        let Some((interface, version, rest)) = versions::split_item(name) else { return (name.clone(), String::new()) };
        (format!("{interface}{rest}"), version.to_string())
    };
    names.iter().map(split).collect()
}

fn signed(old: usize, new: usize) -> String {
    match new as i128 - old as i128 {
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
    fn versions_are_told_once() {
        let (old, mut new) = (profile("a", 100, "0.2.6", 50), profile("b", 90, "0.2.12", 55));
        new.exports.insert("reset".to_string());
        let text = Weights(&old, &new).to_string();
        for line in [
            "bytes     100  90  -10\n",
            "exports now: reset\n",
            "imports of another version: 2 from 0.2.6 to 0.2.12\n",
            "exports of another version: 1 from 0.2.6 to 0.2.12\n",
            "random_get  50 -> 55  +5  2 -> 2       2 -> 2\n",
            "for 1 of 46 functions as much is left as before\n",
        ] {
            assert!(text.contains(line), "{line}{text}");
        }
    }
}
