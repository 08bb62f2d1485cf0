//! A program from a suite: a guest, compiled, encoded as the suite says or with adapters of the command line.

use polyfill_build::case::Case;
use polyfill_build::index::{Artifact, Cell, Index, Sanitize, Stage};
use polyfill_build::{Built, Element, Suite, reference};
use polyfill_runner::Outcome;

use super::{Code, Program, file};
use crate::adapt::Adapt;
use crate::args::RunArgs;
use crate::error::Error;
use crate::load;
use crate::{output, stack};

/// The stack, and what checks of it have to know, if they are wanted.
type Checked = Option<(String, Sanitize)>;

/// Builds the guest and chooses one of its cells.
pub(super) fn load(args: &RunArgs) -> Result<Program, Error> {
    let guest = args.program.as_str();
    let suite = Suite::new(&args.suite).filter([format!("{guest}::")]).progress(output::progress);
    let suite = suite.trace(args.is_traced()).sanitize(args.sanitize);
    let built = suite.build()?;
    let cells = cells(&built.index, guest);
    if cells.is_empty() {
        // There is no such guest, then; the suite knows which there are.
        suite.compile(guest)?.map_err(|(stage, message)| not_built(guest, stage, message))?;
    }
    let case = cells.first().and_then(|cell| built.index.cases.get(&cell.case_key())).map(|entry| entry.case.clone());
    let case = case.unwrap_or_default();
    let published = args.adapter.as_deref().and_then(published);
    let (code, host, sanitize) = match (super::is_native(args), published.as_ref().unwrap_or(&args.encoding.adapts)) {
        (true, _) => (Code::Module(alone(args, &suite)?), None, None),
        (false, adapts) if adapts.is_empty() => as_the_suite_says(args, &built, &cells)?,
        (false, adapts) => {
            let (component, sanitize) = with_adapters(args, adapts, &suite, &case)?;
            (Code::Component(component), None, sanitize)
        }
    };
    // Beside the index, where the runner of `polyfill test` keeps them as well.
    let cache = Some(built.out_dir.join("compiled"));
    let preopens = case.preopened();
    let Case { imports: answers, files, wasm: proposals, .. } = case;
    Ok(Program { name: guest.to_string(), code, answers, files, preopens, proposals, host, cache, sanitize })
}

/// The cells of one of the guest's cases: `default`, or else the first; but one that needs the suite's own host code,
/// which is not here, only if there is no other.
fn cells<'a>(index: &'a Index, guest: &str) -> Vec<&'a Cell> {
    let cells: Vec<&Cell> = index.cells.iter().filter(|cell| cell.guest == guest).collect();
    let rank = |cell: &&&Cell| {
        let entry = index.cases.get(&cell.case_key());
        (entry.is_some_and(|entry| entry.case.host_code), cell.case != "default")
    };
    let case = cells.iter().min_by_key(rank).map(|cell| cell.case.clone());
    cells.into_iter().filter(|cell| Some(&cell.case) == case.as_ref()).collect()
}

fn as_the_suite_says(args: &RunArgs, built: &Built, cells: &[&Cell]) -> Result<(Code, Option<String>, Checked), Error> {
    let guest = args.program.clone();
    if let Some(flag) = file::given(&args.encoding) {
        return Err(Error::SuiteDecides { guest, flag });
    }
    let fits = |cell: &&&Cell| args.adapter.as_ref().is_none_or(|adapter| stack::is_named(cell, adapter));
    let is_component = |cell: &&&Cell| matches!(cell.artifact, Artifact::Component(_));
    let fitting = || cells.iter().filter(fits);
    let Some(cell) = fitting().find(is_component).or_else(|| fitting().next()) else {
        let mut stacks: Vec<&str> = cells.iter().map(|cell| cell.adapter.as_str()).collect();
        stacks.dedup();
        let adapter = args.adapter.clone().unwrap_or_default();
        return Err(Error::NoStack { guest, adapter, stacks: stacks.join(", ") });
    };
    match &cell.artifact {
        Artifact::Component(file) => {
            let sanitize = cell.sanitize.clone().filter(|_| args.sanitize).map(|check| (cell.adapter.clone(), check));
            Ok((Code::Component(read(built, file)?), Some(cell.host.clone()), sanitize))
        }
        Artifact::Module(_) if args.sanitize => Err(Error::Native { flag: "--sanitize" }),
        Artifact::Module(file) => Ok((Code::Module(read(built, file)?), None, None)),
        Artifact::Ignored(reason) => Err(Error::Ignored { guest, reason: reason.clone() }),
        Artifact::Failed { stage, message } => Err(not_built(&guest, *stage, message.clone())),
    }
}

fn read(built: &Built, file: &str) -> Result<Vec<u8>, Error> {
    let path = built.out_dir.join(file);
    polyfill_build::system::read(&path).map_err(|source| Error::Read { path, source })
}

/// The core module, for the host `native`.
fn alone(args: &RunArgs, suite: &Suite) -> Result<Vec<u8>, Error> {
    let flag = file::given(&args.encoding).or(args.adapter.as_ref().map(|_| "--adapter"));
    let flag = flag.or(args.sanitize.then_some("--sanitize"));
    if let Some(flag) = flag {
        return Err(Error::Native { flag });
    }
    suite.compile(&args.program)?.map_err(|(stage, message)| not_built(&args.program, stage, message))
}

/// A stack of nothing but published adapters and interposers: it can be had for any guest, whatever its cases name.
fn published(stack: &str) -> Option<Vec<Adapt>> {
    let is_one = |word: &str| matches!(Element::parse(word), Element::Interposer(_)) || reference::find(word).is_some();
    stack.split('+').all(is_one).then(|| stack.split('+').map(str::parse).collect::<Result<_, _>>().ok()).flatten()
}

fn with_adapters(args: &RunArgs, adapts: &[Adapt], suite: &Suite, case: &Case) -> Result<(Vec<u8>, Checked), Error> {
    let guest = args.program.as_str();
    let wasm = suite.compile(guest)?.map_err(|(stage, message)| not_built(guest, stage, message))?;
    let modules = load::modules(guest, wasm, &args.encoding, adapts)?;
    let modules = modules.reported(args.reported());
    let mut options = load::options(&args.encoding, true);
    if case.encode.realloc_via_memory_grow {
        options.region = polyfill_encoder::Region::MemoryGrow;
    }
    let (component, check) = modules.encode(&options)?;
    let component = polyfill_build::provided(component, &case.encode);
    let component = component.map_err(|message| not_built(guest, Stage::Encode, message))?;
    Ok((component, check.map(|check| (super::stack(args, adapts), check))))
}

fn not_built(guest: &str, stage: Stage, message: String) -> Error {
    let outcome = Outcome::NotBuilt { stage, message };
    Error::NotBuilt { guest: guest.to_string(), outcome: outcome.to_string() }
}
