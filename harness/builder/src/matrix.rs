//! Selects the trials of a case, and the expectations that apply to some of them only.

use std::borrow::Cow;

use polyfill_encoder::fits;
use serde::{Deserialize, Serialize};

use crate::case::{Case, Expect};
use crate::failing::ExpectedFailure;
use crate::index::{is_native, without_engine};

/// Combination of adapter chains and hosts.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields, rename_all = "kebab-case", default)]
pub struct Product {
    /// Adapter chains, as in the case's `adapters` key.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub adapters: Option<Vec<String>>,
    /// Hosts, as in the case's `hosts` key.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub hosts: Option<Vec<String>>,
}

/// Pattern, or list of patterns, of trials as `adapter@host` (`reference-command@48.0.8@wasi`, `none@native`), in
/// which `*` matches any text. A host name matches the host with every engine; `*@wasi/winch` matches that engine
/// only.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(untagged, expecting = "expected a pattern of `adapter@host`, or a list of them")]
pub enum Pattern {
    /// One pattern.
    One(String),
    /// Patterns, any of which may match.
    Several(Vec<String>),
}

/// Trials that are left out.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct Skip {
    /// Trials to leave out.
    pub trials: Pattern,
    /// Reason, as shown in reports.
    pub reason: String,
}

/// Expectations that replace the case's for some trials.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct Override {
    /// Trials to which the expectations apply.
    pub trials: Pattern,
    /// Keys to replace. A key for the outcome of the run (`exit`, `trap`, `error`, `limit`) replaces all keys for the
    /// outcome.
    pub expect: Expect,
}

/// Trials that are expected to fail; an unexpected pass is a failure. A trial that was not built, was not run, was
/// ended by a limit, or fails in another way than `with` describes does not count as an expected failure.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct Xfail {
    /// Trials that are expected to fail.
    pub trials: Pattern,
    /// Reason, as shown in reports.
    pub reason: String,
    /// Expected failure: its kind (`trap`, `exit`, `limit`, `error`, `sanitize`, or the unmet key of `expect` or of a
    /// call, such as `stdout` or `returns`), a list of kinds, or the actual values (`{ exit = 1, stdout = "" }`).
    /// Default: any difference in the run, except `error` and `limit`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub with: Option<ExpectedFailure>,
    /// Link to a report or an explanation.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub link: Option<String>,
}

impl Pattern {
    /// Returns true if a trial matches.
    pub fn includes(&self, adapter: &str, host: &str) -> bool {
        let trials = [format!("{adapter}@{host}"), format!("{adapter}@{}", without_engine(host))];
        self.patterns().iter().any(|pattern| trials.iter().any(|trial| fits(pattern, "*", trial)))
    }

    /// Returns all patterns.
    pub fn patterns(&self) -> &[String] {
        match self {
            Pattern::One(pattern) => std::slice::from_ref(pattern),
            Pattern::Several(patterns) => patterns,
        }
    }
}

impl Case {
    /// Returns all combinations of chains and hosts that the case or its group specifies. A single one without keys
    /// selects everything that fits.
    pub(crate) fn products(&self) -> Vec<Product> {
        let own = Product { adapters: self.adapters.clone(), hosts: self.hosts.clone() };
        let has_own = own != Product::default() || self.runs.is_empty();
        has_own.then_some(own).into_iter().chain(self.runs.iter().cloned()).collect()
    }

    /// Returns true if all hosts of the case are `native`.
    pub fn is_on_native_alone(&self) -> bool {
        let hosts: Option<Vec<Vec<String>>> = self.products().into_iter().map(|product| product.hosts).collect();
        hosts.is_some_and(|hosts| hosts.iter().flatten().all(|host| is_native(host)))
    }

    /// Returns true if `skip` leaves the trial out.
    pub fn leaves_out(&self, adapter: &str, host: &str) -> bool {
        self.exclusion(adapter, host).is_some()
    }

    /// Returns the `skip` entry that leaves a trial out.
    pub fn exclusion(&self, adapter: &str, host: &str) -> Option<&Skip> {
        self.skip.iter().find(|skip| skip.trials.includes(adapter, host))
    }

    /// Returns the `xfail` entry of a trial that is expected to fail.
    pub fn must_fail_on(&self, adapter: &str, host: &str) -> Option<&Xfail> {
        self.xfail.iter().find(|fails| fails.trials.includes(adapter, host))
    }

    /// Returns the case for one trial: `expect` with the matching `override` entries applied in order.
    pub fn at(&self, adapter: &str, host: &str) -> Cow<'_, Case> {
        let here: Vec<&Override> = self.overrides.iter().filter(|on| on.trials.includes(adapter, host)).collect();
        if here.is_empty() {
            return Cow::Borrowed(self);
        }
        let mut case = self.clone();
        for on in here {
            case.expect.merge(&on.expect);
        }
        Cow::Owned(case)
    }

    /// Returns the case with keys of `expect` replaced. A key for the outcome of the run replaces all keys for the
    /// outcome.
    pub fn with(&self, expect: &Expect) -> Case {
        let mut case = self.clone();
        case.expect.merge(expect);
        case
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn stars_match_any_text() {
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
    fn overrides_replace_the_expectations_of_matching_trials() {
        let case: Case = toml::from_str(
            r#"
            expect = { exit = 3, stdout = "a", stderr = "b" }
            [[override]]
            trials = "*@wasi"
            expect = { trap = "unreachable" }
            [[override]]
            trials = ["*@wasi/winch", "x@*"]
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
