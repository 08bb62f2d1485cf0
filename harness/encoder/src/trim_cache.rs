//! Cache of garbage-collected adapters, because many guests require the same exports.

use std::sync::{Mutex, PoisonError};

use crate::error::Error;
use crate::plan::ModuleId;
use crate::trim::{self, Request, Trimmed};
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
    /// Debug format of the allocation method.
    realloc: String,
}

impl TrimCache {
    /// Garbage-collects an adapter, or returns the cached result for the same requirements.
    pub fn trim(&self, adapter: ModuleId, request: &Request<'_>) -> Result<Trimmed, Vec<Error>> {
        let mut exports: Vec<String> = request.exports.iter().cloned().collect();
        exports.sort_unstable();
        let realloc = format!("{:?}", request.realloc);
        let key = Key { adapter, exports, validated: request.validate, realloc };
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
