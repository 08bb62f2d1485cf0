//! A test that is not run again, since it has passed with the same files, is one of which no file has changed.

mod passed;

use std::fs::{self, File};
use std::path::Path;
use std::time::{Duration, SystemTime};

/// Files as they are in a repository: of the suite, beside it, deep in it, and hidden.
const FILES: [&str; 6] = [
    "hunt.wasi-command.toml",
    "divergences.toml",
    "guests/museum/common/mod.rs",
    "harness/runner/src/lib.rs",
    ".cargo/config.toml",
    "hosts/node/main.mjs",
];

#[test]
fn a_change_of_any_file_of_the_tree_changes_the_state() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let root = folder.path();
    FILES.iter().for_each(|file| write(&root.join(file), "as it was"));
    let before = passed::tree(root);
    assert_eq!(passed::tree(root), before);
    for file in FILES {
        let path = root.join(file);
        write(&path, "another size");
        let other_size = passed::tree(root);
        assert_ne!(other_size, before, "{file}: another size");
        write(&path, "as it is!");
        set_time(&path, SystemTime::now() + Duration::from_secs(10));
        assert_ne!(passed::tree(root), before, "{file}: another time");
        fs::remove_file(&path).expect("it is there");
        assert_ne!(passed::tree(root), before, "{file}: removed");
        write(&path, "as it was");
    }
    let now = passed::tree(root);
    write(&root.join("docs/new.md"), "");
    assert_ne!(passed::tree(root), now, "a new file");
}

#[test]
fn what_builds_write_is_no_part_of_the_state() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let root = folder.path();
    write(&root.join("guests/hello.rs"), "");
    let before = passed::tree(root);
    for file in ["target/debug/x", "adapters/target/y", "hosts/node_modules/z", ".git/index"] {
        write(&root.join(file), "");
    }
    let lines =
        |state: &str| state.lines().filter(|line| line.contains("hello.rs")).map(String::from).collect::<Vec<_>>();
    let after = passed::tree(root);
    assert_eq!(lines(&after), lines(&before));
    for name in ["target", "node_modules", ".git"] {
        assert!(!after.contains(&format!("{name}/")), "{after}");
    }
}

fn write(path: &Path, text: &str) {
    fs::create_dir_all(path.parent().expect("it is in a folder")).expect("a folder can be made");
    fs::write(path, text).expect("a file can be written");
}

fn set_time(path: &Path, time: SystemTime) {
    File::options().write(true).open(path).expect("it is there").set_modified(time).expect("times can be set");
}
