//! Two custom in-process hosts: one with functions generated from WIT by `bindgen!`, and one that defines the imports
//! of any component dynamically. Both run the same component.

use std::error::Error;

use polyfill_runner::wasmtime::StoreContextMut;
use polyfill_runner::wasmtime::component::{HasSelf, Linker, Val};
use polyfill_runner::{Engine, Host, Inputs, Limits, Sinks, State, run_component, value_text};

mod bindings {
    polyfill_runner::wasmtime::component::bindgen!({
        inline: "
            package example:greeting;
            world guest {
                import names: interface { name-of: func(number: u32) -> string; }
                export greet: func(number: u32) -> string;
            }
        ",
        imports: { default: trappable },
        wasmtime_crate: polyfill_runner::wasmtime,
    });
}

/// Typed host: one method per function.
pub struct Typed;

impl Host for Typed {
    fn name(&self) -> &str {
        "typed"
    }

    fn interfaces(&self) -> Vec<String> {
        vec!["names".into()]
    }

    fn add_to_linker(&self, linker: &mut Linker<State>) -> polyfill_runner::wasmtime::Result<()> {
        bindings::Guest::add_to_linker::<State, HasSelf<State>>(linker, |state| state)
    }

    fn records_calls(&self) -> bool {
        true
    }
}

impl bindings::names::Host for State {
    fn name_of(&mut self, number: u32) -> polyfill_runner::wasmtime::Result<String> {
        let name = format!("guest {number}");
        self.record("names.name-of", &[number.to_string()], Some(value_text(&Val::String(name.clone()))));
        Ok(name)
    }
}

/// Dynamic host: untyped values, without generated code.
pub struct Dynamic;

impl Host for Dynamic {
    fn name(&self) -> &str {
        "dynamic"
    }

    fn interfaces(&self) -> Vec<String> {
        vec!["names".into()]
    }

    fn add_to_linker(&self, linker: &mut Linker<State>) -> polyfill_runner::wasmtime::Result<()> {
        let name_of = |store: StoreContextMut<'_, State>, _, arguments: &[Val], results: &mut [Val]| {
            let [Val::U32(number)] = arguments else {
                return Err(polyfill_runner::wasmtime::format_err!("`name-of` takes one u32"));
            };
            results[0] = Val::String(format!("guest {number}"));
            store.data().record("names.name-of", &[number.to_string()], Some(value_text(&results[0])));
            Ok(())
        };
        linker.instance("names")?.func_new("name-of", name_of)
    }

    fn records_calls(&self) -> bool {
        true
    }
}

/// Guest whose `greet` returns the result of `name-of`.
pub const GUEST: &str = r#"
(component
  (import "names" (instance $names (export "name-of" (func (param "number" u32) (result string)))))
  (core module $memory
    (memory (export "memory") 1)
    (func (export "realloc") (param i32 i32 i32 i32) (result i32) i32.const 1024))
  (core instance $memory (instantiate $memory))
  (core func $name-of (canon lower (func $names "name-of")
    (memory (core memory $memory "memory")) (realloc (core func $memory "realloc"))))
  (core module $main
    (import "host" "name-of" (func $name-of (param i32 i32)))
    (func (export "greet") (param i32) (result i32)
      local.get 0 i32.const 16 call $name-of i32.const 16))
  (core instance $main (instantiate $main (with "host" (instance (export "name-of" (func $name-of))))))
  (func (export "greet") (param "number" u32) (result string)
    (canon lift (core func $main "greet") (memory (core memory $memory "memory")))))
"#;

fn main() -> Result<(), Box<dyn Error>> {
    let component = wat::parse_str(GUEST)?;
    let engine = Engine::new(None)?;
    let call = polyfill_runner::case::Call::of("greet(7)");
    let inputs = Inputs { calls: vec![call], ..Inputs::default() };
    let hosts: [&dyn Host; 2] = [&Typed, &Dynamic];
    for host in hosts {
        let observation = run_component(&engine, &component, host, &inputs, &Limits::default(), Sinks::default())?;
        let returned = observation.returned.first().and_then(|returned| returned.value.clone()).unwrap_or_default();
        println!("{}: {}, {returned}, {}", host.name(), observation.outcome, observation.calls.join("; "));
    }
    Ok(())
}
