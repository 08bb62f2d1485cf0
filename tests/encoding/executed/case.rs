//! Case files: modules to encode, ways of encoding, and calls.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

use polyfill_encoder::{
    Adapter, Answer, Copies, Errors, Form, Forwarding, Input, Options, Region, ShadowStack, Source, Wit, encode,
};
use serde::Deserialize;
use wit_parser::Resolve;

/// A case directory.
pub struct Case {
    pub script: Script,
    main: (Vec<u8>, Option<Wit>),
    /// Modules by file name.
    modules: BTreeMap<String, (Vec<u8>, Option<Wit>)>,
    folder: PathBuf,
}

/// Contents of `case.toml`.
#[derive(Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct Script {
    /// Property that the case demonstrates.
    #[allow(dead_code, reason = "for readers")]
    description: String,
    /// Forms of all adapters. Default: the form that each adapter is built for.
    #[serde(default)]
    forms: Vec<String>,
    /// Allocation of adapter regions: `auto`, `grow`, or both.
    #[serde(default)]
    regions: Vec<String>,
    /// Set when the case requires multiple memories per module.
    #[serde(default)]
    multi_memory: bool,
    /// Exports to call, with numeric arguments: `add 1 2`.
    #[serde(default)]
    pub calls: Vec<String>,
    /// Order of the adapters in the chain. Default: all adapters by name.
    #[serde(default, rename = "adapter")]
    adapters: Vec<Layer>,
}

/// An adapter of a case.
#[derive(Default, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case", default)]
struct Layer {
    name: String,
    /// File name without `.wat`, if it differs from the name.
    file: Option<String>,
    implements: Vec<String>,
    /// Replaces the module by a stub of this kind for the imported interfaces of the world in `FILE.wit`.
    stub: Option<String>,
    form: Option<String>,
    stack_size: Option<u32>,
    stack_guard: bool,
    stack_pointer: Option<u32>,
}

/// One way to encode a case.
#[derive(Clone, Copy, Debug)]
pub struct Variant {
    form: Form,
    region: Region,
    pub copies: Copies,
}

/// Set when calls are forwarded by a feature that this engine does not support. Such a component is validated only.
const UNKNOWN: Forwarding = Forwarding::References;

impl Case {
    /// Reads a case directory.
    pub fn read(folder: &Path) -> Case {
        let text = fs::read_to_string(folder.join("case.toml")).unwrap_or_else(|e| panic!("{}: {e}", folder.display()));
        let mut script: Script = toml::from_str(&text).unwrap_or_else(|e| panic!("{}: {e}", folder.display()));
        let mut modules = BTreeMap::new();
        for entry in fs::read_dir(folder).expect("a directory") {
            let path = entry.expect("an entry").path();
            if path.extension().is_some_and(|extension| extension == "wat") {
                let wasm = wat::parse_file(&path).unwrap_or_else(|error| panic!("{error}"));
                let wit = Some(path.with_extension("wit")).filter(|wit| wit.is_file()).map(|path| wit(&path));
                let name = path.file_stem().and_then(|name| name.to_str()).expect("a name").to_string();
                modules.insert(name, (wasm, wit));
            }
        }
        let main = modules.remove("main").expect("the case has a `main.wat`");
        if script.adapters.is_empty() {
            script.adapters = modules.keys().map(|name| Layer { name: name.clone(), ..Layer::default() }).collect();
        }
        Case { script, main, modules, folder: folder.to_path_buf() }
    }

    /// Returns all ways to encode the case.
    pub fn variants(&self) -> Vec<Variant> {
        let forms = self.script.forms.iter().map(|form| self::form(form));
        let forms: Vec<Form> = if self.script.forms.is_empty() { vec![Form::Auto] } else { forms.collect() };
        let regions: Vec<Region> = match self.script.regions.as_slice() {
            [] => vec![Region::Auto],
            regions => regions.iter().map(|r| if r == "grow" { Region::MemoryGrow } else { Region::Auto }).collect(),
        };
        let mut variants = Vec::new();
        for form in forms {
            for region in &regions {
                for copies in [Copies::MultiMemory, Copies::Loads] {
                    if self.script.multi_memory && copies == Copies::Loads {
                        continue;
                    }
                    variants.push(Variant { form, region: *region, copies });
                }
            }
        }
        variants
    }

    /// Encodes the case in one way.
    pub fn encode(&self, variant: &Variant) -> Result<Vec<u8>, Errors> {
        let main = Source { name: "main".into(), wasm: &self.main.0, wit: self.main.1.clone() };
        let adapters = self.script.adapters.iter().map(|layer| {
            let file = layer.file.as_ref().unwrap_or(&layer.name);
            if let Some(stub) = &layer.stub {
                return Adapter::stub(wit(&self.folder.join(format!("{file}.wit"))), answer(stub));
            }
            let (wasm, wit) = self.modules.get(file).unwrap_or_else(|| panic!("`{file}.wat` not found"));
            let stack = ShadowStack {
                size: layer.stack_size,
                guard: layer.stack_guard,
                pointer: layer.stack_pointer,
                checked: false,
            };
            let adapter = Adapter::new(&layer.name, wasm).with_wit(wit.clone()).with_stack(stack);
            let adapter = adapter.in_form(layer.form.as_deref().map_or(variant.form, form));
            if layer.implements.is_empty() { adapter } else { adapter.implementing(layer.implements.clone()) }
        });
        let input = Input { main, adapters: adapters.collect() };
        let Variant { region, copies, .. } = *variant;
        let options = Options { region, copies, ..Options::default() };
        encode(&input, &Options { forwarding: UNKNOWN, ..options.clone() })?;
        encode(&input, &options).map(|encoded| encoded.component)
    }
}

fn answer(name: &str) -> Answer {
    match name {
        "trap" => Answer::Trap,
        "error" => Answer::Error,
        "zero" => Answer::Zero,
        other => panic!("unknown stub `{other}`"),
    }
}

fn form(name: &str) -> Form {
    match name {
        "shared" => Form::Shared,
        "isolated" => Form::Isolated,
        other => panic!("unknown adapter form `{other}`"),
    }
}

fn wit(path: &Path) -> Wit {
    let mut resolve = Resolve::default();
    let text = fs::read_to_string(path).expect("a WIT file");
    let package = resolve.push_str(path, &text).unwrap_or_else(|error| panic!("{}: {error:?}", path.display()));
    let world = resolve.select_world(&[package], None).expect("one world");
    Wit { resolve, world }
}
