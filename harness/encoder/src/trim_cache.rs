//! Cache of garbage-collected adapters, because many guests require the same exports.

use std::sync::{Mutex, PoisonError};

use crate::error::Error;
use crate::plan::ModuleId;
use crate::trim::{self, MainRealloc, Request, Trimmed};
use foldhash::HashMap;

/// All results so far. The adapters of the [`ModuleId`]s must not change.
#[derive(Debug, Default)]
pub(crate) struct TrimCache(Mutex<HashMap<Key, Trimmed>>);

/// Inputs that the result depends on.
#[derive(Debug, PartialEq, Eq, Hash)]
struct Key {
    adapter: ModuleId,
    exports: Vec<String>,
    validated: bool,
    realloc: Realloc,
}

/// [`MainRealloc`] with an owned name.
#[derive(Debug, PartialEq, Eq, Hash)]
enum Realloc {
    Export(String),
    Grow,
    Late(String),
}

impl From<MainRealloc<'_>> for Realloc {
    fn from(realloc: MainRealloc<'_>) -> Self {
        match realloc {
            MainRealloc::Export(name) => Self::Export(name.to_string()),
            MainRealloc::Grow => Self::Grow,
            MainRealloc::Late(name) => Self::Late(name.to_string()),
        }
    }
}

impl TrimCache {
    /// Garbage-collects an adapter, or returns the cached result for the same requirements.
    pub fn trim(&self, adapter: ModuleId, request: &Request<'_>) -> Result<Trimmed, Vec<Error>> {
        let mut exports: Vec<String> = request.exports.iter().cloned().collect();
        exports.sort_unstable();
        let key = Key { adapter, exports, validated: request.validate, realloc: request.realloc.into() };
        if let Some(known) = self.0.lock().unwrap_or_else(PoisonError::into_inner).get(&key)
            && known.also.iter().all(|(import, also)| (request.also)(*import) == *also)
        {
            return Ok(known.clone());
        }
        // Two threads may do the same work once, which takes less time than waiting for each other.
        let trimmed = trim::trim(request).map_err(|found| found.into_iter().map(Error::Trim).collect::<Vec<_>>())?;
        self.0.lock().unwrap_or_else(PoisonError::into_inner).insert(key, trimmed.clone());
        Ok(trimmed)
    }
}
