//! Looks up a module's instructions in its DWARF with `addr2line`, which wasmtime uses.

use std::collections::BTreeMap;

use addr2line::gimli::{self, AttributeValue, EndianSlice, LittleEndian, Operation};
use wasmparser::{KnownCustom, Name, Operator, Parser, Payload};

type Reader<'a> = EndianSlice<'a, LittleEndian>;

/// An instruction.
#[derive(Clone, Debug)]
pub struct Instruction {
    /// Offset in the contents of the code section.
    pub offset: u64,
    /// Name without operands.
    pub code: String,
    /// Name of the called function.
    pub calls: Option<String>,
}

/// A function in the backtrace of an instruction. The innermost one comes first.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Frame {
    pub function: String,
    pub file: String,
    pub line: u32,
    pub column: u32,
}

/// A core module with DWARF.
pub struct Core<'a> {
    /// Instructions of each function, by name and in order, without those that the encoder adds or removes.
    pub functions: BTreeMap<String, Vec<Instruction>>,
    bodies: Vec<std::ops::Range<u64>>,
    context: addr2line::Context<Reader<'a>>,
    dwarf: gimli::Dwarf<Reader<'a>>,
}

/// Finds the core module with this name in a component.
pub fn module(component: &[u8], name: &str) -> Option<Vec<u8>> {
    let modules = Parser::new(0).parse_all(component).map(|payload| payload.expect("a valid component"));
    let ranges = modules.filter_map(|payload| match payload {
        Payload::ModuleSection { unchecked_range, .. } => Some(unchecked_range),
        _ => None,
    });
    let mut modules = ranges.map(|range| component[range.start as usize..range.end as usize].to_vec());
    modules.find(|module| module_name(module).as_deref() == Some(name) || (name == "main" && has_debug_first(module)))
}

fn has_debug_first(module: &[u8]) -> bool {
    let names = Core::sections(module);
    names.first().is_some_and(|(name, _)| name.starts_with(".debug_"))
}

fn module_name(module: &[u8]) -> Option<String> {
    names(module).into_iter().find_map(|name| match name {
        Name::Module { name, .. } => Some(name.to_string()),
        _ => None,
    })
}

fn names(module: &[u8]) -> Vec<Name<'_>> {
    let payloads = Parser::new(0).parse_all(module).map(|payload| payload.expect("a valid module"));
    let names = payloads.filter_map(|payload| match payload {
        Payload::CustomSection(section) => match section.as_known() {
            KnownCustom::Name(names) => Some(names.map(|name| name.expect("names can be read")).collect::<Vec<_>>()),
            _ => None,
        },
        _ => None,
    });
    names.flatten().collect()
}

impl<'a> Core<'a> {
    /// Reads a module.
    pub fn read(module: &'a [u8]) -> Core<'a> {
        let sections: BTreeMap<&str, &[u8]> = Core::sections(module).into_iter().collect();
        let load = |id: gimli::SectionId| -> Result<Reader<'a>, gimli::Error> {
            Ok(EndianSlice::new(sections.get(id.name()).copied().unwrap_or_default(), LittleEndian))
        };
        let dwarf = || gimli::Dwarf::load(load).expect("DWARF can be read");
        let context = addr2line::Context::from_dwarf(dwarf()).expect("DWARF can be read");
        context.parse_functions().expect("all functions can be read");
        context.parse_lines().expect("all lines can be read");
        let (functions, bodies) = instructions(module);
        Core { functions, bodies, context, dwarf: dwarf() }
    }

    /// Returns the custom sections.
    pub fn sections(module: &[u8]) -> Vec<(&str, &[u8])> {
        let payloads = Parser::new(0).parse_all(module).map(|payload| payload.expect("a valid module"));
        let custom = payloads.filter_map(|payload| match payload {
            Payload::CustomSection(section) => Some((section.name(), section.data())),
            _ => None,
        });
        custom.collect()
    }

    /// Returns the functions at an instruction with their lines.
    pub fn frames(&self, offset: u64) -> Vec<Frame> {
        let mut frames = self.context.find_frames(offset).skip_all_loads().expect("DWARF can be read");
        let mut found = Vec::new();
        while let Some(frame) = frames.next().expect("DWARF can be read") {
            let function = frame.function.as_ref().map(|f| f.raw_name().expect("a name").into_owned());
            let location = frame.location.as_ref();
            found.push(Frame {
                function: function.unwrap_or_default(),
                file: location.and_then(|l| l.file).unwrap_or_default().to_string(),
                line: location.and_then(|l| l.line).unwrap_or_default(),
                column: location.and_then(|l| l.column).unwrap_or_default(),
            });
        }
        found
    }

    /// Returns the offsets of calls between two functions, which are identified by parts of their names.
    pub fn calls(&self, caller: &str, callee: &str) -> Vec<u64> {
        let callers = self.functions.iter().filter(|(name, _)| name.contains(caller));
        let calls = callers
            .flat_map(|(_, instructions)| instructions)
            .filter(|instruction| instruction.calls.as_ref().is_some_and(|name| name.contains(callee)));
        calls.map(|instruction| instruction.offset).collect()
    }

    /// Returns the linkage names of all functions in the DWARF.
    pub fn debug_functions(&self) -> Vec<String> {
        let mut names = Vec::new();
        self.entries(|unit, entry| {
            if entry.tag() == gimli::DW_TAG_subprogram
                && let Some(name) = entry.attr_value(gimli::DW_AT_linkage_name)
            {
                let name = unit.attr_string(name).expect("a string");
                names.push(name.to_string_lossy().into_owned());
            }
        });
        names
    }

    /// Returns the number of variables at a fixed address.
    pub fn static_addresses(&self) -> usize {
        let mut count = 0;
        self.entries(|unit, entry| {
            if let Some(AttributeValue::Exprloc(expression)) = entry.attr_value(gimli::DW_AT_location) {
                let mut operations = expression.operations(unit.encoding());
                while let Some(operation) = operations.next().expect("an expression") {
                    count += usize::from(matches!(operation, Operation::Address { .. }));
                }
            }
        });
        count
    }

    /// Checks that every range of every entry is within one function.
    pub fn check_ranges(&self) {
        let mut checked = 0;
        self.entries(|unit, entry| {
            let mut ranges = unit.die_ranges(entry).expect("ranges");
            while let Some(range) = ranges.next().expect("a range") {
                let within = |body: &std::ops::Range<u64>| body.start <= range.begin && range.end <= body.end;
                assert!(self.bodies.iter().any(within), "{:?} of {:?}", range, entry.tag());
                checked += 1;
            }
        });
        assert!(checked > 50, "{checked} ranges");
    }

    fn entries(
        &self,
        mut each: impl FnMut(gimli::UnitRef<'_, Reader<'a>>, &gimli::DebuggingInformationEntry<Reader<'a>>),
    ) {
        let mut units = self.dwarf.units();
        while let Some(header) = units.next().expect("a unit") {
            let unit = self.dwarf.unit(header).expect("a unit");
            let mut entries = unit.entries();
            while let Some(entry) = entries.next_dfs().expect("an entry") {
                each(unit.unit_ref(&self.dwarf), entry);
            }
        }
    }
}

type Functions = BTreeMap<String, Vec<Instruction>>;

fn instructions(module: &[u8]) -> (Functions, Vec<std::ops::Range<u64>>) {
    let mut function_names = BTreeMap::new();
    for name in names(module) {
        if let Name::Function(map) = name {
            function_names.extend(map.into_iter().map(|naming| naming.expect("a name")).map(|n| (n.index, n.name)));
        }
    }
    let (mut functions, mut bodies) = (BTreeMap::new(), Vec::new());
    let (mut index, mut start) = (0, 0);
    for payload in Parser::new(0).parse_all(module) {
        match payload.expect("a valid module") {
            Payload::ImportSection(imports) => {
                let imports = imports.into_imports().map(|import| import.expect("an import"));
                index += imports.filter(|import| matches!(import.ty, wasmparser::TypeRef::Func(_))).count() as u32;
            }
            Payload::CodeSectionStart { unchecked_range, .. } => start = unchecked_range.start,
            Payload::CodeSectionEntry(body) => {
                let name = function_names.get(&index).map_or(format!("function {index}"), |name| name.to_string());
                bodies.push(body.range().start - start..body.range().end - start);
                functions.insert(name, anchors(&body, start, &function_names));
                index += 1;
            }
            _ => {}
        }
    }
    (functions, bodies)
}

/// Returns the instructions of a body, except those that are added for moved addresses.
fn anchors(body: &wasmparser::FunctionBody<'_>, start: u64, names: &BTreeMap<u32, &str>) -> Vec<Instruction> {
    let mut found = Vec::new();
    let mut reader = body.get_operators_reader().expect("a body");
    while !reader.eof() {
        let offset = reader.original_position() - start;
        let operator = reader.read().expect("an instruction");
        let calls = match operator {
            Operator::GlobalGet { .. }
            | Operator::I32Const { .. }
            | Operator::I32Add
            | Operator::LocalGet { .. }
            | Operator::LocalSet { .. } => continue,
            Operator::Call { function_index } => names.get(&function_index).map(|name| name.to_string()),
            _ => None,
        };
        let code = format!("{operator:?}");
        let code = code.split([' ', '{', '(']).next().unwrap_or_default().to_string();
        found.push(Instruction { offset, code, calls });
    }
    found
}

/// Skips the call that allocates the adapter region, which the encoder adds to exported functions.
pub fn without_prologue(instructions: &[Instruction]) -> &[Instruction] {
    match instructions {
        [first, rest @ ..] if first.calls.as_deref() == Some("polyfill.allocate_region") => rest,
        all => all,
    }
}
