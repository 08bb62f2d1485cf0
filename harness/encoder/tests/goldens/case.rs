//! A test case: a directory with the inputs of an encoding.

use std::fs;
use std::path::{Path, PathBuf};

use polyfill_encoder::{Adapter, Encoded, Errors, Input, Options, Source, Wit, encode};
use wit_parser::Resolve;

/// Contents of a case directory.
pub struct Case {
    /// Main, followed by the adapters sorted by name.
    modules: Vec<(String, Vec<u8>, Option<PathBuf>)>,
    /// Name of an adapter and the import module that it implements, if they differ: `implements.txt`.
    implements: Option<(String, String)>,
    /// Import module that an interposition adapter in front of all adapters covers: a name or pattern, or
    /// `__main_module__` for main's realloc. `interposer.txt`.
    interposed: Option<String>,
}

/// Calls `each` for all cases of a directory.
pub fn all(kind: &str, each: impl Fn(&Path, &Case)) {
    let folders = entries(&Path::new(env!("CARGO_MANIFEST_DIR")).join("tests").join(kind));
    assert!(!folders.is_empty());
    for folder in folders {
        each(&folder, &Case::read(&folder));
    }
}

fn entries(folder: &Path) -> Vec<PathBuf> {
    let entries = fs::read_dir(folder).unwrap_or_else(|error| panic!("{}: {error}", folder.display()));
    let mut entries: Vec<PathBuf> = entries.map(|entry| entry.expect("an entry").path()).collect();
    entries.sort();
    entries
}

impl Case {
    fn read(folder: &Path) -> Case {
        let (mut modules, mut interposed, mut implements) = (Vec::new(), None, None);
        for file in entries(folder) {
            let name = file.file_name().and_then(|name| name.to_str()).expect("a name");
            if let Some(name) = name.strip_suffix(".wat") {
                let wasm = wat::parse_file(&file).unwrap_or_else(|error| panic!("{error}"));
                let wit = Some(file.with_file_name(format!("{name}.wit"))).filter(|wit| wit.is_file());
                modules.push((name.to_string(), wasm, wit));
            } else if name == "interposer.txt" {
                interposed = Some(fs::read_to_string(&file).expect("a text").trim().to_string());
            } else if name == "implements.txt" {
                let text = fs::read_to_string(&file).expect("a text");
                implements = text.trim().split_once(' ').map(|(name, module)| (name.to_string(), module.to_string()));
            } else {
                let goldens = ["plan.txt", "plan.json", "error.txt", "warnings.txt"];
                let known = name.ends_with(".wit") || goldens.contains(&name);
                assert!(known, "{} is not part of a case", file.display());
            }
        }
        let main = modules.iter().position(|(name, ..)| name == "main").expect("a case must contain `main.wat`");
        modules.swap(0, main);
        modules[1..].sort_by(|a, b| a.0.cmp(&b.0));
        Case { modules, implements, interposed }
    }

    /// Returns an input module by name.
    pub fn module(&self, name: &str) -> &[u8] {
        let found = self.modules.iter().find(|(other, ..)| other == name);
        found.map(|(_, wasm, _)| wasm.as_slice()).unwrap_or_default()
    }

    /// Encodes the case.
    pub fn encode(&self, options: &Options) -> Result<Encoded, Errors> {
        let given = |path: &Option<PathBuf>| path.as_ref().map(|path| wit(path));
        let (name, wasm, path) = &self.modules[0];
        let main = Source { name: name.clone(), wasm, wit: given(path) };
        let adapters = self.modules[1..].iter();
        let adapters = adapters.map(|(name, wasm, path)| {
            let adapter = Adapter::new(name, wasm).with_wit(given(path));
            match self.implements.as_ref().filter(|(other, _)| other == name) {
                Some((_, module)) => adapter.implementing([module]),
                None => adapter,
            }
        });
        let adapters = self.interposed.iter().map(Adapter::interposer).chain(adapters).collect();
        encode(&Input { main, adapters }, options)
    }
}

fn wit(path: &Path) -> Wit {
    let mut resolve = Resolve::default();
    let name = path.file_name().and_then(|name| name.to_str()).expect("a name");
    let text = fs::read_to_string(path).expect("a WIT file");
    let package = resolve.push_str(name, &text).unwrap_or_else(|error| panic!("{error:?}"));
    let world = resolve.select_world(&[package], None).expect("one world");
    Wit { resolve, world }
}
