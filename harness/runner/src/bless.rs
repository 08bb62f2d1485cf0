//! Writes actual output to the expected files of a case.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::{Mutex, PoisonError};

use crate::compare::{Mismatch, Stream};

/// Rewrites expected files.
#[derive(Debug, Default)]
pub(crate) struct Blesser {
    root: PathBuf,
    /// Files written in this run. Prevents two trials from overwriting each other's output.
    written: Mutex<BTreeMap<PathBuf, Vec<u8>>>,
}

impl Blesser {
    pub(crate) fn new(root: PathBuf) -> Self {
        Self { root, written: Mutex::default() }
    }

    /// Blesses a failing trial completely or not at all. Returns the rewritten files, or the reasons for refusing.
    pub(crate) fn bless(&self, source: &str, mismatches: &[Mismatch]) -> Result<Vec<PathBuf>, Vec<String>> {
        let folder = self.root.join(source);
        let folder = folder.parent().unwrap_or(Path::new(""));
        let mut files = Vec::new();
        let mut refusals = Vec::new();
        for mismatch in mismatches {
            match mismatch {
                Mismatch::Bytes { golden: Some(golden), actual, .. } => files.push((folder.join(&golden.file), actual)),
                Mismatch::Bytes { golden: None, stream, .. } => {
                    let key = match stream {
                        Stream::Stdout => "stdout",
                        Stream::Stderr => "stderr",
                        Stream::Error => "error",
                        Stream::CoreCalls => "core-calls",
                        Stream::Trace => "trace",
                    };
                    refusals.push(format!(
                        "not blessed: the expected value is inline in the case file; \
                         help: edit `{key}`, or use `{key} = {{ file = \"..\" }}`"
                    ));
                }
                _ => refusals.push("not blessed: there are differences other than the contents of golden files".into()),
            }
        }
        refusals.dedup();
        if !refusals.is_empty() {
            return Err(refusals);
        }
        let mut blessed = Vec::new();
        for (file, actual) in files {
            self.write(&file, actual).map_err(|refusal| vec![refusal])?;
            blessed.push(file);
        }
        Ok(blessed)
    }

    fn write(&self, file: &Path, actual: &[u8]) -> Result<(), String> {
        let mut written = self.written.lock().unwrap_or_else(PoisonError::into_inner);
        match written.get(file) {
            Some(other) if other == actual => return Ok(()),
            Some(_) => {
                return Err(format!(
                    "not blessed: {} was already blessed with different output of another trial of the case; \
                     help: use separate cases",
                    file.display()
                ));
            }
            None => {}
        }
        fs::write(file, actual).map_err(|error| format!("not blessed: {}: {error}", file.display()))?;
        written.insert(file.to_path_buf(), actual.to_vec());
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::compare::Golden;

    fn stdout(actual: &str, file: Option<&str>) -> Mismatch {
        let golden = file.map(|file| Golden { file: file.into(), exists: false });
        Mismatch::Bytes { stream: Stream::Stdout, expected: Vec::new(), actual: actual.into(), golden }
    }

    #[test]
    fn trial_is_blessed_completely_or_not_at_all() {
        let folder = tempfile::tempdir().unwrap();
        let blesser = Blesser::new(folder.path().into());
        let written = |file: &str| fs::read_to_string(folder.path().join(file)).ok();
        let outcome = Mismatch::Outcome { expected: "exit 0".into() };

        assert!(blesser.bless("a.case.toml", &[stdout("1", Some("a")), outcome]).is_err());
        assert!(blesser.bless("a.case.toml", &[stdout("1", Some("a")), stdout("1", None)]).is_err());
        assert_eq!(written("a"), None);
        assert_eq!(blesser.bless("a.case.toml", &[stdout("1", Some("a"))]), Ok(vec![folder.path().join("a")]));
        assert_eq!(written("a").as_deref(), Some("1"));
    }

    #[test]
    fn trials_do_not_overwrite_files_blessed_by_others() {
        let folder = tempfile::tempdir().unwrap();
        let blesser = Blesser::new(folder.path().into());
        let bless = |actual| blesser.bless("a.case.toml", &[stdout(actual, Some("a"))]);
        assert!(bless("1").is_ok());
        assert!(bless("1").is_ok());
        assert!(bless("2").unwrap_err()[0].contains("another trial"));
    }
}
