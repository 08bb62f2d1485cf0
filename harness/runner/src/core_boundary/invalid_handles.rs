//! Recognizes the use of an invalid handle. wasmtime has no types for these errors, only messages.

/// Parts of wasmtime's messages: an unknown index, a handle of another resource, and an owned handle that is passed on
/// while it is borrowed.
const MESSAGES: [&str; 3] = ["unknown handle index", "used with the wrong type", "cannot remove owned resource"];

/// Returns true for wasmtime's message about the use of an invalid handle.
pub(super) fn is_invalid_handle(message: &str) -> bool {
    MESSAGES.iter().any(|part| message.contains(part))
}

#[cfg(test)]
mod tests {
    use wasmtime::component::{Linker, Resource, ResourceType};

    use super::*;
    use crate::host::{Host, State};
    use crate::{Engine, Inputs, Limits, Outcome, Sinks, run_component};

    /// Component whose main calls functions with invalid handles.
    const GUEST: &str = r#"
    (component
      (import "counter" (type $counter (sub resource)))
      (import "make" (func $make (result (own $counter))))
      (import "move" (func $move (param "lent" (borrow $counter)) (param "given" (own $counter))))
      (type $own (resource (rep i32)))
      (core func $make (canon lower (func $make)))
      (core func $move (canon lower (func $move)))
      (core func $drop-counter (canon resource.drop $counter))
      (core func $drop-own (canon resource.drop $own))
      (core module $main
        (import "host" "make" (func $make (result i32)))
        (import "host" "move" (func $move (param i32 i32)))
        (import "host" "drop-counter" (func $drop-counter (param i32)))
        (import "host" "drop-own" (func $drop-own (param i32)))
        (func (export "unknown") (call $drop-counter (i32.const 7)))
        (func (export "other") (call $drop-own (call $make)))
        (func (export "borrowed") (local i32)
          (local.set 0 (call $make))
          (call $move (local.get 0) (local.get 0)))
        (func (export "valid") (call $drop-counter (call $make))))
      (core instance $main (instantiate $main (with "host" (instance
        (export "make" (func $make))
        (export "move" (func $move))
        (export "drop-counter" (func $drop-counter))
        (export "drop-own" (func $drop-own))))))
      (func (export "unknown") (canon lift (core func $main "unknown")))
      (func (export "other") (canon lift (core func $main "other")))
      (func (export "borrowed") (canon lift (core func $main "borrowed")))
      (func (export "valid") (canon lift (core func $main "valid"))))
    "#;

    struct Counters;

    impl Host for Counters {
        fn name(&self) -> &str {
            "counters"
        }

        fn add_to_linker(&self, linker: &mut Linker<State>) -> wasmtime::Result<()> {
            let mut root = linker.root();
            root.resource("counter", ResourceType::host::<Counters>(), |_, _| Ok(()))?;
            root.func_wrap("make", |_, (): ()| Ok((Resource::<Counters>::new_own(1),)))?;
            root.func_wrap("move", |_, _: (Resource<Counters>, Resource<Counters>)| Ok(()))
        }
    }

    fn outcome(function: &str) -> Outcome {
        let engine = Engine::new(None).unwrap();
        let calls = vec![polyfill_builder::case::Call::of(format!("{function}()"))];
        let inputs = Inputs { calls, ..Inputs::default() };
        let component = wat::parse_str(GUEST).unwrap();
        run_component(&engine, &component, &Counters, &inputs, &Limits::default(), Sinks::default()).unwrap().outcome
    }

    /// Fails if another version of wasmtime words a message differently.
    #[test]
    fn wasmtime_reports_invalid_handles_by_these_messages() {
        for (function, part) in ["unknown", "other", "borrowed"].into_iter().zip(MESSAGES) {
            let outcome = outcome(function);
            let (Outcome::Trap(info) | Outcome::HostError(info)) = &outcome else { panic!("{function}: {outcome}") };
            assert!(info.message.contains(part) && is_invalid_handle(&info.message), "{function}: {outcome}");
        }
        assert_eq!(outcome("valid"), Outcome::Returned);
        assert!(!is_invalid_handle("wasm `unreachable` instruction executed"));
    }
}
