//! On-disk cache of compiled components and modules, shared by the processes of one-trial-per-process runners.
//!
//! An entry is named by the hash of the component and of the engine's settings. It begins with a checksum of the rest,
//! to detect corruption, and is written atomically.
//! Cache failures are never reported: without a cache, components are recompiled.

use std::fs;
use std::hash::{DefaultHasher, Hash, Hasher};
use std::path::PathBuf;
use std::sync::Once;
use std::time::{Duration, SystemTime};

use polyfill_builder::system;
use sha2::{Digest, Sha256};
use wasmtime::component::Component;
use wasmtime::{Engine, Module};

/// Maximum age of entries. A process deletes older ones when it writes its first entry.
const KEEP: Duration = Duration::from_secs(30 * 24 * 60 * 60);

/// Length of the checksum at the start of an entry, in bytes.
const HASH: usize = 32;

/// Types that can be cached.
pub(crate) trait Code: Clone {
    fn serialize(&self) -> wasmtime::Result<Vec<u8>>;

    /// # Safety
    ///
    /// The bytes must come from `serialize` of the same type.
    #[expect(unsafe_code)]
    unsafe fn deserialize(engine: &Engine, bytes: &[u8]) -> wasmtime::Result<Self>;
}

impl Code for Component {
    fn serialize(&self) -> wasmtime::Result<Vec<u8>> {
        Component::serialize(self)
    }

    #[expect(unsafe_code)]
    unsafe fn deserialize(engine: &Engine, bytes: &[u8]) -> wasmtime::Result<Self> {
        // SAFETY: guaranteed by the caller.
        unsafe { Component::deserialize(engine, bytes) }
    }
}

impl Code for Module {
    fn serialize(&self) -> wasmtime::Result<Vec<u8>> {
        Module::serialize(self)
    }

    #[expect(unsafe_code)]
    unsafe fn deserialize(engine: &Engine, bytes: &[u8]) -> wasmtime::Result<Self> {
        // SAFETY: guaranteed by the caller.
        unsafe { Module::deserialize(engine, bytes) }
    }
}

/// Directory of compiled code.
#[derive(Debug)]
pub(crate) struct Cache {
    folder: PathBuf,
    /// Set once old entries have been deleted.
    tidied: Once,
}

impl Cache {
    pub(crate) fn new(folder: PathBuf) -> Self {
        Self { folder, tidied: Once::new() }
    }

    /// Returns the entry of a component or a module if it exists and is intact. Hashes of different kinds never
    /// collide.
    pub(crate) fn load<T: Code>(&self, engine: &Engine, hash: &[u8; HASH]) -> Option<T> {
        let entry = system::read(self.path(engine, hash)).ok()?;
        let (expected, compiled) = entry.split_at_checked(HASH)?;
        if Sha256::digest(compiled).as_slice() != expected {
            return None;
        }
        // SAFETY: the bytes must come from `serialize`. `store` writes nothing else to this directory, and the checksum
        // shows that they are unchanged. (An attacker who can write a file with a valid checksum here can also replace
        // the test binary in the same target directory.)
        #[expect(unsafe_code)]
        unsafe { T::deserialize(engine, compiled) }.ok()
    }

    /// Stores compiled code.
    pub(crate) fn store(&self, engine: &Engine, hash: &[u8; HASH], code: &impl Code) {
        // Ignore errors: a read-only or full disk slows down later runs but does not fail them.
        let _ = self.try_store(engine, hash, code);
    }

    fn try_store(&self, engine: &Engine, hash: &[u8; HASH], code: &impl Code) -> Option<()> {
        let compiled = code.serialize().ok()?;
        fs::create_dir_all(&self.folder).ok()?;
        let entry = [Sha256::digest(&compiled).as_slice(), &compiled].concat();
        system::write(&self.path(engine, hash), &entry).ok()?;
        self.tidied.call_once(|| self.delete_old());
        Some(())
    }

    fn delete_old(&self) {
        let Ok(entries) = fs::read_dir(&self.folder) else { return };
        for entry in entries.flatten() {
            let written = entry.metadata().and_then(|metadata| metadata.modified());
            let age = written.ok().and_then(|written| SystemTime::now().duration_since(written).ok());
            if age.is_some_and(|age| age > KEEP) {
                let _ = fs::remove_file(entry.path());
            }
        }
    }

    fn path(&self, engine: &Engine, hash: &[u8; HASH]) -> PathBuf {
        let mut settings = DefaultHasher::new();
        engine.precompile_compatibility_hash().hash(&mut settings);
        let digits: String = hash[..16].iter().map(|byte| format!("{byte:02x}")).collect();
        self.folder.join(format!("{digits}-{:016x}.cwasm", settings.finish()))
    }
}
