//! Compiles guests in C and C++, by any installed compiler for WASI.

use std::ffi::OsString;
use std::path::{Path, PathBuf};
use std::process::Command;

use super::environment::command;
use super::rust::ask;
use super::{Compiled, Workshop, depfile, single};
use crate::digest;
use crate::system::children;

const FLAGS: [&str; 1] = ["-O2"];
/// Disables exceptions, which the libraries for WASI do not support.
const CXX_FLAGS: [&str; 1] = ["-fno-exceptions"];
/// File extensions of C++ sources.
const CXX: [&str; 3] = ["cc", "cpp", "cxx"];
/// Keeps names for backtraces, and drops the debug information of the C library.
const LINK_FLAGS: [&str; 1] = ["-Wl,--strip-debug"];

/// Compiler that can link for WASI, for C and for C++.
pub(super) struct Compiler {
    c: Driver,
    /// An error if the user named no compiler for C++, or a missing one.
    cxx: Result<Driver, String>,
}

/// Program with the arguments that select a language.
struct Driver {
    program: PathBuf,
    arguments: Vec<String>,
    version: String,
}

/// Reason for the lack of a compiler.
pub(super) struct Missing {
    reason: String,
    /// Set if the user named the compiler. Then the guest fails instead of being ignored.
    named: bool,
}

impl Compiler {
    /// Finds the compiler: `POLYFILL_CC`, zig from PyPI, or clang with wasi-libc.
    pub(super) fn find(shop: &Workshop<'_>) -> Result<Compiler, Missing> {
        if let Some(line) = &shop.settings.cc {
            return Self::named(shop, line).map_err(|reason| Missing { reason, named: true });
        }
        let zig = Self::given(shop, "python3", &["-m", "ziglang", "version"], |cxx| {
            let driver = if cxx { "c++" } else { "cc" };
            vec!["-m", "ziglang", driver, "-target", "wasm32-wasi"]
        });
        let clang = || {
            let compiler = Self::given(shop, "clang", &["--version"], |cxx| {
                if cxx { vec!["--target=wasm32-wasi", "--driver-mode=g++"] } else { vec!["--target=wasm32-wasi"] }
            })?;
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
        let cxx = match &shop.settings.cxx {
            Some(line) => Driver::named(shop, "POLYFILL_CXX", line),
            None => Err("POLYFILL_CC names a compiler for C: set POLYFILL_CXX to one for C++".to_string()),
        };
        Ok(Compiler { c: Driver::named(shop, "POLYFILL_CC", line)?, cxx: cxx.map(Driver::for_cxx) })
    }

    /// Returns a compiler whose program runs, with the arguments for C and for C++.
    fn given(
        shop: &Workshop<'_>,
        name: &str,
        version: &[&str],
        arguments: impl Fn(bool) -> Vec<&'static str>,
    ) -> Option<Compiler> {
        let program = shop.program(name)?;
        let version = ask(shop, &program, version).ok()?;
        let driver = |cxx| {
            let arguments = arguments(cxx).into_iter().map(str::to_string).collect();
            Driver { program: program.clone(), arguments, version: version.clone() }
        };
        Some(Compiler { c: driver(false), cxx: Ok(driver(true).for_cxx()) })
    }

    /// Returns true if the compiler can link a program: many installations of clang lack a C library for WASI.
    fn links(&self, shop: &Workshop<'_>) -> bool {
        let folder = shop.work.join("c");
        let source = folder.join("probe.c");
        let written = std::fs::create_dir_all(&folder)
            .and_then(|()| std::fs::write(&source, "#include <stdio.h>\nint main(void) { return puts(\"\"); }\n"));
        let mut probe = self.c.command(shop);
        probe.arg("-o").arg(folder.join("probe.wasm")).arg(&source);
        written.is_ok() && children::output(&mut probe).is_ok_and(|output| output.status.success())
    }

    /// Returns the driver for C or for C++.
    fn driver(&self, cxx: bool) -> Result<&Driver, String> {
        if cxx { self.cxx.as_ref().map_err(String::clone) } else { Ok(&self.c) }
    }
}

impl Driver {
    /// Parses the command in an environment variable.
    fn named(shop: &Workshop<'_>, variable: &str, line: &str) -> Result<Driver, String> {
        let mut words = line.split_whitespace().map(str::to_string);
        let name = words.next().unwrap_or_default();
        let program = shop.program(&name).ok_or_else(|| format!("{variable} is `{line}`: no program `{name}`"))?;
        let version = ask(shop, &program, &["--version"]).unwrap_or_default();
        Ok(Driver { program, arguments: words.collect(), version })
    }

    fn for_cxx(mut self) -> Driver {
        self.arguments.extend(CXX_FLAGS.map(str::to_string));
        self
    }

    fn command(&self, shop: &Workshop<'_>) -> Command {
        let mut command = command(shop, &self.program);
        command.args(&self.arguments).args(FLAGS).current_dir(shop.root);
        command
    }

    fn add_to(&self, key: &mut digest::Parts) {
        key.add(self.program.as_os_str().as_encoded_bytes()).add(self.arguments.join(" ")).add(&self.version);
    }
}

pub(super) fn compile(shop: &Workshop<'_>, name: &str, guest: &Path, sources: &[PathBuf]) -> Compiled {
    let compiler = match shop.c() {
        Ok(compiler) => compiler,
        Err(Missing { reason, named: true }) => return Compiled::failed(reason.clone(), sources.to_vec()),
        Err(Missing { reason, .. }) => return Compiled::without_tool(shop, reason.clone(), sources.to_vec()),
    };
    let mut key = digest::Parts::default();
    key.add("cc").add(FLAGS.join(" ")).add(LINK_FLAGS.join(" "));
    compiler.c.add_to(&mut key);
    if let (true, Ok(cxx)) = (sources.iter().any(|source| is_cxx(source)), &compiler.cxx) {
        cxx.add_to(&mut key);
    }
    for source in sources {
        key.add(source.as_os_str().as_encoded_bytes());
    }
    let mut compiled =
        single::compile(shop, name, &key.finish(), |out: &PathBuf| steps(shop, compiler, name, guest, sources, out));
    compiled.inputs.extend(sources.iter().cloned());
    compiled
}

/// Compiles each source separately, because `-MF` supports one source only, and links the objects.
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
        let mut command = compiler.driver(is_cxx(source))?.command(shop);
        command.arg("-c").arg("-MD").arg("-MF").arg(&depends).arg("-o").arg(&object);
        // Relative to the suite's directory, where the compiler runs, so that `__FILE__` is the same on all machines.
        run(command.arg(source.strip_prefix(shop.root).unwrap_or(source)))?;
        let read = crate::system::read_to_string(&depends).unwrap_or_default();
        inputs.extend(depfile::parse(&read, shop.root));
        objects.push(object.into());
    }
    let mut link = compiler.driver(sources.iter().any(|source| is_cxx(source)))?.command(shop);
    run(link.args(LINK_FLAGS).arg("-o").arg(out).args(&objects))?;
    // The compiler's own headers change only with its version.
    inputs.retain(|input| input.starts_with(shop.root) || input.starts_with(guest));
    inputs.sort();
    inputs.dedup();
    Ok(inputs)
}

fn is_cxx(source: &Path) -> bool {
    source.extension().and_then(|end| end.to_str()).is_some_and(|end| CXX.contains(&end))
}

fn run(command: &mut Command) -> Result<(), String> {
    let output = children::output(command).map_err(|error| format!("cannot run the C compiler: {error}"))?;
    if output.status.success() { Ok(()) } else { Err(String::from_utf8_lossy(&output.stderr).into_owned()) }
}
