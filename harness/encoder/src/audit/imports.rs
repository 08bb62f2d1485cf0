//! Each import has one wire. Its source matches the import's names and type, and exists in time.

use foldhash::HashMap;
use wasmparser::{FuncType, MemoryType, TableType, ValType};

use super::meaning::{core, is_kind};
use super::{Auditor, Violation, abi, type_name};
use crate::names::{self, MainMemoryOp, ThreadLocal};
use crate::plan::{CoreRef, IndirectReason, MemoryRef, ModuleId, Via, Wire, WireSource};
use crate::read::{Extern, Import};

impl Auditor<'_> {
    pub(super) fn imports(&mut self) {
        let plan = self.plan;
        let mut wires: HashMap<Named<'_>, usize> = HashMap::default();
        for wire in &plan.wires {
            *wires.entry((wire.importer, &wire.module, &wire.field)).or_default() += 1;
        }
        let mut imports: HashMap<Named<'_>, &Import> = HashMap::default();
        for (importer, module) in self.embedded() {
            for import in &module.imports {
                // The name of the import in the component.
                let name = (importer, import.module.as_str(), import.name());
                let repeated = imports.contains_key(&name);
                imports.entry(name).or_insert(import);
                self.is_wired(importer, import, repeated, wires.get(&name).copied().unwrap_or_default());
            }
        }
        for wire in &plan.wires {
            let at = self.import_name(wire.importer, &wire.module, &wire.field);
            match imports.get(&(wire.importer, wire.module.as_str(), wire.field.as_str())) {
                Some(import) => self.wire(at, wire, import),
                None => self.report(Violation::WireWithoutImport { at }),
            }
        }
    }

    fn import_name(&self, importer: ModuleId, module: &str, field: &str) -> String {
        format!("import `{module}` `{field}` of `{}`", self.name(importer))
    }

    /// Each import must have one wire, and each name one import.
    fn is_wired(&mut self, importer: ModuleId, import: &Import, repeated: bool, wires: usize) {
        let at = self.import_name(importer, &import.module, import.name());
        if repeated {
            self.report(Violation::ImportedTwice { at });
            return;
        }
        match wires {
            0 => self.report(Violation::NoWire { at }),
            1 => {}
            times => self.report(Violation::WiredTwice { at, times }),
        }
    }

    fn wire(&mut self, at: String, wire: &Wire, import: &Import) {
        let source_name = self.source_name(&wire.source);
        if !self.means(wire.importer, import, &wire.source) {
            self.report(Violation::WrongMeaning { at, source_name });
            return;
        }
        let user = self.user(wire.importer, import);
        if let Some(offered) = self.source_type(&at, user, &wire.source)
            && !fits(&offered, &import.ty)
        {
            let (expected, found) = (type_name(&offered), type_name(&import.ty));
            self.report(Violation::WrongType { at: at.clone(), item: source_name, expected, found });
        }
        self.in_time(&at, wire);
        self.through_slot(&at, wire, &import.ty);
    }

    /// Returns the type of an import's source. For a lowered function, also checks its canonical options.
    fn source_type(&mut self, at: &str, user: ModuleId, source: &WireSource) -> Option<Extern> {
        use ValType::I32;
        let plain = |params: &[ValType], results: &[ValType]| {
            Some(Extern::Func(Some(FuncType::new(params.iter().copied(), results.iter().copied()))))
        };
        match source {
            WireSource::Lower(function, canon) => {
                let Some(wit) = self.imported_function(function) else {
                    let function = function.to_string();
                    self.report(Violation::NoSuchFunction { at: at.to_string(), function });
                    return None;
                };
                let contract = abi::lower(&self.world.resolve, wit);
                let encoding = self.world.encoding(user, function.key.as_ref(), &function.name);
                self.options(at, user, &contract, encoding, canon, &names::IMPORT_REALLOCS);
                if let Some(post_return) = &canon.post_return {
                    let value = self.core_name(post_return);
                    self.report(Violation::OptionUnneeded { at: at.to_string(), option: "post-return", value });
                }
                Some(Extern::Func(Some(contract.ty)))
            }
            // "canon resource.new", "canon resource.rep", "canon resource.drop".
            WireSource::ResourceNew(..) | WireSource::ResourceRep(..) => plain(&[I32], &[I32]),
            WireSource::ResourceDrop(..) => plain(&[I32], &[]),
            WireSource::Export(core, kind) => {
                let export = self.export(core).filter(|ty| is_kind(*kind, ty)).cloned();
                if export.is_none() {
                    let item = self.source_name(source).trim_start_matches("the ").to_string();
                    self.report(Violation::NoSuchItem { at: at.to_string(), item });
                }
                export
            }
            WireSource::OwnMemory(id) => self.own_memory(*id).map(Extern::Memory),
            WireSource::Copy(_, MainMemoryOp::Load | MainMemoryOp::Store) => plain(&[I32, I32, I32], &[]),
            WireSource::Copy(_, MainMemoryOp::Size) => plain(&[], &[I32]),
            WireSource::Destructor(_) => plain(&[I32], &[]),
            WireSource::ThreadLocal(access) => {
                let address = self.plan.thread_local?;
                match access {
                    ThreadLocal::Get => plain(&[], &[address]),
                    ThreadLocal::Set => plain(&[address], &[]),
                }
            }
            WireSource::HostedMemory => self.plan.hosted_memory.as_ref().map(|hosted| Extern::Memory(hosted.ty)),
        }
    }

    /// The source of a direct wire must exist in time. The reason for a slot must be true.
    fn in_time(&mut self, at: &str, wire: &Wire) {
        let needs = self.needs(&wire.source);
        match &wire.via {
            Via::Direct => {
                for need in needs {
                    if !self.is_there(&need, wire.importer) {
                        let item = self.why_name(&need);
                        self.report(Violation::TooLate { at: at.to_string(), item });
                    }
                }
            }
            Via::Slot(_, why) => {
                if !needs.contains(why) || self.is_there(why, wire.importer) {
                    let item = self.why_name(why);
                    self.report(Violation::FalseReason { at: at.to_string(), item });
                }
            }
        }
    }

    pub(super) fn why_name(&self, why: &IndirectReason) -> String {
        match why {
            IndirectReason::Memory(id) => format!("the memory of `{}`", self.name(*id)),
            IndirectReason::Realloc(id) => format!("the realloc of `{}`", self.name(*id)),
            IndirectReason::Instance(id) => format!("the instance of `{}`", self.name(*id)),
            IndirectReason::Hooks => "the wrapper of the realloc for main's task hook".to_string(),
        }
    }

    /// Lists everything that must exist before a source can be created.
    pub(super) fn needs(&self, source: &WireSource) -> Vec<IndirectReason> {
        let hooked = self.export(&core(ModuleId::MAIN, names::TASK_HOOK)).is_some();
        match source {
            WireSource::Lower(_, canon) => {
                let memory = canon.memory.iter().filter_map(|(memory, _)| match memory {
                    MemoryRef::Export(CoreRef { module, .. }) => Some(IndirectReason::Memory(*module)),
                    MemoryRef::Hosted | MemoryRef::Own(_) => None,
                });
                let realloc = canon.realloc.iter();
                let realloc = realloc
                    .map(|(core, _)| if hooked { IndirectReason::Hooks } else { IndirectReason::Realloc(core.module) });
                memory.chain(realloc).collect()
            }
            WireSource::Export(core, _) | WireSource::Destructor(core) => vec![IndirectReason::Instance(core.module)],
            _ => Vec::new(),
        }
    }

    /// Returns true if a requirement of a source exists when `importer` is instantiated.
    pub(super) fn is_there(&self, need: &IndirectReason, importer: ModuleId) -> bool {
        match need {
            IndirectReason::Memory(id) | IndirectReason::Realloc(id) | IndirectReason::Instance(id) => {
                self.comes_before(*id, importer)
            }
            // The wrappers refer to functions of all modules.
            IndirectReason::Hooks => false,
        }
    }
}

/// Importing module, import module and field.
type Named<'a> = (ModuleId, &'a str, &'a str);

/// "Import Matching" of the core specification <https://webassembly.github.io/spec/core/valid/matching.html>.
pub(super) fn fits(offered: &Extern, wanted: &Extern) -> bool {
    match (offered, wanted) {
        (Extern::Func(offered), Extern::Func(wanted)) => offered.is_some() && offered == wanted,
        (Extern::Memory(offered), Extern::Memory(wanted)) => memory_fits(offered, wanted),
        (Extern::Table(offered), Extern::Table(wanted)) => table_fits(offered, wanted),
        (offered, wanted) => offered == wanted,
    }
}

fn memory_fits(offered: &MemoryType, wanted: &MemoryType) -> bool {
    offered.memory64 == wanted.memory64
        && offered.shared == wanted.shared
        && offered.page_size_log2.unwrap_or(16) == wanted.page_size_log2.unwrap_or(16)
        && limits_fit((offered.initial, offered.maximum), (wanted.initial, wanted.maximum))
}

fn table_fits(offered: &TableType, wanted: &TableType) -> bool {
    offered.element_type == wanted.element_type
        && offered.table64 == wanted.table64
        && limits_fit((offered.initial, offered.maximum), (wanted.initial, wanted.maximum))
}

fn limits_fit(offered: (u64, Option<u64>), wanted: (u64, Option<u64>)) -> bool {
    let maximum = match (offered.1, wanted.1) {
        (_, None) => true,
        (Some(offered), Some(wanted)) => offered <= wanted,
        (None, Some(_)) => false,
    };
    offered.0 >= wanted.0 && maximum
}
