//! Tests of private directories.

use polyfill_builder::case::Case;

use super::*;
use crate::host::WALL_CLOCK_SECONDS;

fn try_lay_out(case: &str) -> Result<Files, FilesError> {
    let case: Case = toml::from_str(case).unwrap();
    let inputs = Inputs::of("guest", &case).unwrap();
    Files::lay_out(&inputs, &Limits { files: 1000, entries: 5000, ..Limits::default() }).map(Option::unwrap)
}

fn lay_out(case: &str) -> Files {
    try_lay_out(case).unwrap()
}

/// Returns the error of a rejected case.
fn refused(case: &str) -> String {
    match try_lay_out(case) {
        Ok(_) => panic!("this is laid out: {case}"),
        Err(error) => error.to_string(),
    }
}

fn entries(path: &Path) -> Vec<String> {
    let entries = std::fs::read_dir(path).unwrap().map(|entry| entry.unwrap());
    let mut names: Vec<_> = entries.map(|entry| entry.file_name().to_string_lossy().into_owned()).collect();
    names.sort();
    names
}

#[test]
fn listing_agrees_with_the_case() {
    let files = lay_out(
        "[files]\n'a.txt' = 'text'\n'deep/er/b' = { content = { hex = '00 ff' }, mode = '0600', modified = -5 }\n\
         'empty' = { folder = true, mode = '0700' }\n'out' = { link = '../../etc' }\n",
    );
    let states = files.look(100).unwrap();
    let time = WALL_CLOCK_SECONDS as i64;
    let file = |content: &[u8], mode, modified| FileState::File { content: content.to_vec(), mode, modified };
    let folder = |mode| FileState::Folder { mode, modified: time };
    let expected = [
        ("a.txt", file(b"text", 0o644, time)),
        ("deep", folder(0o755)),
        ("deep/er", folder(0o755)),
        ("deep/er/b", file(&[0, 255], 0o600, -5)),
        ("empty", folder(0o700)),
        ("out", FileState::Link { to: "../../etc".into() }),
    ];
    assert_eq!(states, expected.map(|(path, states)| (path.to_string(), states)).into());
}

/// A suite validates these inputs earlier, but a recording does not.
#[test]
fn paths_outside_of_the_directory_are_refused() {
    let outside = tempfile::tempdir().unwrap();
    let at = outside.path().display();
    for path in ["../a", "/a", "a/../../b", "a//b", ".", "a/", "", &format!("{at}/a")] {
        let error = refused(&format!("[files]\n'{path}' = ''\n"));
        assert!(error.contains("is not a relative path"), "{path}: {error}");
    }
    for path in ["a\\b", "c:d"] {
        assert!(refused(&format!("[files]\n'{path}' = ''\n")).contains("contains `\\`"), "{path}");
    }
    assert!(refused("[files]\n\"a\\u0000b\" = ''\n").contains("or a zero byte"));
    assert_eq!(entries(outside.path()), [""; 0]);
}

#[test]
fn nothing_is_written_through_a_link() {
    let outside = tempfile::tempdir().unwrap();
    std::fs::write(outside.path().join("kept"), "before").unwrap();
    let at = outside.path().display();
    for below in ["l/new", "l/kept", "l/deep/new"] {
        for entry in ["'text'", "{ folder = true }", "{ link = 'x' }"] {
            let error = refused(&format!("[files]\nl = {{ link = '{at}' }}\n'{below}' = {entry}\n"));
            assert_eq!(error, format!("the guest's files: `{below}` is below `l`, which is a link, not a directory"));
        }
    }
    assert!(refused("[files]\na = ''\n'a/b' = ''\n").contains("`a/b` is below `a`, which is a file"));
    assert_eq!(entries(outside.path()), ["kept"]);
    assert_eq!(std::fs::read(outside.path().join("kept")).unwrap(), b"before");
}

#[test]
fn preopens_are_directories_of_the_case() {
    let outside = tempfile::tempdir().unwrap();
    let at = outside.path().display().to_string();
    let up = format!("../../../../../../../../..{at}");
    for path in [&at, &up, "..", ".", "l", "l/", "file", "nowhere", "d/..", "/"] {
        let error = refused(&format!(
            "preopens = {{ '/' = '{path}' }}\n[files]\nl = {{ link = '{at}' }}\nfile = ''\n'd/x' = ''"
        ));
        assert_eq!(error, format!("`preopens`: `/` is `{path}`, which is not a directory in `files`"));
    }
    let files = lay_out("preopens = { a = '', b = 'd', c = 'd/e' }\n[files]\n'd/e/x' = ''\nl = { link = 'd' }");
    let paths: Vec<_> = files.preopens.iter().map(|opened| entries(&opened.path())).collect();
    assert_eq!(paths, [vec!["d", "l"], vec!["e"], vec!["x"]]);
    let many: String = (0..257).map(|number| format!("p{number} = ''\n")).collect();
    assert_eq!(refused(&format!("[preopens]\n{many}")), "`preopens`: 257 directories, expected at most 256");
}

/// Another entry may replace a directory between its creation and its opening.
#[cfg(target_os = "linux")]
#[test]
fn preopens_are_opened_by_their_handles() {
    let outside = tempfile::tempdir().unwrap();
    let files = lay_out("preopens = { '/' = 'd' }\n[files]\n'd/inside' = ''");
    let opened = &files.preopens[0];
    std::fs::rename(&opened.folder, files.path().join("elsewhere")).unwrap();
    std::os::unix::fs::symlink(outside.path(), &opened.folder).unwrap();
    assert_eq!(entries(&opened.path()), ["inside"]);
}

#[test]
fn unsupported_entries_are_rejected() {
    let name = "n".repeat(256);
    let path = ["n"; 2100].join("/");
    let deep = ["n"; 102].join("/");
    for (entry, problem) in [
        (format!("{name} = ''"), "has a name of more than 255 bytes"),
        (format!("'{path}' = ''"), "is longer than 4096 bytes"),
        (format!("'{deep}' = ''"), "is below more than 100 directories"),
        ("a = { content = '', mode = '4755' }".into(), "`mode` is `4755`, expected an octal number up to 0777"),
        ("a = { folder = true, mode = '1777' }".into(), "`mode` is `1777`, expected an octal number up to 0777"),
        ("a = { content = '', mode = '+7' }".into(), "`mode` is `+7`, expected an octal number up to 0777"),
        ("a = { content = '', modified = 9223372036854775807 }".into(), "`modified` is 9223372036854775807, expected"),
        (
            "a = { content = '', modified = -9223372036854775808 }".into(),
            "`modified` is -9223372036854775808, expected",
        ),
        ("a = { link = '' }".into(), "`link` is empty"),
        ("a = { link = \"x\\u0000y\" }".into(), "contains a zero byte"),
        (format!("a = {{ link = '{}' }}", "l".repeat(4096)), "4096 bytes or more"),
        ("a = { link = 'x', mode = '0644' }".into(), "a link cannot have"),
        ("a = { content = '', folder = true }".into(), "one of `content`, `folder` and `link`"),
        ("a = { }".into(), "one of `content`, `folder` and `link`"),
        ("a = { pattern = 'x' }".into(), "patterns are only allowed in expected output"),
        ("a = { file = 'x' }".into(), "its file did not exist"),
    ] {
        let error = refused(&format!("[files]\n{entry}\n"));
        assert!(error.contains(problem), "{error}");
        assert!(error.len() < 300, "{error}");
    }
}

/// Contents beyond the limit are neither written nor allocated: 1 GiB would take noticeable time.
#[test]
fn totals_are_bounded_before_anything_is_written() {
    let big: String = (0..28).map(|number| format!("f{number} = {{ repeat = 'x', times = 1073741824 }}\n")).collect();
    assert_eq!(
        refused(&format!("[files]\n{big}")),
        "the guest's files: 30064771072 bytes in all, expected at most 1000 (help: reduce the files, or raise \
         `limits.files` of the case)"
    );
    assert!(
        refused("[files]\na = { repeat = 'xx', times = 18446744073709551615 }").contains("repeated text of more than")
    );
    assert!(refused("[files]\na = { repeat = 'x', times = 600 }\nb = { repeat = 'x', times = 401 }").contains("1001"));
    lay_out("[files]\na = { repeat = 'x', times = 600 }\nb = { repeat = 'x', times = 400 }");
    let too_many = "the guest's files: expected at most 5000 files, directories and links, found more";
    let many: String = (0..5001).map(|number| format!("f{number} = ''\n")).collect();
    assert_eq!(refused(&format!("[files]\n{many}")), too_many);
    let implied: String = (0..200).map(|number| format!("'{number}{}' = ''\n", "/d".repeat(100))).collect();
    assert_eq!(refused(&format!("[files]\n{implied}")), too_many);
}

#[test]
fn repeated_contents_are_written_completely() {
    let files = lay_out("[files]\na = { repeat = 'abc', times = 333 }");
    let Some(FileState::File { content, .. }) = files.look(1000).unwrap().remove("a") else { panic!("`a` is a file") };
    assert_eq!(content, b"abc".repeat(333));
}

#[test]
fn files_beyond_the_limit_are_not_read() {
    let files = lay_out("[files]\n'a' = { repeat = 'x', times = 60 }\n'b' = { repeat = 'x', times = 41 }\n");
    assert_eq!(files.look(100).unwrap_err().to_string(), "more than 100 bytes of files");
    assert_eq!(files.look(101).unwrap().len(), 2);
}

#[test]
fn directories_without_permissions_are_listed_measured_and_removed() {
    let files = lay_out(
        "[files]\n'none' = { folder = true, mode = '0000' }\n'none/f' = { content = 'x', mode = '0000' }\n\
         'search/d/f' = 'y'\n'search' = { folder = true, mode = '0300' }\n'read' = { folder = true, mode = '0400' }\n",
    );
    let within = |bytes| files.exceeded(&Limits { files: bytes, ..Limits::default() })();
    assert_eq!((within(2), within(1)), (None, Some(Stop::FilesLimit { bytes: 1 })));
    let states = files.look(100).unwrap();
    assert_eq!(states.len(), 6);
    let mode = |path: &str| match &states[path] {
        FileState::File { mode, .. } | FileState::Folder { mode, .. } => *mode,
        other => panic!("{other:?}"),
    };
    assert_eq!(["none", "none/f", "search", "read"].map(mode), [0, 0, 0o300, 0o400]);
    let path = files.path().to_path_buf();
    drop(files);
    assert!(!path.exists());
}

#[test]
fn a_directory_is_removed_with_its_run() {
    let files = lay_out("[files]\n'a' = ''\n");
    let path = files.path().to_path_buf();
    assert!(path.join("a").exists());
    drop(files);
    assert!(!path.exists());
}

/// Deeper than any path that the system accepts.
#[test]
fn deep_directories_are_listed_and_removed_by_handles() {
    let files = lay_out("preopens = { '/' = '' }");
    let mut last = files.root.below("").unwrap();
    let name = "d".repeat(100);
    for depth in 0..60 {
        last.make_directory(&name).unwrap();
        drop(last.make_file("f").unwrap());
        last = last.below(&name).unwrap();
        if depth == 39 {
            assert_eq!(files.look(100).unwrap().len(), 80);
        }
    }
    drop(last);
    let within = |entries| files.exceeded(&Limits { files: 0, entries, ..Limits::default() })();
    assert_eq!((within(120), within(119)), (None, Some(Stop::EntriesLimit { entries: 119 })));
    assert_eq!(files.look(100).unwrap_err().to_string(), "a path of more than 4096 bytes");
    let left = left(Some(&files), 100, Outcome::Returned);
    let message = "a path of more than 4096 bytes".to_string();
    assert_eq!(left, (Outcome::Limit { limit: LimitName::Files, message }, None));
    let path = files.path().to_path_buf();
    drop(files);
    assert!(!path.exists());
}

#[test]
fn directory_is_inaccessible_to_other_users() {
    use std::os::unix::fs::PermissionsExt;
    let files = lay_out("preopens = { '/' = '' }");
    assert_eq!(std::fs::metadata(files.path()).unwrap().permissions().mode() & 0o777, 0o700);
}
