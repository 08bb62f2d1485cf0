//! Records completed work by content hash: inputs and outputs.
//!
//! A record is valid only if its key, every input and every output are unchanged. Otherwise, or if the record is
//! broken, the work is repeated.

use std::collections::BTreeMap;
use std::io;
use std::path::{Path, PathBuf};
use std::time::SystemTime;

use serde::{Deserialize, Serialize};

use crate::digest;

/// Completed piece of work.
#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Record {
    /// Inputs other than files: tools, their versions, flags.
    key: String,
    /// Files and the hashes of their content.
    inputs: BTreeMap<PathBuf, String>,
    outputs: BTreeMap<String, Output>,
}

/// Output file.
#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Output {
    file: PathBuf,
    hash: String,
}

/// Outputs of a valid record.
pub(crate) struct Kept {
    pub(crate) inputs: Vec<PathBuf>,
    /// Content of each output.
    pub(crate) outputs: BTreeMap<String, Vec<u8>>,
}

/// Returns the recorded result if nothing has changed since.
pub(crate) fn look_up(record: &Path, key: &str) -> Option<Kept> {
    let record: Record = serde_json::from_slice(&crate::system::read(record).ok()?).ok()?;
    if record.key != key {
        return None;
    }
    for (path, hash) in &record.inputs {
        if digest::of(&crate::system::read(path).ok()?) != *hash {
            return None;
        }
    }
    let mut outputs = BTreeMap::new();
    for (name, output) in record.outputs {
        let content = crate::system::read(&output.file).ok()?;
        if digest::of(&content) != output.hash {
            return None;
        }
        outputs.insert(name, content);
    }
    Some(Kept { inputs: record.inputs.into_keys().collect(), outputs })
}

/// Writes a record of work that began at `begun`, unless an input was changed under it.
pub(crate) fn store(
    record: &Path,
    key: &str,
    begun: SystemTime,
    inputs: &[PathBuf],
    outputs: &[(String, PathBuf)],
) -> io::Result<()> {
    let mut hashes = BTreeMap::new();
    for path in inputs {
        if std::fs::metadata(path)?.modified()? >= begun {
            return Ok(());
        }
        hashes.insert(path.clone(), digest::of(&crate::system::read(path)?));
    }
    let mut made = BTreeMap::new();
    for (name, file) in outputs {
        let hash = digest::of(&crate::system::read(file)?);
        made.insert(name.clone(), Output { file: file.clone(), hash });
    }
    let content = Record { key: key.to_string(), inputs: hashes, outputs: made };
    write(record, &serde_json::to_vec_pretty(&content)?)
}

/// Writes a file atomically, only if the content differs: the modification time changes only with the content.
pub(crate) fn write(path: &Path, content: &[u8]) -> io::Result<()> {
    if crate::system::read(path).is_ok_and(|old| old == content) {
        return Ok(());
    }
    if let Some(folder) = path.parent() {
        std::fs::create_dir_all(folder)?;
    }
    crate::system::write(path, content)
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    #[test]
    fn a_record_holds_until_something_changes() {
        let folder = tempfile::tempdir().unwrap();
        let file = |name: &str| folder.path().join(name);
        let make = || {
            std::fs::write(file("in"), "in").unwrap();
            std::fs::write(file("out"), "out").unwrap();
            let later = SystemTime::now() + Duration::from_secs(9);
            store(&file("record"), "key", later, &[file("in")], &[("out".into(), file("out"))]).unwrap();
        };
        let holds = |key| look_up(&file("record"), key).is_some();
        make();
        assert!(holds("key"));
        assert!(!holds("other key"));
        std::fs::write(file("in"), "other").unwrap();
        assert!(!holds("key"));
        make();
        std::fs::write(file("out"), "corrupted").unwrap();
        assert!(!holds("key"));
        make();
        std::fs::write(file("record"), "{ broken").unwrap();
        assert!(!holds("key"));
    }

    #[test]
    fn an_input_changed_meanwhile_gives_no_record() {
        let folder = tempfile::tempdir().unwrap();
        let input = folder.path().join("in");
        std::fs::write(&input, "in").unwrap();
        let earlier = SystemTime::now() - Duration::from_secs(9);
        store(&folder.path().join("record"), "key", earlier, &[input], &[]).unwrap();
        assert!(look_up(&folder.path().join("record"), "key").is_none());
    }
}
