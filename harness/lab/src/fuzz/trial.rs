//! Runs a program on both sides, call by call.

use polyfill_builder::case::Case;
use polyfill_runner::{Inputs, Observation, Outcome};
use semver::Version;

use super::bench::Bench;
use super::compare::{self, Difference, RUN};
use super::functions;
use super::model::{Facts, Model};
use super::observed::Observed;
use super::program::{Call, Fd, Program, Value};
use super::rules::Rules;

/// Both sides and their known differences.
pub struct Sides {
    /// Baseline and candidate.
    pub benches: [Bench; 2],
    /// Rules. Empty if they are about other sides.
    pub rules: Rules,
}

/// A call that was made on both sides.
#[derive(Clone, Debug)]
pub struct Step {
    /// Circumstances of the call.
    pub facts: Facts,
    /// Observations on both sides.
    pub observed: [Observed; 2],
}

/// A program and its run.
#[derive(Clone, Debug)]
pub struct Trial {
    /// The program, up to its last comparable call.
    pub program: Program,
    /// Observations of its calls.
    pub steps: Vec<Step>,
    /// Differences, each with the index of the rule that covers it.
    pub differences: Vec<(Difference, Option<usize>)>,
    /// Observations after the run, if both sides came to an end.
    pub left: Option<[Observation; 2]>,
}

impl Sides {
    /// Returns the release of the candidate's published adapter.
    pub fn release(&self) -> Option<Version> {
        self.benches[1].side().release().map(|release| release.semver())
    }

    /// Runs a program with a fixed list of calls.
    pub fn run(&self, program: &Program) -> Trial {
        self.trial(&program.world, |_, number| program.calls.get(number).cloned())
    }

    /// Runs a program whose next call depends on observations. `next` receives the model and the number of calls so
    /// far.
    pub fn trial(&self, world: &Case, mut next: impl FnMut(&Model, usize) -> Option<Call>) -> Trial {
        let program = Program { world: world.clone(), calls: Vec::new() };
        let mut model = Model::new(&program);
        let mut trial = Trial { program, steps: Vec::new(), differences: Vec::new(), left: None };
        let guests = Inputs::of("fuzz", world)
            .map_err(|error| Outcome::NotRun(error.to_string()))
            .and_then(|inputs| Ok([self.benches[0].start(&inputs)?, self.benches[1].start(&inputs)?]));
        let Ok(mut guests) = guests else { return trial };
        let mut apart = false;
        while let Some(call) = next(&model, trial.steps.len()) {
            // Descriptors that are no longer known on both sides are not compared.
            if !model.can_name(&call) {
                return trial;
            }
            let facts = model.facts(&call);
            let observed = guests.each_mut().map(|guest| guest.call(&call));
            let compared = compare::calls(call.function, &observed[0], &observed[1]);
            self.judge(&mut trial, call.function.name, &facts, compared.differences);
            model.learn(&call, &observed[0]);
            if call.function.name == "path_open" && observed[0].succeeded() {
                model.learn_kind(Fd::Opened(call.id), &guests[0].call(&look(call.id)));
            }
            trial.program.calls.push(call);
            trial.steps.push(Step { facts, observed });
            apart = compared.apart;
            if apart {
                break;
            }
        }
        if !apart {
            let left = guests.map(super::bench::Guest::finish);
            let nothing = Call { id: u32::MAX, function: &functions::FUNCTIONS[0], values: Vec::new() };
            let facts = model.facts(&nothing);
            self.judge(&mut trial, RUN, &facts, compare::left(&left[0], &left[1]));
            trial.left = Some(left);
        }
        trial
    }

    fn judge(&self, trial: &mut Trial, function: &'static str, facts: &Facts, found: Vec<(String, String, String)>) {
        let release = self.release();
        for (place, baseline, candidate) in found {
            let call = trial.program.calls.len();
            let difference = Difference { call, function, place, baseline, candidate, facts: facts.clone() };
            let rule = self.rules.find(&difference, release.as_ref());
            trial.differences.push((difference, rule));
        }
    }
}

/// Returns an additional `fd_fdstat_get` on an opened descriptor, which updates the model and is not part of the
/// program.
fn look(id: u32) -> Call {
    let function = functions::find("fd_fdstat_get").map_or(&functions::FUNCTIONS[0], |(_, function)| function);
    Call { id: u32::MAX, function, values: vec![Value::Fd(Fd::Opened(id)), Value::Nothing] }
}

impl Trial {
    /// Returns the first difference that no rule covers and that satisfies `is`.
    pub fn unexplained(&self, is: impl Fn(&Difference) -> bool) -> Option<&Difference> {
        self.differences.iter().find(|(difference, rule)| rule.is_none() && is(difference)).map(|(found, _)| found)
    }
}
