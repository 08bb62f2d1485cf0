//! Case directories: an input as files, written for findings and replayed by tests.
//!
//! ```text
//! module.wat, module.wit              main and its world
//! adapt-NAME.wat, adapt-NAME.wit      an adapter; starts with `;; module name: x` if NAME is not a valid file name
//! difference.txt                      difference when the case was written
//! ```
//!
//! Leading comments of the `.wat` files may contain options: `;;! world = "w"`, `;;! string-encoding = "utf16"` and, in
//! `module.wat`, `;;! realloc-via-memory-grow = true` or `;;! return-call-ref = true`.

use std::fmt::Write as _;
use std::path::Path;

use anyhow::{Context, bail, ensure};

use crate::inputs::{Encoding, Inputs, Options, Source};

/// Writes a case, replacing an existing one.
///
/// # Errors
///
/// Returns an error if a file cannot be written.
pub fn write(folder: &Path, inputs: &Inputs, difference: &str) -> anyhow::Result<()> {
    std::fs::create_dir_all(folder)?;
    for entry in std::fs::read_dir(folder)? {
        let path = entry?.path();
        if path.extension().is_some_and(|extension| extension == "wat" || extension == "wit") {
            std::fs::remove_file(path)?;
        }
    }
    let mut head = head(&inputs.main);
    if inputs.options.memory_grow {
        head += ";;! realloc-via-memory-grow = true\n";
    }
    if inputs.options.return_call_ref {
        head += ";;! return-call-ref = true\n";
    }
    source(folder, "module", &head, &inputs.main)?;
    for (number, (name, adapter)) in inputs.adapters.iter().enumerate() {
        let plain = name.chars().all(|c| c.is_ascii_alphanumeric() || c == '_');
        let stem = if plain { format!("adapt-{name}") } else { format!("adapt-{number}") };
        // Adapters are ordered by file name.
        let stem = if inputs.adapters.len() > 1 { format!("adapt-{number}") } else { stem };
        let name = if stem == format!("adapt-{name}") { String::new() } else { format!(";; module name: {name}\n") };
        source(folder, &stem, &(name + &self::head(adapter)), adapter)?;
    }
    std::fs::write(folder.join("difference.txt"), difference)?;
    Ok(())
}

fn head(source: &Source) -> String {
    let mut head = format!(";;! world = \"{}\"\n", source.world);
    if source.encoding != Encoding::Utf8 {
        let _ = writeln!(head, ";;! string-encoding = \"{}\"", source.encoding);
    }
    head
}

fn source(folder: &Path, stem: &str, head: &str, source: &Source) -> anyhow::Result<()> {
    std::fs::write(folder.join(format!("{stem}.wat")), format!("{head}{}", source.wat))?;
    std::fs::write(folder.join(format!("{stem}.wit")), &source.wit)?;
    Ok(())
}

/// Reads a case. Unknown files and options are errors.
///
/// # Errors
///
/// Returns an error if a file cannot be read or is unexpected, or an option is unknown.
pub fn read(folder: &Path) -> anyhow::Result<Inputs> {
    let mut stems = Vec::new();
    for entry in std::fs::read_dir(folder).with_context(|| folder.display().to_string())? {
        let name = entry?.file_name().to_string_lossy().into_owned();
        match name.rsplit_once('.') {
            Some((stem, "wat")) => stems.push(stem.to_string()),
            Some((stem, "wit")) => {
                ensure!(folder.join(format!("{stem}.wat")).exists(), "`{name}` without `{stem}.wat`")
            }
            _ => ensure!(name == "difference.txt", "unknown file `{name}`"),
        }
    }
    stems.sort();
    let mut options = Options::default();
    let (mut main, mut adapters) = (None, Vec::new());
    for stem in stems {
        let wat = std::fs::read_to_string(folder.join(format!("{stem}.wat")))?;
        let wit = std::fs::read_to_string(folder.join(format!("{stem}.wit"))).with_context(|| format!("{stem}.wit"))?;
        let mut read = Source { wit, wat: String::new(), world: stem.clone(), encoding: Encoding::Utf8 };
        let mut name = stem.strip_prefix("adapt-").map(str::to_string);
        for line in wat.lines() {
            if let Some(given) = line.strip_prefix(";; module name: ") {
                name = Some(given.to_string());
            } else if let Some(option) = line.strip_prefix(";;! ") {
                set(option, &mut read, &mut options).with_context(|| format!("{stem}.wat"))?;
            }
        }
        read.wat = wat;
        match name {
            None if stem == "module" => main = Some(read),
            None => bail!("`{stem}.wat` is neither `module.wat` nor `adapt-*.wat`"),
            Some(name) => adapters.push((name, read)),
        }
    }
    Ok(Inputs { main: main.context("`module.wat` not found")?, adapters, options })
}

fn set(option: &str, source: &mut Source, options: &mut Options) -> anyhow::Result<()> {
    let (key, value) = option.split_once(" = ").with_context(|| format!("`{option}` is not `key = value`"))?;
    let value = value.trim().trim_matches('"');
    match key {
        "world" => source.world = value.to_string(),
        "string-encoding" => {
            let found = Encoding::ALL.into_iter().find(|encoding| encoding.to_string() == value);
            source.encoding = found.with_context(|| format!("unknown string encoding `{value}`"))?;
        }
        "realloc-via-memory-grow" => options.memory_grow = value == "true",
        "return-call-ref" => options.return_call_ref = value == "true",
        _ => bail!("unknown option `{key}`"),
    }
    Ok(())
}
