//! Evaluates a component symbolically: every index of every index space maps to a value that identifies its item.

use std::collections::BTreeMap;
use std::rc::Rc;

use wasmparser::{
    CanonicalFunction, ComponentAlias, ComponentExternalKind, ComponentInstance, ComponentType, ComponentTypeRef,
    KnownCustom, Parser, Payload, TypeBounds,
};

use super::core;
use super::forward::Modules;
use super::spaces::{
    Definition, Func, Instance, Item, RawOptions, Spaces, Type, core_instance, get, instance_type, is_func,
};
use super::{Lifted, Needs, NeedsError, Options};

/// Items of a component, including those of nested components.
#[derive(Default)]
pub(super) struct Component<'a> {
    pub modules: Vec<core::Module<'a>>,
    pub instances: Vec<core::Instance>,
    lifts: Vec<(core::Func, RawOptions)>,
    lowers: Vec<(Func, RawOptions)>,
    /// Other built-ins, each with its subject.
    builtins: Vec<(String, Option<Type>)>,
    /// Destructors of defined resources.
    resources: Vec<Option<core::Func>>,
    exports: Vec<(String, Item)>,
}

/// Evaluates the component in the bytes.
pub(super) fn read(bytes: &[u8]) -> Result<Component<'_>, NeedsError> {
    let mut component = Component::default();
    let root = Definition { bytes: (0, bytes.len()), outer: Vec::new() };
    component.exports = component.evaluate(bytes, &root, None)?.in_order;
    Ok(component)
}

impl<'a> Component<'a> {
    /// Summarizes the result: functions by path, core functions by the function that is finally called.
    pub fn needs(&self) -> Result<Needs, NeedsError> {
        let modules = Modules::read(self)?;
        let mut needs = Needs::default();
        let mut names = BTreeMap::new();
        for (path, item) in &self.exports {
            self.export(path, item, &modules, &mut needs, &mut names);
        }
        for (function, raw) in &self.lowers {
            let path = match function {
                Func::Imported(path) => path.clone(),
                Func::Lifted(lift) => format!("(lifted {})", modules.name(&self.lifts[*lift].0)),
            };
            needs.lowered.entry(path).or_default().insert(self.options(raw, &modules));
        }
        for (name, ty) in &self.builtins {
            needs.builtins.insert(match ty {
                None => name.clone(),
                Some(Type::Imported(path)) => format!("{name} import {path}"),
                Some(Type::Resource(id)) => match names.get(id) {
                    Some(path) => format!("{name} export {path}"),
                    None => format!("{name} (unnamed resource)"),
                },
                Some(_) => format!("{name} (no resource)"),
            });
        }
        Ok(needs)
    }

    fn export(
        &self,
        path: &str,
        item: &Item,
        modules: &Modules<'_, 'a>,
        needs: &mut Needs,
        names: &mut BTreeMap<usize, String>,
    ) {
        match item {
            Item::Func(Func::Imported(other)) => {
                needs.lifted.insert(path.into(), Lifted::Imported(other.clone()));
            }
            Item::Func(Func::Lifted(lift)) => {
                let (core, raw) = &self.lifts[*lift];
                let lifted = Lifted::Core { implementation: modules.name(core), options: self.options(raw, modules) };
                needs.lifted.insert(path.into(), lifted);
            }
            Item::Type(Type::Resource(id)) if !names.contains_key(id) => {
                names.insert(*id, path.into());
                let dtor = self.resources[*id].as_ref().map(|core| modules.name(core));
                needs.resources.insert(path.into(), dtor);
            }
            Item::Instance(instance) => {
                if let Instance::Made(exports) = &**instance {
                    for (name, item) in exports {
                        self.export(&format!("{path}#{name}"), item, modules, needs, names);
                    }
                }
            }
            _ => {}
        }
    }

    fn options(&self, raw: &RawOptions, modules: &Modules<'_, 'a>) -> Options {
        let name = |core: &Option<core::Func>| core.as_ref().map(|core| modules.name(core));
        Options {
            memory: raw.memory.as_ref().map(|memory| modules.owner(memory)),
            realloc: name(&raw.realloc),
            encoding: raw.encoding,
            post_return: name(&raw.post_return),
            callback: name(&raw.callback),
            asynchronous: raw.asynchronous,
        }
    }

    /// Evaluates a component with its import arguments. The root component has none.
    fn evaluate(
        &mut self,
        all: &'a [u8],
        definition: &Definition,
        args: Option<&BTreeMap<String, Item>>,
    ) -> Result<Spaces, NeedsError> {
        let (start, end) = definition.bytes;
        let mut spaces = Spaces { outer: definition.outer.clone(), ..Spaces::default() };
        // Payloads of nested modules and components are read when they are instantiated.
        let mut skip_to = 0;
        for payload in Parser::new(start as u64).parse_all(&all[start..end]) {
            let payload = payload?;
            let position = match &payload {
                Payload::Version { range, .. } => range.start,
                Payload::End(offset) => offset - 1,
                other => other.as_section().map_or(0, |(_, range)| range.start),
            };
            if position < skip_to {
                continue;
            }
            match payload {
                Payload::ModuleSection { unchecked_range, .. } => {
                    skip_to = unchecked_range.end;
                    let bytes = all.get(unchecked_range.start as usize..unchecked_range.end as usize);
                    self.modules.push(core::Module { name: None, bytes });
                    spaces.modules.push(self.modules.len() - 1);
                }
                Payload::ComponentSection { unchecked_range, .. } => {
                    skip_to = unchecked_range.end;
                    let bytes = (unchecked_range.start as usize, (unchecked_range.end as usize).min(all.len()));
                    let mut outer = vec![Rc::new(spaces.outer_scope())];
                    outer.extend(spaces.outer.iter().cloned());
                    spaces.components.push(Rc::new(Definition { bytes, outer }));
                }
                Payload::CustomSection(section) => {
                    if let KnownCustom::ComponentName(names) = section.as_known() {
                        self.name_modules(&spaces, names);
                    }
                }
                other => self.section(all, other, &mut spaces, args)?,
            }
        }
        Ok(spaces)
    }

    fn section(
        &mut self,
        all: &'a [u8],
        payload: Payload<'a>,
        spaces: &mut Spaces,
        args: Option<&BTreeMap<String, Item>>,
    ) -> Result<(), NeedsError> {
        match payload {
            Payload::ComponentImportSection(section) => {
                for import in section {
                    let import = import?;
                    let given = args.and_then(|args| args.get(import.name.name)).cloned();
                    let item = match given {
                        Some(item) => item,
                        None => self.imported(&full_name(&import.name), import.ty, spaces)?,
                    };
                    spaces.push(item);
                }
            }
            Payload::ComponentTypeSection(section) => {
                for ty in section {
                    let ty = self.ty(ty?, spaces)?;
                    spaces.types.push(ty);
                }
            }
            Payload::ComponentAliasSection(section) => {
                for alias in section {
                    self.alias(alias?, spaces)?;
                }
            }
            Payload::ComponentCanonicalSection(section) => {
                for function in section {
                    self.canonical(function?, spaces)?;
                }
            }
            Payload::InstanceSection(section) => {
                for instance in section {
                    let instance = core_instance(instance?, spaces)?;
                    self.instances.push(instance);
                    spaces.core_instances.push(self.instances.len() - 1);
                }
            }
            Payload::ComponentInstanceSection(section) => {
                for instance in section {
                    let exports = match instance? {
                        ComponentInstance::Instantiate { component_index, args } => {
                            let definition = get(&spaces.components, "component", component_index)?.clone();
                            let mut given = BTreeMap::new();
                            for arg in &args {
                                given.insert(arg.name.to_string(), spaces.item(arg.kind, arg.index)?);
                            }
                            self.evaluate(all, &definition, Some(&given))?.exports
                        }
                        ComponentInstance::FromExports(exports) => exports
                            .iter()
                            .map(|export| Ok((export.name.name.to_string(), spaces.item(export.kind, export.index)?)))
                            .collect::<Result<_, NeedsError>>()?,
                    };
                    spaces.instances.push(Rc::new(Instance::Made(exports)));
                }
            }
            Payload::ComponentExportSection(section) => {
                for export in section {
                    let export = export?;
                    let item = spaces.item(export.kind, export.index)?;
                    spaces.exports.insert(export.name.name.to_string(), item.clone());
                    spaces.in_order.push((full_name(&export.name), item.clone()));
                    // An export adds an index for the exported item.
                    spaces.push(item);
                }
            }
            _ => {}
        }
        Ok(())
    }

    fn imported(&mut self, name: &str, ty: ComponentTypeRef, spaces: &Spaces) -> Result<Item, NeedsError> {
        Ok(match ty {
            ComponentTypeRef::Func(_) => Item::Func(Func::Imported(name.into())),
            ComponentTypeRef::Type(TypeBounds::Eq(same)) => Item::Type(get(&spaces.types, "type", same)?.clone()),
            ComponentTypeRef::Type(TypeBounds::SubResource) => Item::Type(Type::Imported(name.into())),
            ComponentTypeRef::Instance(ty) => {
                let types = match get(&spaces.types, "type", ty)? {
                    Type::Instance(exports) => exports
                        .iter()
                        .map(|(export, ty)| {
                            let fresh = || Type::Imported(format!("{name}#{export}"));
                            (export.clone(), ty.clone().unwrap_or_else(fresh))
                        })
                        .collect(),
                    _ => Vec::new(),
                };
                Item::Instance(Rc::new(Instance::Imported(name.into(), types)))
            }
            ComponentTypeRef::Module(_) => {
                self.modules.push(core::Module { name: Some(name.into()), bytes: None });
                Item::Module(self.modules.len() - 1)
            }
            ComponentTypeRef::Component(_) => Item::Component(Rc::new(Definition { bytes: (0, 0), outer: Vec::new() })),
            ComponentTypeRef::Value(_) => Item::Value,
        })
    }

    fn ty(&mut self, ty: ComponentType<'_>, spaces: &Spaces) -> Result<Type, NeedsError> {
        Ok(match ty {
            ComponentType::Resource { dtor, .. } => {
                let dtor = dtor.map(|dtor| get(&spaces.core_funcs, "core function", dtor).cloned()).transpose()?;
                self.resources.push(dtor);
                Type::Resource(self.resources.len() - 1)
            }
            ComponentType::Instance(declarations) => Type::Instance(Rc::new(instance_type(&declarations, spaces)?)),
            _ => Type::Other,
        })
    }

    fn alias(&mut self, alias: ComponentAlias<'_>, spaces: &mut Spaces) -> Result<(), NeedsError> {
        match alias {
            ComponentAlias::InstanceExport { kind, instance_index, name } => {
                let instance = get(&spaces.instances, "instance", instance_index)?.clone();
                let item = match &*instance {
                    Instance::Made(exports) => {
                        exports.get(name).cloned().ok_or_else(|| NeedsError::Export { name: name.into() })?
                    }
                    Instance::Imported(path, types) => {
                        let inner = format!("{path}#{name}");
                        match kind {
                            ComponentExternalKind::Func => Item::Func(Func::Imported(inner)),
                            ComponentExternalKind::Type => Item::Type(
                                types.iter().find(|(n, _)| n == name).map_or(Type::Other, |(_, ty)| ty.clone()),
                            ),
                            ComponentExternalKind::Instance => {
                                Item::Instance(Rc::new(Instance::Imported(inner, Vec::new())))
                            }
                            ComponentExternalKind::Module => {
                                self.modules.push(core::Module { name: Some(inner), bytes: None });
                                Item::Module(self.modules.len() - 1)
                            }
                            ComponentExternalKind::Component => {
                                Item::Component(Rc::new(Definition { bytes: (0, 0), outer: Vec::new() }))
                            }
                            ComponentExternalKind::Value => Item::Value,
                        }
                    }
                };
                spaces.push(item);
            }
            ComponentAlias::CoreInstanceExport { kind, instance_index, name } => {
                let id = *get(&spaces.core_instances, "core instance", instance_index)?;
                let item = match &self.instances[id] {
                    core::Instance::Bag(items) => {
                        let found = items.iter().find(|(n, _)| n == name);
                        found.ok_or_else(|| NeedsError::Export { name: name.into() })?.1.clone()
                    }
                    core::Instance::Of(..) if is_func(kind) => core::Item::Func(core::Func::Export(id, name.into())),
                    core::Instance::Of(..) => core::Item::Other(id, name.into()),
                };
                spaces.push_core(kind, item);
            }
            ComponentAlias::Outer { kind, count, index } => spaces.outer_alias(kind, count, index)?,
        }
        Ok(())
    }

    fn canonical(&mut self, function: CanonicalFunction, spaces: &mut Spaces) -> Result<(), NeedsError> {
        let resource = |index: u32| get(&spaces.types, "type", index).cloned();
        let (name, of) = match function {
            CanonicalFunction::Lift { core_func_index, options, .. } => {
                let core = get(&spaces.core_funcs, "core function", core_func_index)?.clone();
                self.lifts.push((core, spaces.options(&options)?));
                spaces.funcs.push(Func::Lifted(self.lifts.len() - 1));
                return Ok(());
            }
            CanonicalFunction::Lower { func_index, options } => {
                let function = get(&spaces.funcs, "function", func_index)?.clone();
                self.lowers.push((function, spaces.options(&options)?));
                spaces.core_funcs.push(core::Func::Lower);
                return Ok(());
            }
            CanonicalFunction::ResourceNew { resource: ty } => ("resource.new".into(), Some(resource(ty)?)),
            CanonicalFunction::ResourceRep { resource: ty } => ("resource.rep".into(), Some(resource(ty)?)),
            CanonicalFunction::ResourceDrop { resource: ty } => ("resource.drop".into(), Some(resource(ty)?)),
            // Asynchronous and thread built-ins are identified by the name of the parser's variant.
            other => {
                let name: String = format!("{other:?}").chars().take_while(|c| c.is_alphanumeric()).collect();
                (name, None)
            }
        };
        self.builtins.push((name, of));
        spaces.core_funcs.push(core::Func::Builtin);
        Ok(())
    }

    fn name_modules(&mut self, spaces: &Spaces, names: wasmparser::ComponentNameSectionReader<'_>) {
        // Names are informative: a malformed name section is ignored from the error on.
        for subsection in names {
            let Ok(wasmparser::ComponentName::CoreModules(names)) = subsection else { continue };
            for naming in names.into_iter().map_while(Result::ok) {
                if let Some(id) = spaces.modules.get(naming.index as usize) {
                    self.modules[*id].name = Some(naming.name.to_string());
                }
            }
        }
    }
}

/// Returns a name with its full version.
fn full_name(name: &wasmparser::ComponentExternName<'_>) -> String {
    format!("{}{}", name.name, name.version_suffix.unwrap_or_default())
}
