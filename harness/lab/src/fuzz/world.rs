//! Worlds: environments of a guest. Each contains a subset of a fixed set of files, directories and links.

use std::collections::BTreeMap;

use polyfill_builder::case::{Bytes, Case, Stdin, Text};
use polyfill_builder::tree::{Entry, Node, Preopen, Restricted};

use super::random::Random;

/// Files and their content.
const FILES: &[(&str, &str)] =
    &[("a", "abcdefghij"), ("b", "0123456789"), ("empty", ""), ("d/x", "xyz"), ("d/deep/y", "why")];
/// Links and their targets.
const LINKS: &[(&str, &str)] =
    &[("link", "a"), ("to-folder", "d"), ("gone", "missing"), ("loop", "loop"), ("out", "../..")];

/// Preopened directories by name, and true for a read-only one.
const PREOPENS: &[&[(&str, &str, bool)]] = &[
    &[("/", "", false)],
    &[("/", "", false)],
    &[("/", "", false), ("/d", "d", false)],
    &[("/", "", false), ("/d/longer", "d", false), ("/e", "e", false)],
    &[("", "", false), ("/d", "d", false)],
    &[("/", "", true)],
    &[("/", "", false), ("/read-only", "d", true)],
];

/// Paths that mostly exist.
pub const GOOD: &[&[u8]] = &[b"a", b"a", b"b", b"empty", b"d/x", b"d", b"d/deep"];

/// Paths that guests use: existing and missing ones.
pub const PATHS: &[&[u8]] = &[
    b"a", b"a", b"b", b"empty", b"d", b"d/x", b"d/deep", b"d/deep/y", b"e", b"link", b"to-folder", b"to-folder/x", b"gone",
    b"loop", b"out", b"./a", b"d/../a", b"d//x", b".", b"..", b"../a", b"d/..", b"d/../..", b"/", b"/a", b"", b"a/", b"d/", b"link/",
    b"to-folder/", b"a/x", b"missing", b"missing/x", b"missing/", b"new", b"new/", b"new-folder", b"d/new", b"a/.", b"a/..",
    b"d/.", b"new-folder/", b"\xff", b"d/\xc3", b"a\0b", b"\xc3\xa9", b"gone/", b"loop/x", b"out/a", b"x", b"deep/y",
    b"nnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnn",
];

/// Generates a world.
pub fn world(random: &mut Random) -> Case {
    let mut case = Case::default();
    let some = 50 + random.below(50);
    for (path, content) in FILES {
        if random.chance(some) {
            case.files.insert((*path).to_string(), file(content));
        }
    }
    for (path, to) in LINKS {
        if random.chance(some / 2) {
            let link = Node { link: Some((*to).to_string()), ..Node::default() };
            case.files.insert((*path).to_string(), Entry::Node(link));
        }
    }
    let preopens = *random.pick(PREOPENS);
    for (_, folder, _) in preopens {
        if !folder.is_empty() && !case.files.keys().any(|path| path.starts_with(&format!("{folder}/"))) {
            case.files.insert((*folder).to_string(), folder_entry());
        }
    }
    if !case.files.contains_key("e") && random.chance(some) {
        case.files.insert("e".to_string(), folder_entry());
    }
    case.preopens =
        Some(preopens.iter().map(|(name, folder, only)| ((*name).to_string(), preopen(folder, *only))).collect());
    if random.chance(60) {
        case.stdin = Some(Stdin::All(Bytes::Text("one\ntwo\n".to_string())));
    }
    if random.chance(20) {
        case.args = vec!["first".to_string(), String::new()];
        case.env = BTreeMap::from([("NAME".to_string(), Text::Plain("value".to_string()))]);
    }
    case
}

fn file(content: &str) -> Entry {
    Entry::File(Bytes::Text(content.to_string()))
}

fn folder_entry() -> Entry {
    Entry::Node(Node { folder: true, ..Node::default() })
}

fn preopen(folder: &str, read_only: bool) -> Preopen {
    if read_only {
        Preopen::Restricted(Restricted { folder: folder.to_string(), read_only })
    } else {
        Preopen::Folder(folder.to_string())
    }
}
