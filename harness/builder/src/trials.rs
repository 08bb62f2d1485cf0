//! Lays out the trials: cases x adapter chains x hosts, each with its encoding job, or the reason that there is no
//! artifact.

use std::collections::{BTreeMap, BTreeSet};

use crate::case::{Call, Case, EncodeOptions};
use crate::chain::{self, AdapterChain, REFERENCE};
use crate::compile::{Compiled, Outcome};
use crate::discover::{Adapter, CaseFile, For, Guest, Kind, Layout};
use crate::groups::UsedRuns;
use crate::index::{Artifact, NATIVE, Stage, Trial, is_native, without_engine};
use crate::matrix::Product;
use crate::module::{self, Facts};
use crate::select::Filter;
use crate::side::{DEFAULT_HOST, is_file};
use crate::universe::Universe;
use crate::{digest, near};

/// Core modules of `my-wasi`. Guests and adapters that import from them run on the `my-wasi` hosts.
const MY_WASI: [&str; 2] = ["my-wasi", "my-cli"];
pub(crate) const MY_WASI_HOSTS: [&str; 2] = ["my-wasi", "my-wasi-typed"];

/// Hosts that provide the imports of published adapters.
const WASI_HOSTS: [&str; 2] = ["wasi", "wasi-async"];

/// Component to encode, or guest module to write next to the components. Several trials can share it.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Job {
    pub(crate) guest: String,
    pub(crate) stack: AdapterChain,
    pub(crate) options: EncodeOptions,
    /// Records calls and main's memory for the adapter checks.
    pub(crate) sanitize: bool,
    /// Records calls across the core boundary.
    pub(crate) traced: bool,
    /// Unmodified core module of the guest, for the host `native`.
    pub(crate) native: bool,
}

impl Job {
    /// Returns the readable file name of the component. It is unique, since no name contains `--`.
    pub(crate) fn file(&self) -> String {
        if self.native {
            return format!("{}--{NATIVE}.wasm", self.guest);
        }
        let grow = if self.options.realloc_via_memory_grow { "--grow" } else { "" };
        let provider = match self.options.provider.as_ref().and_then(|provider| provider.content.as_deref()) {
            None | Some("") => String::new(),
            Some(content) => format!("--with-{}", &digest::of(content.as_bytes())[..8]),
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

    /// Returns the artifact of the job, provided that it can be encoded.
    fn artifact(&self) -> Artifact {
        if self.native { Artifact::Module(self.file()) } else { Artifact::Component(self.file()) }
    }
}

/// Returns a chain's name without characters that are invalid in file names. Interposition patterns may contain any
/// text.
fn file_name(stack: &str) -> String {
    let fits = |c: char| c.is_ascii_alphanumeric() || "_-.+()@".contains(c);
    let name: String = stack.chars().map(|c| if fits(c) { c } else { '_' }).collect();
    if name == stack { name } else { format!("{name}-{}", &digest::of(stack.as_bytes())[..8]) }
}

/// Trials in the order of their names. Trials with a component already name its file.
#[derive(Default)]
pub(crate) struct Trials {
    pub(crate) trials: Vec<Trial>,
    pub(crate) jobs: BTreeSet<Job>,
    /// Trials that cases leave out, by name, with the reason.
    pub(crate) left_out: BTreeMap<String, String>,
    /// Runs of groups that added a trial to a case.
    pub(crate) used_runs: UsedRuns,
}

/// Inputs of the layout of trials.
pub(crate) struct Parts<'a> {
    pub(crate) layout: &'a Layout,
    pub(crate) guests: &'a BTreeMap<String, Compiled>,
    pub(crate) adapters: &'a BTreeMap<String, Compiled>,
    /// Problems of adapters that compile.
    pub(crate) findings: &'a BTreeMap<String, String>,
    /// Hosts of cases that name none; `None` if they depend on the guest.
    pub(crate) hosts: Option<&'a [String]>,
    /// Set if cases determine their own trials, so that their patterns must match.
    pub(crate) own_trials: bool,
    pub(crate) filter: &'a Filter,
    /// Checks adapters in all trials.
    pub(crate) sanitize: bool,
    /// Records calls across the core boundary in all trials.
    pub(crate) trace: bool,
    /// Runs chains that name a published adapter without a release through every release.
    pub(crate) every_release: bool,
}

/// Facts about a guest and about all adapters.
#[derive(Clone, Copy)]
struct AllFacts<'a> {
    guest: &'a Facts,
    adapters: &'a BTreeMap<&'a str, Facts>,
}

/// Lays out all trials.
pub(crate) fn lay_out(parts: &Parts<'_>) -> Trials {
    let mut all = Trials::default();
    let adapters = adapter_facts(parts);
    for guest in &parts.layout.guests {
        let Some(compiled) = parts.guests.get(&guest.name) else {
            continue;
        };
        let facts = match &compiled.outcome {
            Outcome::Ready(wasm) => module::facts(wasm),
            Outcome::Ignored(_) | Outcome::Failed(_) => chain::guess(guest),
        };
        for case in &guest.cases {
            let facts = AllFacts { guest: &facts, adapters: &adapters };
            lay_out_case(parts, guest, facts, compiled, case, &mut all);
        }
    }
    all.trials.sort_by_cached_key(Trial::name);
    all
}

fn lay_out_case(
    parts: &Parts<'_>,
    guest: &Guest,
    facts: AllFacts<'_>,
    compiled: &Compiled,
    case: &CaseFile,
    all: &mut Trials,
) {
    let given = match &case.case {
        Ok(given) if guest.faults.is_empty() => given,
        Ok(given) => {
            return all.add_one(parts, guest, case, given.hosts.as_deref(), broken(guest.faults.join("\n")));
        }
        Err(message) => return all.add_one(parts, guest, case, None, broken(message.clone())),
    };
    let by_group = given.runs_by_group;
    let problems = pattern_problems(parts, guest, facts, compiled, case, given);
    let mut is_shown = false;
    // A cell that several of them name is there once.
    let mut seen = BTreeSet::new();
    for (number, product) in given.products().iter().enumerate() {
        let hosts = hosts(parts, facts, product);
        let (native, hosts): (Vec<&String>, Vec<&String>) = hosts.iter().partition(|host| is_native(host));
        let stacks = stacks(parts, facts, product, by_group, parts.every_release);
        let encoded = stacks.into_iter().map(|stack| Job {
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
        let alone = (!by_group || is_for_native(facts.guest, given)).then(|| Job {
            guest: guest.name.clone(),
            stack: AdapterChain::default(),
            options: EncodeOptions::default(),
            sanitize: false,
            traced: false,
            native: true,
        });
        let jobs = encoded.map(|job| (job, &hosts)).chain(alone.map(|job| (job, &native)));
        for (job, hosts) in jobs {
            let (adapter, taking) = (job.stack.to_string(), taking(parts, guest, case, &job));
            let artifact = if problems.is_empty() {
                without_component(parts, compiled, &job.stack).unwrap_or_else(|| job.artifact())
            } else {
                broken(problems.join("\n"))
            };
            for host in hosts.iter().chain(&taking) {
                if !seen.insert((adapter.clone(), host.to_string())) {
                    continue;
                }
                let trial = Trial {
                    guest: guest.name.clone(),
                    case: case.name.clone(),
                    adapter: adapter.clone(),
                    host: host.to_string(),
                    artifact: artifact.clone(),
                    sanitize: None,
                };
                all.used_runs.extend(given.runs_of.map(|group| (group, number)));
                is_shown |= given.exclusion(&adapter, host).is_none();
                all.add(parts, trial, &job, given);
            }
        }
    }
    // What is compared are cells that two sides share: a guest may be for neither.
    if seen.is_empty() && parts.own_trials {
        // A guest that could not be compiled may be none for its group; one that can is not tested at all.
        let nothing = || broken(format!("`{}`: no `[[run]]` of its group is for this guest", case.source));
        let artifact = without_component(parts, compiled, &AdapterChain::default()).unwrap_or_else(nothing);
        all.add_one(parts, guest, case, given.hosts.as_deref(), artifact);
    } else if !seen.is_empty() && !problems.is_empty() && !is_shown {
        all.add_one(parts, guest, case, given.hosts.as_deref(), broken(problems.join("\n")));
    }
}

impl Trials {
    /// Adds a trial that the filter selects and that its case does not leave out.
    fn add(&mut self, parts: &Parts<'_>, trial: Trial, job: &Job, case: &Case) {
        let name = trial.name();
        if !parts.filter.selects(&name) {
            return;
        }
        if let Some(skip) = case.exclusion(&trial.adapter, &trial.host) {
            self.left_out.insert(name, skip.reason.clone());
            return;
        }
        if matches!(trial.artifact, Artifact::Component(_) | Artifact::Module(_)) {
            self.jobs.insert(job.clone());
        }
        self.trials.push(trial);
    }

    /// Adds the only trial of a case that cannot be read or has no other trial: its hosts are unknown.
    fn add_one(
        &mut self,
        parts: &Parts<'_>,
        guest: &Guest,
        case: &CaseFile,
        hosts: Option<&[String]>,
        artifact: Artifact,
    ) {
        let host = hosts.or(parts.hosts).and_then(|hosts| hosts.first());
        let trial = Trial {
            guest: guest.name.clone(),
            case: case.name.clone(),
            adapter: AdapterChain::default().to_string(),
            host: host.cloned().unwrap_or_else(|| DEFAULT_HOST.to_string()),
            artifact,
            sanitize: None,
        };
        let start = format!("{}::", trial.case_key());
        if parts.filter.selects(&trial.name()) || parts.filter.0.iter().any(|word| word.starts_with(&start)) {
            self.trials.push(trial);
        }
    }
}

fn broken(message: String) -> Artifact {
    Artifact::Failed { stage: Stage::Case, message }
}

/// Returns the patterns of a case that match none of its possible trials, regardless of filters and installed tools.
fn pattern_problems(
    parts: &Parts<'_>,
    guest: &Guest,
    facts: AllFacts<'_>,
    compiled: &Compiled,
    case: &CaseFile,
    given: &Case,
) -> Vec<String> {
    if !parts.own_trials || (given.skip.is_empty() && given.overrides.is_empty() && given.xfail.is_empty()) {
        return Vec::new();
    }
    let products = given.products();
    let is_known = matches!(compiled.outcome, Outcome::Ready(_));
    let mut universe = Universe {
        any_adapter: !is_known && products.iter().any(|product| product.adapters.is_none()),
        ..Universe::default()
    };
    for product in &products {
        let hosts = hosts(parts, facts, product);
        for stack in stacks(parts, facts, product, given.runs_by_group && is_known, false) {
            let adapter = stack.to_string();
            let taking = parts.layout.hosts.iter().filter(|(_, host)| host.takes(&guest.name, &case.name, &adapter));
            let named = hosts.iter().filter(|host| !is_native(host));
            named.chain(taking.map(|(name, _)| name)).for_each(|host| universe.add(&stack, host));
        }
        if !given.runs_by_group || !is_known || is_for_native(facts.guest, given) {
            hosts.iter().filter(|host| is_native(host)).for_each(|host| universe.add(&AdapterChain::default(), host));
        }
    }
    let problems = universe.problems(given).into_iter();
    problems.map(|problem| format!("`{}`: {problem}", case.source)).collect()
}

/// Returns the hosts of a product. Default: those of the suite; without these, the `my-wasi` hosts for guests and
/// adapters that import `my-wasi`, and `wasi` otherwise.
fn hosts(parts: &Parts<'_>, facts: AllFacts<'_>, product: &Product) -> Vec<String> {
    if let Some(named) = product.hosts.as_deref().or(parts.hosts) {
        return named.to_vec();
    }
    let is_my_wasi = |module: &String| MY_WASI.contains(&module.as_str());
    let speaks = |facts: &Facts| facts.imports.iter().any(is_my_wasi);
    if speaks(facts.guest) || facts.adapters.values().any(speaks) {
        MY_WASI_HOSTS.map(String::from).to_vec()
    } else {
        vec![DEFAULT_HOST.to_string()]
    }
}

/// Returns the external hosts whose patterns match a trial. They are omitted if calls are checked, since they cannot
/// record calls.
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

/// Returns the chains that a product names. Default: all that fit. In a product of a group, published adapters apply
/// only to mains that require one.
fn stacks(
    parts: &Parts<'_>,
    facts: AllFacts<'_>,
    product: &Product,
    by_group: bool,
    every_release: bool,
) -> Vec<AdapterChain> {
    let stacks = match &product.adapters {
        None => {
            let published = wants_published(parts, facts.guest, &hosts(parts, facts, product));
            let complete = |mut stack: AdapterChain| {
                stack.0.extend(published.then(|| REFERENCE.to_string()));
                stack.for_main(facts.guest.command)
            };
            chain::fitting(facts.guest, &parts.layout.adapters, facts.adapters).into_iter().map(complete).collect()
        }
        Some(named) => {
            let stacks = named.iter().map(|name| AdapterChain::parse(name).for_main(facts.guest.command));
            stacks.filter(|stack| !by_group || makes_sense(parts, facts.guest, stack)).collect::<Vec<_>>()
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

/// Returns true if a chain that a group names applies to a main. A chain of published adapters applies to mains that
/// import preview1. A chain that begins with an adapter of the suite applies to mains that the adapter supports and
/// serves.
fn makes_sense(parts: &Parts<'_>, facts: &Facts, stack: &AdapterChain) -> bool {
    let own = |id: &str| parts.layout.adapters.iter().find(|adapter| adapter.id == id);
    let serves = |adapter: &Adapter| facts.imports.iter().any(|module| adapter.serves(module));
    let fits =
        stack.adapters().next().and_then(own).is_none_or(|first| first.fits.fits(facts.command) && serves(first));
    fits && (speaks_preview1(facts) || !is_published(stack))
}

pub(crate) fn is_published(stack: &AdapterChain) -> bool {
    stack.adapters().any(|id| polyfill_reference::find(id).is_some())
}

fn speaks_preview1(facts: &Facts) -> bool {
    facts.imports.iter().any(|module| module == polyfill_reference::IMPORT_MODULE)
}

/// Returns true if the host `native` provides all imports of a main and can make the case's calls, which are calls of
/// core functions only.
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

/// Returns true if adapters are checked. Not the case if an encoding error is expected, since interposition adapters
/// could change the message, or if calls cannot be recorded and the case does not request checks.
fn is_checked(parts: &Parts<'_>, case: &Case) -> bool {
    let cannot = case.expect.error.is_some() || case.untraced.is_some();
    case.sanitize.unwrap_or(parts.sanitize && !cannot)
}

/// Returns the imports of each adapter by id.
fn adapter_facts<'a>(parts: &Parts<'a>) -> BTreeMap<&'a str, Facts> {
    let facts = parts.layout.adapters.iter().filter_map(|adapter| match &parts.adapters.get(&adapter.of)?.outcome {
        Outcome::Ready(wasm) => Some((adapter.id.as_str(), module::facts(wasm))),
        Outcome::Ignored(_) | Outcome::Failed(_) => None,
    });
    facts.collect()
}

/// Returns the first failed step that prevents a component.
fn without_component(parts: &Parts<'_>, compiled: &Compiled, stack: &AdapterChain) -> Option<Artifact> {
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

/// Returns true if an adapter file is for this kind of main. Only adapters that exist in one variant are restricted.
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
