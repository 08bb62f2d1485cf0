//! Compiles guests in AssemblyScript. The compiler and its libraries are npm packages, pinned in the suite's `guests`.

use std::path::{Path, PathBuf};

use super::environment::command;
use super::rust::ask;
use super::{Compiled, Workshop, single};
use crate::system::children;
use crate::{cache, digest};

/// `--debug` keeps names for backtraces; with `-O`, the code is optimized nevertheless.
const FLAGS: [&str; 2] = ["-O", "--debug"];
const COMPILER: &str = "assemblyscript/bin/asc.js";
/// Configuration that uses WASI instead of `env.abort` and the functions of browsers.
const SHIM: &str = "@assemblyscript/wasi-shim/asconfig.json";

/// Second entry file, next to the guest's. AssemblyScript's allocator claims all memory that exists when it starts,
/// including that of adapters. It is therefore started before adapters are called, and adapters allocate from it.
const REALLOC: &str = "\
export function _initialize(): void {
  heap.free(heap.alloc(1));
}

export function cabi_realloc(old: usize, oldSize: usize, alignment: usize, size: usize): usize {
  // Blocks are aligned to 16 bytes.
  if (alignment > 16) unreachable();
  return old ? heap.realloc(old, size) : heap.alloc(size);
}
";

/// AssemblyScript compiler of a suite.
pub(super) struct Asc {
    node: PathBuf,
    /// `node_modules`, relative to the suite's directory.
    packages: PathBuf,
    /// Version of Node.js.
    version: String,
    /// Versions of all packages, including the compiler. Running the compiler for its version takes half a second.
    lock: Vec<u8>,
}

impl Asc {
    pub(super) fn find(shop: &Workshop<'_>) -> Result<Asc, String> {
        let folder = Path::new("guests");
        let packages = folder.join("node_modules");
        let install = if shop.root.join(folder).join("package-lock.json").is_file() {
            "`npm ci --prefix guests`"
        } else {
            "`npm install --prefix guests assemblyscript @assemblyscript/wasi-shim`"
        };
        let node = shop
            .program("node")
            .ok_or_else(|| format!("no AssemblyScript compiler: install Node.js 20 or newer, then {install}"))?;
        if !shop.root.join(packages.join(COMPILER)).is_file() {
            return Err(format!("no AssemblyScript compiler: {install}"));
        }
        let version = ask(shop, &node, &["--version"])?;
        // npm lists the installed packages in this file. They may differ from the requested ones. Other package
        // managers do not write it, but install the compiler's manifest as well.
        let manifest = |file: &str| crate::system::read(shop.root.join(&packages).join(file)).unwrap_or_default();
        let lock = [manifest(".package-lock.json"), manifest("assemblyscript/package.json")].concat();
        Ok(Asc { node, packages, version, lock })
    }

    fn shim(&self, shop: &Workshop<'_>) -> Option<PathBuf> {
        Some(self.packages.join(SHIM)).filter(|config| shop.root.join(config).is_file())
    }
}

/// Compiles one file, or `index.ts` of a directory with the sources that it imports.
pub(super) fn compile(shop: &Workshop<'_>, name: &str, sources: &[PathBuf]) -> Compiled {
    let asc = match shop.assemblyscript() {
        Ok(asc) => asc,
        Err(reason) => return Compiled::without_tool(shop, reason, sources.to_vec()),
    };
    let mut key = digest::Parts::default();
    key.add("asc").add(asc.node.as_os_str().as_encoded_bytes()).add(&asc.version).add(&asc.lock).add(FLAGS.join(" "));
    key.add(REALLOC);
    for source in sources {
        key.add(source.as_os_str().as_encoded_bytes());
    }
    let mut compiled = single::compile(shop, name, &key.finish(), |out| {
        build(shop, asc, sources, out)?;
        Ok(sources.to_vec())
    });
    compiled.inputs.extend(sources.iter().cloned());
    compiled
}

fn build(shop: &Workshop<'_>, asc: &Asc, sources: &[PathBuf], out: &Path) -> Result<(), String> {
    let entry = match sources {
        [only] => Some(only),
        several => several.iter().find(|source| source.ends_with("index.ts")),
    };
    let entry =
        entry.ok_or_else(|| "several sources without `index.ts`; help: name the entry file `index.ts`".to_string())?;
    let mut command = command(shop, &asc.node);
    // Paths are relative to the suite's directory, where the compiler runs, so that messages are the same on all
    // machines.
    command.arg(asc.packages.join(COMPILER)).arg(entry.strip_prefix(shop.root).unwrap_or(entry)).args(FLAGS);
    if let Some(shim) = asc.shim(shop) {
        command.arg("--config").arg(shim);
    }
    // One file for each guest, because guests are compiled in parallel.
    let realloc = out.with_extension("realloc.ts");
    cache::write(&realloc, REALLOC.as_bytes())
        .map_err(|error| format!("cannot write the entry file for adapters: {error}"))?;
    command.arg(&realloc).arg("--outFile").arg(out).current_dir(shop.root);
    let output =
        children::output(&mut command).map_err(|error| format!("cannot run the AssemblyScript compiler: {error}"))?;
    if output.status.success() { Ok(()) } else { Err(String::from_utf8_lossy(&output.stderr).into_owned()) }
}
