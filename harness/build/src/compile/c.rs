//! Guests in C and C++: compiled by whatever compiler for WASI is there.

use std::ffi::OsString;
use std::path::{Path, PathBuf};
use std::process::Command;

use super::environment::command;
use super::rust::ask;
use super::{Compiled, Outcome, Workshop, depfile, single};
use crate::built::Done;
use crate::digest;

const FLAGS: [&str; 1] = ["-O2"];
/// The libraries for WASI are made without them.
const CXX_FLAGS: [&str; 1] = ["-fno-exceptions"];
/// The ends of the names of sources in C++.
const CXX: [&str; 3] = ["cc", "cpp", "cxx"];
/// Names stay, for backtraces; the debug information of the C library goes.
const LINK_FLAGS: [&str; 1] = ["-Wl,--strip-debug"];

/// A C compiler that can link for WASI.
pub(super) struct Compiler {
    program: PathBuf,
    arguments: Vec<String>,
    /// The arguments that make it one for C++; none for one that the user named.
    cxx: Option<Vec<String>>,
    version: String,
}

/// No compiler, and why.
pub(super) struct Missing {
    reason: String,
    /// The user named one: then its absence is no reason to pass over the guest.
    named: bool,
}

impl Compiler {
    /// `POLYFILL_CC`, or zig's from PyPI, or clang if it has wasi-libc.
    pub(super) fn find(shop: &Workshop<'_>) -> Result<Compiler, Missing> {
        if let Some(line) = &shop.settings.cc {
            return Self::named(shop, line).map_err(|reason| Missing { reason, named: true });
        }
        const ZIG: [[&str; 5]; 2] =
            [["-m", "ziglang", "cc", "-target", "wasm32-wasi"], ["-m", "ziglang", "c++", "-target", "wasm32-wasi"]];
        let zig = Self::given(shop, "python3", [&ZIG[0], &ZIG[1]], |program| {
            ask(shop, program, &["-m", "ziglang", "version"]).ok()
        });
        let clang = || {
            const CLANG: [&[&str]; 2] = [&["--target=wasm32-wasi"], &["--target=wasm32-wasi", "--driver-mode=g++"]];
            let compiler = Self::given(shop, "clang", CLANG, |program| ask(shop, program, &["--version"]).ok())?;
            compiler.links(shop).then_some(compiler)
        };
        zig.or_else(clang).ok_or_else(|| Missing {
            reason: "no C compiler for WASI: `python3 -m pip install ziglang`, or install clang, lld and wasi-libc, \
                     or set POLYFILL_CC to a compiler's command"
                .to_string(),
            named: false,
        })
    }

    fn named(shop: &Workshop<'_>, line: &str) -> Result<Compiler, String> {
        let mut words = line.split_whitespace().map(str::to_string);
        let name = words.next().unwrap_or_default();
        let program = shop.program(&name).ok_or_else(|| format!("POLYFILL_CC is `{line}`: no program `{name}`"))?;
        let version = ask(shop, &program, &["--version"]).unwrap_or_default();
        Ok(Compiler { program, arguments: words.collect(), cxx: None, version })
    }

    fn given(
        shop: &Workshop<'_>,
        name: &str,
        arguments: [&[&str]; 2],
        version: impl FnOnce(&Path) -> Option<String>,
    ) -> Option<Compiler> {
        let program = shop.program(name)?;
        let version = version(&program)?;
        let [c, cxx] = arguments.map(|list| list.iter().map(|argument| argument.to_string()).collect());
        Some(Compiler { program, arguments: c, cxx: Some(cxx), version })
    }

    /// Many a clang has no C library for WASI.
    fn links(&self, shop: &Workshop<'_>) -> bool {
        let folder = shop.work.join("c");
        let source = folder.join("probe.c");
        let written = std::fs::create_dir_all(&folder)
            .and_then(|()| std::fs::write(&source, "#include <stdio.h>\nint main(void) { return puts(\"\"); }\n"));
        let mut probe = self.command(shop, &self.arguments);
        probe.arg("-o").arg(folder.join("probe.wasm")).arg(&source);
        written.is_ok() && probe.output().is_ok_and(|output| output.status.success())
    }

    fn command(&self, shop: &Workshop<'_>, arguments: &[String]) -> Command {
        let mut command = command(shop, &self.program);
        command.args(arguments).args(FLAGS).current_dir(shop.root);
        command
    }

    /// For C, or for C++.
    fn driver(&self, shop: &Workshop<'_>, cxx: bool) -> Result<Command, String> {
        match (cxx, &self.cxx) {
            (false, _) => Ok(self.command(shop, &self.arguments)),
            (true, Some(arguments)) => {
                let mut command = self.command(shop, arguments);
                command.args(CXX_FLAGS);
                Ok(command)
            }
            (true, None) => match &shop.settings.cxx {
                Some(line) => {
                    let named =
                        Self::named(shop, line).map_err(|reason| reason.replace("POLYFILL_CC", "POLYFILL_CXX"))?;
                    let mut command = command(shop, &named.program);
                    command.args(&named.arguments).args(FLAGS).args(CXX_FLAGS).current_dir(shop.root);
                    Ok(command)
                }
                None => Err("POLYFILL_CC names a compiler for C: set POLYFILL_CXX to one for C++".to_string()),
            },
        }
    }
}

pub(super) fn compile(shop: &Workshop<'_>, name: &str, guest: &Path, sources: &[PathBuf]) -> Compiled {
    let compiler = match shop.c() {
        Ok(compiler) => compiler,
        Err(missing) if missing.named || shop.settings.require_all => {
            return Compiled::failed(missing.reason.clone(), sources.to_vec());
        }
        Err(missing) => {
            let outcome = Outcome::Ignored(missing.reason.clone());
            return Compiled { outcome, done: Done::Ignored, inputs: sources.to_vec() };
        }
    };
    let mut key = digest::Parts::default();
    key.add("cc").add(compiler.program.as_os_str().as_encoded_bytes()).add(compiler.arguments.join(" "));
    key.add(&compiler.version).add(FLAGS.join(" ")).add(CXX_FLAGS.join(" ")).add(LINK_FLAGS.join(" "));
    key.add(shop.settings.cxx.as_deref().unwrap_or_default());
    for source in sources {
        key.add(source.as_os_str().as_encoded_bytes());
    }
    let mut compiled =
        single::compile(shop, name, &key.finish(), |out: &PathBuf| steps(shop, compiler, name, guest, sources, out));
    compiled.inputs.extend(sources.iter().cloned());
    compiled
}

/// Each source by itself, then the link: `-MF` takes one source only.
fn steps(
    shop: &Workshop<'_>,
    compiler: &Compiler,
    name: &str,
    guest: &Path,
    sources: &[PathBuf],
    out: &Path,
) -> Result<Vec<PathBuf>, String> {
    let folder = shop.work.join("c").join(name);
    std::fs::create_dir_all(&folder).map_err(|error| error.to_string())?;
    let mut inputs = sources.to_vec();
    let mut objects: Vec<OsString> = Vec::new();
    for source in sources {
        if source.extension().is_some_and(|end| end == "o") {
            objects.push(source.into());
            continue;
        }
        let object = folder.join(source.file_name().unwrap_or_default()).with_extension("o");
        let depends = object.with_extension("d");
        let mut command = compiler.driver(shop, is_cxx(source))?;
        command.arg("-c").arg("-MD").arg("-MF").arg(&depends).arg("-o").arg(&object);
        // Relative to the suite's folder, where the compiler runs: `__FILE__` is the same everywhere.
        run(command.arg(source.strip_prefix(shop.root).unwrap_or(source)))?;
        let read = std::fs::read_to_string(&depends).unwrap_or_default();
        inputs.extend(depfile::parse(&read, shop.root));
        objects.push(object.into());
    }
    let mut link = compiler.driver(shop, sources.iter().any(|source| is_cxx(source)))?;
    run(link.args(LINK_FLAGS).arg("-o").arg(out).args(&objects))?;
    // The compiler's own headers change with its version.
    inputs.retain(|input| input.starts_with(shop.root) || input.starts_with(guest));
    inputs.sort();
    inputs.dedup();
    Ok(inputs)
}

fn is_cxx(source: &Path) -> bool {
    source.extension().and_then(|end| end.to_str()).is_some_and(|end| CXX.contains(&end))
}

fn run(command: &mut Command) -> Result<(), String> {
    let output = command.output().map_err(|error| format!("cannot run the C compiler: {error}"))?;
    if output.status.success() { Ok(()) } else { Err(String::from_utf8_lossy(&output.stderr).into_owned()) }
}
