//! Which cells a case has, and what holds for some of them only.

use std::borrow::Cow;

use polyfill_encoder::fits;
use serde::{Deserialize, Serialize};

use crate::case::{Case, Expect};
use crate::failing::With;
use crate::index::{is_native, without_engine};

/// Adapter stacks x hosts.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields, rename_all = "kebab-case", default)]
pub struct Product {
    /// As the case's own key `adapters`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub adapters: Option<Vec<String>>,
    /// As the case's own key `hosts`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub hosts: Option<Vec<String>>,
}

/// Which cells are meant: by `adapter@host` (`reference-command@48.0.8@wasi`, `none@native`), in which `*` is any text. A host
/// is meant with all engines; `*@wasi/winch` is on that one alone.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(untagged, expecting = "expected a pattern of `adapter@host`, or a list of them")]
pub enum Pattern {
    /// Those.
    One(String),
    /// All of those.
    Several(Vec<String>),
}

/// Cells that there are not.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct Exclude {
    /// Which.
    pub cells: Pattern,
    /// Why.
    pub reason: String,
}

/// What some cells show in place of what the others do.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct On {
    /// Which.
    pub cells: Pattern,
    /// The keys that are other there. One that says how the run ends (`exit`, `trap`, `error`, `limit`) takes the place of
    /// all of these.
    pub expect: Expect,
}

/// Cells that must fail: where one passes, that is a failure. A cell that was not built or not run has not failed in this
/// sense, nor has one that a limit ended, or that differs in another way than `with` says.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct Fails {
    /// Which.
    pub cells: Pattern,
    /// Why.
    pub reason: String,
    /// How: the kind of the failure (`trap`, `exit`, `limit`, `error`, `sanitize`, or a key of `expect` or of a call that is not
    /// met, such as `stdout` or `returns`), a list of kinds, or the actual values (`{ exit = 1, stdout = "" }`). Without it,
    /// any difference of a run counts, but not `error` or `limit`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub with: Option<With>,
    /// Where it is told in full, or was reported.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub link: Option<String>,
}

/// The keys by which a case ends: one of them at most.
const ENDS: [&str; 4] = ["exit", "trap", "error", "limit"];

impl Pattern {
    /// Whether a cell is meant.
    pub fn includes(&self, adapter: &str, host: &str) -> bool {
        let cells = [format!("{adapter}@{host}"), format!("{adapter}@{}", without_engine(host))];
        self.patterns().iter().any(|pattern| cells.iter().any(|cell| fits(pattern, "*", cell)))
    }

    /// All of them.
    pub fn patterns(&self) -> &[String] {
        match self {
            Pattern::One(pattern) => std::slice::from_ref(pattern),
            Pattern::Several(patterns) => patterns,
        }
    }
}

impl Case {
    /// All stacks x hosts that the case or its group names; a single one without any key is everything that fits.
    pub(crate) fn products(&self) -> Vec<Product> {
        let own = Product { adapters: self.adapters.clone(), hosts: self.hosts.clone() };
        let has_own = own != Product::default() || self.runs.is_empty();
        has_own.then_some(own).into_iter().chain(self.runs.iter().cloned()).collect()
    }

    /// Returns true if all hosts that it names are `native`.
    pub fn is_on_native_alone(&self) -> bool {
        let hosts: Option<Vec<Vec<String>>> = self.products().into_iter().map(|product| product.hosts).collect();
        hosts.is_some_and(|hosts| hosts.iter().flatten().all(|host| is_native(host)))
    }

    /// Whether some cells are said not to be there.
    pub fn leaves_out(&self, adapter: &str, host: &str) -> bool {
        self.exclusion(adapter, host).is_some()
    }

    /// The entry that leaves a cell out, if there is one.
    pub fn exclusion(&self, adapter: &str, host: &str) -> Option<&Exclude> {
        self.exclude.iter().find(|exclude| exclude.cells.includes(adapter, host))
    }

    /// The reason why a cell must fail, if it must.
    pub fn must_fail_on(&self, adapter: &str, host: &str) -> Option<&Fails> {
        self.fails.iter().find(|fails| fails.cells.includes(adapter, host))
    }

    /// The case as it is for one cell: `expect` with what `on` says of the cell over it, later ones over earlier ones.
    pub fn at(&self, adapter: &str, host: &str) -> Cow<'_, Case> {
        let here: Vec<&On> = self.on.iter().filter(|on| on.cells.includes(adapter, host)).collect();
        if here.is_empty() {
            return Cow::Borrowed(self);
        }
        Cow::Owned(here.into_iter().fold(self.clone(), |case, on| case.with(&on.expect)))
    }

    /// The case with some keys of `expect` in place of its own. One that says how the run ends replaces all of these.
    pub fn with(&self, expect: &Expect) -> Case {
        let (mut keys, others) = (keys(&self.expect), keys(expect));
        if ENDS.iter().any(|end| others.contains_key(*end)) {
            keys.retain(|key, _| !ENDS.contains(&key.as_str()) && !["backtrace", "trap-in"].contains(&key.as_str()));
        }
        keys.extend(others);
        let expect = serde_json::from_value(keys.into()).expect("each value is what it was");
        Case { expect, ..self.clone() }
    }
}

/// The keys that are given. Keys with their defaults are not.
fn keys(expect: &Expect) -> serde_json::Map<String, serde_json::Value> {
    match serde_json::to_value(expect) {
        Ok(serde_json::Value::Object(keys)) => keys,
        _ => unreachable!("a struct with names for keys"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn stars_stand_for_any_text() {
        for (pattern, text, expected) in [
            ("a@b", "a@b", true),
            ("a@b", "a@bc", false),
            ("*", "", true),
            ("*@wasi", "reference-command@48.0.8@wasi", true),
            ("*@wasi", "reference-command@wasi/winch", false),
            ("*@wasi*", "reference-command@wasi/winch", true),
            ("reference-*@24.*@*", "reference-command@24.0.13@wasi", true),
            ("reference-*@24.*@*", "reference-command@25.0.1@wasi", false),
            ("a*a", "a", false),
            ("a**a", "aa", true),
        ] {
            assert_eq!(fits(pattern, "*", text), expected, "{pattern} {text}");
        }
    }

    #[test]
    fn what_some_cells_show_goes_over_what_all_do() {
        let case: Case = toml::from_str(
            r#"
            expect = { exit = 3, stdout = "a", stderr = "b" }
            [[on]]
            cells = "*@wasi"
            expect = { trap = "unreachable" }
            [[on]]
            cells = ["*@wasi/winch", "x@*"]
            expect = { stdout = "c" }
            "#,
        )
        .unwrap();
        let text = |adapter: &str, host: &str| serde_json::to_string(&case.at(adapter, host).expect).unwrap();
        assert_eq!(text("a", "b"), r#"{"exit":3,"stdout":"a","stderr":"b"}"#);
        assert_eq!(text("a", "wasi"), r#"{"trap":"unreachable","stdout":"a","stderr":"b"}"#);
        assert_eq!(text("a", "wasi/winch"), r#"{"trap":"unreachable","stdout":"c","stderr":"b"}"#);
        assert_eq!(text("x", "b"), r#"{"exit":3,"stdout":"c","stderr":"b"}"#);
    }
}
