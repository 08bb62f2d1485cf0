//! Atomic writes of files.

use std::fs::{self, File};
use std::io::{self, Write};
use std::path::Path;

/// Writes a file through a temporary file in its directory. Concurrent readers see the old or the new content, and an
/// error changes nothing.
///
/// A symbolic link is followed. Devices and pipes are written in place.
///
/// # Errors
///
/// The error of the file system, for example if the directory does not exist.
pub fn write(path: &Path, content: &[u8]) -> io::Result<()> {
    let target = fs::canonicalize(path).unwrap_or_else(|_| path.to_path_buf());
    let in_place = fs::metadata(&target).is_ok_and(|metadata| !metadata.is_file() && !metadata.is_dir());
    if in_place { fs::write(&target, content) } else { replace(&target, content) }
}

fn replace(target: &Path, content: &[u8]) -> io::Result<()> {
    let folder = target.parent().ok_or(io::ErrorKind::IsADirectory)?;
    // Created like any other file, while `NamedTempFile::new` would create one that only its owner can read.
    let mut file = tempfile::Builder::new().make_in(folder, |path| File::create_new(path))?;
    // The methods of `file` itself would add the temporary path to their errors.
    file.as_file_mut().write_all(content)?;
    file.persist(target)?;
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn files_are_replaced_without_leftovers() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("file");
        for content in ["one", "two"] {
            write(&path, content.as_bytes()).unwrap();
            assert_eq!(fs::read_to_string(&path).unwrap(), content);
        }
        assert!(write(folder.path(), b"three").is_err());
        assert!(write(&folder.path().join("missing/file"), b"three").is_err());
        assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 1);
    }

    #[cfg(unix)]
    #[test]
    fn files_have_ordinary_permissions() {
        use std::os::unix::fs::PermissionsExt;
        let folder = tempfile::tempdir().unwrap();
        let mode = |name: &str| fs::metadata(folder.path().join(name)).unwrap().permissions().mode();
        fs::write(folder.path().join("ordinary"), "").unwrap();
        write(&folder.path().join("written"), b"").unwrap();
        assert_eq!(mode("written"), mode("ordinary"));
    }

    #[cfg(unix)]
    #[test]
    fn links_are_followed() {
        let folder = tempfile::tempdir().unwrap();
        let at = |name: &str| folder.path().join(name);
        fs::write(at("file"), "one").unwrap();
        std::os::unix::fs::symlink("file", at("link")).unwrap();
        write(&at("link"), b"two").unwrap();
        assert!(at("link").is_symlink());
        assert_eq!(fs::read_to_string(at("file")).unwrap(), "two");
    }
}
