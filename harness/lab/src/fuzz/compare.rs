//! Compares a call on the baseline and the candidate. Runs nothing, and ignores no known difference.

use std::collections::BTreeMap;

use polyfill_builder::case::LimitName;
use polyfill_runner::{FileState as Left, Observation, Outcome};

use super::functions::Function;
use super::model::Facts;
use super::observed::{End, Observed};

/// A difference.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Difference {
    /// Number of the call; one past the last for effects that are visible after the run.
    pub call: usize,
    /// Name of the function; `run` for effects that are visible after the run.
    pub function: &'static str,
    /// Place of the difference: `errno`, `outcome`, the name of a result, `outside`, `files`, `stdout` or `stderr`.
    pub place: String,
    /// Value on the baseline.
    pub baseline: String,
    /// Value on the candidate.
    pub candidate: String,
    /// Circumstances of the call.
    pub facts: Facts,
}

/// Function name for differences that are visible after the run.
pub const RUN: &str = "run";
/// Placeholder for a missing value.
pub const NOTHING: &str = "nothing";

/// Functions without side effects: calls after a difference in one of these remain comparable.
const LOOKING: &[&str] = &[
    "args_get",
    "args_sizes_get",
    "environ_get",
    "environ_sizes_get",
    "clock_res_get",
    "clock_time_get",
    "fd_fdstat_get",
    "fd_filestat_get",
    "fd_prestat_get",
    "fd_prestat_dir_name",
    "fd_readdir",
    "fd_tell",
    "path_filestat_get",
    "path_readlink",
    "poll_oneoff",
    "random_get",
];

/// Comparison of one call.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Compared {
    /// Differences: the place and both values.
    pub differences: Vec<(String, String, String)>,
    /// Set when later calls are not comparable.
    pub apart: bool,
}

/// Compares one call on both sides.
pub fn calls(function: &Function, baseline: &Observed, candidate: &Observed) -> Compared {
    let mut compared = Compared::default();
    let [a, b] = [baseline.end.to_string(), candidate.end.to_string()];
    match (&baseline.end, &candidate.end) {
        (End::Gone(one), End::Gone(other)) => {
            compared.apart = true;
            // Both guests have ended: traps and errors of any cause are equal, exits are compared.
            let exits = [one, other].into_iter().any(|outcome| matches!(outcome, Outcome::Exit(_)));
            if exits && a != b {
                compared.differences.push(("outcome".to_string(), a, b));
            }
        }
        (End::Errno(_), End::Errno(_)) if a != b => {
            compared.apart = baseline.succeeded() || candidate.succeeded();
            compared.differences.push(("errno".to_string(), a, b));
        }
        (End::Errno(_), End::Errno(_)) => {
            fields(baseline, candidate, &mut compared.differences);
            let lengths = baseline.count != candidate.count;
            let looks = LOOKING.contains(&function.name);
            compared.apart = !looks && (lengths || !compared.differences.is_empty());
        }
        // File sizes are checked at intervals of time: the call that exceeds the limit depends on timing.
        (End::Gone(Outcome::Limit { limit: LimitName::Files, .. }), _)
        | (_, End::Gone(Outcome::Limit { limit: LimitName::Files, .. })) => compared.apart = true,
        _ => {
            compared.apart = true;
            compared.differences.push(("outcome".to_string(), a, b));
        }
    }
    compared
}

fn fields(baseline: &Observed, candidate: &Observed, differences: &mut Vec<(String, String, String)>) {
    let by_name = |observed: &Observed| observed.fields.iter().cloned().collect::<BTreeMap<String, String>>();
    let [baseline_fields, candidate_fields] = [baseline, candidate].map(by_name);
    let is_count = |name: &str| matches!(name, "nread" | "nwritten" | "bufused" | "ro_datalen" | "so_datalen");
    let mut names: Vec<&String> = baseline_fields.keys().chain(candidate_fields.keys()).collect();
    // Lengths first: if one is missing, so is the content.
    names.sort_by_key(|name| (!is_count(name), name.to_string()));
    names.dedup();
    // Of two reads of different length, the common prefix is compared.
    let both = baseline.content.len().min(candidate.content.len());
    let is_same_so_far = baseline.content[..both] == candidate.content[..both];
    for name in names {
        let value = |fields: &BTreeMap<String, String>| fields.get(name).cloned().unwrap_or(NOTHING.to_string());
        let (a, b) = (value(&baseline_fields), value(&candidate_fields));
        // Access times depend on the system. Of a short read, only the length differs.
        let is_passed_over =
            (name == "atim" && (a == "now" || b == "now")) || (name == "iovs" && both > 0 && is_same_so_far);
        if a != b && !is_passed_over {
            differences.push((name.clone(), a, b));
            if is_count(name) {
                return;
            }
        }
    }
}

/// Compares files and output after the run.
pub fn left(baseline: &Observation, candidate: &Observation) -> Vec<(String, String, String)> {
    let mut differences = Vec::new();
    let empty = BTreeMap::new();
    let [a, b] = [baseline, candidate].map(|observation| observation.files.as_ref().unwrap_or(&empty));
    let mut paths: Vec<&String> = a.keys().chain(b.keys()).collect();
    paths.sort();
    paths.dedup();
    for path in paths {
        let [one, other] = [a, b].map(|files| files.get(path).map_or(NOTHING.to_string(), shown));
        if one != other {
            differences.push(("files".to_string(), one, other));
        }
    }
    for (name, a, b) in
        [("stdout", &baseline.stdout, &candidate.stdout), ("stderr", &baseline.stderr, &candidate.stderr)]
    {
        if a != b {
            differences.push((name.to_string(), super::program::text(a), super::program::text(b)));
        }
    }
    differences
}

fn shown(observed: &Left) -> String {
    match observed {
        Left::File { content, mode, .. } => format!("a file, mode {mode:o}: {}", super::program::text(content)),
        Left::Folder { mode, .. } => format!("a directory, mode {mode:o}"),
        Left::Link { to } => format!("a link to {to}"),
        Left::Other => "something else".to_string(),
    }
}

impl Difference {
    /// Returns the signature of a difference, which abstracts from bytes: the function, the place, and the kinds of
    /// both values.
    pub fn signature(&self) -> String {
        let value = |value: &String| match self.place.as_str() {
            "errno" | "outcome" | "filetype" | "outside" => value.clone(),
            _ => kind(value),
        };
        format!("{} {} {} {}", self.function, self.place, value(&self.baseline), value(&self.candidate))
    }
}

/// Abstracts a value to its kind.
fn kind(value: &str) -> String {
    match value {
        NOTHING | "0" | "some" | "now" | "not written" => value.to_string(),
        _ if value.starts_with("a file") => "a file".to_string(),
        _ if value.starts_with("written") => "written".to_string(),
        _ => "..".to_string(),
    }
}
