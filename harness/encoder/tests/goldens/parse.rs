//! Reads the contents of a component with `wasmparser`, independently of the encoder.

use std::collections::BTreeMap;
use std::ops::Range;

use wasmparser::{
    CanonicalFunction, ComponentAlias, ComponentExternalKind, ComponentTypeRef, ExternalKind, Instance, KnownCustom,
    Name, Parser, Payload,
};

/// Core index spaces at the root of a component.
#[derive(Default)]
pub struct Component {
    pub modules: Vec<Vec<u8>>,
    pub instances: Vec<CoreInstance>,
    pub functions: Vec<CoreFunction>,
    /// Core functions that are lifted.
    pub lifted: Vec<u32>,
    imported: BTreeMap<u32, String>,
    component_instances: u32,
    component_functions: Vec<String>,
}

/// A core instance.
#[derive(Debug)]
pub enum CoreInstance {
    Module { module: u32, args: Vec<(String, u32)> },
    Items(Vec<(String, ExternalKind, u32)>),
}

/// A core function.
#[derive(Debug, PartialEq)]
pub enum CoreFunction {
    Lower(String),
    Export(u32, String),
    ResourceNew,
    ResourceRep,
    ResourceDrop,
}

impl Component {
    /// Reads a component.
    pub fn read(bytes: &[u8]) -> Component {
        let mut component = Component::default();
        let mut depth = 0;
        for payload in Parser::new(0).parse_all(bytes) {
            let payload = payload.expect("a valid component");
            match payload {
                Payload::ModuleSection { unchecked_range: range, .. } => {
                    if depth == 0 {
                        component.modules.push(bytes[range.start as usize..range.end as usize].to_vec());
                    }
                    depth += 1;
                }
                Payload::ComponentSection { .. } => depth += 1,
                Payload::End(_) => depth -= 1,
                payload if depth == 0 => component.section(payload),
                _ => {}
            }
        }
        component
    }

    fn section(&mut self, payload: Payload<'_>) {
        match payload {
            Payload::ComponentImportSection(imports) => {
                for import in imports {
                    let import = import.expect("an import");
                    match import.ty {
                        ComponentTypeRef::Instance(_) => {
                            self.imported.insert(self.component_instances, import.name.name.to_string());
                            self.component_instances += 1;
                        }
                        ComponentTypeRef::Func(_) => self.component_functions.push(import.name.name.to_string()),
                        _ => {}
                    }
                }
            }
            Payload::ComponentAliasSection(aliases) => {
                for alias in aliases {
                    self.alias(alias.expect("an alias"));
                }
            }
            Payload::ComponentCanonicalSection(functions) => {
                for function in functions {
                    self.canonical(function.expect("a canonical function"));
                }
            }
            Payload::InstanceSection(instances) => {
                for instance in instances {
                    self.instances.push(match instance.expect("an instance") {
                        Instance::Instantiate { module_index, args } => CoreInstance::Module {
                            module: module_index,
                            args: args.iter().map(|arg| (arg.name.to_string(), arg.index)).collect(),
                        },
                        Instance::FromExports(items) => CoreInstance::Items(
                            items.iter().map(|item| (item.name.to_string(), item.kind, item.index)).collect(),
                        ),
                    });
                }
            }
            Payload::ComponentInstanceSection(instances) => self.component_instances += instances.count(),
            Payload::ComponentExportSection(exports) => {
                for export in exports {
                    match export.expect("an export").kind {
                        ComponentExternalKind::Func => self.component_functions.push("an export".to_string()),
                        ComponentExternalKind::Instance => self.component_instances += 1,
                        _ => {}
                    }
                }
            }
            _ => {}
        }
    }

    fn alias(&mut self, alias: ComponentAlias<'_>) {
        match alias {
            ComponentAlias::CoreInstanceExport { kind: ExternalKind::Func, instance_index, name } => {
                self.functions.push(CoreFunction::Export(instance_index, name.to_string()));
            }
            ComponentAlias::InstanceExport { kind: ComponentExternalKind::Func, instance_index, name } => {
                let instance = self.imported.get(&instance_index).cloned().unwrap_or_default();
                self.component_functions.push(format!("{instance}#{name}"));
            }
            ComponentAlias::InstanceExport { kind: ComponentExternalKind::Instance, .. } => {
                self.component_instances += 1;
            }
            _ => {}
        }
    }

    fn canonical(&mut self, function: CanonicalFunction) {
        self.functions.push(match function {
            CanonicalFunction::Lift { core_func_index, .. } => {
                self.lifted.push(core_func_index);
                self.component_functions.push("a lift".to_string());
                return;
            }
            CanonicalFunction::Lower { func_index, .. } => {
                CoreFunction::Lower(self.component_functions[func_index as usize].clone())
            }
            CanonicalFunction::ResourceNew { .. } => CoreFunction::ResourceNew,
            CanonicalFunction::ResourceRep { .. } => CoreFunction::ResourceRep,
            CanonicalFunction::ResourceDrop { .. } => CoreFunction::ResourceDrop,
            other => panic!("{other:?} is not expected in these cases"),
        });
    }

    /// Returns the core function for each import of each core module: core module, module and field of the import, core
    /// function.
    pub fn imports(&self) -> Vec<(u32, String, String, u32)> {
        let mut imports = Vec::new();
        for instance in &self.instances {
            let CoreInstance::Module { module, args } = instance else { continue };
            for (name, index) in args {
                let CoreInstance::Items(items) = &self.instances[*index as usize] else { continue };
                for (field, kind, index) in items {
                    if *kind == ExternalKind::Func {
                        imports.push((*module, name.clone(), field.clone(), *index));
                    }
                }
            }
        }
        imports.sort();
        imports
    }
}

/// A function of a core module.
#[derive(Debug)]
pub struct Function {
    pub name: Option<String>,
    /// Range of the body in the contents of the code section.
    pub code: Option<Range<u64>>,
}

/// Returns the name and the functions of a core module.
pub fn module(wasm: &[u8]) -> (Option<String>, Vec<Function>) {
    let (mut module, mut functions, mut start) = (None, Vec::new(), 0);
    for payload in Parser::new(0).parse_all(wasm) {
        match payload.expect("a valid module") {
            Payload::ImportSection(imports) => {
                for import in imports.into_imports() {
                    if let wasmparser::TypeRef::Func(_) = import.expect("an import").ty {
                        functions.push(Function { name: None, code: None });
                    }
                }
            }
            Payload::CodeSectionStart { unchecked_range, .. } => start = unchecked_range.start,
            Payload::CodeSectionEntry(body) => {
                let code = body.range().start - start..body.range().end - start;
                functions.push(Function { name: None, code: Some(code) });
            }
            Payload::CustomSection(section) => {
                let KnownCustom::Name(names) = section.as_known() else { continue };
                for name in names {
                    match name.expect("a name") {
                        Name::Module { name, .. } => module = Some(name.to_string()),
                        Name::Function(names) => {
                            for name in names {
                                let name = name.expect("a name");
                                functions[name.index as usize].name = Some(name.name.to_string());
                            }
                        }
                        _ => {}
                    }
                }
            }
            _ => {}
        }
    }
    (module, functions)
}
