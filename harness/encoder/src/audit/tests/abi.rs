//! Compares the audit's implementation of the canonical ABI with the encoder's, which follows `wit-parser`.

use wit_parser::Resolve;

use crate::audit::abi;
use crate::canon::{Abi, Direction};

const ZOO: &str = r#"
    package a:a;
    interface zoo {
        resource r { m: func(a: u8); }
        flags few { a, b }
        enum colour { red, green }
        record point { x: f32, y: f64 }
        variant shape { none, dot(point), name(string), many(list<u64>), half(f32) }
        type alias = shape;
        plain: func(a: u8, b: s64, c: f32, d: f64, e: char, f: bool) -> u16;
        nothing: func();
        text: func(a: string) -> string;
        bytes: func(a: list<u8>) -> u32;
        names: func() -> list<string>;
        handles: func(a: borrow<r>) -> r;
        small: func(a: few, b: colour) -> few;
        long-result: func() -> point;
        sum: func(a: shape) -> alias;
        maybe: func(a: option<f32>, b: result<f32, f64>, c: result) -> option<u64>;
        mixed: func(a: result<f32, u32>, b: result<f64, f32>, c: result<u64, f64>) -> result<_, colour>;
        sixteen: func(a: tuple<u8, u8, u8, u8, u8, u8, u8, u8>, b: tuple<u8, u8, u8, u8, u8, u8, u8, u8>);
        seventeen: func(a: tuple<u8, u8, u8, u8, u8, u8, u8, u8>, b: tuple<u8, u8, u8, u8, u8, u8, u8, u8>, c: f64);
        spilled: func(a: tuple<shape, shape, shape, shape, shape, shape, shape>) -> tuple<u8, string>;
        array: func(a: list<u8, 4>, b: list<string, 2>) -> list<u8, 1>;
        long-array: func(a: list<point, 100000000>);
        pair: func() -> tuple<u8, u8>;
        one: func() -> tuple<string>;
    }
    world w { import zoo; }
"#;

#[test]
fn both_implementations_of_the_canonical_abi_agree() {
    let mut resolve = Resolve::default();
    let package = resolve.push_str("zoo.wit", ZOO).unwrap();
    let zoo = resolve.packages[package].interfaces["zoo"];
    for function in resolve.interfaces[zoo].functions.values() {
        for (direction, contract) in
            [(Direction::Lower, abi::lower(&resolve, function)), (Direction::Lift, abi::lift(&resolve, function))]
        {
            let mut other = Abi::new(&resolve);
            let needs = other.needs(function, direction);
            let place = format!("{} {direction:?}", function.name);
            assert_eq!(contract.ty, other.signature(function, direction), "{place}");
            assert_eq!(contract.memory.is_some(), needs.memory.is_some(), "memory of {place}");
            assert_eq!(contract.realloc.is_some(), needs.realloc.is_some(), "realloc of {place}");
            assert_eq!(contract.strings.is_some(), needs.strings, "strings of {place}");
        }
    }
}
