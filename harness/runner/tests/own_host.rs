//! Runs the code of the example of custom hosts.

#[allow(dead_code)]
#[path = "../examples/own_host.rs"]
mod own_host;

use own_host::{Dynamic, GUEST, Typed};
use polyfill_runner::case::Call;
use polyfill_runner::{Engine, Host, Inputs, Limits, Observation, Outcome, Sinks, run_component};

#[test]
fn typed_and_dynamic_hosts_behave_alike() {
    let [typed, dynamic] = [observe(&Typed), observe(&Dynamic)];
    assert_eq!(typed.outcome, Outcome::Returned);
    assert_eq!(typed.returned[0].value.as_deref(), Some("\"guest 7\""));
    assert_eq!(typed.calls, ["names.name-of(7) -> \"guest 7\""]);
    assert_eq!(typed, dynamic);
}

fn observe(host: &dyn Host) -> Observation {
    let component = wat::parse_str(GUEST).unwrap();
    let inputs = Inputs { calls: vec![Call::of("greet(7)")], ..Inputs::default() };
    let engine = Engine::new(None).unwrap();
    run_component(&engine, &component, host, &inputs, &Limits::default(), Sinks::default()).unwrap()
}
