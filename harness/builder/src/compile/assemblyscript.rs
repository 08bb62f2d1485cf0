//! Guests in AssemblyScript: the compiler and its libraries are packages of npm, pinned in the suite's `guests`.

use std::path::{Path, PathBuf};

use super::environment::command;
use super::rust::ask;
use super::{Compiled, Workshop, single};
use crate::system::children;
use crate::{cache, digest};

/// `--debug` keeps the names, for backtraces; with `-O` beside it the code is the optimised one.
const FLAGS: [&str; 2] = ["-O", "--debug"];
const COMPILER: &str = "assemblyscript/bin/asc.js";
/// WASI in place of `env.abort` and of what a browser offers.
const SHIM: &str = "@assemblyscript/wasi-shim/asconfig.json";

/// An entry beside the guest's own. The allocator of this language takes all memory that is there when it begins, that
/// of adapters too: so it begins before they are called, and it is what they have their memory from.
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

/// The AssemblyScript compiler among a suite's packages.
pub(super) struct Asc {
    node: PathBuf,
    /// `node_modules`, relative to the suite's folder.
    packages: PathBuf,
    /// The version of Node.js.
    version: String,
    /// The versions of all packages, the compiler's among them: to ask the compiler itself takes half a second.
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
        // Written by npm into the folder itself: what is there, which may not be what was asked for. Other package
        // managers write no such file, but they too install the compiler's manifest.
        let manifest = |file: &str| crate::system::read(shop.root.join(&packages).join(file)).unwrap_or_default();
        let lock = [manifest(".package-lock.json"), manifest("assemblyscript/package.json")].concat();
        Ok(Asc { node, packages, version, lock })
    }

    fn shim(&self, shop: &Workshop<'_>) -> Option<PathBuf> {
        Some(self.packages.join(SHIM)).filter(|config| shop.root.join(config).is_file())
    }
}

/// Compiles one file, or the folder's `index.ts` with the other sources that it imports.
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
    let entry = entry.ok_or_else(|| "several sources, and none of them is `index.ts`".to_string())?;
    let mut command = command(shop, &asc.node);
    // All paths relative to the suite's folder, where the compiler runs: those in messages are the same everywhere.
    command.arg(asc.packages.join(COMPILER)).arg(entry.strip_prefix(shop.root).unwrap_or(entry)).args(FLAGS);
    if let Some(shim) = asc.shim(shop) {
        command.arg("--config").arg(shim);
    }
    // One for each guest: several are compiled at the same time.
    let realloc = out.with_extension("realloc.ts");
    cache::write(&realloc, REALLOC.as_bytes()).map_err(|error| format!("cannot write what adapters need: {error}"))?;
    command.arg(&realloc).arg("--outFile").arg(out).current_dir(shop.root);
    let output =
        children::output(&mut command).map_err(|error| format!("cannot run the AssemblyScript compiler: {error}"))?;
    if output.status.success() { Ok(()) } else { Err(String::from_utf8_lossy(&output.stderr).into_owned()) }
}
