//! What the environment may say about a build, read in one place.

use std::path::PathBuf;

use crate::system::variables;

/// The build's settings from outside the suite folder.
#[derive(Clone, Debug, Default)]
pub struct Settings {
    /// `POLYFILL_CC`: the C compiler's command for WASI, with its arguments, separated by spaces.
    pub cc: Option<String>,
    /// `POLYFILL_CXX`: the same for C++, where `POLYFILL_CC` is set.
    pub cxx: Option<String>,
    /// `POLYFILL_REQUIRE=all`: a missing tool is a failure, nothing is ignored.
    pub require_all: bool,
    /// `POLYFILL_NO_INSTALL`: never call `rustup target add`.
    pub no_install: bool,
    /// `CI`: a lock file that does not fit its manifests is a failure, not brought up to date.
    pub locked: bool,
    /// The programs are looked for in these folders; without it, in those of `PATH`.
    pub path: Option<Vec<PathBuf>>,
}

impl Settings {
    /// The variables that [`Settings::from_env`] looks at.
    pub const VARIABLES: [&'static str; 5] =
        ["CI", "POLYFILL_CC", "POLYFILL_CXX", "POLYFILL_NO_INSTALL", "POLYFILL_REQUIRE"];

    /// As the environment says.
    pub fn from_env() -> Settings {
        let text = variables::text;
        Settings {
            cc: text("POLYFILL_CC"),
            cxx: text("POLYFILL_CXX"),
            require_all: text("POLYFILL_REQUIRE").is_some_and(|value| value == "all"),
            no_install: text("POLYFILL_NO_INSTALL").is_some(),
            locked: text("CI").is_some(),
            path: None,
        }
    }
}
