//! Reads the build's settings from the environment.

use std::path::PathBuf;

use crate::system::variables;

/// Build settings from outside the suite's directory.
#[derive(Clone, Debug, Default)]
pub struct Settings {
    /// `POLYFILL_CC`: command of the C compiler for WASI, with arguments separated by spaces.
    pub cc: Option<String>,
    /// `POLYFILL_CXX`: the same for C++. Requires `POLYFILL_CC`.
    pub cxx: Option<String>,
    /// `POLYFILL_REQUIRE=all`: treats a missing tool as a failure instead of ignoring trials.
    pub require_all: bool,
    /// `POLYFILL_NO_INSTALL=1`: never calls `rustup target add`.
    pub no_install: bool,
    /// `CI`: treats an outdated lock file as a failure instead of updating it.
    pub locked: bool,
    /// Invalid environment variables, a line each. If not empty, the build fails.
    pub problems: Vec<String>,
    /// Directories to search for programs. Default: those in `PATH`.
    pub path: Option<Vec<PathBuf>>,
}

impl Settings {
    /// Environment variables that [`Settings::from_env`] reads.
    pub const VARIABLES: [&'static str; 5] =
        ["CI", "POLYFILL_CC", "POLYFILL_CXX", "POLYFILL_NO_INSTALL", "POLYFILL_REQUIRE"];

    /// Reads the settings from the environment.
    pub fn from_env() -> Settings {
        Settings::of(variables::text)
    }

    /// Reads the settings from the values that `variable` returns.
    fn of(variable: impl Fn(&str) -> Option<String>) -> Settings {
        let text = |name: &str| variable(name).map(|value| value.trim().to_string()).filter(|value| !value.is_empty());
        let mut problems = Vec::new();
        let (cc, cxx) = (text("POLYFILL_CC"), text("POLYFILL_CXX"));
        if cc.is_none() && cxx.is_some() {
            problems
                .push("`POLYFILL_CXX` is set, and `POLYFILL_CC` is not: it would be ignored\n  help: set both".into());
        }
        let mut word = |name: &str, yes: &[&str], no: &[&str]| match text(name) {
            None => false,
            Some(value) if yes.contains(&&*value) => true,
            Some(value) if no.contains(&&*value) => false,
            Some(value) => {
                let known: Vec<String> = yes.iter().chain(no).map(|word| format!("`{word}`")).collect();
                problems.push(format!("`{name}`: expected {}, found `{value}`", known.join(" or ")));
                false
            }
        };
        let require_all = word("POLYFILL_REQUIRE", &["all"], &[]);
        let no_install = word("POLYFILL_NO_INSTALL", &["1", "true"], &["0", "false"]);
        Settings { cc, cxx, require_all, no_install, locked: text("CI").is_some(), problems, path: None }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(variables: &[(&str, &str)]) -> Settings {
        Settings::of(|name| variables.iter().find(|(known, _)| *known == name).map(|(_, value)| value.to_string()))
    }

    #[test]
    fn values_that_mean_nothing_are_problems() {
        for (variables, part) in [
            (&[("POLYFILL_REQUIRE", "al")][..], "`POLYFILL_REQUIRE`: expected `all`, found `al`"),
            (&[("POLYFILL_NO_INSTALL", "maybe")][..], "`POLYFILL_NO_INSTALL`: expected `1`"),
            (&[("POLYFILL_CXX", "c++")][..], "`POLYFILL_CC` is not"),
        ] {
            let problems = of(variables).problems;
            assert!(problems.len() == 1 && problems[0].contains(part), "{problems:?}");
        }
        let settings = of(&[("POLYFILL_REQUIRE", "all"), ("POLYFILL_NO_INSTALL", "1"), ("POLYFILL_CC", " cc ")]);
        assert!(settings.require_all && settings.no_install && settings.problems.is_empty());
        assert_eq!(settings.cc.as_deref(), Some("cc"));
        assert!(!of(&[("POLYFILL_NO_INSTALL", "0"), ("POLYFILL_REQUIRE", " ")]).no_install);
    }
}
