//! Options of a run that the environment sets.

use polyfill_builder::Settings;
use polyfill_builder::system::variables;

use crate::engines::{EngineKind, parse_engines};
use crate::suite::Error;

/// Environment variable that selects engines.
const ENGINES: &str = "POLYFILL_ENGINES";

/// Options of a run from outside of the suite. [`Runner::run`](crate::Runner::run) reads them from the environment;
/// other code passes them to [`Runner::options`](crate::Runner::options).
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Options {
    /// `BLESS=1`: rewrites the golden files of failing trials.
    pub bless: bool,
    /// `CI`: refuses to rewrite golden files.
    pub ci: bool,
    /// `POLYFILL_ENGINES`: engines of trials that name none, as `all` or a comma-separated list. Default: Cranelift.
    pub engines: Option<Vec<EngineKind>>,
    /// `POLYFILL_REQUIRE=all`: fails the trials of an unavailable external host instead of ignoring them.
    pub require_all: bool,
}

impl Options {
    /// Reads the options from the environment.
    ///
    /// # Errors
    ///
    /// [`Error::Engines`] if `POLYFILL_ENGINES` contains an unknown engine.
    pub fn from_env() -> Result<Options, Error> {
        let engines = variables::text(ENGINES).map(|text| parse_engines(&text)).transpose().map_err(Error::Engines)?;
        Ok(Options {
            bless: variables::is_on("BLESS"),
            ci: variables::variable("CI").is_some(),
            engines,
            require_all: Settings::from_env().require_all,
        })
    }
}
