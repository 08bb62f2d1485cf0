//! JSON output of the plan. Fields can be added at any time; removing a field or changing its meaning requires a new
//! `version`.

use serde::Serialize;

use crate::names::ThreadLocal;
use crate::plan::{Canon, CoreRef, Kind, MemoryRef, ModuleId, Plan, PlannedModule, Via, WireSource};
use crate::read::signature;
use crate::start::{Remedy, Start};
use crate::trim::{Counts, Debug, Functions, KeptFunction, Reason, When};

/// Version of the format.
const VERSION: u32 = 1;

impl Plan {
    /// Returns the plan as an indented JSON document that ends with a newline.
    pub fn to_json(&self) -> String {
        // Serialization of structs that contain only strings and numbers cannot fail.
        let text = serde_json::to_string_pretty(&document(self));
        let mut text = text.expect("strings and numbers can be serialized");
        text.push('\n');
        text
    }
}

#[derive(Serialize)]
struct Document<'p> {
    format: &'static str,
    version: u32,
    modules: Vec<Module<'p>>,
    order: Vec<&'p str>,
    wires: Vec<JsonWire<'p>>,
    slots: Vec<JsonSlot<'p>>,
    hosted_memory: Option<Import<'p>>,
    own_memories: Vec<JsonOwnMemory<'p>>,
    resources: Vec<JsonResource<'p>>,
    exports: Vec<Export<'p>>,
    initialize: Vec<Core<'p>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    start: Option<JsonStart<'p>>,
}

#[derive(Serialize)]
struct JsonStart<'p> {
    calls: Vec<Import<'p>>,
    early: bool,
    memory_hoisted: bool,
    reason_against: Option<&'static str>,
    prepared_slots: Vec<usize>,
    prepared_initialize: Vec<Core<'p>>,
    unusable: Vec<Unusable<'p>>,
}

#[derive(Serialize)]
struct Unusable<'p> {
    importer: &'p str,
    module: &'p str,
    field: &'p str,
    slot: usize,
}

#[derive(Serialize)]
struct JsonOwnMemory<'p> {
    adapter: &'p str,
    pages: u64,
    copies: Vec<&'static str>,
}

#[derive(Serialize)]
struct Module<'p> {
    name: &'p str,
    implements: &'p [String],
    role: &'static str,
    bytes: usize,
    used: bool,
    asked_by: Vec<Asked<'p>>,
    trimmed: Option<JsonTrimmed<'p>>,
}

#[derive(Serialize)]
struct Asked<'p> {
    export: &'p str,
    by: &'p str,
}

#[derive(Serialize)]
struct JsonTrimmed<'p> {
    bytes: usize,
    kept: JsonCounts,
    dropped: JsonCounts,
    region: Option<JsonRegion<'p>>,
    debug: JsonDebug<'p>,
    functions: JsonFunctions<'p>,
}

#[derive(Serialize)]
struct JsonCounts {
    functions: usize,
    imports: usize,
    globals: usize,
    table_slots: usize,
    data_bytes: usize,
}

#[derive(Serialize)]
struct JsonRegion<'p> {
    stack_bytes: u32,
    data_bytes: u32,
    alignment: u32,
    source: &'p str,
    when: &'static str,
    reason: &'static str,
}

#[derive(Serialize)]
#[serde(tag = "state", rename_all = "kebab-case")]
enum JsonDebug<'p> {
    Absent,
    Unwanted,
    Moved { bytes_before: usize, bytes: usize },
    Unneeded,
    Dropped { reason: &'p str },
}

#[derive(Serialize)]
struct JsonFunctions<'p> {
    kept: Vec<JsonKept<'p>>,
    generated: Vec<Generated<'p>>,
    dropped: Vec<Dropped<'p>>,
}

#[derive(Serialize)]
struct JsonKept<'p> {
    old_index: u32,
    index: u32,
    name: &'p str,
    imported: bool,
    reason: JsonReason<'p>,
}

#[derive(Serialize)]
#[serde(tag = "kind", rename_all = "kebab-case")]
enum JsonReason<'p> {
    Export { export: &'p str },
    Start,
    Called { by: u32 },
    AddressTaken { by: u32 },
    InData { data: &'p [String], by: Option<u32> },
    Element { segment: u32 },
    Global { global: u32 },
    Table { table: u32 },
}

#[derive(Serialize)]
struct Generated<'p> {
    index: u32,
    name: &'p str,
}

#[derive(Serialize)]
struct Dropped<'p> {
    old_index: u32,
    name: &'p str,
}

#[derive(Serialize)]
struct JsonWire<'p> {
    importer: &'p str,
    module: &'p str,
    field: &'p str,
    source: JsonSource<'p>,
    slot: Option<usize>,
    slot_reason: Option<String>,
}

#[derive(Serialize)]
struct JsonSlot<'p> {
    slot: usize,
    name: &'p str,
    r#type: String,
    source: JsonSource<'p>,
}

#[derive(Serialize)]
#[serde(tag = "kind", rename_all = "kebab-case")]
enum JsonSource<'p> {
    Lower { function: String, options: Options<'p> },
    ResourceNew { resource: &'p str },
    ResourceRep { resource: &'p str },
    ResourceDrop { resource: &'p str },
    Export { item: &'static str, module: &'p str, export: &'p str },
    Destructor { module: &'p str, export: &'p str },
    ThreadLocalBase { written: bool },
    ShimMemory,
    OwnMemory { adapter: &'p str },
    Copy { adapter: &'p str, function: &'static str },
}

#[derive(Serialize)]
struct Options<'p> {
    memory: Option<OptionWith<Memory<'p>>>,
    realloc: Option<OptionWith<Core<'p>>>,
    string_encoding: Option<String>,
    post_return: Option<Core<'p>>,
}

#[derive(Serialize)]
struct OptionWith<T> {
    #[serde(flatten)]
    what: T,
    reason: &'static str,
}

#[derive(Serialize)]
#[serde(tag = "kind", rename_all = "kebab-case")]
#[allow(clippy::enum_variant_names, reason = "the names are those of the format")]
enum Memory<'p> {
    Export { module: &'p str, export: &'p str },
    ShimMemory,
    OwnMemory { adapter: &'p str },
}

#[derive(Serialize)]
struct Core<'p> {
    module: &'p str,
    export: &'p str,
}

#[derive(Serialize)]
struct Import<'p> {
    module: &'p str,
    field: &'p str,
}

#[derive(Serialize)]
struct JsonResource<'p> {
    resource: &'p str,
    destructor: Option<Core<'p>>,
    slot: Option<usize>,
}

#[derive(Serialize)]
struct Export<'p> {
    function: String,
    core: Core<'p>,
    options: Options<'p>,
}

fn document(plan: &Plan) -> Document<'_> {
    let wires = plan.wires.iter().map(|wire| {
        let (slot, slot_reason) = match &wire.via {
            Via::Direct => (None, None),
            Via::Slot(slot, why) => (Some(slot.0), Some(plan.why(why, wire.importer))),
        };
        let source = source(plan, &wire.source);
        let importer = plan.name(wire.importer);
        JsonWire { importer, module: &wire.module, field: &wire.field, source, slot, slot_reason }
    });
    let slots = plan.slots.iter().enumerate().map(|(slot, planned)| JsonSlot {
        slot,
        name: &planned.name,
        r#type: signature(&planned.ty),
        source: source(plan, &planned.source),
    });
    let memories = plan.memories.iter().map(|memory| JsonOwnMemory {
        adapter: plan.name(memory.module),
        pages: memory.ty.initial,
        copies: memory.copies.iter().map(|copy| copy.field()).collect(),
    });
    let resources = plan.resources.iter().map(|resource| JsonResource {
        resource: &resource.name,
        destructor: resource.dtor.as_ref().map(|dtor| core(plan, dtor)),
        slot: resource.slot.map(|slot| slot.0),
    });
    let exports = plan.lifts.iter().map(|lift| Export {
        function: lift.function.to_string(),
        core: core(plan, &lift.core),
        options: options(plan, &lift.canon),
    });
    let hosted = plan.hosted_memory.as_ref();
    Document {
        format: "polyfill-explain",
        version: VERSION,
        modules: plan.modules.iter().enumerate().map(|(index, m)| module(plan, ModuleId(index), m)).collect(),
        order: plan.steps(),
        wires: wires.collect(),
        slots: slots.collect(),
        hosted_memory: hosted.map(|memory| Import { module: &memory.module, field: &memory.field }),
        own_memories: memories.collect(),
        resources: resources.collect(),
        exports: exports.collect(),
        initialize: plan.initialize.iter().map(|function| core(plan, function)).collect(),
        start: plan.start.as_ref().map(|found| start(plan, found)),
    }
}

fn start<'p>(plan: &'p Plan, start: &'p Start) -> JsonStart<'p> {
    let unusable = plan.unusable_at_start().filter_map(|wire| match &wire.via {
        Via::Direct => None,
        Via::Slot(slot, _) => Some(Unusable {
            importer: plan.name(wire.importer),
            module: &wire.module,
            field: &wire.field,
            slot: slot.0,
        }),
    });
    let prepare = plan.prepare.as_ref();
    JsonStart {
        calls: start.calls.iter().map(|(module, field)| Import { module, field }).collect(),
        early: start.is_early(),
        memory_hoisted: start.remedy == Remedy::Early { hoisted: true },
        reason_against: match start.remedy {
            Remedy::Early { .. } => None,
            Remedy::None(why) => Some(why),
        },
        prepared_slots: prepare.map(|prepare| prepare.slots.iter().map(|slot| slot.0).collect()).unwrap_or_default(),
        prepared_initialize: prepare
            .map(|prepare| prepare.initialize.iter().map(|function| core(plan, function)).collect())
            .unwrap_or_default(),
        unusable: unusable.collect(),
    }
}

fn module<'p>(plan: &'p Plan, id: ModuleId, module: &'p PlannedModule) -> Module<'p> {
    Module {
        name: &module.name,
        implements: &module.implements,
        role: if id == ModuleId::MAIN { "main" } else { "adapter" },
        bytes: module.size,
        used: plan.order.contains(&id),
        asked_by: module.asked_by.iter().map(|(export, by)| Asked { export, by }).collect(),
        trimmed: module.trimmed.as_ref().map(|trimmed| JsonTrimmed {
            bytes: trimmed.wasm.len(),
            kept: counts(&trimmed.kept),
            dropped: counts(&trimmed.dropped),
            region: trimmed.region.as_ref().map(|region| JsonRegion {
                stack_bytes: region.stack_bytes,
                data_bytes: region.data_bytes,
                alignment: region.align,
                source: &region.source,
                when: match region.when {
                    When::FirstCall => "first-call",
                    When::Instantiation => "instantiation",
                    When::Always => "always",
                },
                reason: region.why,
            }),
            debug: match &trimmed.debug {
                Debug::Absent => JsonDebug::Absent,
                Debug::Unwanted => JsonDebug::Unwanted,
                Debug::Kept { before, after } => JsonDebug::Moved { bytes_before: *before, bytes: *after },
                Debug::Unneeded => JsonDebug::Unneeded,
                Debug::Dropped { reason } => JsonDebug::Dropped { reason },
            },
            functions: functions(&trimmed.functions),
        }),
    }
}

fn counts(counts: &Counts) -> JsonCounts {
    let Counts { imports, functions, globals, table_slots, data_bytes } = *counts;
    JsonCounts { functions, imports, globals, table_slots, data_bytes }
}

fn functions(functions: &Functions) -> JsonFunctions<'_> {
    JsonFunctions {
        kept: functions.kept.iter().map(kept).collect(),
        generated: functions.generated.iter().map(|(index, name)| Generated { index: *index, name }).collect(),
        dropped: functions.dropped.iter().map(|(index, name)| Dropped { old_index: *index, name }).collect(),
    }
}

fn kept(function: &KeptFunction) -> JsonKept<'_> {
    let reason = match &function.reason {
        Reason::Export(export) => JsonReason::Export { export },
        Reason::Start => JsonReason::Start,
        Reason::Called(by) => JsonReason::Called { by: *by },
        Reason::AddressTaken(by) => JsonReason::AddressTaken { by: *by },
        Reason::InData { data, by } => JsonReason::InData { data, by: *by },
        Reason::Element(segment) => JsonReason::Element { segment: *segment },
        Reason::Global(global) => JsonReason::Global { global: *global },
        Reason::Table(table) => JsonReason::Table { table: *table },
    };
    let KeptFunction { from, to, name, code, .. } = function;
    JsonKept { old_index: *from, index: *to, name, imported: code.is_none(), reason }
}

fn source<'p>(plan: &'p Plan, source: &'p WireSource) -> JsonSource<'p> {
    match source {
        WireSource::Lower(function, canon) => {
            JsonSource::Lower { function: function.to_string(), options: options(plan, canon) }
        }
        WireSource::ResourceNew(_, resource) => JsonSource::ResourceNew { resource },
        WireSource::ResourceRep(_, resource) => JsonSource::ResourceRep { resource },
        WireSource::ResourceDrop(_, resource) => JsonSource::ResourceDrop { resource },
        WireSource::Export(from, kind) => {
            let Core { module, export } = core(plan, from);
            JsonSource::Export { item: item(*kind), module, export }
        }
        WireSource::Destructor(from) => {
            let Core { module, export } = core(plan, from);
            JsonSource::Destructor { module, export }
        }
        WireSource::ThreadLocal(access) => JsonSource::ThreadLocalBase { written: matches!(access, ThreadLocal::Set) },
        WireSource::HostedMemory => JsonSource::ShimMemory,
        WireSource::OwnMemory(id) => JsonSource::OwnMemory { adapter: plan.name(*id) },
        WireSource::Copy(id, copy) => JsonSource::Copy { adapter: plan.name(*id), function: copy.field() },
    }
}

fn item(kind: Kind) -> &'static str {
    match kind {
        Kind::Func => "function",
        Kind::Memory => "memory",
        Kind::Global => "global",
        Kind::Table => "table",
        Kind::Tag => "tag",
    }
}

fn options<'p>(plan: &'p Plan, canon: &'p Canon) -> Options<'p> {
    let memory = canon.memory.as_ref().map(|(memory, reason)| {
        let what = match memory {
            MemoryRef::Export(from) => {
                let Core { module, export } = core(plan, from);
                Memory::Export { module, export }
            }
            MemoryRef::Hosted => Memory::ShimMemory,
            MemoryRef::Own(id) => Memory::OwnMemory { adapter: plan.name(*id) },
        };
        OptionWith { what, reason }
    });
    Options {
        memory,
        realloc: canon.realloc.as_ref().map(|(from, reason)| OptionWith { what: core(plan, from), reason }),
        string_encoding: canon.encoding.as_ref().map(ToString::to_string),
        post_return: canon.post_return.as_ref().map(|from| core(plan, from)),
    }
}

fn core<'p>(plan: &'p Plan, core: &'p CoreRef) -> Core<'p> {
    Core { module: plan.name(core.module), export: &core.export }
}
