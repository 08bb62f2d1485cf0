//! Mutations of recordings: of the JSON in their sections, of the sections themselves, and of bytes.

use polyfill_recording::Recording;
use serde_json::{Value, json};
use wasm_encoder::{ComponentSection, CustomSection};

/// Names of the sections.
const ABOUT: &str = "polyfill:recording";
const TRACE: &str = "polyfill:trace";
const MAIN: &str = "polyfill:main";
const ADAPTER: &str = "polyfill:adapter";

/// A recording as sections with arbitrary contents.
pub struct Sections {
    component: Vec<u8>,
    about: Value,
    trace: Vec<Value>,
    rest: Vec<(&'static str, Vec<u8>)>,
    /// Directory that the guest must not access.
    outside: String,
}

/// A kind of mutation.
pub type Mutation = fn(&mut Sections, &mut Random);

/// All kinds of mutations. Each mutated recording has one to four of them.
pub const MUTATIONS: [Mutation; 16] = [
    |sections, random| any_value(&mut sections.about, random, &sections.outside.clone()),
    |sections, random| any_value(&mut sections.about, random, &sections.outside.clone()),
    |sections, random| {
        let outside = sections.outside.clone();
        if let Some(event) = random.choose_mut(&mut sections.trace) {
            any_value(event, random, &outside);
        }
    },
    lines,
    nesting,
    results,
    |sections, random| bytes(&mut sections.component, random),
    |sections, random| {
        if let Some((_, data)) = random.choose_mut(&mut sections.rest) {
            bytes(data, random);
        }
    },
    other_main,
    |sections, random| {
        // Simulates a wrong number of adapters, or a missing main.
        let at = random.below(sections.rest.len() + 1);
        match sections.rest.get(at).cloned() {
            Some(section) if random.one_in(2) => sections.rest.push(section),
            Some(_) => drop(sections.rest.remove(at)),
            None => sections.rest.reverse(),
        }
    },
    failed,
    case_key,
    case_key,
    files,
    files,
    limits,
];

impl Sections {
    pub fn of(recording: &Recording, outside: &str) -> Self {
        let trace = polyfill_runner::json_lines(&recording.trace);
        let mut rest: Vec<_> = recording.main.iter().map(|main| (MAIN, main.clone())).collect();
        rest.extend(recording.adapters.iter().map(|adapter| (ADAPTER, adapter.clone())));
        Self {
            component: recording.component.clone(),
            about: serde_json::to_value(&recording.about).expect("JSON"),
            trace: trace.lines().map(|line| serde_json::from_str(line).expect("JSON")).collect(),
            rest,
            outside: outside.into(),
        }
    }

    /// Serializes the recording. Some files are damaged as a whole.
    pub fn write(&self, random: &mut Random) -> Vec<u8> {
        let trace: String = self.trace.iter().map(|event| format!("{event}\n")).collect();
        let mut sections = vec![(ABOUT, self.about.to_string().into_bytes()), (TRACE, trace.into_bytes())];
        sections.extend(self.rest.iter().cloned());
        if random.one_in(40) {
            let (one, other) = (random.below(sections.len()), random.below(sections.len()));
            sections.swap(one, other);
        }
        if random.one_in(40) {
            let at = random.below(sections.len());
            sections.push(sections[at].clone());
        }
        if random.one_in(40) {
            sections.remove(random.below(sections.len()));
        }
        let mut file = self.component.clone();
        for (name, data) in &sections {
            CustomSection { name: (*name).into(), data: data.into() }.append_to_component(&mut file);
        }
        if random.one_in(20) {
            bytes(&mut file, random);
        }
        file
    }

    fn case(&mut self) -> Option<&mut serde_json::Map<String, Value>> {
        self.about.get_mut("case")?.as_object_mut()
    }
}

/// Replaces the value of any key, or removes the key.
fn any_value(root: &mut Value, random: &mut Random, outside: &str) {
    let count = size(root);
    let Some(value) = nth(root, &mut random.below(count)) else { return };
    *value = match (&*value, random.below(8)) {
        (Value::Number(_), 0..6) => number(random),
        (Value::String(_), 0..6) => json!(text(random, outside)),
        (Value::Array(all), 0..2) => all.iter().cycle().take(all.len().min(1) * 300).cloned().collect(),
        (Value::Array(_), 2) => json!([]),
        (value, 3) => (0..random.below(300)).fold(value.clone(), |value, _| json!([value])),
        (_, 4) => Value::Null,
        (_, 5) => number(random),
        (_, _) => json!(text(random, outside)),
    };
}

fn number(random: &mut Random) -> Value {
    let all = [
        json!(0),
        json!(-1),
        json!(1),
        json!(255),
        json!(65536),
        json!(i32::MAX),
        json!(u32::MAX),
        json!(4_000_000_000_u32),
        json!(i64::MIN),
        json!(i64::MAX),
        json!(u64::MAX),
        json!(1e308),
        json!(-0.5),
    ];
    all[random.below(all.len())].clone()
}

/// Texts that are special for a terminal, a path, or a parser.
fn text(random: &mut Random, outside: &str) -> String {
    let all = [
        String::new(),
        "\u{1b}]0;x\u{7}\u{9b}2J\u{202e}\u{8}\r".into(),
        "a\nidentical\n".into(),
        "..".into(),
        "/".into(),
        "../..".into(),
        outside.into(),
        format!("{outside}/secret"),
        format!("..{outside}"),
        "d/../..".into(),
        ".".into(),
        "\0".into(),
        "A".repeat(20_000),
        "(".repeat(20_000),
        "[".repeat(20_000),
        "some(".repeat(20_000),
        "{a: ".repeat(20_000),
        "\"".into(),
        "\"\\u{110000}\"".into(),
        "input-stream#1".into(),
        "output-stream#99".into(),
        "run()".into(),
        "drop($1)".into(),
        "add(4294967295)".into(),
        "ok([1, 2])".into(),
        "err(last-operation-failed(error#1))".into(),
        "random".into(),
        "$new".into(),
        "[..]\n...\n".repeat(500),
        "wasi:cli/stdout@0.2.6.get-stdout".into(),
    ];
    all[random.below(all.len())].clone()
}

/// Sets a key of the case to an expensive value.
fn case_key(sections: &mut Sections, random: &mut Random) {
    let outside = sections.outside.clone();
    let text = text(random, &outside);
    let times = [1, 1000, 1 << 20, 1 << 30, u64::MAX][random.below(5)];
    let repeat = json!({ "repeat": (["x", "", "0123456789abcdef"][random.below(3)]), "times": times });
    let Some(case) = sections.case() else { return };
    let (key, value) = match random.below(9) {
        0 => ("env-series", json!({ "name": text, "value": "v", "count": number(random) })),
        1 => (
            "env",
            (0..60).map(|number| (format!("V{number}"), repeat.clone())).collect::<serde_json::Map<_, _>>().into(),
        ),
        2 => ("stdin", repeat),
        3 => ("stdin", json!({ "file": text })),
        4 => ("args", json!(vec![text; [1, 10, 100][random.below(3)]])),
        5 => ("seed", json!(text)),
        6 => ("call", json!([{ "invoke": text, "wait-ms": number(random), "write-stdin": "y" }])),
        7 => ("import", json!([{ "function": text, "returns": [text], "prints": text }])),
        _ => ("expect", json!({ "stdout": repeat, "files": { "a": repeat }, "handles-left": number(random) })),
    };
    case.insert(key.into(), value);
}

/// Adds files and preopened directories, most of them outside of the private directory.
fn files(sections: &mut Sections, random: &mut Random) {
    let outside = sections.outside.clone();
    let path = text(random, &outside);
    let up = format!("{}{outside}", "../".repeat(20));
    let Some(case) = sections.case() else { return };
    let links = [outside.as_str(), "/", "..", ".", "d/link", "link", &path];
    let link = json!({ "link": links[random.below(links.len())], "mode": "7777" });
    let names = ["link", "d/link", "d", "x/y/z"];
    let repeat = json!({ "repeat": "x".repeat(1 << random.below(16)), "times": ([1_u64, 1 << 10, 1 << 16, 1 << 30][random.below(4)]) });
    let mut files = serde_json::Map::new();
    files.insert(names[random.below(names.len())].into(), link);
    match random.below(4) {
        0 => drop(files.insert("link/secret".into(), json!("overwritten"))),
        1 => drop(files.insert("d/link/new".into(), repeat)),
        2 => files.extend((0..300).map(|number| (format!("f{number}"), repeat.clone()))),
        _ => drop(files.insert(path.clone(), json!("x"))),
    }
    case.insert("files".into(), files.into());
    let folders = [outside.as_str(), up.as_str(), "/", "..", "d/..", "link", "d/link", "", &path];
    let mut folder = || json!(folders[random.below(folders.len())]);
    case.insert("preopens".into(), json!({ "/": folder(), "/e": { "folder": folder(), "read-only": false } }));
}

/// Sets limits of the recording.
fn limits(sections: &mut Sections, random: &mut Random) {
    let keys = ["time-ms", "fuel", "memory-pages", "output", "files", "handles"];
    let limits: serde_json::Map<_, _> =
        (0..3).map(|_| (keys[random.below(keys.len())].to_string(), number(random))).collect();
    if let Some(case) = sections.case() {
        case.insert("limits".into(), limits.into());
    }
}

/// Removes, duplicates, multiplies or reorders calls of the trace.
fn lines(sections: &mut Sections, random: &mut Random) {
    let trace = &mut sections.trace;
    let at = random.below(trace.len() + 1);
    let Some(event) = trace.get(at).cloned() else { return trace.reverse() };
    match random.below(4) {
        0 => drop(trace.remove(at)),
        1 => trace.insert(at, event),
        // A larger trace would not be a new kind of trace, and repeated growth would take hundreds of megabytes.
        2 if trace.len() < 300 => trace.extend(std::iter::repeat_n(event, 300)),
        _ => {
            let other = random.below(trace.len());
            trace.swap(at, other);
        }
    }
}

/// Nests calls deeply, or in calls that do not exist.
fn nesting(sections: &mut Sections, random: &mut Random) {
    let trace = &mut sections.trace;
    match random.below(3) {
        0 => {
            let Some(event) = random.choose_mut(trace) else { return };
            set(event, "within", number(random));
        }
        _ => {
            let Some(mut event) = trace.last().cloned() else { return };
            for _ in 0..300 {
                set(&mut event, "within", json!(trace.len() - 1));
                trace.push(event.clone());
            }
        }
    }
}

/// Replaces the end of a call: by a value of another type, or one that is nested too deeply for parsers.
fn results(sections: &mut Sections, random: &mut Random) {
    let outside = sections.outside.clone();
    let Some(event) = random.choose_mut(&mut sections.trace) else { return };
    let end = match random.below(6) {
        0 => json!("never"),
        1 => json!({ "exit": number(random) }),
        2 => json!({ "failed": text(random, &outside) }),
        3 => json!({ "returned": null }),
        4 => json!({ "returned": number(random).to_string() }),
        _ => json!({ "returned": text(random, &outside) }),
    };
    set(event, "end", end);
}

/// Sets a key of an object. Other values are left unchanged.
fn set(value: &mut Value, key: &str, to: Value) {
    value.as_object_mut().into_iter().for_each(|object| drop(object.insert(key.into(), to.clone())));
}

/// Replaces the failures of the trial.
fn failed(sections: &mut Sections, random: &mut Random) {
    let kinds = ["outcome", "stdout", "files", "violation", "handles-left", "printed", "pages-grown", "nonsense"];
    let outside = sections.outside.clone();
    let one = json!({ "kind": kinds[random.below(kinds.len())], "at": text(random, &outside), "actual": text(random, &outside) });
    let about = sections.about.as_object_mut();
    about.into_iter().for_each(|about| drop(about.insert("failed".into(), json!(vec![one.clone(); random.below(3)]))));
}

/// Replaces main by a module that loops, recurses, allocates memory, or is invalid.
fn other_main(sections: &mut Sections, random: &mut Random) {
    let modules = [
        "(module (func (export \"run\") (loop (br 0))) (memory (export \"memory\") 1))",
        "(module (memory (export \"memory\") 65536) (func (export \"_start\") (drop (memory.grow (i32.const 9)))))",
        "(module (func $f (export \"_start\") (call $f)))",
        "(module)",
    ];
    let other = match random.below(modules.len() + 1) {
        0 => b"\0asm\x01\0\0\0\x0a\xff\xff\xff\xff\x0f".to_vec(),
        number => wat::parse_str(modules[number - 1]).expect("a module"),
    };
    if let Some((_, main)) = sections.rest.iter_mut().find(|(name, _)| *name == MAIN) {
        *main = other;
    }
}

/// Changes, removes or inserts bytes.
fn bytes(data: &mut Vec<u8>, random: &mut Random) {
    for _ in 0..=random.below(4) {
        let at = random.below(data.len().max(1));
        match random.below(4) {
            0 => data.truncate(at),
            1 => data.splice(at..at, [random.below(256) as u8, 0xff]).for_each(drop),
            2 => drop(data.drain(at..data.len().min(at + random.below(8)))),
            _ => data.iter_mut().skip(at).take(1).for_each(|byte| *byte = random.below(256) as u8),
        }
    }
}

fn size(value: &Value) -> usize {
    1 + match value {
        Value::Array(all) => all.iter().map(size).sum(),
        Value::Object(all) => all.values().map(size).sum(),
        _ => 0,
    }
}

/// Returns the value with that index, in breadth-first order.
fn nth<'v>(value: &'v mut Value, number: &mut usize) -> Option<&'v mut Value> {
    if *number == 0 {
        return Some(value);
    }
    *number -= 1;
    match value {
        Value::Array(all) => all.iter_mut().find_map(|value| nth(value, number)),
        Value::Object(all) => all.values_mut().find_map(|value| nth(value, number)),
        _ => None,
    }
}

/// Random numbers from a seed (SplitMix64).
pub struct Random(pub u64);

impl Random {
    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let z = (self.0 ^ (self.0 >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        let z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ (z >> 31)
    }

    /// Returns a number from 0 to `end` - 1, or 0 if `end` is 0.
    pub fn below(&mut self, end: usize) -> usize {
        (self.next() % end.max(1) as u64) as usize
    }

    pub fn one_in(&mut self, count: usize) -> bool {
        self.below(count) == 0
    }

    fn choose_mut<'t, T>(&mut self, all: &'t mut [T]) -> Option<&'t mut T> {
        let at = self.below(all.len());
        all.get_mut(at)
    }
}
