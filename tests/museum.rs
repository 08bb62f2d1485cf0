//! The matrix of bugs and releases, as `polyfill matrix` wrote it down, says of every release what the cases say: those that
//! are known to have a bug are red, and those that are known not to are green. CI runs the matrix itself.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

use polyfill_build::case::Bug;
use polyfill_build::index::{FILE, Index};
use polyfill_build::reference;

#[test]
fn the_matrix_is_what_is_known() {
    let matrix = matrix();
    let bugs = bugs();
    assert_eq!(matrix.keys().collect::<Vec<_>>(), bugs.keys().collect::<Vec<_>>(), "rows of the matrix, and cases");
    let (mut bad, mut good) = (0, 0);
    for (name, row) in &matrix {
        for release in reference::releases() {
            let seen = row[release.version].as_str();
            match bugs[name].is_in(&release.semver()).unwrap_or_else(|error| panic!("{name}: {error}")) {
                Some(true) => {
                    bad += 1;
                    assert_eq!(seen, "X", "{name} in {} is known to be there", release.version);
                }
                Some(false) => {
                    good += 1;
                    assert_eq!(seen, ".", "{name} in {} is known not to be there", release.version);
                }
                None => assert!(matches!(seen, "X" | "."), "{name} in {}: `{seen}`", release.version),
            }
        }
        assert!(matches!(row["native"].as_str(), "." | ""), "{name} without an adapter: `{}`", row["native"]);
    }
    // A museum of nothing would be as known, too.
    assert!(bad > 400 && good > 800, "{bad} cells known to be bad, {good} known to be good");
}

/// What the golden file has in the columns of each row, by the heads of the columns.
fn matrix() -> BTreeMap<String, BTreeMap<String, String>> {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/museum/matrix.txt");
    let text = fs::read_to_string(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
    let mut table = text.lines().skip_while(|line| !line.trim_start().starts_with("native "));
    let heads = table.next().expect("the heads of the columns");
    let starts: Vec<usize> = (0..heads.len()).filter(|at| is_start(heads, *at)).collect();
    let rows = table.take_while(|line| !line.is_empty()).map(|line| {
        let cell = |start: &usize| {
            let head = heads[*start..].split(' ').next().unwrap_or_default();
            let symbol = line.get(*start..).unwrap_or_default().split(' ').next().unwrap_or_default();
            (head.to_string(), symbol.to_string())
        };
        (line[..starts[0]].trim().to_string(), starts.iter().map(cell).collect())
    });
    rows.collect()
}

/// Whether a word begins there.
fn is_start(text: &str, at: usize) -> bool {
    let is_space = |at: usize| text.as_bytes()[at] == b' ';
    !is_space(at) && (at == 0 || is_space(at - 1))
}

/// The bugs of the suite's cases, by the names of their rows.
fn bugs() -> BTreeMap<String, Bug> {
    let index = polyfill_runner::out_dir(env!("OUT_DIR")).join(FILE);
    let index: Index = serde_json::from_slice(&fs::read(index).expect("the suite is built")).expect("it has an index");
    let bugs = index.cases.into_iter().filter_map(|(key, entry)| {
        let guest = key.split("::").next().unwrap_or_default().to_string();
        entry.case.bug.map(|bug| (format!("{} {guest}", bug.id), bug))
    });
    bugs.collect()
}
