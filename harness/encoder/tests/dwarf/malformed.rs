//! Malformed DWARF does not prevent encoding, and does not affect the adapter's code.

use std::path::Path;

use polyfill_encoder::Region;
use polyfill_testing::golden;
use rayon::prelude::*;

use super::Core;
use super::compile::{Debuginfo, adapter};

/// Replaces the contents of a custom section.
fn with_section(module: &[u8], name: &str, change: impl Fn(&[u8]) -> Vec<u8>) -> Vec<u8> {
    let mut out = module[..8].to_vec();
    let mut at = 8;
    while at < module.len() {
        let id = module[at];
        let (size, head) = leb(&module[at + 1..]);
        let end = at + 1 + head + size;
        let contents = &module[at + 1 + head..end];
        let (length, head) = if id == 0 { leb(contents) } else { (0, 0) };
        if id == 0 && &contents[head..head + length] == name.as_bytes() {
            let data = change(&contents[head + length..]);
            out.push(0);
            let section = wasm_encoder::CustomSection { name: name.into(), data: data.into() };
            wasm_encoder::Encode::encode(&section, &mut out);
        } else {
            out.extend(&module[at..end]);
        }
        at = end;
    }
    out
}

fn leb(bytes: &[u8]) -> (usize, usize) {
    let (mut value, mut length) = (0, 0);
    loop {
        value |= usize::from(bytes[length] & 0x7f) << (7 * length);
        length += 1;
        if bytes[length - 1] & 0x80 == 0 {
            return (value, length);
        }
    }
}

/// Encodes the adapter and checks that it can be read, with or without DWARF. Returns the line of the plan about debug
/// information.
fn survives(module: &[u8]) -> String {
    let (new, plan) = super::trimmed(module, Region::MemoryGrow);
    if plan.contains("debug information: dropped") {
        assert!(Core::sections(&new).iter().all(|(name, _)| !name.starts_with(".debug_")));
    }
    let line = plan.lines().find(|line| line.contains("debug information"));
    // The offset of the error depends on the compiler version.
    let line = line.and_then(|line| line.split("+0x").next());
    line.unwrap_or_default().trim().to_string()
}

#[test]
fn invalid_debug_information_is_dropped_with_a_reason() {
    let module = adapter("3", Debuginfo::Lines);
    let cut = |data: &[u8]| data[..data.len() / 2].to_vec();
    let mut said = Vec::new();
    for section in [".debug_info", ".debug_abbrev", ".debug_line", ".debug_ranges", ".debug_str"] {
        said.push(format!("{section}: {}", survives(&with_section(&module, section, cut))));
    }
    let wide = |data: &[u8]| [&data[..10], &[8], &data[11..]].concat();
    said.push(format!("64 bits: {}", survives(&with_section(&module, ".debug_info", wide))));
    said.push(format!("nested: {}", survives(&nested(&module))));
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/dwarf/malformed.expected");
    golden::assert(&path, &(said.join("\n") + "\n"));
}

/// Creates a unit in which each entry is the child of the previous one.
fn nested(module: &[u8]) -> Vec<u8> {
    const DEPTH: usize = 100_000;
    // 1: a compilation unit, 2: a function, both with children and without attributes.
    let abbreviations = [1, 0x11, 1, 0, 0, 2, 0x2e, 1, 0, 0, 0];
    let header = [4, 0, 0, 0, 0, 0, 4];
    let length = (header.len() + 1 + 2 * DEPTH + 1) as u32;
    let entries = [vec![1], vec![2; DEPTH], vec![0; DEPTH + 1]].concat();
    let info = [length.to_le_bytes().as_slice(), &header, &entries].concat();
    let module = with_section(module, ".debug_abbrev", |_| abbreviations.to_vec());
    with_section(&module, ".debug_info", |_| info.clone())
}

#[test]
fn random_bytes_in_debug_sections_cause_no_panic() {
    let module = adapter("3", Debuginfo::Full);
    let sections = [".debug_info", ".debug_abbrev", ".debug_line", ".debug_ranges", ".debug_loc", ".debug_str"];
    // A simple generator with the same results on all platforms.
    let mut state = 0x9e37_79b9_7f4a_7c15_u64;
    let mut random = || {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        state
    };
    let mut changes = |round| (0..1 + round % 4).map(|_| (random(), random() as u8)).collect();
    let rounds: Vec<Vec<(u64, u8)>> = (0..60).map(&mut changes).collect();
    let is_dropped = |(round, changes): &(usize, &Vec<(u64, u8)>)| {
        let changed = with_section(&module, sections[round % sections.len()], |data| {
            let mut data = data.to_vec();
            for (at, byte) in *changes {
                let at = (at % data.len() as u64) as usize;
                data[at] = *byte;
            }
            data
        });
        survives(&changed).contains("dropped")
    };
    let dropped = rounds.par_iter().enumerate().filter(is_dropped).count();
    let kept = rounds.len() - dropped;
    assert!(kept > 5 && dropped > 5, "{kept} kept, {dropped} dropped");
}
