//! Cases x stacks x hosts: every trial there is, each with what it needs encoded or why there is nothing to run.

use std::collections::{BTreeMap, BTreeSet};

use crate::case::{Call, Case, EncodeOptions};
use crate::compile::{Compiled, Outcome};
use crate::discover::{Adapter, CaseFile, For, Guest, Kind, Layout};
use crate::groups::UsedRuns;
use crate::index::{Artifact, Cell, NATIVE, Stage, is_native, without_engine};
use crate::matrix::Product;
use crate::module::{self, Facts};
use crate::select::Filter;
use crate::side::{DEFAULT_HOST, is_file};
use crate::stack::{self, REFERENCE, Stack};
use crate::universe::Universe;
use crate::{digest, near};

/// The core modules of `my-wasi`, by which guests and adapters are known to be for it, and the hosts that have it.
const MY_WASI: [&str; 2] = ["my-wasi", "my-cli"];
pub(crate) const MY_WASI_HOSTS: [&str; 2] = ["my-wasi", "my-wasi-typed"];

/// The hosts that have what published adapters import.
const WASI_HOSTS: [&str; 2] = ["wasi", "wasi-async"];

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
#[derive(Default)]
pub(crate) struct Cells {
    pub(crate) cells: Vec<Cell>,
    pub(crate) jobs: BTreeSet<Job>,
    /// Trials that cases leave out, by name, with the reason.
    pub(crate) left_out: BTreeMap<String, String>,
    /// The runs of groups that gave a case a cell.
    pub(crate) used_runs: UsedRuns,
}

/// What the cells are made from.
pub(crate) struct Parts<'a> {
    pub(crate) layout: &'a Layout,
    pub(crate) guests: &'a BTreeMap<String, Compiled>,
    pub(crate) adapters: &'a BTreeMap<String, Compiled>,
    /// What is wrong with adapters that compile.
    pub(crate) findings: &'a BTreeMap<String, String>,
    /// The hosts of cases that name none; nothing where that depends on the guest.
    pub(crate) hosts: Option<&'a [String]>,
    /// Cases say themselves where they run, so that their patterns are about cells that there can be.
    pub(crate) own_cells: bool,
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
    let mut all = Cells::default();
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
    let given = match &case.case {
        Ok(given) if guest.faults.is_empty() => given,
        Ok(given) => {
            return all.add_one(parts, guest, case, given.hosts.as_deref(), broken(guest.faults.join("\n")));
        }
        Err(message) => return all.add_one(parts, guest, case, None, broken(message.clone())),
    };
    let by_group = given.runs_by_group;
    let problems = pattern_problems(parts, guest, (facts, adapters), compiled, case, given);
    let mut is_shown = false;
    // A cell that several of them name is there once.
    let mut seen = BTreeSet::new();
    for (number, product) in given.products().iter().enumerate() {
        let hosts = hosts(parts, facts, adapters, product);
        let (native, hosts): (Vec<&String>, Vec<&String>) = hosts.iter().partition(|host| is_native(host));
        let stacks = stacks(parts, (facts, adapters), product, by_group, parts.every_release);
        let welded = stacks.into_iter().map(|stack| Job {
            guest: guest.name.clone(),
            sanitize: is_checked(parts, given),
            // What interposers are in could be a part of the message.
            traced: {
                let wanted = parts.trace || given.expect.trace.is_some();
                wanted && given.expect.error.is_none() && given.untraced.is_none()
            },
            options: given.encode.clone(),
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
            let (adapter, taking) = (job.stack.to_string(), taking(parts, guest, case, &job));
            let artifact = match problems.is_empty() {
                true => without_component(parts, compiled, &job.stack).unwrap_or_else(|| job.artifact()),
                false => broken(problems.join("\n")),
            };
            for host in hosts.iter().chain(&taking) {
                if !seen.insert((adapter.clone(), host.to_string())) {
                    continue;
                }
                let cell = Cell {
                    guest: guest.name.clone(),
                    case: case.name.clone(),
                    adapter: adapter.clone(),
                    host: host.to_string(),
                    artifact: artifact.clone(),
                    sanitize: None,
                };
                all.used_runs.extend(given.runs_of.map(|group| (group, number)));
                is_shown |= given.exclusion(&adapter, host).is_none();
                all.add(parts, cell, &job, given);
            }
        }
    }
    // What is compared are cells that two sides share: a guest may be for neither.
    if seen.is_empty() && parts.own_cells {
        // A guest that could not be compiled may be none for its group; one that can is not tested at all.
        let nothing = || broken(format!("`{}`: no `[[run]]` of its group is for this guest", case.source));
        let artifact = without_component(parts, compiled, &Stack::default()).unwrap_or_else(nothing);
        all.add_one(parts, guest, case, given.hosts.as_deref(), artifact);
    } else if !seen.is_empty() && !problems.is_empty() && !is_shown {
        all.add_one(parts, guest, case, given.hosts.as_deref(), broken(problems.join("\n")));
    }
}

impl Cells {
    /// Adds a cell, if it is asked for and its case does not leave it out.
    fn add(&mut self, parts: &Parts<'_>, cell: Cell, job: &Job, case: &Case) {
        let name = cell.name();
        if !parts.filter.selects(&name) {
            return;
        }
        if let Some(exclude) = case.exclusion(&cell.adapter, &cell.host) {
            self.left_out.insert(name, exclude.reason.clone());
            return;
        }
        if matches!(cell.artifact, Artifact::Component(_) | Artifact::Module(_)) {
            self.jobs.insert(job.clone());
        }
        self.cells.push(cell);
    }

    /// Adds the one cell of a case that cannot be read, or has no other: where it would run is not known.
    fn add_one(
        &mut self,
        parts: &Parts<'_>,
        guest: &Guest,
        case: &CaseFile,
        hosts: Option<&[String]>,
        artifact: Artifact,
    ) {
        let host = hosts.or(parts.hosts).and_then(|hosts| hosts.first());
        let cell = Cell {
            guest: guest.name.clone(),
            case: case.name.clone(),
            adapter: Stack::default().to_string(),
            host: host.cloned().unwrap_or_else(|| DEFAULT_HOST.to_string()),
            artifact,
            sanitize: None,
        };
        let start = format!("{}::", cell.case_key());
        if parts.filter.selects(&cell.name()) || parts.filter.0.iter().any(|word| word.starts_with(&start)) {
            self.cells.push(cell);
        }
    }
}

fn broken(message: String) -> Artifact {
    Artifact::Failed { stage: Stage::Case, message }
}

/// The patterns of a case that match none of the cells that it can have, whatever is installed or asked for.
fn pattern_problems(
    parts: &Parts<'_>,
    guest: &Guest,
    (facts, adapters): (&Facts, &BTreeMap<&str, Facts>),
    compiled: &Compiled,
    case: &CaseFile,
    given: &Case,
) -> Vec<String> {
    if !parts.own_cells || (given.exclude.is_empty() && given.on.is_empty() && given.fails.is_empty()) {
        return Vec::new();
    }
    let products = given.products();
    let is_known = matches!(compiled.outcome, Outcome::Ready(_));
    let mut universe = Universe {
        any_adapter: !is_known && products.iter().any(|product| product.adapters.is_none()),
        ..Universe::default()
    };
    for product in &products {
        let hosts = hosts(parts, facts, adapters, product);
        for stack in stacks(parts, (facts, adapters), product, given.runs_by_group && is_known, false) {
            let adapter = stack.to_string();
            let taking = parts.layout.hosts.iter().filter(|(_, host)| host.takes(&guest.name, &case.name, &adapter));
            let named = hosts.iter().filter(|host| !is_native(host));
            named.chain(taking.map(|(name, _)| name)).for_each(|host| universe.add(&stack, host));
        }
        if !given.runs_by_group || !is_known || is_for_native(facts, given) {
            hosts.iter().filter(|host| is_native(host)).for_each(|host| universe.add(&Stack::default(), host));
        }
    }
    let problems = universe.problems(given).into_iter();
    problems.map(|problem| format!("`{}`: {problem}", case.source)).collect()
}

/// The hosts of a product; where it names none, those of the suite. A suite that says nothing of hosts has `wasi`, but for guests
/// and adapters of `my-wasi`.
fn hosts(parts: &Parts<'_>, facts: &Facts, adapters: &BTreeMap<&str, Facts>, product: &Product) -> Vec<String> {
    if let Some(named) = product.hosts.as_deref().or(parts.hosts) {
        return named.to_vec();
    }
    let is_my_wasi = |module: &String| MY_WASI.contains(&module.as_str());
    let speaks = |facts: &Facts| facts.imports.iter().any(is_my_wasi);
    match speaks(facts) || adapters.values().any(speaks) {
        true => MY_WASI_HOSTS.map(String::from).to_vec(),
        false => vec![DEFAULT_HOST.to_string()],
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
    every_release: bool,
) -> Vec<Stack> {
    let stacks = match &product.adapters {
        None => {
            let published = wants_published(parts, facts, &hosts(parts, facts, adapters, product));
            let complete = |mut stack: Stack| {
                stack.0.extend(published.then(|| REFERENCE.to_string()));
                stack.for_main(facts.command)
            };
            stack::fitting(facts, &parts.layout.adapters, adapters).into_iter().map(complete).collect()
        }
        Some(named) => {
            let stacks = named.iter().map(|name| Stack::parse(name).for_main(facts.command));
            stacks.filter(|stack| !by_group || makes_sense(parts, facts, stack)).collect::<Vec<_>>()
        }
    };
    stacks.into_iter().flat_map(|stack| if every_release { stack.every_release() } else { vec![stack] }).collect()
}

/// Returns true if some case may go through the newest published adapter without naming it.
pub(crate) fn may_want_published(layout: &Layout, default: Option<&[String]>) -> bool {
    let serves = |adapter: &Adapter| {
        adapter.default && adapter.fits == For::Any && adapter.serves(polyfill_reference::IMPORT_MODULE)
    };
    let is_open = |product: &Product| {
        let hosts = product.hosts.as_deref().or(default);
        product.adapters.is_none() && hosts.is_none_or(have_wasi)
    };
    let cases = layout.guests.iter().flat_map(|guest| &guest.cases).filter_map(|case| case.case.as_ref().ok());
    !layout.adapters.iter().any(serves) && cases.flat_map(Case::products).any(|product| is_open(&product))
}

/// Returns true if these hosts have all imports of published adapters.
fn have_wasi(hosts: &[String]) -> bool {
    hosts.iter().all(|host| WASI_HOSTS.contains(&without_engine(host)) || is_native(host))
        && hosts.iter().any(|host| !is_native(host))
}

/// Returns true if the newest published adapter completes the stacks of a main: it speaks preview1, no adapter of the suite serves that,
/// and the hosts have what published adapters import.
fn wants_published(parts: &Parts<'_>, facts: &Facts, hosts: &[String]) -> bool {
    let serves = |adapter: &Adapter| {
        adapter.default && adapter.fits.fits(facts.command) && adapter.serves(polyfill_reference::IMPORT_MODULE)
    };
    speaks_preview1(facts) && !parts.layout.adapters.iter().any(serves) && have_wasi(hosts)
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
fn is_for_native(facts: &Facts, case: &Case) -> bool {
    let is_core = |call: &Call| {
        let number = |text: &str| text.trim().parse::<f64>().is_ok();
        let (name, arguments) = call.invoke.split_once('(').unwrap_or((&call.invoke, ")"));
        let arguments = arguments.trim_end().trim_end_matches(')');
        !name.contains(['.', '/', '#'])
            && (arguments.is_empty() || arguments.split(',').all(number))
            && call.returns.as_deref().is_none_or(number)
    };
    speaks_preview1(facts) && facts.imports.len() == 1 && case.calls.iter().all(is_core)
}

/// Whether what adapters do is checked. Not where no component is expected: its interposers could add to the message. Nor,
/// if the case does not ask for it, where calls cannot be reported.
fn is_checked(parts: &Parts<'_>, case: &Case) -> bool {
    let cannot = case.expect.error.is_some() || case.untraced.is_some();
    case.sanitize.unwrap_or(parts.sanitize && !cannot)
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
fn without_component(parts: &Parts<'_>, compiled: &Compiled, stack: &Stack) -> Option<Artifact> {
    let failed = |stage, message: String| Some(Artifact::Failed { stage, message });
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
