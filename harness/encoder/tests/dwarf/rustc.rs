//! One Rust file -> a core module. What was compiled before is kept in the target folder, by all that goes into it.

use std::env;
use std::fs;
use std::hash::{DefaultHasher, Hash, Hasher};
use std::path::{Path, PathBuf};
use std::process::{self, Command};
use std::sync::{Mutex, OnceLock, PoisonError};

/// Tests run side by side: what one of them compiles, the others wait for.
static COMPILER: Mutex<()> = Mutex::new(());

/// The module of a file, compiled with these options.
pub fn module(source: &Path, options: &[String]) -> Vec<u8> {
    let output = entry(source, options);
    let _one_at_a_time = COMPILER.lock().unwrap_or_else(PoisonError::into_inner);
    // An entry appears by a rename: it is whole.
    fs::read(&output).unwrap_or_else(|_| compile(source, options, &output))
}

/// Where the module is kept.
fn entry(source: &Path, options: &[String]) -> PathBuf {
    static VERSION: OnceLock<Vec<u8>> = OnceLock::new();
    let version = VERSION.get_or_init(|| Command::new(rustc()).arg("-vV").output().expect("rustc can be run").stdout);
    let text = fs::read(source).unwrap_or_else(|error| panic!("{}: {error}", source.display()));
    let mut hash = DefaultHasher::new();
    // The path is in the module's debug information.
    (version, source, text, options).hash(&mut hash);
    let name = source.file_stem().and_then(|name| name.to_str()).unwrap_or_default();
    Path::new(env!("CARGO_TARGET_TMPDIR")).join(format!("{name}-{:016x}.wasm", hash.finish()))
}

fn compile(source: &Path, options: &[String], output: &Path) -> Vec<u8> {
    // Other processes may compile the same; and the module knows the name of its file.
    let folder = output.with_extension(process::id().to_string());
    fs::create_dir_all(&folder).expect("the target folder can be written to");
    let temporary = folder.join(output.file_name().unwrap_or_default());
    let status = Command::new(rustc())
        .args(["--edition=2024", "--crate-type=cdylib", "--target=wasm32-unknown-unknown"])
        .args(options)
        .arg("-o")
        .args([&temporary, source])
        .status()
        .expect("rustc can be run");
    assert!(status.success(), "rustc fails; is the target wasm32-unknown-unknown installed?");
    let module = fs::read(&temporary).expect("rustc wrote it");
    fs::rename(&temporary, output).expect("the entry can be written");
    let _ = fs::remove_dir_all(&folder);
    module
}

fn rustc() -> String {
    env::var("RUSTC").ok().filter(|rustc| !rustc.is_empty()).unwrap_or("rustc".into())
}
