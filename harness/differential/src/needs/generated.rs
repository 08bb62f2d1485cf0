//! Parses generated modules: small ones that forward calls.

use std::collections::HashMap;

use wasmparser::{ElementItems, ElementKind, ExternalKind, FunctionBody, Operator, Parser, Payload, TypeRef};

use super::NeedsError;

/// Relevant contents of a generated module.
#[derive(Default)]
pub(super) struct Generated {
    /// Imported functions, which precede the defined ones.
    pub functions: Vec<Name>,
    /// Imported tables.
    pub tables: Vec<Name>,
    /// Imported globals.
    pub globals: Vec<Name>,
    /// Indices of exports.
    pub exports: HashMap<String, u32>,
    /// Forwarding target of each defined function, and the codes that it passes to a task hook.
    pub forwards: Vec<(Option<Forward>, Vec<u64>)>,
    /// Initialized table entries: table, entry, function.
    pub entries: Vec<(u32, u64, u32)>,
    /// Globals that a function sets to a function reference.
    pub settings: Vec<(u32, u32)>,
}

/// Import module and field.
pub(super) type Name = (String, String);

/// Forwarding target of a function.
#[derive(Clone, Copy)]
pub(super) enum Forward {
    /// A function of the same module.
    Function(u32),
    /// A table entry.
    Entry(u32, u64),
    /// The function in a global.
    Global(u32),
}

/// Parses a module.
pub(super) fn read(bytes: &[u8]) -> Result<Generated, NeedsError> {
    let mut module = Generated::default();
    for payload in Parser::new(0).parse_all(bytes) {
        match payload? {
            Payload::ImportSection(section) => {
                for import in section.into_imports() {
                    let import = import?;
                    let name = (import.module.to_string(), import.name.to_string());
                    match import.ty {
                        TypeRef::Func(_) | TypeRef::FuncExact(_) => module.functions.push(name),
                        TypeRef::Table(_) => module.tables.push(name),
                        TypeRef::Global(_) => module.globals.push(name),
                        TypeRef::Memory(_) | TypeRef::Tag(_) => {}
                    }
                }
            }
            Payload::ExportSection(section) => {
                for export in section {
                    let export = export?;
                    if matches!(export.kind, ExternalKind::Func | ExternalKind::Table | ExternalKind::Global) {
                        module.exports.insert(export.name.to_string(), export.index);
                    }
                }
            }
            Payload::ElementSection(section) => {
                for element in section {
                    let element = element?;
                    let ElementKind::Active { table_index, offset_expr } = element.kind else { continue };
                    let Some(offset) = constant(&offset_expr)? else { continue };
                    for (position, function) in functions_of(element.items)?.into_iter().enumerate() {
                        if let Some(function) = function {
                            module.entries.push((table_index.unwrap_or(0), offset + position as u64, function));
                        }
                    }
                }
            }
            Payload::CodeSectionEntry(body) => {
                let forward = body_of(&body, &mut module.settings)?;
                module.forwards.push(forward);
            }
            _ => {}
        }
    }
    Ok(module)
}

fn constant(expression: &wasmparser::ConstExpr<'_>) -> Result<Option<u64>, NeedsError> {
    Ok(match expression.get_operators_reader().read()? {
        Operator::I32Const { value } => Some(value as u32 as u64),
        Operator::I64Const { value } => Some(value as u64),
        _ => None,
    })
}

fn functions_of(items: ElementItems<'_>) -> Result<Vec<Option<u32>>, NeedsError> {
    let mut functions = Vec::new();
    match items {
        ElementItems::Functions(section) => {
            for function in section {
                functions.push(Some(function?));
            }
        }
        ElementItems::Expressions(_, section) => {
            for expression in section {
                functions.push(match expression?.get_operators_reader().read()? {
                    Operator::RefFunc { function_index } => Some(function_index),
                    _ => None,
                });
            }
        }
    }
    Ok(functions)
}

/// Returns the forwarding target of a body. A call with a constant argument is a notification of a task hook.
fn body_of(body: &FunctionBody<'_>, settings: &mut Vec<(u32, u32)>) -> Result<(Option<Forward>, Vec<u64>), NeedsError> {
    let mut forward = None;
    let mut notices = Vec::new();
    let mut constant = None;
    let mut function = None;
    let mut global = None;
    for operator in body.get_operators_reader()? {
        let operator = operator?;
        match operator {
            Operator::Call { function_index } | Operator::ReturnCall { function_index } if constant.is_none() => {
                forward = Some(Forward::Function(function_index));
            }
            Operator::Call { .. } => notices.extend(constant),
            Operator::CallIndirect { table_index, .. } | Operator::ReturnCallIndirect { table_index, .. } => {
                forward = constant.map(|entry| Forward::Entry(table_index, entry)).or(forward);
            }
            Operator::CallRef { .. } | Operator::ReturnCallRef { .. } => {
                forward = global.map(Forward::Global).or(forward);
            }
            Operator::GlobalSet { global_index } => settings.extend(function.map(|function| (global_index, function))),
            _ => {}
        }
        constant = match operator {
            Operator::I32Const { value } => Some(value as u32 as u64),
            _ => None,
        };
        function = match operator {
            Operator::RefFunc { function_index } => Some(function_index),
            _ => None,
        };
        global = match operator {
            Operator::GlobalGet { global_index } => Some(global_index),
            _ => None,
        };
    }
    Ok((forward, notices))
}
