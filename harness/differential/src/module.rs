//! A core module as a list of small parts, which is easy to generate, shrink and print as WAT.
//!
//! Functions call, forward their arguments, access memory and globals, and return the results of calls.

use wasmparser::{ExternalKind, FuncType, Parser, Payload, TypeRef, ValType};

mod wat;

/// A core module.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Core {
    /// Imports in order.
    pub imports: Vec<Import>,
    /// Defined memories, each with its export names.
    pub memories: Vec<Vec<String>>,
    /// Defined globals.
    pub globals: Vec<Global>,
    /// Defined functions.
    pub functions: Vec<Function>,
    /// Re-exported imports: index of the import, name of the export.
    pub reexports: Vec<(usize, String)>,
    /// Start function.
    pub start: Option<usize>,
    /// Functions in the table.
    pub table: Option<Vec<usize>>,
    /// Set for static data at address zero.
    pub data: bool,
}

/// An import.
#[derive(Clone, Debug, PartialEq)]
pub struct Import {
    /// Import module.
    pub module: String,
    /// Field.
    pub field: String,
    /// Type.
    pub ty: ImportType,
}

impl Import {
    /// Returns the type of an imported function.
    pub fn function(&self) -> Option<&FuncType> {
        match &self.ty {
            ImportType::Func(ty) => Some(ty),
            _ => None,
        }
    }
}

/// Type of an import.
#[derive(Clone, Debug, PartialEq)]
pub enum ImportType {
    /// A function.
    Func(FuncType),
    /// A memory.
    Memory,
    /// An immutable global of type `i32`.
    Global,
}

/// A defined global.
#[derive(Clone, Debug, PartialEq)]
pub struct Global {
    /// Name in the name section.
    pub name: String,
    /// Type.
    pub ty: ValType,
    /// Set when it is mutable.
    pub mutable: bool,
}

/// A defined function.
#[derive(Clone, Debug, PartialEq)]
pub struct Function {
    /// Export names.
    pub exports: Vec<String>,
    /// Type.
    pub ty: FuncType,
    /// Steps before it returns the results of a forwarded call, or zeros.
    pub steps: Vec<Step>,
}

/// A step of a function. Indices refer to the lists of [`Core`].
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Step {
    /// Calls an imported function with constants.
    CallImport(usize),
    /// Calls an imported function with the function's own arguments as far as the types fit, and keeps the results.
    Forward(usize),
    /// Allocates as many bytes as the fourth argument specifies, at an address that depends on the arguments only.
    /// Therefore other allocations and their order are not observable.
    Allocate,
    /// Calls a defined function.
    Call(usize),
    /// Loads from and stores to memory 0.
    Memory,
    /// Grows memory by zero pages.
    Grow,
    /// Reads a global, and writes it if it is mutable.
    Global(usize),
    /// Calls through the table.
    Table,
}

/// A removable part of a module.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Part {
    /// An import.
    Import(usize),
    /// A memory.
    Memory(usize),
    /// A global.
    Global(usize),
    /// A function.
    Function(usize),
    /// An export name of a function.
    Export(usize, usize),
    /// A re-export.
    Reexport(usize),
    /// A step of a function.
    Step(usize, usize),
    /// The start function.
    Start,
    /// The table.
    Table,
    /// Static data.
    Data,
}

impl Core {
    /// Reads the imports, exported functions and exported memories of a module. Function bodies are dropped.
    ///
    /// # Errors
    ///
    /// Returns an error if the module is malformed.
    pub fn read(wasm: &[u8]) -> wasmparser::Result<Core> {
        let mut core = Core::default();
        let (mut types, mut functions, mut imported) = (Vec::new(), Vec::new(), 0);
        let mut memory_imported = false;
        for payload in Parser::new(0).parse_all(wasm) {
            match payload? {
                Payload::TypeSection(section) => {
                    types = section.into_iter_err_on_gc_types().collect::<Result<Vec<_>, _>>()?;
                }
                Payload::ImportSection(section) => {
                    for import in section.into_imports() {
                        let import = import?;
                        let ty = match import.ty {
                            TypeRef::Func(ty) | TypeRef::FuncExact(ty) => ImportType::Func(types[ty as usize].clone()),
                            TypeRef::Memory(_) => ImportType::Memory,
                            _ => continue,
                        };
                        imported += u32::from(matches!(ty, ImportType::Func(_)));
                        memory_imported |= ty == ImportType::Memory;
                        core.imports.push(Import { module: import.module.into(), field: import.name.into(), ty });
                    }
                }
                Payload::FunctionSection(section) => {
                    functions = section.into_iter().collect::<Result<Vec<u32>, _>>()?;
                }
                Payload::ExportSection(section) => {
                    for export in section {
                        let export = export?;
                        match export.kind {
                            ExternalKind::Func if export.index >= imported => {
                                let ty = functions[(export.index - imported) as usize];
                                core.functions.push(Function {
                                    exports: vec![export.name.to_string()],
                                    ty: types[ty as usize].clone(),
                                    steps: Vec::new(),
                                });
                            }
                            ExternalKind::Memory if !memory_imported => {
                                core.memories.push(vec![export.name.to_string()]);
                            }
                            _ => {}
                        }
                    }
                }
                _ => {}
            }
        }
        Ok(core)
    }

    /// Adds a function import and returns its index.
    pub fn import(&mut self, module: &str, field: &str, ty: ImportType) -> usize {
        self.imports.push(Import { module: module.to_string(), field: field.to_string(), ty });
        self.imports.len() - 1
    }

    /// Adds a function and returns its index.
    pub fn function(&mut self, exports: &[&str], ty: FuncType, steps: Vec<Step>) -> usize {
        let exports = exports.iter().map(|name| name.to_string()).collect();
        self.functions.push(Function { exports, ty, steps });
        self.functions.len() - 1
    }

    /// Returns the defined function with an export name.
    pub fn exported(&self, name: &str) -> Option<&Function> {
        self.functions.iter().find(|function| function.exports.iter().any(|export| export == name))
    }

    /// Returns true if the module defines or imports a memory.
    pub fn has_memory(&self) -> bool {
        !self.memories.is_empty() || self.imports.iter().any(|import| import.ty == ImportType::Memory)
    }

    /// Returns all removable parts, the largest ones first.
    pub fn parts(&self) -> Vec<Part> {
        let mut parts = Vec::new();
        parts.extend(self.start.map(|_| Part::Start));
        parts.extend(self.table.as_ref().map(|_| Part::Table));
        parts.extend(self.data.then_some(Part::Data));
        parts.extend((0..self.imports.len()).map(Part::Import));
        parts.extend((0..self.functions.len()).map(Part::Function));
        parts.extend((0..self.reexports.len()).map(Part::Reexport));
        parts.extend((0..self.globals.len()).map(Part::Global));
        parts.extend((0..self.memories.len()).map(Part::Memory));
        for (number, function) in self.functions.iter().enumerate() {
            parts.extend((0..function.exports.len()).map(|export| Part::Export(number, export)));
            parts.extend((0..function.steps.len()).map(|step| Part::Step(number, step)));
        }
        parts
    }

    /// Removes a part and the steps that use it.
    pub fn remove(&mut self, part: Part) {
        match part {
            Part::Import(number) => {
                self.imports.remove(number);
                self.reexports.retain(|(import, _)| *import != number);
                self.reexports.iter_mut().for_each(|(import, _)| close_gap(import, number));
                self.steps(|step| match step {
                    Step::CallImport(import) | Step::Forward(import) if *import == number => false,
                    Step::CallImport(import) | Step::Forward(import) => {
                        close_gap(import, number);
                        true
                    }
                    _ => true,
                });
            }
            Part::Function(number) => {
                self.functions.remove(number);
                self.start = self.start.filter(|start| *start != number);
                self.start.iter_mut().for_each(|start| close_gap(start, number));
                if let Some(table) = &mut self.table {
                    table.retain(|function| *function != number);
                    table.iter_mut().for_each(|function| close_gap(function, number));
                }
                self.steps(|step| match step {
                    Step::Call(function) if *function == number => false,
                    Step::Call(function) => {
                        close_gap(function, number);
                        true
                    }
                    _ => true,
                });
            }
            Part::Global(number) => {
                self.globals.remove(number);
                self.steps(|step| match step {
                    Step::Global(global) if *global == number => false,
                    Step::Global(global) => {
                        close_gap(global, number);
                        true
                    }
                    _ => true,
                });
            }
            Part::Table => {
                self.table = None;
                self.steps(|step| *step != Step::Table);
            }
            Part::Memory(number) => drop(self.memories.remove(number)),
            Part::Export(function, export) => drop(self.functions[function].exports.remove(export)),
            Part::Reexport(number) => drop(self.reexports.remove(number)),
            Part::Step(function, step) => drop(self.functions[function].steps.remove(step)),
            Part::Start => self.start = None,
            Part::Data => self.data = false,
        }
        if !self.has_memory() {
            self.steps(|step| !matches!(step, Step::Memory | Step::Grow));
            self.data = false;
        }
    }

    /// Retains the steps for which `keep` returns true.
    fn steps(&mut self, mut keep: impl FnMut(&mut Step) -> bool) {
        for function in &mut self.functions {
            function.steps.retain_mut(&mut keep);
        }
    }
}

/// Decrements an index that follows the removed one.
fn close_gap(number: &mut usize, removed: usize) {
    *number -= usize::from(*number > removed);
}

/// Returns `(func (param i32 i32 i32 i32) (result i32))`.
pub fn realloc_type() -> FuncType {
    FuncType::new([ValType::I32; 4], [ValType::I32])
}
