//! Generates the next call of a program from the known descriptors and the coverage so far.

use super::coverage::Coverage;
use super::functions::{Domain, FUNCTIONS, Function, Kind};
use super::model::{self, Model, NEVER};
use super::program::{Call, Chunk, Fd, Subscription, Value};
use super::random::Random;
use super::world::{GOOD, PATHS};

/// Number of candidates per call. The candidate with the least coverage is taken.
const CHOICES: usize = 3;

/// Returns the next call, of all functions or of the given ones.
pub fn next(random: &mut Random, model: &Model, coverage: &Coverage, only: &[&'static Function], id: u32) -> Call {
    let mut best: Option<(u64, Call)> = None;
    for _ in 0..CHOICES {
        let call = make(random, model, only, id);
        let times = coverage.times(call.function, &model.facts(&call));
        if best.as_ref().is_none_or(|(least, _)| times < *least) {
            best = Some((times, call));
        }
    }
    best.map_or_else(|| make(random, model, only, id), |(_, call)| call)
}

fn make(random: &mut Random, model: &Model, only: &[&'static Function], id: u32) -> Call {
    let function = if only.is_empty() { function(random, model) } else { *random.pick(only) };
    let mut values: Vec<Value> =
        function.parameters.iter().map(|parameter| value(random, model, function, parameter.kind)).collect();
    if function.name == "path_open" && random.chance(60) {
        open_well(random, model, &mut values);
    }
    // Reading and writing a file without a seek in between is a known bug, which affects all later calls.
    let writes = function.name == "fd_write";
    if let (true, Some(Value::Fd(fd))) = (writes || function.name == "fd_read", values.first())
        && model.object(*fd).is_some_and(|object| object.is_mixed_by(writes))
        && only.is_empty()
        && random.chance(60)
    {
        values[0] = Value::Fd(Fd::Number(u32::from(writes)));
    }
    Call { id, function, values }
}

/// Makes an opening likely to succeed: most behavior requires an open file.
fn open_well(random: &mut Random, model: &Model, values: &mut [Value]) {
    let preopens: Vec<Fd> =
        model.open().filter(|(_, object)| object.kind == model::Kind::Preopen).map(|(fd, _)| fd).collect();
    if preopens.is_empty() {
        return;
    }
    values[0] = Value::Fd(*random.pick(&preopens));
    values[1] = Value::Number(1);
    values[2] = Value::Path(random.pick(GOOD).to_vec());
    values[3] = Value::Number(*random.pick(&[0, 0, 1, 8]));
    // Opening a directory for writing is refused.
    let is_folder = matches!(&values[2], Value::Path(path) if path.starts_with(b"d") && !path.ends_with(b"x"));
    let rights = if is_folder { 1 << 14 | 1 << 13 } else { (1 << 30) - 1 };
    values[4] = Value::Number(rights);
    values[5] = Value::Number((1 << 30) - 1);
    values[6] = Value::Number(*random.pick(&[0, 0, 0, 0, 1, 4]));
}

fn function(random: &mut Random, model: &Model) -> &'static Function {
    const OPEN: &str = "path_open";
    let opened = model.open().filter(|(fd, _)| matches!(fd, Fd::Opened(_))).count();
    let named = |name: &str| FUNCTIONS.iter().find(|function| function.name == name);
    if random.chance([45, 20, 8].get(opened).copied().unwrap_or(3)) {
        return named(OPEN).unwrap_or(&FUNCTIONS[0]);
    }
    // The behavior of an open file shows in a sequence of these calls.
    if model.open().any(|(fd, object)| matches!(fd, Fd::Opened(_)) && object.kind == model::Kind::File)
        && random.chance(30)
    {
        let name = *random.pick(&[
            "fd_read",
            "fd_read",
            "fd_write",
            "fd_write",
            "fd_seek",
            "fd_pread",
            "fd_pwrite",
            "poll_oneoff",
        ]);
        return named(name).unwrap_or(&FUNCTIONS[0]);
    }
    loop {
        let function = random.pick(FUNCTIONS);
        let seldom = match function.name {
            // These end the guest on one side and so end the program.
            "proc_exit" | "proc_raise" | "sock_accept" | "sock_recv" | "sock_send" => 4,
            "args_get" | "args_sizes_get" | "environ_get" | "environ_sizes_get" | "clock_res_get" | "sched_yield"
            | "sock_shutdown" | "random_get" | "clock_time_get" => 25,
            _ => 100,
        };
        if random.chance(seldom) {
            return function;
        }
    }
}

fn value(random: &mut Random, model: &Model, function: &Function, kind: Kind) -> Value {
    match kind {
        Kind::Fd => Value::Fd(descriptor(random, model, function)),
        Kind::Word(domain) | Kind::Long(domain) => Value::Number(number(random, domain)),
        Kind::Path => Value::Path(path(random)),
        Kind::Read => Value::Read((0..buffers(random)).map(|_| size(random)).collect()),
        Kind::Write => Value::Write((0..buffers(random)).map(|_| chunk(random)).collect()),
        Kind::Buffer => Value::Buffer(match function.name {
            "fd_readdir" => *random.pick(&[4096, 4096, 4096, 64, 24, 0]),
            _ => *random.pick(&[64, 64, 16, 3, 1, 0]),
        }),
        Kind::Subscriptions => Value::Subscriptions(subscriptions(random, model)),
        Kind::Events => Value::Events { in_place: random.chance(5) },
        Kind::Room | Kind::Out(_) | Kind::Count => Value::Nothing,
    }
}

/// Returns a path. Invalid UTF-8 is rare, because it ends the guest on one side.
fn path(random: &mut Random) -> Vec<u8> {
    let path = *random.pick(PATHS);
    let is_text = std::str::from_utf8(path).is_ok();
    if is_text || random.chance(15) { path.to_vec() } else { b"a".to_vec() }
}

/// Returns a descriptor that is mostly suitable for the function.
fn descriptor(random: &mut Random, model: &Model, function: &Function) -> Fd {
    use model::Kind;
    let is_path = function.name.starts_with("path_");
    let fits = |kind: Kind| match function.name {
        name if is_path || name == "fd_readdir" => matches!(kind, Kind::Preopen | Kind::Folder),
        name if name.starts_with("fd_prestat") => kind == Kind::Preopen,
        _ => kind == Kind::File,
    };
    let closed: Vec<Fd> = model.closed().collect();
    match random.below(100) {
        0..3 => return Fd::Number(NEVER),
        3..6 if !closed.is_empty() => return *random.pick(&closed),
        _ => {}
    }
    let seldom = random.chance(20);
    let all: Vec<Fd> = model.open().filter(|(_, object)| seldom || fits(object.kind)).map(|(fd, _)| fd).collect();
    if all.is_empty() { Fd::Number(random.below(4) as u32) } else { *random.pick(&all) }
}

fn number(random: &mut Random, domain: Domain) -> u64 {
    let odd = random.below(400) == 0;
    let bits = |random: &mut Random, known: u32| {
        if odd {
            1 << random.below(16)
        } else if random.chance(50) {
            0
        } else {
            random.bits() & random.bits() & ((1 << known) - 1)
        }
    };
    let minus = |number: i64| number as u64;
    match domain {
        Domain::Clock => *random.pick(&[0, 0, 1, 1, 2, 3, 4]),
        Domain::Precision => 0,
        Domain::Offset => {
            *random.pick(&[0, 0, 1, 3, 10, 5000, minus(-1), minus(-3), minus(-20), minus(i64::MIN), minus(i64::MAX)])
        }
        Domain::Position => *random.pick(&[0, 0, 1, 3, 9, 10, 11, 5000, 1 << 40, minus(-1), 1 << 63]),
        Domain::Length => *random.pick(&[0, 1, 10, 100, minus(-1)]),
        Domain::Size => *random.pick(&[0, 0, 1, 3, 10, 20, 5000, 1 << 63]),
        Domain::Advice => *random.pick(&[0, 1, 2, 3, 4, 5, 0, 1, 2, 3, 4, 5, 0, 1, 2, 3, 4, 5, 6]),
        Domain::FdFlags => bits(random, 5),
        Domain::Rights => match random.below(10) {
            0 => 0,
            1 => 1 << 1,
            2 => 1 << 6,
            3 => random.bits() & ((1 << 30) - 1),
            _ => (1 << 30) - 1,
        },
        Domain::Time => {
            *random.pick(&[0, 1, 1_000_000_000, 1_234_567_890_123_456_789, 946_684_800_000_000_000, u64::MAX])
        }
        Domain::TimeFlags => bits(random, 4),
        Domain::Cookie => *random.pick(&[0, 0, 0, 0, 1, 2, 100, u64::MAX]),
        Domain::Whence => *random.pick(&[0, 1, 2, 0, 1, 2, 0, 1, 2, 0, 1, 2, 0, 1, 2, 0, 1, 2, 3]),
        Domain::LookupFlags => {
            if odd {
                2
            } else {
                random.below(2) as u64
            }
        }
        Domain::OpenFlags => bits(random, 4),
        Domain::ExitCode => *random.pick(&[0, 1, 2, 33, 126, 255]),
        Domain::Signal => random.below(31) as u64,
        Domain::SocketFlags => 0,
        Domain::Shutdown => 1 + random.below(3) as u64,
    }
}

fn buffers(random: &mut Random) -> usize {
    *random.pick(&[1, 1, 1, 1, 2, 3, 0])
}

fn size(random: &mut Random) -> u32 {
    *random.pick(&[1, 2, 3, 8, 16, 64, 64, 0])
}

fn chunk(random: &mut Random) -> Chunk {
    let length = if random.chance(3) { 5000 } else { size(random) };
    Chunk { first: random.below(26) as u8, length }
}

/// Returns subscriptions that are ready at once: either only clocks with expired times, or none.
fn subscriptions(random: &mut Random, model: &Model) -> Vec<Subscription> {
    let clocks = random.chance(40);
    let open: Vec<Fd> = model.open().map(|(fd, _)| fd).collect();
    let closed: Vec<Fd> = model.closed().chain([Fd::Number(NEVER)]).collect();
    let count = 1 + random.below(3);
    let first = random.below(3);
    let mut one = |number: usize| {
        if clocks {
            Subscription::Clock {
                id: *random.pick(&[0, 1, 1, 1, 2, 4]),
                // The times are far apart: the order of close ones depends on timing.
                timeout: [0, 2_000_000_000, 946_684_801_000_000_000][(first + number) % 3],
                absolute: random.chance(30),
            }
        } else {
            let fd = if random.chance(8) || open.is_empty() { *random.pick(&closed) } else { *random.pick(&open) };
            if random.chance(60) { Subscription::Read(fd) } else { Subscription::Write(fd) }
        }
    };
    let all: Vec<Subscription> = (0..count).map(&mut one).collect();
    // The host reads files ahead concurrently, so the time at which a file becomes ready is not deterministic.
    let of_file = |one: &&Subscription| {
        one.fd().and_then(|fd| model.object(fd)).is_some_and(|object| object.kind == model::Kind::File)
    };
    match all.iter().find(of_file) {
        Some(file) => vec![*file],
        None => all,
    }
}
