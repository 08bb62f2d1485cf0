//! What a call did on two sides -> in what that differs. Nothing in here runs anything, or excuses anything.

use std::collections::BTreeMap;

use polyfill_build::case::LimitName;
use polyfill_runner::{Observation, Outcome, Seen as Left};

use super::functions::Function;
use super::model::Facts;
use super::seen::{End, Seen};

/// A difference.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Difference {
    /// The call that it was seen in; one past the last for what the run has left behind.
    pub call: usize,
    /// The function; `run` for what the run has left behind.
    pub function: &'static str,
    /// In what: `errno`, `outcome`, a result by its name, `outside`, `files`, `stdout` or `stderr`.
    pub place: String,
    /// On the first side.
    pub old: String,
    /// On the second side.
    pub new: String,
    /// The circumstances.
    pub facts: Facts,
}

/// What stands for the function in a difference of what a run has left behind.
pub const RUN: &str = "run";
/// What stands for a value that is not there.
pub const NOTHING: &str = "nothing";

/// Functions that change nothing: whatever they give out, what comes after them can be compared.
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

/// What is known after a call.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Compared {
    /// What differs: the place, and both values.
    pub differences: Vec<(String, String, String)>,
    /// What comes after it cannot be compared.
    pub apart: bool,
}

/// Compares what a call did.
pub fn calls(function: &Function, old: &Seen, new: &Seen) -> Compared {
    let mut compared = Compared::default();
    let [a, b] = [old.end.to_string(), new.end.to_string()];
    match (&old.end, &new.end) {
        (End::Gone(one), End::Gone(other)) => {
            compared.apart = true;
            // Who has ended the guest, and in which words, is not the guest's affair.
            let exits = [one, other].into_iter().any(|outcome| matches!(outcome, Outcome::Exit(_)));
            if exits && a != b {
                compared.differences.push(("outcome".to_string(), a, b));
            }
        }
        (End::Errno(_), End::Errno(_)) if a != b => {
            compared.apart = old.succeeded() || new.succeeded();
            compared.differences.push(("errno".to_string(), a, b));
        }
        (End::Errno(_), End::Errno(_)) => {
            fields(old, new, &mut compared.differences);
            let lengths = old.count != new.count;
            let looks = LOOKING.contains(&function.name);
            compared.apart = !looks && (lengths || !compared.differences.is_empty());
        }
        // How large files are is looked at now and then: which call it is that ends by it is for the clock to say.
        (End::Gone(Outcome::Limit { limit: LimitName::Files, .. }), _)
        | (_, End::Gone(Outcome::Limit { limit: LimitName::Files, .. })) => compared.apart = true,
        _ => {
            compared.apart = true;
            compared.differences.push(("outcome".to_string(), a, b));
        }
    }
    compared
}

fn fields(old: &Seen, new: &Seen, differences: &mut Vec<(String, String, String)>) {
    let by_name = |seen: &Seen| seen.fields.iter().cloned().collect::<BTreeMap<String, String>>();
    let [old_fields, new_fields] = [old, new].map(by_name);
    let is_count = |name: &str| matches!(name, "nread" | "nwritten" | "bufused" | "ro_datalen" | "so_datalen");
    let mut names: Vec<&String> = old_fields.keys().chain(new_fields.keys()).collect();
    // A length first: where one is none, so is the content.
    names.sort_by_key(|name| (!is_count(name), name.to_string()));
    names.dedup();
    // Of two reads of different length, what both have read is compared.
    let both = old.content.len().min(new.content.len());
    let is_same_so_far = old.content[..both] == new.content[..both];
    for name in names {
        let value = |fields: &BTreeMap<String, String>| fields.get(name).cloned().unwrap_or(NOTHING.to_string());
        let (a, b) = (value(&old_fields), value(&new_fields));
        // When something was last read is for the system to say, and of a short read only the length is.
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

/// Compares what is left: files, and what was printed.
pub fn left(old: &Observation, new: &Observation) -> Vec<(String, String, String)> {
    let mut differences = Vec::new();
    let empty = BTreeMap::new();
    let [a, b] = [old, new].map(|observation| observation.files.as_ref().unwrap_or(&empty));
    let mut paths: Vec<&String> = a.keys().chain(b.keys()).collect();
    paths.sort();
    paths.dedup();
    for path in paths {
        let [one, other] = [a, b].map(|files| files.get(path).map_or(NOTHING.to_string(), shown));
        if one != other {
            differences.push(("files".to_string(), one, other));
        }
    }
    for (name, a, b) in [("stdout", &old.stdout, &new.stdout), ("stderr", &old.stderr, &new.stderr)] {
        if a != b {
            differences.push((name.to_string(), super::program::text(a), super::program::text(b)));
        }
    }
    differences
}

fn shown(seen: &Left) -> String {
    match seen {
        Left::File { content, mode, .. } => format!("a file, mode {mode:o}: {}", super::program::text(content)),
        Left::Folder { mode, .. } => format!("a folder, mode {mode:o}"),
        Left::Link { to } => format!("a link to {to}"),
        Left::Other => "something else".to_string(),
    }
}

impl Difference {
    /// What makes two differences the same, whatever the bytes: the function, the place, and both values.
    pub fn signature(&self) -> String {
        let value = |value: &String| match self.place.as_str() {
            "errno" | "outcome" | "filetype" | "outside" => value.clone(),
            _ => kind(value),
        };
        format!("{} {} {} {}", self.function, self.place, value(&self.old), value(&self.new))
    }
}

/// What kind of value it is.
fn kind(value: &str) -> String {
    match value {
        NOTHING | "0" | "some" | "now" | "not written" => value.to_string(),
        _ if value.starts_with("a file") => "a file".to_string(),
        _ if value.starts_with("written") => "written".to_string(),
        _ => "..".to_string(),
    }
}
