//! Test cases of the reference encoder.
//!
//! A case is a directory within the reference's crate: `module.wat` or libraries to link, `adapt-*.wat`, their WIT,
//! options in `;;!` lines, and the expected result: `component.wat` with `component.wit.print`, or `error.txt`.

use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, Result, bail, ensure};
use polyfill_encoder::{Adapter, Forwarding, Input, Options, Region, Source, Wit};
use wit_parser::{PackageId, Resolve};

/// One case.
#[derive(Clone, Debug)]
pub struct Case {
    /// Name of the directory.
    pub name: String,
    /// Modules of the case.
    pub modules: Modules,
    /// Expected outcome.
    pub expected: Expected,
    /// Options of the case.
    pub config: Config,
}

/// Inputs of a case.
#[derive(Clone, Debug)]
#[allow(clippy::large_enum_variant, reason = "few instances exist")]
pub enum Modules {
    /// A main module and adapters.
    Main {
        /// Main module.
        main: Module,
        /// Adapters, ordered by file name.
        adapters: Vec<Module>,
    },
    /// Libraries to link, ordered by file name.
    Libraries(Vec<Module>),
}

/// A core module and its WIT.
#[derive(Clone, Debug)]
pub struct Module {
    /// `main`, the import module that an adapter implements, or the name of a library.
    pub name: String,
    /// The module in binary format.
    pub wasm: Vec<u8>,
    /// World of the module.
    pub wit: Wit,
}

/// Expected outcome of a case.
#[derive(Clone, Debug)]
pub enum Expected {
    /// The reference's component.
    Component {
        /// The component in binary format.
        bytes: Vec<u8>,
        /// Its printed world.
        wit: String,
    },
    /// The reference's error message.
    Error(String),
}

/// Options of the reference encoder.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Config {
    /// Set when shims call through globals that hold function references.
    pub return_call_ref: bool,
    /// Set when adapters obtain memory by `memory.grow`.
    pub realloc_via_memory_grow: bool,
    /// Set when the component uses the names of the standard mangling.
    pub emit_canonical_names: bool,
    /// Set when the linker adds trapping functions for missing ones.
    pub stub_missing_functions: bool,
    /// Set when the linker adds its own `libdl.so`.
    pub use_built_in_libdl: bool,
}

/// Returns the case directory of the newest reference encoder among the dependencies, found through `cargo metadata`.
///
/// # Errors
///
/// Returns an error if cargo cannot be run or the reference is not a dependency.
pub fn folder() -> Result<PathBuf> {
    let manifest = Path::new(env!("CARGO_MANIFEST_DIR")).join("Cargo.toml");
    let cargo = std::env::var_os("CARGO").filter(|cargo| !cargo.is_empty()).unwrap_or_else(|| "cargo".into());
    let version = Command::new(&cargo).arg("-vV").output().context("cannot run cargo")?;
    let version = String::from_utf8_lossy(&version.stdout).into_owned();
    let host =
        version.lines().find_map(|line| line.strip_prefix("host: ")).context("`cargo -vV` does not report its host")?;
    // Dependencies for other platforms are not downloaded.
    let output = Command::new(cargo)
        .args(["metadata", "--format-version", "1", "--offline", "--filter-platform", host, "--manifest-path"])
        .arg(manifest)
        .output()
        .context("cannot run cargo metadata")?;
    ensure!(output.status.success(), "cargo metadata: {}", String::from_utf8_lossy(&output.stderr));
    let metadata: serde_json::Value = serde_json::from_slice(&output.stdout).context("cargo metadata")?;
    let packages = metadata["packages"].as_array().map(Vec::as_slice).unwrap_or_default();
    let version = |package: &serde_json::Value| semver::Version::parse(package["version"].as_str().unwrap_or_default());
    let package = packages
        .iter()
        .filter(|package| package["name"] == "wit-component")
        .max_by_key(|package| version(package).ok())
        .context("no package `wit-component` among the dependencies")?;
    let manifest = package["manifest_path"].as_str().context("a package without a manifest")?;
    Ok(Path::new(manifest).with_file_name("tests").join("components"))
}

/// Reads all cases of a directory, ordered by name.
///
/// # Errors
///
/// Returns an error if a case cannot be read.
pub fn read_all(folder: &Path) -> Result<Vec<Case>> {
    let mut names = Vec::new();
    for entry in std::fs::read_dir(folder).with_context(|| folder.display().to_string())? {
        let entry = entry?;
        if entry.file_type()?.is_dir() {
            names.push(entry.path());
        }
    }
    names.sort();
    names.iter().map(|case| read(case).with_context(|| case.display().to_string())).collect()
}

/// Reads one case.
///
/// # Errors
///
/// Returns an error if a file cannot be read or an option is unknown.
pub fn read(folder: &Path) -> Result<Case> {
    let mut resolve = Resolve::default();
    let (package, _) = resolve.push_dir(folder)?;
    let mut files = Vec::new();
    for entry in std::fs::read_dir(folder)? {
        let path = entry?.path();
        if path.extension().is_some_and(|extension| extension == "wat")
            && path.file_name() != Some("component.wat".as_ref())
        {
            files.push(path);
        }
    }
    files.sort();

    let mut config = Config::default();
    let mut main = None;
    let (mut adapters, mut libraries) = (Vec::new(), Vec::new());
    for path in &files {
        let text = std::fs::read_to_string(path)?;
        configure(&mut config, &text)?;
        let stem = path.file_stem().and_then(|stem| stem.to_str()).context("a file name that is not UTF-8")?;
        let short = stem.strip_prefix("adapt-").or(stem.strip_prefix("dlopen-lib-")).or(stem.strip_prefix("lib-"));
        let name = match (stem, short) {
            ("module", _) => "main",
            (_, Some(short)) => text.lines().next().and_then(|l| l.strip_prefix(";; module name: ")).unwrap_or(short),
            _ => bail!("unexpected file `{}`", path.display()),
        };
        let module = Module { name: name.into(), wasm: wat::parse_str(&text)?, wit: wit(&resolve, package, stem)? };
        match stem {
            "module" => main = Some(module),
            _ if stem.starts_with("adapt-") => adapters.push(module),
            _ => libraries.push(module),
        }
    }

    let error = folder.join("error.txt");
    let expected = if error.exists() {
        Expected::Error(std::fs::read_to_string(error)?)
    } else {
        let bytes = wat::parse_file(folder.join("component.wat"))?;
        Expected::Component { bytes, wit: std::fs::read_to_string(folder.join("component.wit.print"))? }
    };
    let name = folder.file_name().and_then(|name| name.to_str()).context("directory without a name")?.to_string();
    let modules = match main {
        Some(main) => Modules::Main { main, adapters },
        None => Modules::Libraries(libraries),
    };
    Ok(Case { name, modules, expected, config })
}

impl Case {
    /// Encodes the case with this project's encoder. Returns `None` without a main module.
    ///
    /// # Errors
    ///
    /// Returns the encoder's error.
    pub fn encode(&self) -> Option<Result<polyfill_encoder::Encoded, polyfill_encoder::Errors>> {
        let Modules::Main { main, adapters } = &self.modules else { return None };
        let input = Input { main: main.source(), adapters: adapters.iter().map(Module::adapter).collect() };
        Some(polyfill_encoder::encode(&input, &self.config.options()))
    }
}

impl Module {
    /// Converts the module to an input of this project's encoder.
    pub fn source(&self) -> Source<'_> {
        Source { name: self.name.clone(), wasm: &self.wasm, wit: Some(self.wit.clone()) }
    }

    /// Converts the module to an adapter of this project's encoder.
    pub fn adapter(&self) -> Adapter<'_> {
        Adapter::new(&self.name, &self.wasm).with_wit(Some(self.wit.clone()))
    }
}

impl Config {
    /// Converts the options to those of this project's encoder.
    pub fn options(&self) -> Options {
        let region = if self.realloc_via_memory_grow { Region::MemoryGrow } else { Region::Auto };
        let forwarding = if self.return_call_ref { Forwarding::References } else { Forwarding::Table };
        Options { region, forwarding, canonical_names: self.emit_canonical_names, ..Options::default() }
    }
}

fn wit(resolve: &Resolve, package: PackageId, world: &str) -> Result<Wit> {
    let world = resolve.select_world(&[package], Some(world))?;
    Ok(Wit { resolve: resolve.clone(), world })
}

/// Parses the `;;!` lines among the leading comments of a file.
fn configure(config: &mut Config, text: &str) -> Result<()> {
    let leading = text.lines().map(str::trim).take_while(|line| line.is_empty() || line.starts_with(";;"));
    for line in leading.filter_map(|line| line.strip_prefix(";;!")) {
        let option = match line.trim().strip_suffix(" = true") {
            Some("return-call-ref") => &mut config.return_call_ref,
            Some("realloc-via-memory-grow") => &mut config.realloc_via_memory_grow,
            Some("emit-canonical-names") => &mut config.emit_canonical_names,
            Some("stub-missing-functions") => &mut config.stub_missing_functions,
            Some("use-built-in-libdl") => &mut config.use_built_in_libdl,
            _ => bail!("unknown option `{line}`"),
        };
        *option = true;
    }
    Ok(())
}
