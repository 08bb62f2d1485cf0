//! Defines the expected results of a case.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::{Bytes, LimitName};
use crate::tree::Tree;

/// Expected results of a run. Keys that are absent are not checked, except for the outcome of the run.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields, rename_all = "kebab-case", default)]
pub struct Expect {
    /// Exit code. A plain return counts as 0. Default without `exit`, `trap`, `error` and `limit`: 0.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub exit: Option<i32>,
    /// Limit that is exceeded. `time`, `fuel`, `output`, `files`, `handles` and `random` end the run. `memory` is met,
    /// regardless of the outcome, if the memory could not be allocated or could not grow because of the limit.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub limit: Option<LimitName>,
    /// Trap that ends the run: its kind in wasmtime's words (`unreachable`, `out of bounds memory access`), or a part
    /// of its message.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub trap: Option<String>,
    /// Function that traps: a part of the name of the innermost frame.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub trap_in: Option<String>,
    /// Functions in the trap's backtrace, innermost first. Each is a part of a frame's name; other frames may lie
    /// between.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub backtrace: Vec<String>,
    /// Complete message of the expected encoding error.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub error: Option<Bytes>,
    /// Standard output, as exact content or a pattern.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub stdout: Option<Bytes>,
    /// Standard error, as exact content or a pattern.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub stderr: Option<Bytes>,
    /// Calls across the component boundary: all of them, in order: `my-wasi.print([104, 105]) -> 2`. Lists of bytes
    /// that are text are written as strings: `my-wasi.print("hi") -> 2`. A table matches some of the calls: `{
    /// at-least = [..], never = [..] }`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub host_calls: Option<HostCalls>,
    /// Calls that interposition adapters record, with core values, one per line in the order in which they start:
    /// `wasi_snapshot_preview1.fd_write(1, 1048, 1, 1060) -> 0`. Nested calls are indented by two spaces. A call that
    /// does not return has no result.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub core_calls: Option<Bytes>,
    /// Trace of the run as printed by `polyfill run --trace`: the calls across both boundaries, nested by caller. The
    /// key enables tracing for the case. Traces are unavailable on the host `native` and on external hosts.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub trace: Option<Bytes>,
    /// Functions that the component imports, sorted: `my-wasi.print`. Imports that serve only the recording of calls
    /// are omitted.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub imports: Option<Vec<String>>,
    /// Texts that must not occur in the name of any function that the component imports: `wasi:sockets`.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub no_imports: Vec<String>,
    /// Requires one version per namespace (`wasi`) for the interfaces that the component's core modules import,
    /// adapters included. A world and code that disagree on the version are accepted by only some hosts. Default:
    /// false.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub one_version: bool,
    /// Growth of the guest's memory in pages of 64 KiB: `[minimum, maximum]`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub pages_grown: Option<[u64; 2]>,
    /// Resources that the host still holds for the guest after the run, that is, handles that neither the guest nor
    /// its adapter dropped. Checked on hosts that keep a resource table. Either a total, or a count for each kind: `{
    /// descriptor = 1, input-stream = 2 }`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub handles_left: Option<Handles>,
    /// Complete content of the `files` directory after the run. Parent directories may be omitted. Permissions and
    /// modification times are compared only for entries that specify them.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub files: Option<Tree>,
}

impl Expect {
    /// Replaces the keys that `other` has. A key for the outcome of the run replaces all keys for the outcome.
    pub(crate) fn merge(&mut self, other: &Expect) {
        // Without `..`, so that each key has a rule.
        let Expect {
            exit,
            limit,
            trap,
            trap_in,
            backtrace,
            error,
            stdout,
            stderr,
            host_calls,
            core_calls,
            trace,
            imports,
            no_imports,
            one_version,
            pages_grown,
            handles_left,
            files,
        } = other;
        if exit.is_some() || limit.is_some() || trap.is_some() || error.is_some() {
            (self.exit, self.limit, self.trap, self.error) = (*exit, *limit, trap.clone(), error.clone());
            (self.trap_in, self.backtrace) = (None, Vec::new());
        }
        replace(&mut self.trap_in, trap_in);
        replace_list(&mut self.backtrace, backtrace);
        replace(&mut self.stdout, stdout);
        replace(&mut self.stderr, stderr);
        replace(&mut self.host_calls, host_calls);
        replace(&mut self.core_calls, core_calls);
        replace(&mut self.trace, trace);
        replace(&mut self.imports, imports);
        replace_list(&mut self.no_imports, no_imports);
        self.one_version |= one_version;
        replace(&mut self.pages_grown, pages_grown);
        replace(&mut self.handles_left, handles_left);
        replace(&mut self.files, files);
    }
}

/// Replaces a key that is present in an override.
fn replace<T: Clone>(key: &mut Option<T>, other: &Option<T>) {
    if other.is_some() {
        key.clone_from(other);
    }
}

/// Replaces a list that an override contains.
fn replace_list(key: &mut Vec<String>, other: &[String]) {
    if !other.is_empty() {
        key.clear();
        key.extend_from_slice(other);
    }
}

/// Number of resources that a host holds.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(untagged, expecting = "expected a number, or { resource = number, .. }")]
pub enum Handles {
    /// Total number of resources.
    All(u64),
    /// Number of resources of each kind, by WASI 0.2 name; no others may be left. Any resource defined by a custom
    /// host counts as `other`.
    Each(BTreeMap<String, u64>),
}

/// Expected calls across the component boundary.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(untagged, expecting = "expected a list of calls, or { at-least = [..], unordered = [..], never = [..] }")]
pub enum HostCalls {
    /// Exactly these calls, in this order.
    Exactly(Vec<String>),
    /// Some of the calls; `[..]` stands for any text.
    Some(SomeCalls),
}

/// See [`HostCalls::Some`].
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields, rename_all = "kebab-case", default)]
pub struct SomeCalls {
    /// Calls that occur in this order; others may occur between them.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub at_least: Vec<String>,
    /// Exactly these calls, in any order.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub unordered: Option<Vec<String>>,
    /// Calls that must not occur.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub never: Vec<String>,
}

impl SomeCalls {
    /// Returns true if the check requires the complete list of calls.
    pub fn needs_all(&self) -> bool {
        self.unordered.is_some() || !self.never.is_empty()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Each key with a value other than the default, in TOML.
    const KEYS: [(&str, &str); 17] = [
        ("exit", "3"),
        ("limit", "'time'"),
        ("trap", "'unreachable'"),
        ("trap-in", "'f'"),
        ("backtrace", "['f', 'g']"),
        ("error", "'e'"),
        ("stdout", "'o'"),
        ("stderr", "'r'"),
        ("host-calls", "['c']"),
        ("core-calls", "'c'"),
        ("trace", "'t'"),
        ("imports", "['i']"),
        ("no-imports", "['n']"),
        ("one-version", "true"),
        ("pages-grown", "[1, 2]"),
        ("handles-left", "4"),
        ("files", "{ d = {} }"),
    ];

    fn parse(keys: &[(&str, &str)]) -> Expect {
        let lines: String = keys.iter().map(|(key, value)| format!("{key} = {value}\n")).collect();
        toml::from_str(&lines).unwrap_or_else(|error| panic!("{lines}: {error}"))
    }

    #[test]
    fn each_key_replaces_its_own_value_only() {
        let outcome = ["exit", "limit", "trap", "error"];
        let others: Vec<(&str, &str)> = KEYS.into_iter().filter(|(key, _)| !outcome.contains(key)).collect();
        for (key, value) in &others {
            let mut merged = Expect::default();
            merged.merge(&parse(&[(key, value)]));
            assert_eq!(merged, parse(&[(key, value)]), "{key}");
            merged.merge(&Expect::default());
            assert_eq!(merged, parse(&[(key, value)]), "{key} without an override");
        }
        let mut merged = parse(&others);
        merged.merge(&parse(&[("stdout", "'other'"), ("backtrace", "['h']")]));
        assert_eq!(merged.stdout, parse(&[("stdout", "'other'")]).stdout);
        assert_eq!(merged.backtrace, ["h"]);
        assert_eq!(Expect { stdout: None, backtrace: Vec::new(), ..merged }, {
            Expect { stdout: None, backtrace: Vec::new(), ..parse(&others) }
        });
    }

    #[test]
    fn a_key_for_the_outcome_replaces_all_keys_for_the_outcome() {
        let outcome = ["exit", "limit", "trap", "error", "trap-in", "backtrace"];
        let rest: Vec<(&str, &str)> = KEYS.into_iter().filter(|(key, _)| !outcome.contains(key)).collect();
        for (key, value) in KEYS.into_iter().take(6).filter(|(key, _)| !["trap-in", "backtrace"].contains(key)) {
            let mut merged = parse(&KEYS);
            merged.merge(&parse(&[(key, value)]));
            let expected: Vec<(&str, &str)> = rest.iter().copied().chain([(key, value)]).collect();
            assert_eq!(merged, parse(&expected), "{key}");
        }
    }
}
