//! Shrinks a program while it shows the same difference.

use super::functions::{Domain, Kind};
use super::model::NEVER;
use super::program::{Call, Chunk, Fd, Program, Value};
use super::trial::{Sides, Trial};

/// Maximum number of smaller programs to try.
const TRIES: usize = 600;

/// Descriptors that require no earlier call, the simplest one first: the directory, a number that is never open,
/// standard input.
const SIMPLE: [Fd; 3] = [Fd::Number(3), Fd::Number(NEVER), Fd::Number(0)];

/// Returns the smallest known program with an uncovered difference of the same signature, as it ran.
pub fn shrink(sides: &Sides, trial: &Trial, signature: &str) -> Trial {
    let mut best = trial.clone();
    let mut tries = TRIES;
    let holds = |program: &Program| {
        let trial = sides.run(program);
        trial.unexplained(|difference| difference.signature() == signature).is_some().then_some(trial)
    };
    loop {
        let mut changed = false;
        let mut next = 0;
        // After a success, smaller programs are listed again, and the search continues at the same position.
        loop {
            let candidate = smaller(&best.program).nth(next);
            let Some(smaller) = candidate else { break };
            if tries == 0 {
                return best;
            }
            tries -= 1;
            match holds(&smaller) {
                Some(trial) if size(&trial.program) < size(&best.program) => {
                    best = trial;
                    changed = true;
                }
                _ => next += 1,
            }
        }
        if !changed {
            return best;
        }
    }
}

/// Returns the size of a program for comparison: the number of calls first.
fn size(program: &Program) -> (usize, usize, u64) {
    let values = program.calls.iter().flat_map(|call| &call.values).map(weight).sum();
    let world = &program.world;
    let world = world.files.len()
        + world.preopened().map_or(0, |preopens| preopens.len())
        + world.args.len()
        + world.env.len()
        + usize::from(world.stdin.is_some());
    (program.calls.len(), world, values)
}

fn weight(value: &Value) -> u64 {
    match value {
        Value::Number(number) => u64::from(number.count_ones()) + u64::from(*number != 0),
        Value::Path(path) => path.len() as u64,
        Value::Read(sizes) => sizes.iter().map(|size| 1 + u64::from(*size)).sum(),
        Value::Write(chunks) => {
            chunks.iter().map(|chunk| 1 + u64::from(chunk.length) + u64::from(chunk.first > 0)).sum()
        }
        Value::Buffer(size) => u64::from(*size),
        Value::Subscriptions(all) => 10 * all.len() as u64,
        Value::Events { in_place } => u64::from(*in_place),
        Value::Fd(fd) => SIMPLE.iter().position(|simple| simple == fd).unwrap_or(SIMPLE.len()) as u64,
        Value::Nothing => 0,
    }
}

/// Returns smaller programs, those with the largest reduction first.
fn smaller(program: &Program) -> impl Iterator<Item = Program> {
    let count = program.calls.len();
    let halves = [count / 2, count / 4].into_iter().filter(|size| *size > 1);
    let ranges = halves.flat_map(move |size| (0..count).step_by(size).map(move |at| at..(at + size).min(count)));
    let ranges = ranges.chain((0..count).rev().map(|at| at..at + 1));
    let fewer = ranges.map(|range| {
        let mut program = program.clone();
        program.calls.drain(range);
        program
    });
    let values = (0..count).flat_map(move |at| {
        simpler_calls(&program.calls[at]).into_iter().map(move |call| {
            let mut program = program.clone();
            program.calls[at] = call;
            program
        })
    });
    fewer.chain(unmoved(program)).chain(worlds(program)).chain(values)
}

/// Removes a renumbering. Later calls use the original descriptor.
fn unmoved(program: &Program) -> Vec<Program> {
    let renumbers = program.calls.iter().enumerate().filter(|(_, call)| call.function.name == "fd_renumber");
    let without = renumbers.filter_map(|(at, call)| {
        let mut fds = call.fds();
        let (from, to) = (fds.next()?, fds.next()?);
        let mut program = program.clone();
        program.calls.remove(at);
        for value in program.calls[at..].iter_mut().flat_map(|call| &mut call.values) {
            if *value == Value::Fd(to) {
                *value = Value::Fd(from);
            }
        }
        Some(program)
    });
    without.collect()
}

fn worlds(program: &Program) -> Vec<Program> {
    let mut all = Vec::new();
    let mut with = |change: &dyn Fn(&mut polyfill_builder::case::Case)| {
        let mut program = program.clone();
        change(&mut program.world);
        all.push(program);
    };
    with(&|world| world.files.clear());
    with(&|world| world.stdin = None);
    with(&|world| world.args.clear());
    with(&|world| world.env.clear());
    let preopens = program.world.preopens.clone().unwrap_or_default();
    for path in program.world.files.keys() {
        // Preopened directories must exist.
        with(&|world| drop(world.files.remove(path)));
    }
    for name in preopens.keys() {
        with(&|world| world.preopens.iter_mut().for_each(|preopens| drop(preopens.remove(name))));
    }
    all.retain(|program| {
        let preopens = program.world.preopens.iter().flatten();
        preopens.map(|(_, preopen)| preopen.folder()).all(|folder| {
            folder.is_empty()
                || program.world.files.keys().any(|path| path == folder || path.starts_with(&format!("{folder}/")))
        })
    });
    all
}

fn simpler_calls(call: &Call) -> Vec<Call> {
    let mut calls = Vec::new();
    for (at, value) in call.values.iter().enumerate() {
        for simpler in simpler(value, call.function.parameters[at].kind) {
            let mut call = call.clone();
            call.values[at] = simpler;
            calls.push(call);
        }
    }
    calls
}

fn simpler(value: &Value, kind: Kind) -> Vec<Value> {
    /// All rights, the default of an opening.
    const ALL: u64 = (1 << 30) - 1;
    match value {
        Value::Number(0 | ALL) => Vec::new(),
        Value::Number(number) if matches!(kind, Kind::Long(Domain::Rights)) => vec![Value::Number(ALL.min(*number))],
        Value::Number(number) => {
            let bits = (0..64).filter(|bit| number >> bit & 1 != 0).map(|bit| number & !(1 << bit));
            [0, 1].into_iter().chain(bits.take(8)).map(Value::Number).collect()
        }
        Value::Path(path) => {
            let names: Vec<&[u8]> = path.split(|byte| *byte == b'/').collect();
            let parts = names.iter().filter(|name| !name.is_empty()).map(|name| name.to_vec());
            [Vec::new(), b"a".to_vec()]
                .into_iter()
                .chain(parts)
                .filter(|one| one.len() < path.len())
                .map(Value::Path)
                .collect()
        }
        Value::Read(sizes) => {
            let fewer = (0..sizes.len()).map(|at| without(sizes, at));
            let ones = (0..sizes.len()).filter(|at| sizes[*at] > 1).map(|at| with(sizes, at, 1));
            fewer.chain(ones).map(Value::Read).collect()
        }
        Value::Write(chunks) => {
            let fewer = (0..chunks.len()).map(|at| without(chunks, at));
            let ones = (0..chunks.len()).flat_map(|at| {
                let chunk = chunks[at];
                let smaller = [
                    Chunk { first: 0, length: 1 },
                    Chunk { first: chunk.first, length: 1 },
                    Chunk { length: 4097, ..chunk },
                ];
                smaller.map(|smaller| with(chunks, at, smaller))
            });
            fewer.chain(ones).map(Value::Write).collect()
        }
        Value::Buffer(size) => [0, 1, 16, 64].into_iter().filter(|one| one < size).map(Value::Buffer).collect(),
        Value::Subscriptions(all) => (0..all.len()).map(|at| Value::Subscriptions(without(all, at))).collect(),
        Value::Events { in_place: true } => vec![Value::Events { in_place: false }],
        Value::Fd(fd) => SIMPLE.iter().take_while(|simple| *simple != fd).map(|simple| Value::Fd(*simple)).collect(),
        Value::Events { in_place: false } | Value::Nothing => Vec::new(),
    }
}

fn without<T: Clone>(list: &[T], at: usize) -> Vec<T> {
    let mut list = list.to_vec();
    list.remove(at);
    list
}

fn with<T: Clone>(list: &[T], at: usize, value: T) -> Vec<T> {
    let mut list = list.to_vec();
    list[at] = value;
    list
}
