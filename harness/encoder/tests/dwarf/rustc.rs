//! Compiles a Rust file to a core module. Modules are cached in the target directory, with all inputs as the key.

use std::env;
use std::fs;
use std::hash::{DefaultHasher, Hash, Hasher};
use std::path::{Path, PathBuf};
use std::process::{self, Command};
use std::sync::{Mutex, OnceLock, PoisonError};

/// Tests run in parallel: a test waits while another one compiles.
static COMPILER: Mutex<()> = Mutex::new(());

/// Returns the module of a file that is compiled with these options.
pub fn module(source: &Path, options: &[String]) -> Vec<u8> {
    let output = entry(source, options);
    let _one_at_a_time = COMPILER.lock().unwrap_or_else(PoisonError::into_inner);
    // Entries are renamed into place, so an existing entry is complete.
    fs::read(&output).unwrap_or_else(|_| compile(source, options, &output))
}

/// Returns the path of the cached module.
fn entry(source: &Path, options: &[String]) -> PathBuf {
    static VERSION: OnceLock<Vec<u8>> = OnceLock::new();
    let version =
        VERSION.get_or_init(|| Command::new(rustc()).arg("-vV").output().expect("failed to run rustc").stdout);
    let text = fs::read(source).unwrap_or_else(|error| panic!("{}: {error}", source.display()));
    let mut hash = DefaultHasher::new();
    // The debug information of the module contains the path.
    (version, source, text, options).hash(&mut hash);
    let name = source.file_stem().and_then(|name| name.to_str()).unwrap_or_default();
    cache().join(format!("{name}-{:016x}.wasm", hash.finish()))
}

/// Returns `tmp` in the target directory. Cargo sets `CARGO_TARGET_TMPDIR` for integration tests only.
fn cache() -> PathBuf {
    let test = env::current_exe().expect("failed to locate the test binary");
    // The path is `target/PROFILE/deps/NAME`.
    let target = test.ancestors().nth(3).expect("a test binary is in the target directory");
    target.join("tmp")
}

fn compile(source: &Path, options: &[String], output: &Path) -> Vec<u8> {
    // Another process may compile the same file, and the module contains its file name.
    let folder = output.with_extension(process::id().to_string());
    fs::create_dir_all(&folder).expect("failed to create the cache directory");
    let temporary = folder.join(output.file_name().unwrap_or_default());
    let status = Command::new(rustc())
        .args(["--edition=2024", "--crate-type=cdylib", "--target=wasm32-unknown-unknown"])
        .args(options)
        .arg("-o")
        .args([&temporary, source])
        .status()
        .expect("failed to run rustc");
    assert!(
        status.success(),
        "rustc failed\n  help: install the target with `rustup target add wasm32-unknown-unknown`"
    );
    let module = fs::read(&temporary).expect("failed to read the output of rustc");
    fs::rename(&temporary, output).expect("failed to write the cache entry");
    let _ = fs::remove_dir_all(&folder);
    module
}

fn rustc() -> String {
    env::var("RUSTC").ok().filter(|rustc| !rustc.is_empty()).unwrap_or("rustc".into())
}
