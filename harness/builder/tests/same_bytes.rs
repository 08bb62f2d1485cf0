//! The same suite in two folders gives the same modules and the same index, and nothing in them depends on the directory.

use std::path::Path;

use polyfill_builder::{Settings, Suite};

#[test]
fn folders_leave_no_trace() {
    let here = tempfile::Builder::new().prefix("first-place").tempdir().unwrap();
    let there = tempfile::Builder::new().prefix("quite-another-place").tempdir().unwrap();
    let (first, second) = (build(here.path()), build(there.path()));
    assert_eq!(first.len(), second.len());
    for ((name, one), (_, other)) in first.iter().zip(&second) {
        assert!(one == other, "{name} differs");
        for trace in ["first-place", env!("CARGO_MANIFEST_DIR"), "registry/src"] {
            assert!(!contains(one, trace), "{name} contains {trace}");
        }
    }
}

/// Modules and index, by name.
fn build(folder: &Path) -> Vec<(&'static str, Vec<u8>)> {
    let root = folder.join("suite");
    // A panic's place is a path, in a bare file, in a package and in a library that it uses.
    let panic = "pub fn f(n: usize) -> u8 { [1, 2, 3][n] }\nfn main() { f(std::env::args().count()); }\n";
    let manifest = |name: &str, rest: &str| format!("[package]\nname = \"{name}\"\nedition = \"2024\"\n{rest}");
    for (path, content) in [
        ("guests/file.rs", panic.to_string()),
        ("guests/Cargo.toml", "[workspace]\nmembers = [\"package\", \"library\"]\nresolver = \"3\"\n".to_string()),
        ("guests/package/Cargo.toml", manifest("package", "[dependencies]\nlibrary.path = \"../library\"\n")),
        ("guests/package/src/main.rs", "fn main() { library::f(std::env::args().count()); }\n".to_string()),
        ("guests/library/Cargo.toml", manifest("library", "")),
        ("guests/library/src/lib.rs", "#[inline(never)]\n".to_string() + panic.lines().next().unwrap()),
        ("guests/broken.rs", "fn main() { nothing(); }\n".to_string()),
    ] {
        let path = root.join(path);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(path, content).unwrap();
    }
    let suite = Suite::new(&root).work_dir(folder.join("work")).settings(Settings::default());
    let built = suite.build().unwrap();
    assert_eq!(
        std::fs::read_dir(root.join("guests")).unwrap().count(),
        6,
        "compilers write elsewhere (but Cargo.lock)"
    );
    let index = std::fs::read(built.out_dir.join(polyfill_builder::index::FILE)).unwrap();
    let module = |name: &'static str| (name, suite.compile(name).unwrap().unwrap());
    vec![module("file"), module("package"), ("index", index)]
}

fn contains(bytes: &[u8], text: &str) -> bool {
    bytes.windows(text.len()).any(|window| window == text.as_bytes())
}
