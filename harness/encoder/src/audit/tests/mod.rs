//! The audit accepts real plans, and reports every planted mistake with the expected message.

mod abi;
mod fixture;
mod planted;

use super::meaning::track;
use fixture::{Fixture, GUEST_OF_HOST, HOOKED, REPORTED, SHOP, STARTING};

const NOTHING: [&str; 0] = [];

#[test]
fn real_plans_have_no_violations() {
    assert_eq!(Fixture::new(SHOP).audit(), NOTHING);
    assert_eq!(Fixture::new(HOOKED).audit(), NOTHING);
    assert_eq!(Fixture::new(GUEST_OF_HOST).audit(), NOTHING);
    assert_eq!(Fixture::new(STARTING).audit(), NOTHING);
    assert_eq!(Fixture::new(REPORTED).audit(), NOTHING);
}

#[test]
fn planted_mistakes_are_reported() {
    let mut wrong = String::new();
    for (what, sources, plant, expected) in planted::all() {
        let mut fixture = Fixture::new(sources);
        plant(&mut fixture);
        let found = fixture.audit();
        if found != *expected {
            wrong.push_str(&format!("== {what}\nexpected: {expected:#?}\nfound: {found:#?}\n"));
        }
    }
    assert!(wrong.is_empty(), "{wrong}");
}

#[test]
fn compatible_versions_have_the_same_track() {
    for (name, expected) in [
        ("a:b/c", Some("a:b/c")),
        ("a:b/c@1.2.3", Some("a:b/c@1")),
        ("a:b/c@0.2.6", Some("a:b/c@0.2")),
        ("a:b/c@0.0.3", Some("a:b/c@0.0.3")),
        ("a:b/c@1.0.0-rc.1", Some("a:b/c@1.0.0-rc.1")),
        ("a:b/c@later", None),
    ] {
        assert_eq!(track(name).as_deref(), expected, "{name}");
    }
}

/// The audit must not reuse the code that it checks.
#[test]
fn audit_shares_no_code_with_earlier_stages() {
    let files = [
        include_str!("../abi.rs"),
        include_str!("../exports.rs"),
        include_str!("../hooks.rs"),
        include_str!("../imports.rs"),
        include_str!("../meaning.rs"),
        include_str!("../mod.rs"),
        include_str!("../options.rs"),
        include_str!("../order.rs"),
        include_str!("../slots.rs"),
        include_str!("../start.rs"),
        include_str!("../violation.rs"),
    ];
    let foreign = ["crate::bind", "crate::canon", "crate::order", "crate::wire", "wasm_signature", "push_flat"];
    for file in files {
        for name in foreign {
            assert!(!file.contains(name), "the audit uses `{name}`");
        }
    }
}
