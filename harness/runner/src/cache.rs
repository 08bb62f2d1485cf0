//! Compiled components and modules on disk: a process that runs one trial must not compile again what another one compiled.
//!
//! An entry is named by the hash of the component and of the engine's settings. It begins with the hash of the rest,
//! so that a damaged one is noticed; it appears by a rename, so that no process reads half of one.
//! Nothing in here fails: without a cache, components are compiled again.

use std::fs;
use std::hash::{DefaultHasher, Hash, Hasher};
use std::io::Write;
use std::path::PathBuf;
use std::sync::Once;
use std::time::{Duration, SystemTime};

use sha2::{Digest, Sha256};
use wasmtime::component::Component;
use wasmtime::{Engine, Module};

/// Entries that were written longer ago are deleted when a process writes its first one.
const KEEP: Duration = Duration::from_secs(30 * 24 * 60 * 60);

/// Bytes of the hash that an entry begins with.
const HASH: usize = 32;

/// What can be kept.
pub(crate) trait Code: Clone {
    fn serialize(&self) -> wasmtime::Result<Vec<u8>>;

    /// # Safety
    ///
    /// The bytes must be what `serialize` of the same type gave.
    #[expect(unsafe_code)]
    unsafe fn deserialize(engine: &Engine, bytes: &[u8]) -> wasmtime::Result<Self>;
}

impl Code for Component {
    fn serialize(&self) -> wasmtime::Result<Vec<u8>> {
        Component::serialize(self)
    }

    #[expect(unsafe_code)]
    unsafe fn deserialize(engine: &Engine, bytes: &[u8]) -> wasmtime::Result<Self> {
        // SAFETY: the caller's.
        unsafe { Component::deserialize(engine, bytes) }
    }
}

impl Code for Module {
    fn serialize(&self) -> wasmtime::Result<Vec<u8>> {
        Module::serialize(self)
    }

    #[expect(unsafe_code)]
    unsafe fn deserialize(engine: &Engine, bytes: &[u8]) -> wasmtime::Result<Self> {
        // SAFETY: the caller's.
        unsafe { Module::deserialize(engine, bytes) }
    }
}

/// A folder of compiled code.
#[derive(Debug)]
pub(crate) struct Cache {
    folder: PathBuf,
    /// Old entries are looked for once.
    tidied: Once,
}

impl Cache {
    pub(crate) fn new(folder: PathBuf) -> Self {
        Self { folder, tidied: Once::new() }
    }

    /// The entry of a component or a module, if there is one and it is whole. No two that differ in kind have one hash.
    pub(crate) fn load<T: Code>(&self, engine: &Engine, hash: &[u8; HASH]) -> Option<T> {
        let entry = polyfill_build::system::read(self.path(engine, hash)).ok()?;
        let (expected, compiled) = entry.split_at_checked(HASH)?;
        if Sha256::digest(compiled).as_slice() != expected {
            return None;
        }
        // SAFETY: the bytes must be what `serialize` gave. `store` writes nothing else to this folder, and the hash
        // shows that they are still what it wrote. (Someone who plants a file here with a fitting hash can
        // also replace the test binary that lies in the same target folder.)
        #[expect(unsafe_code)]
        unsafe { T::deserialize(engine, compiled) }.ok()
    }

    /// Keeps compiled code.
    pub(crate) fn store(&self, engine: &Engine, hash: &[u8; HASH], code: &impl Code) {
        // A read-only or full disk costs time in later runs, but fails none of them.
        let _ = self.try_store(engine, hash, code);
    }

    fn try_store(&self, engine: &Engine, hash: &[u8; HASH], code: &impl Code) -> Option<()> {
        let compiled = code.serialize().ok()?;
        fs::create_dir_all(&self.folder).ok()?;
        let mut file = tempfile::NamedTempFile::new_in(&self.folder).ok()?;
        file.write_all(&Sha256::digest(&compiled)).ok()?;
        file.write_all(&compiled).ok()?;
        file.persist(self.path(engine, hash)).ok()?;
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
