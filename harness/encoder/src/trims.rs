//! What trimming left of adapters, remembered: many mains ask the same of them.

use std::sync::{Mutex, PoisonError};

use crate::error::Error;
use crate::plan::ModuleId;
use crate::trim::{self, Request, Trimmed};
use foldhash::HashMap;

/// Everything that was trimmed so far. The adapters that [`ModuleId`]s stand for must stay the same.
#[derive(Debug, Default)]
pub(crate) struct Trims(Mutex<HashMap<Key, Trimmed>>);

/// What an outcome depends on.
#[derive(Debug, PartialEq, Eq, Hash)]
struct Key {
    adapter: ModuleId,
    exports: Vec<String>,
    validated: bool,
    /// Where memory of main comes from, in words.
    realloc: String,
}

impl Trims {
    /// The adapter, trimmed as it was the last time that the same was asked.
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
        // Two threads may do the same work once: that is shorter than one of them waiting for the other.
        let trimmed = trim::trim(request).map_err(|found| found.into_iter().map(Error::Trim).collect::<Vec<_>>())?;
        self.0.lock().unwrap_or_else(PoisonError::into_inner).insert(key, trimmed.clone());
        Ok(trimmed)
    }
}
