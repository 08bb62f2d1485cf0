//! Runs the examples of the documentation.

#[path = "../examples/check.rs"]
mod check;
#[path = "../examples/encode.rs"]
mod encode;
#[path = "../examples/explain.rs"]
mod explain;
#[path = "../examples/options.rs"]
mod options;
#[path = "../examples/prepared.rs"]
mod prepared;
#[path = "../examples/wit.rs"]
mod wit;

#[test]
fn examples_succeed() {
    let examples = [
        ("check", check::main()),
        ("encode", encode::main()),
        ("explain", explain::main()),
        ("options", options::main()),
        ("prepared", prepared::main()),
        ("wit", wit::main()),
    ];
    for (name, result) in examples {
        assert!(result.is_ok(), "{name}: {result:?}");
    }
}
