//! Cases x stacks x hosts: every trial there is, each with what it needs encoded or why there is nothing to run.

use std::collections::{BTreeMap, BTreeSet};

use crate::case::EncodeOptions;
use crate::compile::{Compiled, Outcome};
use crate::discover::{CaseFile, Guest, Layout};
use crate::index::{Artifact, Cell, Stage};
use crate::module::{self, Facts};
use crate::near;
use crate::select::Filter;
use crate::stack::{self, Stack};

/// A component to make: many cells can share it.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Job {
    pub(crate) guest: String,
    pub(crate) stack: Stack,
    pub(crate) options: EncodeOptions,
}

impl Job {
    /// The component's file: readable, and different for different jobs, since no name contains `--`.
    pub(crate) fn file(&self) -> String {
        let grow = if self.options.realloc_via_memory_grow { "--grow" } else { "" };
        format!("{}--{}{grow}.wasm", self.guest, self.stack)
    }
}

/// All cells in the order of their names; those that stand for a component name its file already.
pub(crate) struct Cells {
    pub(crate) cells: Vec<Cell>,
    pub(crate) jobs: BTreeSet<Job>,
}

/// What the cells are made from.
pub(crate) struct Parts<'a> {
    pub(crate) layout: &'a Layout,
    pub(crate) guests: &'a BTreeMap<String, Compiled>,
    pub(crate) adapters: &'a BTreeMap<String, Compiled>,
    /// What is wrong with adapters that compile.
    pub(crate) findings: &'a BTreeMap<String, String>,
    pub(crate) hosts: &'a [String],
    pub(crate) filter: &'a Filter,
}

/// Lays out all cells.
pub(crate) fn lay_out(parts: &Parts<'_>) -> Cells {
    let mut all = Cells { cells: Vec::new(), jobs: BTreeSet::new() };
    for guest in &parts.layout.guests {
        let Some(compiled) = parts.guests.get(&guest.name) else {
            continue;
        };
        let facts = match &compiled.outcome {
            Outcome::Ready(wasm) => module::facts(wasm),
            Outcome::Ignored(_) | Outcome::Failed(_) => stack::guess(guest),
        };
        for case in &guest.cases {
            lay_out_case(parts, guest, &facts, compiled, case, &mut all);
        }
    }
    all.cells.sort_by_cached_key(Cell::name);
    all
}

fn lay_out_case(
    parts: &Parts<'_>,
    guest: &Guest,
    facts: &Facts,
    compiled: &Compiled,
    case: &CaseFile,
    all: &mut Cells,
) {
    let given = case.case.as_ref().ok();
    let stacks: Vec<Stack> = match given.and_then(|case| case.adapters.as_ref()) {
        Some(named) => named.iter().map(|name| Stack::parse(name)).collect(),
        None => stack::fitting(facts, &parts.layout.adapters),
    };
    let hosts = given.and_then(|case| case.hosts.as_deref()).unwrap_or(parts.hosts);
    for stack in stacks {
        let options = given.map(|case| case.encode.clone()).unwrap_or_default();
        let job = Job { guest: guest.name.clone(), stack, options };
        let artifact = without_component(parts, guest, compiled, case, &job.stack)
            .unwrap_or_else(|| Artifact::Component(job.file()));
        let mut needed = false;
        for host in hosts {
            let cell = Cell {
                guest: guest.name.clone(),
                case: case.name.clone(),
                adapter: job.stack.to_string(),
                host: host.clone(),
                artifact: artifact.clone(),
            };
            if parts.filter.selects(&cell.name()) {
                needed |= matches!(cell.artifact, Artifact::Component(_));
                all.cells.push(cell);
            }
        }
        if needed {
            all.jobs.insert(job);
        }
    }
}

/// Why there can be no component; the first step that failed.
fn without_component(
    parts: &Parts<'_>,
    guest: &Guest,
    compiled: &Compiled,
    case: &CaseFile,
    stack: &Stack,
) -> Option<Artifact> {
    let failed = |stage, message: String| Some(Artifact::Failed { stage, message });
    if let Err(message) = &case.case {
        return failed(Stage::Case, message.clone());
    }
    if !guest.faults.is_empty() {
        return failed(Stage::Case, guest.faults.join("\n"));
    }
    match &compiled.outcome {
        Outcome::Ready(_) => {}
        Outcome::Ignored(reason) => return Some(Artifact::Ignored(reason.clone())),
        Outcome::Failed(message) => return failed(Stage::Compile, message.clone()),
    }
    stack.0.iter().find_map(|id| without_adapter(parts, id)).and_then(|message| failed(Stage::Adapter, message))
}

fn without_adapter(parts: &Parts<'_>, id: &str) -> Option<String> {
    if let Some(findings) = parts.findings.get(id) {
        return Some(format!("adapter `{id}`: {findings}"));
    }
    match parts.adapters.get(id).map(|compiled| &compiled.outcome) {
        None => {
            let known = parts.layout.adapters.iter().map(|adapter| adapter.id.as_str());
            Some(format!("no adapter `{id}` in `adapters`{}", near::hint(id, known)))
        }
        Some(Outcome::Ready(_)) => None,
        Some(Outcome::Ignored(message) | Outcome::Failed(message)) => Some(format!("adapter `{id}`: {message}")),
    }
}
