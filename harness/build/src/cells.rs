//! Cases x stacks x hosts: every trial there is, each with what it needs encoded or why there is nothing to run.

use std::collections::{BTreeMap, BTreeSet};

use crate::case::{Call, Case, EncodeOptions};
use crate::compile::{Compiled, Outcome};
use crate::discover::{Adapter, CaseFile, Guest, Kind, Layout};
use crate::index::{Artifact, Cell, NATIVE, Stage, is_native};
use crate::matrix::Product;
use crate::module::{self, Facts};
use crate::select::Filter;
use crate::side::is_file;
use crate::stack::{self, Stack};
use crate::{digest, near};

/// A component to make, or a guest's module to put beside the components: many cells can share it.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Job {
    pub(crate) guest: String,
    pub(crate) stack: Stack,
    pub(crate) options: EncodeOptions,
    /// Calls and main's memory are reported, so that they can be checked.
    pub(crate) sanitize: bool,
    /// Calls across the core boundary are reported.
    pub(crate) traced: bool,
    /// The guest's core module as it stands, for the host `native`.
    pub(crate) native: bool,
}

impl Job {
    /// The component's file: readable, and different for different jobs, since no name contains `--`.
    pub(crate) fn file(&self) -> String {
        if self.native {
            return format!("{}--{NATIVE}.wasm", self.guest);
        }
        let [grow, provider] = self.options.words();
        let grow = if grow.is_empty() { "" } else { "--grow" };
        let provider = match provider {
            "" => String::new(),
            content => format!("--with-{}", &digest::of(content.as_bytes())[..8]),
        };
        let features = match self.options.features().word() {
            word if word.is_empty() => word,
            word if word.starts_with('*') => "--all-features".to_string(),
            word => format!("--features-{}", file_name(&word)),
        };
        let sanitize = if self.sanitize { "--sanitize" } else { "" };
        let traced = if self.traced { "--trace" } else { "" };
        format!(
            "{}--{}{grow}{provider}{features}{sanitize}{traced}.wasm",
            self.guest,
            file_name(&self.stack.to_string())
        )
    }

    /// What it comes to, if it can be made.
    fn artifact(&self) -> Artifact {
        if self.native { Artifact::Module(self.file()) } else { Artifact::Component(self.file()) }
    }
}

/// A stack's name without what no file's name can have: patterns of interposers may contain anything.
fn file_name(stack: &str) -> String {
    let fits = |c: char| c.is_ascii_alphanumeric() || "_-.+()@".contains(c);
    let name: String = stack.chars().map(|c| if fits(c) { c } else { '_' }).collect();
    match name == stack {
        true => name,
        false => format!("{name}-{}", &digest::of(stack.as_bytes())[..8]),
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
    /// What adapters do is checked in all cells.
    pub(crate) sanitize: bool,
    /// Calls across the core boundary are reported in all cells.
    pub(crate) trace: bool,
    /// Stacks that name a published adapter without a release run through every one.
    pub(crate) every_release: bool,
}

/// Lays out all cells.
pub(crate) fn lay_out(parts: &Parts<'_>) -> Cells {
    let mut all = Cells { cells: Vec::new(), jobs: BTreeSet::new() };
    let adapters = adapter_facts(parts);
    for guest in &parts.layout.guests {
        let Some(compiled) = parts.guests.get(&guest.name) else {
            continue;
        };
        let facts = match &compiled.outcome {
            Outcome::Ready(wasm) => module::facts(wasm),
            Outcome::Ignored(_) | Outcome::Failed(_) => stack::guess(guest),
        };
        for case in &guest.cases {
            lay_out_case(parts, guest, (&facts, &adapters), compiled, case, &mut all);
        }
    }
    all.cells.sort_by_cached_key(Cell::name);
    all
}

fn lay_out_case(
    parts: &Parts<'_>,
    guest: &Guest,
    (facts, adapters): (&Facts, &BTreeMap<&str, Facts>),
    compiled: &Compiled,
    case: &CaseFile,
    all: &mut Cells,
) {
    let given = case.case.as_ref().ok();
    let products = given.map_or_else(|| vec![Product::default()], Case::products);
    let by_group = given.is_some_and(|case| case.runs_by_group);
    // A cell that several of them name is there once.
    let mut seen = BTreeSet::new();
    for product in &products {
        let hosts = product.hosts.as_deref().unwrap_or(parts.hosts);
        let (native, hosts): (Vec<&String>, Vec<&String>) = hosts.iter().partition(|host| is_native(host));
        let stacks = stacks(parts, (facts, adapters), product, by_group);
        let options = given.map(|case| case.encode.clone()).unwrap_or_default();
        let welded = stacks.into_iter().map(|stack| Job {
            guest: guest.name.clone(),
            sanitize: is_checked(parts, given),
            // What interposers are in could be a part of the message.
            traced: given.map_or(parts.trace, |case| {
                let wanted = parts.trace || case.expect.trace.is_some();
                wanted && case.expect.error.is_none() && case.untraced.is_none()
            }),
            options: options.clone(),
            stack,
            native: false,
        });
        // Whatever the stacks are, it is one and the same module.
        let alone = (!by_group || is_for_native(facts, given)).then(|| Job {
            guest: guest.name.clone(),
            stack: Stack::default(),
            options: EncodeOptions::default(),
            sanitize: false,
            traced: false,
            native: true,
        });
        let jobs = welded.map(|job| (job, &hosts)).chain(alone.map(|job| (job, &native)));
        for (job, hosts) in jobs {
            let taking = taking(parts, guest, case, &job);
            let hosts = hosts.iter().chain(&taking).filter(|host| {
                let adapter = job.stack.to_string();
                let left_out = given.is_some_and(|case| case.leaves_out(&adapter, host));
                !left_out && seen.insert((adapter, host.to_string()))
            });
            lay_out_job(parts, guest, compiled, case, &job, hosts, all);
        }
    }
}

fn lay_out_job<'a>(
    parts: &Parts<'_>,
    guest: &Guest,
    compiled: &Compiled,
    case: &CaseFile,
    job: &Job,
    hosts: impl Iterator<Item = &'a &'a String>,
    all: &mut Cells,
) {
    let artifact = without_component(parts, guest, compiled, case, &job.stack).unwrap_or_else(|| job.artifact());
    for host in hosts {
        let cell = Cell {
            guest: guest.name.clone(),
            case: case.name.clone(),
            adapter: job.stack.to_string(),
            host: host.to_string(),
            artifact: artifact.clone(),
            sanitize: None,
        };
        if parts.filter.selects(&cell.name()) {
            if matches!(cell.artifact, Artifact::Component(_) | Artifact::Module(_)) {
                all.jobs.insert(job.clone());
            }
            all.cells.push(cell);
        }
    }
}

/// The hosts that take a cell by their own patterns. Where calls are checked they cannot tell of them.
fn taking<'a>(parts: &Parts<'a>, guest: &Guest, case: &CaseFile, job: &Job) -> Vec<&'a String> {
    let Some(given) = case.case.as_ref().ok().filter(|given| given.expect.error.is_none()) else { return Vec::new() };
    if job.native || job.sanitize || job.traced || job.stack.has_interposer() {
        return Vec::new();
    }
    let adapter = job.stack.to_string();
    let hosts = parts.layout.hosts.iter();
    let taking = hosts.filter(|(_, host)| host.takes(&guest.name, &case.name, &adapter) && host.lacks(given).is_none());
    taking.map(|(name, _)| name).collect()
}

/// The stacks that a product names; without names, all that fit. Where it is the group's, a published adapter is for mains
/// that want one.
fn stacks(
    parts: &Parts<'_>,
    (facts, adapters): (&Facts, &BTreeMap<&str, Facts>),
    product: &Product,
    by_group: bool,
) -> Vec<Stack> {
    let stacks = match &product.adapters {
        None => stack::fitting(facts, &parts.layout.adapters, adapters),
        Some(named) => {
            let stacks = named.iter().map(|name| Stack::parse(name).for_main(facts.command));
            stacks.filter(|stack| !by_group || makes_sense(parts, facts, stack)).collect()
        }
    };
    stacks.into_iter().flat_map(|stack| if parts.every_release { stack.every_release() } else { vec![stack] }).collect()
}

/// Whether a stack that a group names is for a main: one of published adapters for what speaks preview1, and one that begins
/// with an adapter of the suite for what that fits, and serves.
fn makes_sense(parts: &Parts<'_>, facts: &Facts, stack: &Stack) -> bool {
    let own = |id: &str| parts.layout.adapters.iter().find(|adapter| adapter.id == id);
    let serves = |adapter: &Adapter| facts.imports.iter().any(|module| adapter.serves(module));
    let fits =
        stack.adapters().next().and_then(own).is_none_or(|first| first.fits.fits(facts.command) && serves(first));
    fits && (speaks_preview1(facts) || !is_published(stack))
}

pub(crate) fn is_published(stack: &Stack) -> bool {
    stack.adapters().any(|id| polyfill_reference::find(id).is_some())
}

fn speaks_preview1(facts: &Facts) -> bool {
    facts.imports.iter().any(|module| module == polyfill_reference::IMPORT_MODULE)
}

/// Whether the host `native` has all that a main wants, and can make the case's calls: there are core functions only.
fn is_for_native(facts: &Facts, case: Option<&Case>) -> bool {
    let is_core = |call: &Call| {
        let number = |text: &str| text.trim().parse::<f64>().is_ok();
        let (name, arguments) = call.invoke.split_once('(').unwrap_or((&call.invoke, ")"));
        let arguments = arguments.trim_end().trim_end_matches(')');
        !name.contains(['.', '/', '#'])
            && (arguments.is_empty() || arguments.split(',').all(number))
            && call.returns.as_deref().is_none_or(number)
    };
    let calls = case.map_or(&[][..], |case| &case.calls);
    speaks_preview1(facts) && facts.imports.len() == 1 && calls.iter().all(is_core)
}

/// Whether what adapters do is checked. Not where no component is expected: its interposers could add to the message. Nor,
/// if the case does not ask for it, where calls cannot be reported.
fn is_checked(parts: &Parts<'_>, case: Option<&Case>) -> bool {
    let cannot = case.is_some_and(|case| case.expect.error.is_some() || case.untraced.is_some());
    case.and_then(|case| case.sanitize).unwrap_or(parts.sanitize && !cannot)
}

/// What each adapter imports, by its id.
fn adapter_facts<'a>(parts: &Parts<'a>) -> BTreeMap<&'a str, Facts> {
    let facts = parts.layout.adapters.iter().filter_map(|adapter| match &parts.adapters.get(&adapter.of)?.outcome {
        Outcome::Ready(wasm) => Some((adapter.id.as_str(), module::facts(wasm))),
        Outcome::Ignored(_) | Outcome::Failed(_) => None,
    });
    facts.collect()
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
        Outcome::Ready(wasm) => {
            if let Some(id) = stack.adapters().find(|id| !is_file_for(parts, id, wasm)) {
                return Some(Artifact::Ignored(format!("adapter `{id}` is for guests with `_start`")));
            }
        }
        Outcome::Ignored(reason) => return Some(Artifact::Ignored(reason.clone())),
        Outcome::Failed(message) => return failed(Stage::Compile, message.clone()),
    }
    stack.adapters().find_map(|id| without_adapter(parts, id)).and_then(|message| failed(Stage::Adapter, message))
}

/// Whether an adapter that is a file, and comes in one flavour, is for that main; any other one is there for both.
fn is_file_for(parts: &Parts<'_>, id: &str, main: &[u8]) -> bool {
    let adapter = parts.layout.adapters.iter().find(|adapter| adapter.id == id && is_file(id));
    adapter.is_none_or(|adapter| adapter.fits.fits(module::facts(main).command))
}

fn without_adapter(parts: &Parts<'_>, id: &str) -> Option<String> {
    if let Some(findings) = parts.findings.get(id) {
        return Some(format!("adapter `{id}`: {findings}"));
    }
    if let Some(Err(unknown)) = polyfill_reference::find(id) {
        return Some(unknown.to_string());
    }
    let adapters = &parts.layout.adapters;
    let Some(adapter) = adapters.iter().find(|adapter| adapter.id == id) else {
        let known = adapters
            .iter()
            .filter(|adapter| !matches!(adapter.kind, Kind::Reference(_)))
            .map(|adapter| adapter.id.as_str());
        return Some(format!("no adapter `{id}` in `adapters`{}", near::hint(id, known)));
    };
    match parts.adapters.get(&adapter.of).map(|compiled| &compiled.outcome) {
        // A stub is made when it is needed.
        None | Some(Outcome::Ready(_)) => None,
        Some(Outcome::Ignored(message) | Outcome::Failed(message)) => Some(format!("adapter `{id}`: {message}")),
    }
}
