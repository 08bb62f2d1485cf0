//! A core module as a list of small parts: easy to make at random, to take apart, and to print as WAT.
//!
//! Functions do little: they call, pass on what they are given, touch memory and globals, and give back what they got.

use wasmparser::{ExternalKind, FuncType, Parser, Payload, TypeRef, ValType};

mod wat;

/// A core module.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Core {
    /// What it imports, in order.
    pub imports: Vec<Import>,
    /// Its own memories, each with the names it is exported by.
    pub memories: Vec<Vec<String>>,
    /// Its own globals.
    pub globals: Vec<Global>,
    /// Its own functions.
    pub functions: Vec<Function>,
    /// Imported functions exported as they are: number of the import, name of the export.
    pub reexports: Vec<(usize, String)>,
    /// The function that is called at instantiation.
    pub start: Option<usize>,
    /// A function table, filled with these functions.
    pub table: Option<Vec<usize>>,
    /// Static data at address zero.
    pub data: bool,
}

/// One import.
#[derive(Clone, Debug, PartialEq)]
pub struct Import {
    /// The import module.
    pub module: String,
    /// The field.
    pub field: String,
    /// What is imported.
    pub ty: ImportType,
}

impl Import {
    /// The type, if it is a function.
    pub fn function(&self) -> Option<&FuncType> {
        match &self.ty {
            ImportType::Func(ty) => Some(ty),
            _ => None,
        }
    }
}

/// What is imported.
#[derive(Clone, Debug, PartialEq)]
pub enum ImportType {
    /// A function.
    Func(FuncType),
    /// A memory.
    Memory,
    /// An immutable global of type `i32`.
    Global,
}

/// A global of the module's own.
#[derive(Clone, Debug, PartialEq)]
pub struct Global {
    /// Its name in the name section.
    pub name: String,
    /// Its type.
    pub ty: ValType,
    /// It can be changed.
    pub mutable: bool,
}

/// A function of the module's own.
#[derive(Clone, Debug, PartialEq)]
pub struct Function {
    /// The names that it is exported by.
    pub exports: Vec<String>,
    /// Its type.
    pub ty: FuncType,
    /// What it does before it gives back what a forwarded call gave, or zeros.
    pub steps: Vec<Step>,
}

/// A step of a function. Numbers count the entries of [`Core`]'s lists.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Step {
    /// Call an imported function, with constants.
    CallImport(usize),
    /// Call an imported function with the function's own arguments, as far as they fit, and keep what it gives.
    Forward(usize),
    /// Keep a place in memory for as many bytes as the fourth argument says. The same place whenever it is called with
    /// the same: who else has memory from it, and when, can then not be seen.
    Allocate,
    /// Call a function of the module's own.
    Call(usize),
    /// Load from and store to memory 0.
    Memory,
    /// `memory.grow` by nothing.
    Grow,
    /// Read a global, and write it if it can be changed.
    Global(usize),
    /// Call through the table.
    Table,
}

/// Something that can be taken out of a module.
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
    /// A name of a function.
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
    /// Takes a module's imports and exported functions and memories; bodies are left behind.
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

    /// Adds a function that is imported; its number.
    pub fn import(&mut self, module: &str, field: &str, ty: ImportType) -> usize {
        self.imports.push(Import { module: module.to_string(), field: field.to_string(), ty });
        self.imports.len() - 1
    }

    /// Adds a function; its number.
    pub fn function(&mut self, exports: &[&str], ty: FuncType, steps: Vec<Step>) -> usize {
        let exports = exports.iter().map(|name| name.to_string()).collect();
        self.functions.push(Function { exports, ty, steps });
        self.functions.len() - 1
    }

    /// The own function of that exported name.
    pub fn exported(&self, name: &str) -> Option<&Function> {
        self.functions.iter().find(|function| function.exports.iter().any(|export| export == name))
    }

    /// Whether it has a memory, of its own or imported.
    pub fn has_memory(&self) -> bool {
        !self.memories.is_empty() || self.imports.iter().any(|import| import.ty == ImportType::Memory)
    }

    /// Everything that can be taken out, the largest things first.
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

    /// Takes something out, with the steps that used it.
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

    /// Keeps the steps that `keep` says yes to.
    fn steps(&mut self, mut keep: impl FnMut(&mut Step) -> bool) {
        for function in &mut self.functions {
            function.steps.retain_mut(&mut keep);
        }
    }
}

/// What a number becomes after something was taken out at `removed`.
fn close_gap(number: &mut usize, removed: usize) {
    *number -= usize::from(*number > removed);
}

/// `(func (param i32 i32 i32 i32) (result i32))`.
pub fn realloc_type() -> FuncType {
    FuncType::new([ValType::I32; 4], [ValType::I32])
}
