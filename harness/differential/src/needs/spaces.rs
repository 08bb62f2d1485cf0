//! Index spaces of a component under evaluation, and their values.

use std::collections::BTreeMap;
use std::rc::Rc;

use wasmparser::{
    CanonicalOption, ComponentAlias, ComponentExternalKind, ComponentOuterAliasKind, ComponentTypeRef, ExternalKind,
    InstanceTypeDeclaration, TypeBounds,
};

use super::core::{self, InstanceId, ModuleId};
use super::{Encoding, NeedsError};

/// Canonical options as encoded.
#[derive(Clone, Default)]
pub(super) struct RawOptions {
    pub memory: Option<core::Item>,
    pub realloc: Option<core::Func>,
    pub post_return: Option<core::Func>,
    pub callback: Option<core::Func>,
    pub encoding: Encoding,
    pub asynchronous: bool,
}

#[derive(Clone)]
pub(super) enum Item {
    Func(Func),
    Type(Type),
    Instance(Rc<Instance>),
    Component(Rc<Definition>),
    Module(ModuleId),
    Value,
}

#[derive(Clone)]
pub(super) enum Func {
    /// A function that the component imports under that path.
    Imported(String),
    /// Index into `lifts`.
    Lifted(usize),
}

#[derive(Clone)]
pub(super) enum Type {
    /// A resource that the component imports under that path.
    Imported(String),
    /// Index into `resources`.
    Resource(usize),
    /// Exported types of an instance type. `None` for a fresh resource.
    Instance(Rc<Vec<(String, Option<Type>)>>),
    Other,
}

pub(super) enum Instance {
    /// An instance that the component imports under that path, with its known types.
    Imported(String, Vec<(String, Type)>),
    Made(BTreeMap<String, Item>),
}

/// A nested component and its enclosing scope.
pub(super) struct Definition {
    pub bytes: (usize, usize),
    pub outer: Vec<Rc<Outer>>,
}

/// Targets of outer aliases.
pub(super) struct Outer {
    pub types: Vec<Type>,
    pub components: Vec<Rc<Definition>>,
    pub modules: Vec<ModuleId>,
}

/// Index spaces of one component.
#[derive(Default)]
pub(super) struct Spaces {
    pub funcs: Vec<Func>,
    pub types: Vec<Type>,
    pub instances: Vec<Rc<Instance>>,
    pub components: Vec<Rc<Definition>>,
    pub values: u32,
    pub modules: Vec<ModuleId>,
    pub core_funcs: Vec<core::Func>,
    /// Memories, tables, globals and tags.
    pub core_items: [Vec<core::Item>; 4],
    pub core_instances: Vec<InstanceId>,
    pub outer: Vec<Rc<Outer>>,
    pub exports: BTreeMap<String, Item>,
    pub in_order: Vec<(String, Item)>,
}

/// Returns the exported types of an instance type: a type of the enclosing scope, or `None` for a fresh resource.
pub(super) fn instance_type(
    declarations: &[InstanceTypeDeclaration<'_>],
    spaces: &Spaces,
) -> Result<Vec<(String, Option<Type>)>, NeedsError> {
    let mut types: Vec<Option<Type>> = Vec::new();
    let mut exports = Vec::new();
    for declaration in declarations {
        match declaration {
            InstanceTypeDeclaration::Type(_) => types.push(Some(Type::Other)),
            InstanceTypeDeclaration::Alias(ComponentAlias::Outer {
                kind: ComponentOuterAliasKind::Type,
                count: 1,
                index,
            }) => types.push(Some(get(&spaces.types, "type", *index)?.clone())),
            InstanceTypeDeclaration::Alias(
                ComponentAlias::Outer { kind: ComponentOuterAliasKind::Type, .. }
                | ComponentAlias::InstanceExport { kind: ComponentExternalKind::Type, .. },
            ) => types.push(Some(Type::Other)),
            InstanceTypeDeclaration::Export { name, ty: ComponentTypeRef::Type(bounds) } => {
                let ty = match bounds {
                    TypeBounds::Eq(same) => get(&types, "type", *same)?.clone(),
                    TypeBounds::SubResource => None,
                };
                exports.push((name.name.to_string(), ty.clone()));
                types.push(ty);
            }
            _ => {}
        }
    }
    Ok(exports)
}

pub(super) fn core_instance(instance: wasmparser::Instance<'_>, spaces: &Spaces) -> Result<core::Instance, NeedsError> {
    Ok(match instance {
        wasmparser::Instance::Instantiate { module_index, args } => {
            let args = args
                .iter()
                .map(|arg| Ok((arg.name.to_string(), *get(&spaces.core_instances, "core instance", arg.index)?)))
                .collect::<Result<_, NeedsError>>()?;
            core::Instance::Of(*get(&spaces.modules, "core module", module_index)?, args)
        }
        wasmparser::Instance::FromExports(exports) => core::Instance::Bag(
            exports
                .iter()
                .map(|export| Ok((export.name.to_string(), spaces.core_item(export.kind, export.index)?)))
                .collect::<Result<_, NeedsError>>()?,
        ),
    })
}

impl Spaces {
    pub fn outer_scope(&self) -> Outer {
        Outer { types: self.types.clone(), components: self.components.clone(), modules: self.modules.clone() }
    }

    pub fn push(&mut self, item: Item) {
        match item {
            Item::Func(func) => self.funcs.push(func),
            Item::Type(ty) => self.types.push(ty),
            Item::Instance(instance) => self.instances.push(instance),
            Item::Component(component) => self.components.push(component),
            Item::Module(module) => self.modules.push(module),
            Item::Value => self.values += 1,
        }
    }

    pub fn push_core(&mut self, kind: ExternalKind, item: core::Item) {
        match (space(kind), item) {
            (None, core::Item::Func(func)) => self.core_funcs.push(func),
            (Some(space), item) => self.core_items[space].push(item),
            // An alias of a function yields the same function.
            (None, core::Item::Other(instance, name)) => self.core_funcs.push(core::Func::Export(instance, name)),
        }
    }

    pub fn item(&self, kind: ComponentExternalKind, index: u32) -> Result<Item, NeedsError> {
        Ok(match kind {
            ComponentExternalKind::Func => Item::Func(get(&self.funcs, "function", index)?.clone()),
            ComponentExternalKind::Type => Item::Type(get(&self.types, "type", index)?.clone()),
            ComponentExternalKind::Instance => Item::Instance(get(&self.instances, "instance", index)?.clone()),
            ComponentExternalKind::Component => Item::Component(get(&self.components, "component", index)?.clone()),
            ComponentExternalKind::Module => Item::Module(*get(&self.modules, "core module", index)?),
            ComponentExternalKind::Value => Item::Value,
        })
    }

    pub fn core_item(&self, kind: ExternalKind, index: u32) -> Result<core::Item, NeedsError> {
        match space(kind) {
            None => Ok(core::Item::Func(get(&self.core_funcs, "core function", index)?.clone())),
            Some(space) => get(&self.core_items[space], "core item", index).cloned(),
        }
    }

    pub fn outer_alias(&mut self, kind: ComponentOuterAliasKind, count: u32, index: u32) -> Result<(), NeedsError> {
        let here;
        let outer = match count.checked_sub(1) {
            None => {
                here = self.outer_scope();
                &here
            }
            Some(count) => &**get(&self.outer, "enclosing component", count)?,
        };
        match kind {
            ComponentOuterAliasKind::Type => {
                let ty = get(&outer.types, "type", index)?.clone();
                self.types.push(ty);
            }
            ComponentOuterAliasKind::Component => {
                let component = get(&outer.components, "component", index)?.clone();
                self.components.push(component);
            }
            ComponentOuterAliasKind::CoreModule => {
                let module = *get(&outer.modules, "core module", index)?;
                self.modules.push(module);
            }
            ComponentOuterAliasKind::CoreType => {}
        }
        Ok(())
    }

    pub fn options(&self, options: &[CanonicalOption]) -> Result<RawOptions, NeedsError> {
        let function = |index: u32| get(&self.core_funcs, "core function", index).cloned();
        let mut raw = RawOptions::default();
        for option in options {
            match *option {
                CanonicalOption::UTF8 => raw.encoding = Encoding::Utf8,
                CanonicalOption::UTF16 => raw.encoding = Encoding::Utf16,
                CanonicalOption::CompactUTF16 => raw.encoding = Encoding::CompactUtf16,
                CanonicalOption::Memory(index) => {
                    raw.memory = Some(self.core_item(ExternalKind::Memory, index)?);
                }
                CanonicalOption::Realloc(index) => raw.realloc = Some(function(index)?),
                CanonicalOption::PostReturn(index) => raw.post_return = Some(function(index)?),
                CanonicalOption::Callback(index) => raw.callback = Some(function(index)?),
                CanonicalOption::Async => raw.asynchronous = true,
                CanonicalOption::CoreType(_) | CanonicalOption::Gc => {}
            }
        }
        Ok(raw)
    }
}

pub(super) fn is_func(kind: ExternalKind) -> bool {
    space(kind).is_none()
}

/// Returns the index space of an item other than a function, and `None` for functions.
pub(super) fn space(kind: ExternalKind) -> Option<usize> {
    match kind {
        ExternalKind::Func | ExternalKind::FuncExact => None,
        ExternalKind::Memory => Some(0),
        ExternalKind::Table => Some(1),
        ExternalKind::Global => Some(2),
        ExternalKind::Tag => Some(3),
    }
}

pub(super) fn get<'s, T>(space: &'s [T], name: &'static str, index: u32) -> Result<&'s T, NeedsError> {
    space.get(index as usize).ok_or(NeedsError::Index { space: name, index })
}
