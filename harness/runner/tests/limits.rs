//! Limits apply to a whole run: memory to all memories and tables together, time to processor time, and each once.

use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};
use std::thread;
use std::time::Duration;

use polyfill_runner::case::{Call, Case, LimitName};
use polyfill_runner::index::{Artifact, CaseEntry, FILE, Index, Trial};
use polyfill_runner::wasmtime::StoreContextMut;
use polyfill_runner::wasmtime::component::Linker;
use polyfill_runner::{
    Detail, Engine, Host, Inputs, Limits, NativeRun, Observation, Outcome, Runner, Sinks, State, Verdict,
    observe_native, run_program,
};

const PAGE: usize = 64 << 10;

fn pages(pages: usize) -> Limits {
    Limits { memory: pages * PAGE, ..Limits::default() }
}

/// Runs the export `run` of a core module, which returns a number.
fn run_module(text: &str, limits: &Limits) -> Observation {
    let engine = Engine::new(None).unwrap();
    let module = engine.module(&wat::parse_str(text).unwrap()).unwrap();
    let inputs = Inputs { calls: vec![Call::of("run()")], ..Inputs::default() };
    observe_native(&NativeRun { engine: &engine, module: &module, inputs: &inputs, limits }, Sinks::default())
}

fn value(observation: &Observation) -> &str {
    let returned = observation.returned.first().and_then(|returned| returned.value.as_deref());
    returned.unwrap_or_else(|| panic!("{}", observation.outcome))
}

fn is_memory_limit(observation: &Observation) -> bool {
    matches!(observation.outcome, Outcome::Limit { limit: LimitName::Memory, .. }) && observation.memory_limit_hit
}

#[test]
fn all_memories_of_a_module_share_one_limit() {
    let memories = "(memory 100) ".repeat(6);
    let module = format!(r#"(module {memories} (func (export "run") (result i32) (i32.const 7)))"#);
    assert_eq!(value(&run_module(&module, &pages(600))), "7");
    let refused = run_module(&module, &pages(599));
    assert!(is_memory_limit(&refused), "{}", refused.outcome);
}

#[test]
fn growth_fails_when_the_total_reaches_the_limit() {
    let module = r#"(module (memory $a 1) (memory $b 1)
        (func (export "run") (result i32)
          (drop (memory.grow $a (i32.const 50)))
          (if (i32.ne (memory.grow $b (i32.const 49)) (i32.const -1)) (then unreachable))
          (memory.grow $b (i32.const 48))))"#;
    let observation = run_module(module, &pages(100));
    assert_eq!(
        (value(&observation), observation.pages_initial, observation.pages_grown, observation.memory_limit_hit),
        ("1", 2, 98, true)
    );
}

/// A growth that exceeds the memory's own maximum does not release any of the budget.
#[test]
fn impossible_growth_does_not_raise_the_limit() {
    let module = r#"(module (memory 1)
        (func (export "run") (result i32)
          (drop (memory.grow (i32.const 90)))
          (drop (memory.grow (i32.const 65536)))
          (drop (memory.grow (i32.const -1)))
          (memory.grow (i32.const 90))))"#;
    assert_eq!(value(&run_module(module, &pages(100))), "-1");
}

#[test]
fn tables_count_as_memory() {
    let module = r#"(module (memory 1) (table $a 1 funcref) (table $b 1 funcref)
        (func (export "run") (result i32)
          (drop (table.grow $a (ref.null func) (i32.const 5000)))
          (table.grow $b (ref.null func) (i32.const 5000))))"#;
    assert_eq!(value(&run_module(module, &pages(4))), "1");
    assert_eq!(value(&run_module(module, &pages(3))), "-1");
    let tables = "(table 1000000 funcref) ".repeat(10);
    let module = format!(r#"(module {tables} (func (export "run") (result i32) (i32.const 7)))"#);
    let refused = run_module(&module, &pages(1000));
    assert!(is_memory_limit(&refused), "{}", refused.outcome);
}

/// Returns a component with `count + 1` core instances, each with a memory of `pages` pages.
fn instances(count: usize, pages: usize) -> String {
    let instance = "(core instance (instantiate $m)) ".repeat(count);
    format!(
        r#"(component (core module $m (memory {pages}) (func (export "run") (result i32) (i32.const 7))) {instance}
             (core instance $last (instantiate $m))
             (func (export "run") (result u32) (canon lift (core func $last "run"))))"#
    )
}

fn run_component(component: &str, host: &dyn Host, limits: &Limits, detail: Detail) -> Observation {
    let engine = Engine::new(None).unwrap();
    let program = engine.program(&wat::parse_str(component).unwrap()).unwrap();
    let inputs = Inputs { calls: vec![Call::of("run()")], ..Inputs::default() };
    run_program(&engine, &program, host, &inputs, limits, detail, Sinks::default())
}

#[test]
fn all_instances_of_a_component_share_one_limit() {
    let host = &Waits::new(Duration::ZERO);
    let run = |component: &str, pages_: usize| run_component(component, host, &pages(pages_), Detail::Off);
    assert_eq!(value(&run(&instances(2, 30), 90)), "7");
    let refused = run(&instances(2, 30), 89);
    assert!(is_memory_limit(&refused), "{}", refused.outcome);
    // Instances without memories are limited as well, here 1200 in nested components.
    let many = format!(
        r#"(component (component $c (core module $m) {}) (instance (instantiate $c)) (instance (instantiate $c))
             (core module $m (func (export "run") (result i32) (i32.const 7))) (core instance $m (instantiate $m))
             (func (export "run") (result u32) (canon lift (core func $m "run"))))"#,
        "(core instance (instantiate $m)) ".repeat(600)
    );
    let refused = run(&many, 89);
    assert!(matches!(refused.outcome, Outcome::Limit { limit: LimitName::Memory, .. }), "{}", refused.outcome);
}

/// The memory of the proxy component of a traced run is not counted.
#[test]
fn proxy_memory_does_not_count_toward_the_limit() {
    let host = &Waits::new(Duration::ZERO);
    let limits = &pages(3);
    let [plain, traced] = [Detail::Off, Detail::Full].map(|detail| run_component(WAITS, host, limits, detail));
    assert_eq!((value(&plain), value(&traced)), ("5", "5"));
    assert_eq!((plain.pages_initial, traced.pages_initial), (3, 3));
    assert_eq!(traced.trace.unwrap().events.len(), 6);
}

/// Component whose exports call `wait` five times, call it forever, or call it once and loop.
const WAITS: &str = r#"
(component
  (import "host" (instance $host (export "wait" (func))))
  (core func $wait (canon lower (func $host "wait")))
  (core module $m (import "host" "wait" (func $wait)) (memory 3)
    (func (export "run") (result i32) (local $i i32)
      (loop $again (call $wait)
        (local.set $i (i32.add (local.get $i) (i32.const 1)))
        (br_if $again (i32.lt_u (local.get $i) (i32.const 5))))
      (local.get $i))
    (func (export "always") (result i32) (loop $again (call $wait) (br $again)) unreachable)
    (func $spin (export "spin") (result i32) (call $wait) (loop $again (br $again)) unreachable))
  (core instance $m (instantiate $m (with "host" (instance (export "wait" (func $wait))))))
  (func (export "run") (result u32) (canon lift (core func $m "run")))
  (func (export "always") (result u32) (canon lift (core func $m "always")))
  (func (export "spin") (result u32) (canon lift (core func $m "spin"))))
"#;

/// Host with a function that sleeps in real time and counts its calls.
#[derive(Clone)]
struct Waits {
    time: Duration,
    calls: Arc<AtomicU32>,
}

impl Waits {
    fn new(time: Duration) -> Self {
        Self { time, calls: Arc::default() }
    }
}

impl Host for Waits {
    fn name(&self) -> &str {
        "waits"
    }

    fn add_to_linker(&self, linker: &mut Linker<State>) -> polyfill_runner::wasmtime::Result<()> {
        let Self { time, calls } = self.clone();
        linker.instance("host")?.func_wrap("wait", move |_: StoreContextMut<'_, State>, (): ()| {
            calls.fetch_add(1, Ordering::Relaxed);
            thread::sleep(time);
            Ok(())
        })
    }
}

/// Host with an asynchronous function that never completes.
struct Never;

impl Host for Never {
    fn name(&self) -> &str {
        "never"
    }

    fn is_async(&self) -> bool {
        true
    }

    fn add_to_linker(&self, linker: &mut Linker<State>) -> polyfill_runner::wasmtime::Result<()> {
        linker.instance("host")?.func_wrap_async("wait", |_: StoreContextMut<'_, State>, (): ()| {
            Box::new(std::future::pending::<polyfill_runner::wasmtime::Result<()>>())
        })
    }
}

fn call(component: &str, invoke: &str, host: &dyn Host, limits: &Limits) -> Observation {
    let engine = Engine::new(None).unwrap();
    let program = engine.program(&wat::parse_str(component).unwrap()).unwrap();
    let inputs = Inputs { calls: vec![Call::of(invoke)], ..Inputs::default() };
    run_program(&engine, &program, host, &inputs, limits, Detail::Off, Sinks::default())
}

/// Sleeping simulates a busy machine, on which a guest receives little processor time.
#[cfg(target_os = "linux")]
#[test]
fn waiting_does_not_count_toward_the_time_limit() {
    let limits = Limits { timeout: Duration::from_millis(100), ..Limits::default() };
    let observation = call(WAITS, "run()", &Waits::new(Duration::from_millis(60)), &limits);
    assert_eq!(value(&observation), "5");
}

#[cfg(target_os = "linux")]
#[test]
fn a_waiting_run_ends_at_the_wall_clock_limit() {
    let limits =
        Limits { timeout: Duration::from_secs(1000), clock: Some(Duration::from_millis(50)), ..Limits::default() };
    for host in [&Waits::new(Duration::from_millis(5)) as &dyn Host, &Never] {
        let observation = call(WAITS, "always()", host, &limits);
        let Outcome::Timeout { milliseconds: 50, used: Some(_), .. } = observation.outcome else {
            panic!("{}", observation.outcome)
        };
        let text = observation.outcome.to_string();
        assert!(text.starts_with("timeout: still running after 0.05 s of wall-clock time, with "), "{text}");
    }
}

#[test]
fn a_computing_run_ends_at_the_processor_time_limit() {
    let limits = Limits { timeout: Duration::from_millis(40), ..Limits::default() };
    let observation = call(WAITS, "spin()", &Waits::new(Duration::ZERO), &limits);
    let Outcome::Timeout { milliseconds: 40, used: None, .. } = observation.outcome else {
        panic!("{}", observation.outcome)
    };
    assert_eq!(observation.outcome.to_string(), "timeout: still running after 0.04 s");
    assert_eq!(observation.outcome.frames().first().map(|frame| frame.function.as_str()), Some("spin"));
}

/// Runs a failing trial that is recorded. Returns the number of host calls and the line of its report.
fn kept(invoke: &str, case: &str) -> (u32, String) {
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join("waits.wasm"), wat::parse_str(WAITS).unwrap()).unwrap();
    let case: Case = toml::from_str(&format!("call = [{{ invoke = '{invoke}' }}]\n{case}")).unwrap();
    let mut index = Index::default();
    let artifact = Artifact::Component("waits.wasm".into());
    let [guest, name, adapter, host] = ["waits", "x", "none", "waits"].map(String::from);
    index.trials.push(Trial { guest, case: name, adapter, host, artifact, sanitize: None });
    index.cases.insert("waits::x".into(), CaseEntry { source: "waits.x.case.toml".into(), case });
    std::fs::write(folder.path().join(FILE), serde_json::to_vec(&index).unwrap()).unwrap();
    let host = Waits::new(Duration::ZERO);
    let runner = Runner::new(folder.path()).root("a-suite").bless(false).host(host.clone());
    let runner = runner.keep(|failure| {
        let traced = failure.traced().map(|observation| format!("{} events", observation.trace.unwrap().events.len()));
        Some(format!("{traced:?}; {}", failure.record_command("OUT").unwrap()))
    });
    let results = runner.run_trials(|_| true, 1, |_| ()).unwrap();
    let Verdict::Failed { report } = &results[0].verdict else { panic!("{:?}", results[0].verdict) };
    let kept = report.lines().find(|line| line.contains("polyfill record")).unwrap();
    (host.calls.load(Ordering::Relaxed), kept.to_string())
}

#[test]
fn a_timed_out_trial_is_not_rerun() {
    let command = "polyfill record waits::x::none::waits --suite a-suite -o OUT";
    let (calls, line) = kept("spin()", "limits = { time-ms = 40 }");
    assert_eq!((calls, line), (1, format!(r#"Err("the time limit of the trial is used up"); {command}"#)));
    // Other failures are recorded in a second run.
    let (calls, line) = kept("run()", "expect = { exit = 3 }");
    assert_eq!((calls, line), (10, format!(r#"Ok("6 events"); {command}"#)));
}

#[test]
fn maximum_limits_do_not_overflow() {
    let case: Case = toml::from_str(&format!(
        "limits = {{ time-ms = {0}, memory-pages = {0}, fuel = {0}, output = {0}, files = {0}, handles = {0} }}",
        i64::MAX
    ))
    .unwrap();
    let limits = Limits { fuel: None, ..Limits::default().of(&case.limits) };
    let observation = call(WAITS, "run()", &Waits::new(Duration::ZERO), &limits);
    assert_eq!(value(&observation), "5");
    assert!(std::time::Instant::now().checked_add(limits.timeout).is_some());
}
