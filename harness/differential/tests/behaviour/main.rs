//! Compares the behavior of both encoders' components: the same import calls with the same values, the same results,
//! the same traps.

mod driver;
mod values;

use std::collections::BTreeMap;

use driver::Behaviour;
use polyfill_builder::system::threads;
use polyfill_differential::cases::{self, Expected};
use polyfill_differential::compare::{self, Verdict};
use polyfill_differential::generate::Family;
use polyfill_differential::{encoders, generate};
use polyfill_runner::Engine;

/// Number of generated worlds by family. Those of the last family have observable behavior.
const WORLDS: [(Family, u64); 4] =
    [(Family::Smith, 60), (Family::Split, 60), (Family::Adapters, 120), (Family::Flow, 300)];

/// Seed of the generated worlds.
const SEED: u64 = 3;

/// Cases of the reference whose components cannot be run, each with the error message.
const NOT_RUN: [(&str, &str); 1] = [("canonical-names", "the `cm-canon-names` feature is not active")];

#[test]
fn reference_cases_behave_alike() {
    let engine = driver::engine();
    let mut total = Total::default();
    let mut not_run = BTreeMap::new();
    let mut wrong = Vec::new();
    for case in cases::read_all(&cases::folder().unwrap()).unwrap() {
        let Expected::Component { bytes, .. } = &case.expected else { continue };
        // Asynchronous and linked cases are skipped by `conformance.skip`.
        let Some(Ok(ours)) = case.encode() else { continue };
        match same(&engine, &ours.component, bytes) {
            Ok(behaviour) => total.add(&behaviour),
            Err(Difference::NotRun(why)) => drop(not_run.insert(case.name, why)),
            Err(Difference::Differs(text)) => wrong.push(format!("{}:\n{text}", case.name)),
        }
    }
    println!("cases of the reference: {total}, {} cannot run", not_run.len());
    not_run.iter().for_each(|(name, why)| println!("  {name}: {why}"));
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    let expected: Vec<&str> = NOT_RUN.iter().map(|(name, _)| *name).collect();
    assert_eq!(not_run.keys().collect::<Vec<_>>(), expected);
    for (name, words) in NOT_RUN {
        assert!(not_run[name].contains(words), "{name} cannot run for another reason: {}", not_run[name]);
    }
}

#[test]
fn generated_worlds_behave_alike() {
    let engine = driver::engine();
    let worlds = WORLDS.into_iter().flat_map(|(family, count)| (0..count).map(move |number| (family, number)));
    let worlds: Vec<(Family, u64)> = worlds.collect();
    let tried = |(family, number): &(Family, u64)| {
        let binaries = generate::sample(Some(*family), SEED, *number).1.inputs().binaries().unwrap();
        // Other outcomes are covered by the comparison of components.
        let pair = compare::encode(&binaries);
        if compare::judge(&binaries, &pair) != Verdict::Same {
            return None;
        }
        let (ours, reference) = (encoders::our_bytes(&binaries), encoders::reference_bytes(&binaries));
        Some(same(&engine, &ours.unwrap(), &reference.unwrap()))
    };
    let found: Vec<_> = threads::map(threads::processors(), &worlds, tried);
    let mut total = Total::default();
    let mut not_run: BTreeMap<String, u64> = BTreeMap::new();
    let mut wrong = Vec::new();
    for ((family, number), found) in worlds.iter().zip(found) {
        match found {
            None => {}
            Some(Ok(behaviour)) => total.add(&behaviour),
            Some(Err(Difference::NotRun(why))) => *not_run.entry(why).or_default() += 1,
            Some(Err(Difference::Differs(text))) => wrong.push(format!("{family:?} {number}:\n{text}")),
        }
    }
    println!("generated worlds: {total}, {} cannot run", not_run.values().sum::<u64>());
    not_run.iter().for_each(|(why, count)| println!("  {count} x {why}"));
    assert!(total.calls > 500 && total.returned > 2 * total.trapped, "too few calls: {total}");
    assert!(wrong.is_empty(), "{} differ:\n{}", wrong.len(), wrong.join("\n"));
}

enum Difference {
    /// Neither component runs, for the same reason.
    NotRun(String),
    /// The behavior differs.
    Differs(String),
}

fn same(engine: &Engine, ours: &[u8], reference: &[u8]) -> Result<Behaviour, Difference> {
    match (driver::run(engine, ours), driver::run(engine, reference)) {
        (Ok(ours), Ok(reference)) if ours == reference => Ok(ours),
        (Ok(ours), Ok(reference)) => {
            let common = ours.log.iter().zip(&reference.log).take_while(|(ours, theirs)| ours == theirs).count();
            let rest = |log: &[String]| log[common..].iter().take(3).cloned().collect::<Vec<_>>().join("\n  ");
            let text = format!(
                "after {common} equal lines\n- reference\n  {}\n+ ours\n  {}",
                rest(&reference.log),
                rest(&ours.log)
            );
            Err(Difference::Differs(text))
        }
        (Err(ours), Err(reference)) if plain(&ours) == plain(&reference) => Err(Difference::NotRun(plain(&ours))),
        (ours, reference) => {
            let word = |run: Result<Behaviour, String>| run.err().unwrap_or_else(|| "it runs".into());
            let text = format!("- reference: {}\n+ ours: {}", word(reference), word(ours));
            Err(Difference::Differs(text))
        }
    }
}

/// Removes the byte offset from an error message.
fn plain(message: &str) -> String {
    message.split(" (at offset").next().unwrap_or_default().to_string()
}

#[derive(Default)]
struct Total {
    components: usize,
    calls: usize,
    returned: usize,
    trapped: usize,
}

impl Total {
    fn add(&mut self, behaviour: &Behaviour) {
        self.components += 1;
        self.calls += behaviour.calls;
        self.returned += behaviour.returned;
        self.trapped += behaviour.trapped;
    }
}

impl std::fmt::Display for Total {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let Total { components, calls, returned, trapped } = self;
        write!(
            f,
            "{components} behave the same, with {calls} calls of imports; exports returned {returned} times and "
        )?;
        write!(f, "trapped {trapped} times")
    }
}
