//! Tests of the declared interfaces of hosts.

use polyfill_builder::{module, reference};
use wasmtime::component::Component;

use super::*;
use crate::host::Hosts;
use crate::{Engine, Inputs, Limits, Sinks, host_linker, run_component};

/// Host with the given instances, each with one function without parameters.
struct Instances {
    defined: &'static [(&'static str, &'static str)],
    declared: &'static [&'static str],
}

impl Host for Instances {
    fn name(&self) -> &str {
        "instances"
    }

    fn interfaces(&self) -> Vec<String> {
        self.declared.iter().map(ToString::to_string).collect()
    }

    fn add_to_linker(&self, linker: &mut Linker<State>) -> wasmtime::Result<()> {
        for (instance, function) in self.defined {
            linker.instance(instance)?.func_wrap(function, |_, (): ()| Ok(()))?;
        }
        Ok(())
    }
}

/// Interfaces that a built-in host may define: those that it declares, those that published adapters import, and others
/// of WASI 0.2.
fn candidates(host: &dyn Host) -> BTreeSet<String> {
    let published = reference::Flavour::ALL.into_iter().flat_map(|flavour| {
        let adapters = reference::releases().iter().map(move |release| reference::Reference { flavour, release });
        adapters.flat_map(|adapter| module::imports(adapter.wasm()))
    });
    let others =
        ["wasi:cli/run", "wasi:clocks/timezone", "wasi:http/types", "wasi:http/outgoing-handler", "my-wasi", "my-cli"];
    let names = host.interfaces().into_iter().chain(published).chain(others.map(String::from));
    names.map(|name| name.split('@').next().unwrap_or_default().to_string()).collect()
}

#[test]
fn built_in_hosts_declare_exactly_what_they_define() {
    let engine = Engine::new(None).unwrap();
    let hosts = Hosts::default();
    for name in hosts.names() {
        let host = hosts.get(name).unwrap();
        let mut probe = host_linker(&engine, host).unwrap();
        probe.allow_shadowing(false);
        let mut defines = |name: &String| probe.root().func_new(name, |_, _, _, _| Ok(())).is_err();
        let mut defined = BTreeSet::new();
        for interface in candidates(host) {
            let versions = (0..=3).flat_map(|major| (0..=9).map(move |minor| (major, minor)));
            let versions = versions.flat_map(|(major, minor)| (0..=40).map(move |patch| (major, minor, patch)));
            let versioned = versions.map(|(major, minor, patch)| format!("{interface}@{major}.{minor}.{patch}"));
            defined.extend([interface.clone()].into_iter().chain(versioned).filter(&mut defines));
        }
        assert_eq!(defined, Interfaces::of(host).0, "{name}");
    }
}

/// Versions of one interface, each with its own function.
const VERSIONS: Instances = Instances {
    defined: &[("a:b/c@1.2.0", "f"), ("a:b/c@1.5.0", "g"), ("a:b/c@2.0.0", "h")],
    declared: &["a:b/c@1.2.0", "a:b/c@1.5.0", "a:b/c@2.0.0"],
};

#[test]
fn imports_resolve_as_in_wasmtime() {
    let engine = Engine::new(None).unwrap();
    let linker = host_linker(&engine, &VERSIONS).unwrap();
    let interfaces = Interfaces::of(&VERSIONS);
    for (wanted, function, expected) in [
        ("a:b/c@1.2.0", "f", Some("a:b/c@1.2.0")),
        ("a:b/c@1.3.0", "g", Some("a:b/c@1.5.0")),
        ("a:b/c@1.9.0", "g", Some("a:b/c@1.5.0")),
        ("a:b/c@2.1.0", "h", Some("a:b/c@2.0.0")),
        ("a:b/c@3.0.0", "h", None),
        ("a:b/c@1.5.0-rc", "g", None),
        ("a:b/c", "f", None),
        ("a:b/d@1.2.0", "f", None),
    ] {
        assert_eq!(interfaces.resolve(&linker, wanted).as_deref(), expected, "{wanted}");
        let component = format!(r#"(component (import "{wanted}" (instance (export "{function}" (func)))))"#);
        let component = Component::new(engine.wasmtime(), wat::parse_str(component).unwrap()).unwrap();
        assert_eq!(linker.instantiate_pre(&component).is_ok(), expected.is_some(), "{wanted}");
    }
}

#[test]
fn the_nearest_version_is_the_resolved_one_or_one_that_is_declared() {
    let engine = Engine::new(None).unwrap();
    let linker = host_linker(&engine, &VERSIONS).unwrap();
    let nearest = |interface, wanted: &str| {
        let nearest = Interfaces::of(&VERSIONS).nearest(&linker, interface, &Version::parse(wanted).unwrap());
        nearest.map(|version| version.to_string())
    };
    assert_eq!(nearest("a:b/c", "1.2.1").as_deref(), Some("1.5.0"));
    assert_eq!(nearest("a:b/c", "3.0.0").as_deref(), Some("2.0.0"));
    assert_eq!(nearest("a:b/c", "0.1.0").as_deref(), Some("1.2.0"));
    assert_eq!(nearest("a:b/d", "1.2.0"), None);
}

#[test]
fn a_declared_interface_must_be_defined() {
    let host = Instances { defined: &[("a:b/c@1.2.0", "f")], declared: &["a:b/c@1.2.0", "a:b/c@1.2.1"] };
    let error = host_linker(&Engine::new(None).unwrap(), &host).err();
    assert_eq!(
        error.as_deref(),
        Some(
            "host `instances` declares the interface `a:b/c@1.2.1` and does not define it; \
             help: correct `Host::interfaces`"
        )
    );
}

#[test]
fn reports_name_the_versions_of_hosts_that_declare_them() {
    let component = r#"(component (import "a:b/c@2.0.0" (instance (export "f" (func)))))"#;
    let component = wat::parse_str(component).unwrap();
    for (declared, expected) in [
        (&["a:b/c@1.2.0"][..], "required in version 2.0.0; the nearest version on the host is 1.2.0"),
        (&[], "required in version 2.0.0; the host does not declare its interfaces (`Host::interfaces`)"),
    ] {
        let host = Instances { defined: &[("a:b/c@1.2.0", "f")], declared };
        let engine = Engine::new(None).unwrap();
        let seen = run_component(&engine, &component, &host, &Inputs::default(), &Limits::default(), Sinks::default())
            .unwrap();
        assert!(seen.outcome.to_string().contains(expected), "{}", seen.outcome);
    }
}
