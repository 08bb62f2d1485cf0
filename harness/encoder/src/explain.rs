//! `explain`: text output of the plan: the source of each import, the reason, and the modules that require each export.

mod functions;
mod json;
mod start;

pub(crate) use functions::Chains;

use std::fmt;

use crate::input::Forwarding;
use crate::names::{MainMemoryOp, ThreadLocal};
use crate::plan::{
    Canon, CoreRef, Event, IndirectReason, Kind, Lift, MemoryRef, ModuleId, Plan, PlannedModule, Via, WireSource,
};
use crate::start::Remedy;
use crate::trim::{Debug, RegionReport, When};

impl fmt::Display for Plan {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.modules(f)?;
        self.order(f)?;
        self.start(f)?;
        self.wires(f)?;
        self.slots(f)?;
        self.resources(f)?;
        self.exports(f)?;
        self.initialize(f)?;
        self.hooks(f)
    }
}

impl Plan {
    /// Returns the plan as text, including every function of every adapter with the reason why it is kept, or that it
    /// is dropped.
    pub fn detailed(&self) -> impl fmt::Display + '_ {
        functions::Detailed(self)
    }

    fn modules(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "modules")?;
        for (index, module) in self.modules.iter().enumerate() {
            if self.order.contains(&ModuleId(index)) {
                self.module(f, module)?;
            } else {
                writeln!(f, "  {}: unused, not part of the component", module.name)?;
            }
        }
        Ok(())
    }

    fn module(&self, f: &mut fmt::Formatter<'_>, module: &PlannedModule) -> fmt::Result {
        let Some(trimmed) = &module.trimmed else {
            return writeln!(f, "  {}: {} bytes", module.name, module.size);
        };
        writeln!(
            f,
            "  {}: adapter, {} bytes, {} after garbage collection",
            module.name,
            module.size,
            trimmed.wasm.len()
        )?;
        let (kept, dropped) = (&trimmed.kept, &trimmed.dropped);
        let parts = [
            ("functions", kept.functions, dropped.functions),
            ("imports", kept.imports, dropped.imports),
            ("globals", kept.globals, dropped.globals),
            ("table entries", kept.table_slots, dropped.table_slots),
            ("bytes of data", kept.data_bytes, dropped.data_bytes),
        ];
        let parts: Vec<String> = parts
            .iter()
            .filter(|(_, kept, dropped)| kept + dropped > 0)
            .map(|(what, kept, dropped)| format!("{kept} of {} {what}", kept + dropped))
            .collect();
        writeln!(f, "    keeps {}", parts.join(", "))?;
        functions::summary(f, &trimmed.functions)?;
        if let Some(memory) = &trimmed.memory {
            writeln!(f, "    isolated: own memory, {} initial pages", memory.initial)?;
        }
        if let Some(region) = &trimmed.region {
            writeln!(f, "    region: {region}")?;
        }
        if module.implements.iter().any(|name| *name != module.name) {
            let names: Vec<String> = module.implements.iter().map(|name| format!("`{name}`")).collect();
            writeln!(f, "    implements {}", names.join(", "))?;
        }
        match &trimmed.debug {
            Debug::Absent | Debug::Unwanted => {}
            Debug::Kept { before, after } => {
                writeln!(f, "    debug information: {after} of {before} bytes, relocated with the code")?;
            }
            Debug::Unneeded => writeln!(f, "    debug information: omitted, none of it describes kept code")?,
            Debug::Dropped { reason } => {
                writeln!(f, "    debug information: dropped, it cannot be relocated: {reason}")?
            }
        }
        for (export, asked_by) in &module.asked_by {
            writeln!(f, "    `{export}` is required by {asked_by}")?;
        }
        Ok(())
    }

    fn order(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "\norder\n  {}", self.steps().join(", "))
    }

    /// Returns the names of the core instances in the order of instantiation.
    fn steps(&self) -> Vec<&str> {
        let mut steps: Vec<&str> = Vec::new();
        for id in &self.order {
            if *id == ModuleId::MAIN && self.prepare.is_some() {
                steps.push("prepare");
            }
            steps.push(self.name(*id));
        }
        if self.has_shim() {
            steps.insert(0, "shim");
        }
        if !self.wrapped().is_empty() {
            steps.push("hooks");
        }
        let prepared = self.prepare.as_ref().map_or(0, |prepare| prepare.slots.len());
        if self.slots.len() > prepared || !self.initialize.is_empty() {
            steps.push("fixup");
        }
        steps
    }

    fn wires(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.wires.is_empty() {
            return Ok(());
        }
        writeln!(f, "\nwires")?;
        for id in &self.order {
            let wires: Vec<_> = self.wires.iter().filter(|wire| wire.importer == *id).collect();
            if wires.is_empty() {
                continue;
            }
            writeln!(f, "  {}", self.name(*id))?;
            for wire in wires {
                write!(f, "    {} {} <- {}", wire.module, wire.field, self.source(&wire.source))?;
                match &wire.via {
                    Via::Direct => writeln!(f)?,
                    Via::Slot(slot, why) => {
                        writeln!(f, "\n      indirect, through slot {}: {}", slot.0, self.why(why, *id))?
                    }
                }
                if let WireSource::Lower(_, canon) = &wire.source {
                    self.canon(f, canon)?;
                }
            }
        }
        Ok(())
    }

    fn slots(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if !self.has_shim() {
            return Ok(());
        }
        writeln!(f, "\nshim")?;
        if let (Forwarding::References, false) = (self.forwarding, self.slots.is_empty()) {
            writeln!(f, "  calls through function references")?;
        }
        if let Some(ty) = &self.thread_local {
            writeln!(f, "  stores the base of main's thread-local storage, an {ty}")?;
        }
        if let Some(memory) = &self.hosted_memory {
            let hoisted = self.start.as_ref().is_some_and(|start| start.remedy == Remedy::Early { hoisted: true });
            let how = if hoisted { "would define and now imports" } else { "imports" };
            writeln!(f, "  defines the memory that main {how} as {} {}", memory.module, memory.field)?;
        }
        for (index, slot) in self.slots.iter().enumerate() {
            writeln!(f, "  slot {index}: {} {}", slot.name, crate::read::signature(&slot.ty))?;
        }
        Ok(())
    }

    fn resources(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.resources.is_empty() {
            return Ok(());
        }
        writeln!(f, "\nresources")?;
        for resource in &self.resources {
            write!(f, "  {}", resource.name)?;
            match (&resource.dtor, resource.slot) {
                (Some(dtor), Some(slot)) => writeln!(
                    f,
                    ": destroyed by {} through slot {}, because a module uses the type before {} is instantiated",
                    self.core(dtor),
                    slot.0,
                    self.name(dtor.module)
                )?,
                (Some(dtor), None) => writeln!(f, ": destroyed by {}", self.core(dtor))?,
                (None, _) => writeln!(f, ": without a destructor")?,
            }
        }
        Ok(())
    }

    fn exports(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.lifts.is_empty() {
            return Ok(());
        }
        writeln!(f, "\nexports")?;
        for Lift { function, core, canon } in &self.lifts {
            writeln!(f, "  {function} <- {}", self.core(core))?;
            self.canon(f, canon)?;
        }
        Ok(())
    }

    fn initialize(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.initialize.is_empty() {
            return Ok(());
        }
        writeln!(f, "\ninitialize")?;
        for core in &self.initialize {
            writeln!(f, "  {}", self.core(core))?;
        }
        Ok(())
    }

    fn hooks(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Some(hooks) = &self.hooks else { return Ok(()) };
        writeln!(f, "\nhooks\n  {} is called for", self.core(&hooks.hook))?;
        let initialize = (!self.initialize.is_empty()).then(|| ("initialization".to_string(), Event::Initialize));
        let wrapped = hooks.wrapped.iter().map(|wrapped| (self.core(&wrapped.core), wrapped.event));
        for (what, event) in initialize.into_iter().chain(wrapped) {
            match event.codes() {
                (Some(before), Some(after)) => writeln!(f, "    {what}: {before} before, {after} after")?,
                (Some(before), None) => writeln!(f, "    {what}: {before} before; `post-return` ends the call")?,
                (None, Some(after)) => writeln!(f, "    {what}: {after} after, as it ends the call")?,
                (None, None) => {}
            }
        }
        Ok(())
    }

    fn canon(&self, f: &mut fmt::Formatter<'_>, canon: &Canon) -> fmt::Result {
        if let Some((memory, why)) = &canon.memory {
            let memory = match memory {
                MemoryRef::Export(core) => self.core(core),
                MemoryRef::Hosted => "the shim's memory".into(),
                MemoryRef::Own(id) => format!("{}'s own", self.name(*id)),
            };
            writeln!(f, "      memory: {memory}: {why}")?;
        }
        if let Some((realloc, why)) = &canon.realloc {
            writeln!(f, "      realloc: {}: {why}", self.core(realloc))?;
        }
        if let Some(encoding) = &canon.encoding {
            writeln!(f, "      strings: {encoding}")?;
        }
        if let Some(post_return) = &canon.post_return {
            writeln!(f, "      post-return: {}", self.core(post_return))?;
        }
        Ok(())
    }

    /// Describes the source of an import.
    pub(crate) fn source(&self, source: &WireSource) -> String {
        match source {
            WireSource::Lower(function, _) => format!("import {function}, lowered"),
            WireSource::ResourceNew(_, name) => format!("resource.new {name}"),
            WireSource::ResourceRep(_, name) => format!("resource.rep {name}"),
            WireSource::ResourceDrop(_, name) => format!("resource.drop {name}"),
            WireSource::Export(core, Kind::Memory) => format!("memory {}", self.core(core)),
            WireSource::Export(core, _) => self.core(core),
            WireSource::Destructor(core) => format!("destructor {}", self.core(core)),
            WireSource::ThreadLocal(ThreadLocal::Get) => "read of the thread-local storage base".into(),
            WireSource::ThreadLocal(ThreadLocal::Set) => "write of the thread-local storage base".into(),
            WireSource::HostedMemory => "the shim's memory".into(),
            WireSource::OwnMemory(_) => "its own memory".into(),
            WireSource::Copy(_, MainMemoryOp::Load) => "copies from main's memory".into(),
            WireSource::Copy(_, MainMemoryOp::Store) => "copies to main's memory".into(),
            WireSource::Copy(_, MainMemoryOp::Size) => "the size of main's memory".into(),
        }
    }

    /// Describes the reason for an indirect connection.
    pub(crate) fn why(&self, why: &IndirectReason, importer: ModuleId) -> String {
        let when = |id: &ModuleId| {
            if *id == importer {
                "exists only after its instantiation".to_string()
            } else {
                format!("is available only after {}", self.name(importer))
            }
        };
        match why {
            IndirectReason::Memory(id) => format!("the memory of {} {}", self.name(*id), when(id)),
            IndirectReason::Realloc(id) => format!("the realloc of {} {}", self.name(*id), when(id)),
            IndirectReason::Hooks => "calls of its realloc are reported to main's task hook by a module that is instantiated after all others".into(),
            IndirectReason::Instance(id) => format!("{} {}", self.name(*id), when(id)),
        }
    }

    fn core(&self, core: &CoreRef) -> String {
        format!("{} `{}`", self.name(core.module), core.export)
    }

    /// Returns the name of a module.
    pub(crate) fn name(&self, id: ModuleId) -> &str {
        &self.modules[id.0].name
    }
}

impl fmt::Display for RegionReport {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let kind = if self.guarded { "guarded stack" } else { "stack" };
        let when = match self.when {
            When::FirstCall => "at the first call",
            When::Instantiation => "at instantiation",
            When::Always => {
                let (stack, data) = (self.stack_bytes, self.data_bytes);
                return write!(
                    f,
                    "{}, with {stack} bytes of {kind} and {data} bytes of data: {}",
                    self.source, self.why
                );
            }
        };
        write!(
            f,
            "{} bytes of {kind}, {} bytes of data (alignment {}), from {} {when}: {}",
            self.stack_bytes, self.data_bytes, self.align, self.source, self.why
        )
    }
}
